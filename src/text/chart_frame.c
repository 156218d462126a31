#include "text/chart_frame.h"
#include "base/instant.h"
#include "base/must.h"
#include "text/cell_width.h"
#include "text/chart.h"
#include "text/markup.h"
#include <stdio.h>

static int64_t narrow(__int128 value)
{
    return value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : (int64_t)value;
}

void chart_px(struct buf *out, int64_t tenths)
{
    if (tenths < 0)
        buf_byte(out, '-');
    tenths = tenths < 0 ? -tenths : tenths;
    buf_i64(out, tenths / 10);
    if (tenths % 10)
        buf_format(out, ".%d", (int)(tenths % 10));
}

// The least of 1, 2, 5 times a power of ten of the multiple that makes at most six steps.
static void choose_step(struct chart_axis *axis, __int128 span)
{
    __int128 one = axis->multiple->size, part = 1;
    for (uint32_t i = 0; i < axis->scale; i++)
        one *= 10;
    axis->digits = 0;
    axis->step = one;
    while (axis->digits < 3 && span < 3 * axis->step && one % (part * 10) == 0) {
        part *= 10;
        axis->digits++;
        axis->step = one / part;
    }
    for (int i = 0; span > 6 * axis->step; i++) {
        axis->step = i % 3 == 1 ? axis->step / 2 * 5 : axis->step * 2;
        if (i % 3 == 2 && axis->digits)
            axis->digits--;
    }
}

void chart_axis_of(struct chart_axis *axis, __int128 low, __int128 high, bool from_zero)
{
    if (from_zero || low * 10 < high * 6)
        low = low > 0 ? 0 : low;
    if (high < 0 && (from_zero || high * 10 > low * 6))
        high = 0;
    __int128 magnitude = high > -low ? high : -low;
    axis->multiple = quantity_multiple_of(axis->unit, narrow(magnitude), axis->scale);
    choose_step(axis, high - low);
    __int128 rest = low % axis->step;
    axis->low = low - rest - (rest < 0 ? axis->step : 0);
    axis->high = axis->low;
    axis->first = axis->low;
    axis->count = 1;
    while ((axis->high < high || axis->high == axis->low) && axis->count < CHART_TICKS_MAX) {
        axis->high += axis->step;
        axis->count++;
    }
}

int64_t chart_y(const struct chart_sheet *sheet, __int128 value)
{
    const struct chart_axis *axis = &sheet->axis;
    __int128 span = axis->high - axis->low;
    value = value > axis->high ? axis->high : value < axis->low ? axis->low : value;
    return sheet->bottom - (int64_t)((value - axis->low) * (sheet->bottom - sheet->top) / span);
}

int64_t chart_x_value(const struct chart_sheet *sheet, __int128 value)
{
    const struct chart_axis *axis = &sheet->axis;
    __int128 span = axis->high - axis->low;
    return sheet->left + (int64_t)((value - axis->low) * (sheet->right - sheet->left) / span);
}

int64_t chart_x(const struct chart_sheet *sheet, int64_t time_us)
{
    __int128 span = (__int128)sheet->until_us - sheet->from_us;
    if (span <= 0)
        return sheet->left;
    __int128 at = (__int128)time_us - sheet->from_us;
    return sheet->left + (int64_t)(at * (sheet->right - sheet->left) / span);
}

uint32_t chart_colour(const struct chart_sheet *sheet, uint32_t place)
{
    uint32_t colour = 0;
    for (uint32_t i = 0; i < place; i++)
        colour += sheet->table->column[sheet->shown[i]].mark == SERIES_DATA;
    return colour % CHART_COLOURS;
}

const char *chart_limit(const struct chart_sheet *sheet, uint32_t place)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < place; i++)
        before += sheet->table->column[sheet->shown[i]].mark == SERIES_LIMIT;
    return before % 2 ? " other" : "";
}

int64_t chart_text_width(str text)
{
    return (int64_t)cell_width(text) * 66; // of 12 px letters, a little more than the mean
}

void chart_number(struct chart_sheet *sheet, uint32_t column, __int128 value, struct buf *out)
{
    const struct series_column *of = &sheet->table->column[column];
    quantity_text(of->unit, narrow(value), of->scale, out);
}

void chart_label(struct chart_sheet *sheet, const char *class, int64_t x, int64_t y, str text)
{
    buf_format(sheet->out, "<text class=\"%s\" x=\"", class);
    chart_px(sheet->out, x);
    buf_add(sheet->out, S("\" y=\""));
    chart_px(sheet->out, y);
    buf_add(sheet->out, S("\">"));
    markup_text(text, sheet->out);
    buf_add(sheet->out, S("</text>\n"));
}

void chart_rect(struct chart_sheet *sheet, const char *class, const int64_t box[4])
{
    static const char *const names[] = {"x", "y", "width", "height"};
    buf_format(sheet->out, "<rect class=\"%s\"", class);
    for (int i = 0; i < 4; i++) {
        buf_format(sheet->out, " %s=\"", names[i]);
        chart_px(sheet->out, box[i] < 0 && i > 1 ? 0 : box[i]);
        buf_byte(sheet->out, '"');
    }
    buf_byte(sheet->out, '>');
}

void chart_tip(struct chart_sheet *sheet, uint32_t column, str label, __int128 value)
{
    buf_add(sheet->out, S("<title>"));
    markup_text(label, sheet->out);
    if (sheet->count > 1) {
        buf_add(sheet->out, label.len ? S(", ") : S(""));
        markup_text(sheet->table->column[column].title, sheet->out);
    }
    buf_add(sheet->out, S(": "));
    chart_number(sheet, column, value, sheet->out);
    buf_add(sheet->out, S("</title></rect>\n"));
}

void chart_begin(struct chart_sheet *sheet, const char *kind, bool alone)
{
    const struct series_table *table = sheet->table;
    buf_add(sheet->out,
            S("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" role=\"img\""));
    buf_add(sheet->out, S(" viewBox=\"0 0 "));
    chart_px(sheet->out, sheet->width);
    buf_byte(sheet->out, ' ');
    chart_px(sheet->out, sheet->height);
    buf_add(sheet->out, S("\">\n<title>"));
    markup_text(table->title, sheet->out);
    buf_format(sheet->out, "</title>\n<desc>%s of ", kind);
    markup_text(table->title, sheet->out);
    for (uint32_t i = 0; i < sheet->count; i++) {
        buf_add(sheet->out, i ? S(", ") : S(": "));
        markup_text(table->column[sheet->shown[i]].title, sheet->out);
    }
    buf_format(sheet->out, "; %u rows. ", table->rows);
    markup_text(table->note, sheet->out);
    buf_add(sheet->out, S("</desc>\n"));
    if (!alone)
        return;
    buf_add(sheet->out, S("<style>"));
    buf_add(sheet->out, chart_style());
    buf_add(sheet->out, S("</style>\n"));
    const int64_t box[] = {0, 0, sheet->width, sheet->height};
    chart_rect(sheet, "sheet", box);
    buf_add(sheet->out, S("</rect>\n"));
}

void chart_end(struct chart_sheet *sheet)
{
    buf_add(sheet->out, S("</svg>\n"));
}

void chart_nothing(struct chart_sheet *sheet)
{
    chart_label(sheet, "t m", sheet->width / 2, sheet->height / 2, S("no data"));
}

void chart_legend(struct chart_sheet *sheet)
{
    int64_t x = sheet->left, y = 120;
    if (sheet->count < 2)
        return;
    for (uint32_t i = 0; i < sheet->count; i++) {
        const struct series_column *column = &sheet->table->column[sheet->shown[i]];
        int64_t wide = 260 + chart_text_width(column->title);
        if (x > sheet->left && x + wide > sheet->width) {
            x = sheet->left;
            y += 200;
        }
        char class[24];
        snprintf(class, sizeof class, "limit-key%s", chart_limit(sheet, i));
        if (column->mark == SERIES_DATA)
            snprintf(class, sizeof class, "f%u", chart_colour(sheet, i));
        bool limit = column->mark == SERIES_LIMIT;
        const int64_t box[] = {x, y - (limit ? 50 : 95), limit ? 180 : 110, limit ? 18 : 110};
        chart_rect(sheet, class, box);
        buf_add(sheet->out, S("</rect>\n"));
        chart_label(sheet, "t", x + (limit ? 230 : 160), y, column->title);
        x += wide + (limit ? 70 : 0);
    }
    sheet->top = y + 180;
}

void chart_margin(struct chart_sheet *sheet)
{
    const struct chart_axis *axis = &sheet->axis;
    struct buf text;
    buf_init(&text, 200);
    int64_t widest = 400;
    for (uint32_t i = 0; i < axis->count; i++) {
        buf_clear(&text);
        quantity_in(axis->multiple, narrow(axis->first + i * axis->step), axis->scale, axis->digits,
                    &text);
        int64_t wide = chart_text_width(buf_str(&text));
        widest = wide > widest ? wide : widest;
    }
    sheet->left = widest + 160;
    buf_finish(&text);
}

void chart_grid(struct chart_sheet *sheet)
{
    const struct chart_axis *axis = &sheet->axis;
    struct buf text;
    buf_init(&text, 200);
    for (uint32_t i = 0; i < axis->count; i++) {
        __int128 value = axis->first + i * axis->step;
        int64_t y = chart_y(sheet, value);
        buf_format(sheet->out, "<path class=\"%s\" d=\"M", value ? "grid" : "zero");
        chart_px(sheet->out, sheet->left);
        buf_byte(sheet->out, ' ');
        chart_px(sheet->out, y);
        buf_byte(sheet->out, 'H');
        chart_px(sheet->out, sheet->right);
        buf_add(sheet->out, S("\"/>\n"));
        buf_clear(&text);
        quantity_in(axis->multiple, narrow(value), axis->scale, axis->digits, &text);
        chart_label(sheet, "t e", sheet->left - 70, y + 40, buf_str(&text));
    }
    buf_finish(&text);
}

static const char *const month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct clock {
    int64_t step_us; // 0: months
    int32_t months;
};

static struct clock choose_clock(int64_t span_us)
{
    static const struct clock clocks[] = {
        {MINUTE_US,      0  },
        {5 * MINUTE_US,  0  },
        {15 * MINUTE_US, 0  },
        {HOUR_US,        0  },
        {3 * HOUR_US,    0  },
        {6 * HOUR_US,    0  },
        {12 * HOUR_US,   0  },
        {DAY_US,         0  },
        {2 * DAY_US,     0  },
        {7 * DAY_US,     0  },
        {0,              1  },
        {0,              3  },
        {0,              12 },
        {0,              60 },
        {0,              240}
    };
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        int64_t step = clocks[i].step_us ? clocks[i].step_us : clocks[i].months * 30 * DAY_US;
        if (span_us / step <= 12)
            return clocks[i];
    }
    return (struct clock){0, 1200};
}

// The tick at or after a local instant.
static int64_t next_tick(struct clock clock, int64_t local_us)
{
    if (clock.step_us) { // weeks begin on Monday, four days before 1970 began
        int64_t base = clock.step_us == 7 * DAY_US ? -3 * DAY_US : 0;
        int64_t past = (local_us - base) % clock.step_us;
        past = past < 0 ? past + clock.step_us : past;
        return past ? local_us + clock.step_us - past : local_us;
    }
    struct civil civil = civil_from_us(local_us);
    int32_t number = civil.year * 12 + civil.month - 1;
    struct civil first = {.year = civil.year, .month = civil.month, .day = 1};
    if (civil_to_us(first) < local_us)
        number++;
    number += (clock.months - number % clock.months) % clock.months;
    return civil_to_us((struct civil){.year = number / 12, .month = number % 12 + 1, .day = 1});
}

static void tick_text(struct clock clock, int64_t local_us, bool first, struct buf *out)
{
    struct civil civil = civil_from_us(local_us);
    bool year = first || (civil.month == 1 && (!clock.step_us || civil.day <= 7));
    if (clock.step_us && clock.step_us < DAY_US && (civil.hour || civil.minute) && !first)
        buf_format(out, "%02d:%02d", civil.hour, civil.minute);
    else if (clock.step_us && clock.step_us < DAY_US && (civil.hour || civil.minute))
        buf_format(out, "%d %s %02d:%02d", civil.day, month_names[civil.month - 1], civil.hour,
                   civil.minute);
    else if (clock.step_us)
        buf_format(out, "%d %s", civil.day, month_names[civil.month - 1]);
    else if (clock.months % 12)
        buf_format(out, "%s", month_names[civil.month - 1]);
    if (!clock.step_us && (year || clock.months % 12 == 0))
        buf_format(out, "%s%d", clock.months % 12 ? " " : "", civil.year);
}

void chart_clock(struct chart_sheet *sheet)
{
    struct clock clock = choose_clock(sheet->until_us - sheet->from_us);
    int64_t offset = zone_offset_us(sheet->table->zone, sheet->from_us);
    int64_t local = sheet->from_us + offset, last_x = INT64_MIN;
    struct buf text;
    buf_init(&text, 100);
    bool first = true;
    for (local = next_tick(clock, local); local - offset <= sheet->until_us;
         local = next_tick(clock, local + 1)) {
        int64_t x = chart_x(sheet, local - offset);
        buf_add(sheet->out, S("<path class=\"tick\" d=\"M"));
        chart_px(sheet->out, x);
        buf_byte(sheet->out, ' ');
        chart_px(sheet->out, sheet->bottom);
        buf_add(sheet->out, S("v5\"/>\n"));
        buf_clear(&text);
        tick_text(clock, local, first, &text);
        int64_t half = chart_text_width(buf_str(&text)) / 2;
        if (x - half < last_x + 60 || x + half > sheet->width)
            continue;
        chart_label(sheet, "t m", x, sheet->bottom + 190, buf_str(&text));
        last_x = x + half;
        first = false;
    }
    buf_finish(&text);
}
