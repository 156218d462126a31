#include "text/chart_kinds.h"
#include "base/instant.h"
#include "text/cell_width.h"
#include <stdio.h>

enum { ROW_HEIGHT = 150, ROW_GAP = 90, LABEL_CELLS = 30 };

static int64_t value_at(const struct chart_sheet *sheet, uint32_t place, uint32_t row)
{
    return sheet->table->value[sheet->shown[place]][row];
}

// The text cut to so many cells, with a sign that it was cut.
static void cut_label(str text, uint32_t cells, struct buf *out)
{
    buf_clear(out);
    str head = cell_head(text, cells);
    buf_add(out, head.len < text.len ? cell_head(text, cells - 1) : text);
    if (head.len < text.len)
        buf_add(out, S("…"));
}

// Classes of bars: a column's colour, or the limit's.
static void bar(struct chart_sheet *sheet, uint32_t place, const int64_t box[4])
{
    char class[16] = "limit-key";
    if (sheet->table->column[sheet->shown[place]].mark == SERIES_DATA)
        snprintf(class, sizeof class, "f%u", chart_colour(sheet, place));
    chart_rect(sheet, class, box);
}

void chart_kinds_height(struct chart_sheet *sheet, bool stacked)
{
    uint32_t rows = sheet->table->rows > 60 ? 60 : sheet->table->rows;
    int64_t each = ROW_GAP + ROW_HEIGHT * (stacked || !sheet->count ? 1 : (int64_t)sheet->count);
    int64_t legend = sheet->count > 1 ? 300 * ((int64_t)sheet->count / 6 + 1) : 0;
    sheet->height = 500 + legend + each * (rows ? rows : 6);
    sheet->bottom = sheet->height - 300;
    uint32_t widest = 4;
    for (uint32_t row = 0; row < rows; row++) {
        uint32_t cells = cell_width(sheet->table->label[row]);
        widest = cells > widest ? cells : widest;
    }
    sheet->left = (widest > LABEL_CELLS ? LABEL_CELLS : widest) * 70 + 200;
    sheet->right = sheet->width - 800;
}

static void kinds_axis(struct chart_sheet *sheet, bool stacked)
{
    __int128 low = 0, high = 0;
    for (uint32_t row = 0; row < sheet->table->rows; row++) {
        __int128 above = 0, below = 0;
        for (uint32_t place = 0; place < sheet->count; place++) {
            int64_t value = value_at(sheet, place, row);
            above = stacked ? above + (value > 0 ? value : 0) : value > above ? value : above;
            below = stacked ? below + (value < 0 ? value : 0) : value < below ? value : below;
        }
        high = above > high ? above : high;
        low = below < low ? below : low;
    }
    chart_axis_of(&sheet->axis, low, high, true);
}

static void kinds_grid(struct chart_sheet *sheet)
{
    const struct chart_axis *axis = &sheet->axis;
    struct buf text;
    buf_init(&text, 200);
    for (uint32_t i = 0; i < axis->count; i++) {
        __int128 value = axis->first + i * axis->step;
        int64_t x = chart_x_value(sheet, value);
        buf_format(sheet->out, "<path class=\"%s\" d=\"M", value ? "grid" : "zero");
        chart_px(sheet->out, x);
        buf_byte(sheet->out, ' ');
        chart_px(sheet->out, sheet->top);
        buf_byte(sheet->out, 'V');
        chart_px(sheet->out, sheet->bottom);
        buf_add(sheet->out, S("\"/>\n"));
        buf_clear(&text);
        quantity_in(axis->multiple, (int64_t)value, axis->scale, axis->digits, &text);
        chart_label(sheet, "t m", x, sheet->bottom + 190, buf_str(&text));
    }
    buf_finish(&text);
}

static void kinds_row(struct chart_sheet *sheet, uint32_t row, bool stacked, int64_t y)
{
    str label = sheet->table->label[row];
    __int128 above = 0, below = 0;
    struct buf text;
    buf_init(&text, 1000);
    for (uint32_t place = 0; place < sheet->count; place++) {
        int64_t value = value_at(sheet, place, row);
        __int128 *sum = value < 0 ? &below : &above, base = stacked ? *sum : 0;
        *sum += value;
        int64_t x = chart_x_value(sheet, base), end = chart_x_value(sheet, base + value);
        const int64_t box[] = {x < end ? x : end, y, x < end ? end - x : x - end, ROW_HEIGHT - 20};
        bar(sheet, place, box);
        chart_tip(sheet, sheet->shown[place], label, value);
        if (stacked)
            continue;
        buf_clear(&text);
        chart_number(sheet, sheet->shown[place], value, &text);
        chart_label(sheet, "t", (end > x ? end : x) + 60, y + 105, buf_str(&text));
        y += ROW_HEIGHT;
    }
    buf_finish(&text);
}

void chart_kinds(struct chart_sheet *sheet, bool stacked)
{
    uint32_t rows = sheet->table->rows > 60 ? 60 : sheet->table->rows;
    kinds_axis(sheet, stacked);
    int64_t left = sheet->left;
    sheet->left = 200;
    chart_legend(sheet);
    sheet->left = left;
    kinds_grid(sheet);
    int64_t each = (sheet->bottom - sheet->top) / rows;
    int64_t bars = ROW_HEIGHT * (stacked ? 1 : (int64_t)sheet->count);
    struct buf text;
    buf_init(&text, 1000);
    for (uint32_t row = 0; row < rows; row++) {
        int64_t y = sheet->top + each * row + (each - bars) / 2;
        cut_label(sheet->table->label[row], LABEL_CELLS, &text);
        chart_label(sheet, "t e", sheet->left - 80, y + bars / 2 + 30, buf_str(&text));
        kinds_row(sheet, row, stacked, y);
    }
    if (rows < sheet->table->rows) {
        buf_clear(&text);
        buf_format(&text, "and %u more: see the table", sheet->table->rows - rows);
        chart_label(sheet, "t e", sheet->right, sheet->top - 30, buf_str(&text));
    }
    buf_finish(&text);
}

static void column_axis(struct chart_sheet *sheet)
{
    __int128 low = 0, high = 0;
    for (uint32_t row = 0; row < sheet->table->rows; row++) {
        int64_t value = value_at(sheet, 0, row);
        high = value > high ? value : high;
        low = value < low ? value : low;
    }
    chart_axis_of(&sheet->axis, low, high, true);
}

static void upright(struct chart_sheet *sheet, const char *class, int64_t x, int64_t wide,
                    __int128 from, __int128 to)
{
    int64_t y = chart_y(sheet, from), end = chart_y(sheet, to);
    const int64_t box[] = {x, y < end ? y : end, wide, y < end ? end - y : y - end};
    chart_rect(sheet, class, box);
}

// Above a level: its number; inside what was lost before it: how much that is of the first.
static void level_texts(struct chart_sheet *sheet, uint32_t row, int64_t middle, struct buf *text)
{
    int64_t value = value_at(sheet, 0, row), first = value_at(sheet, 0, 0);
    int64_t before = row ? value_at(sheet, 0, row - 1) : value;
    int64_t top = chart_y(sheet, value > before ? value : before);
    buf_clear(text);
    chart_number(sheet, sheet->shown[0], value, text);
    chart_label(sheet, "t b m", middle, top - (row && first > 0 ? 220 : 70), buf_str(text));
    if (!row || first <= 0)
        return;
    __int128 permille = (__int128)value * 1000 / first;
    buf_clear(text);
    quantity_text(UNIT_PERCENT, (int64_t)permille, 1, text);
    chart_label(sheet, "t m", middle, top - 70, buf_str(text));
}

void chart_waterfall(struct chart_sheet *sheet)
{
    uint32_t rows = sheet->table->rows;
    column_axis(sheet);
    chart_margin(sheet);
    sheet->top = 450;
    chart_grid(sheet);
    int64_t each = (sheet->right - sheet->left) / rows, wide = each * 6 / 10;
    struct buf text;
    buf_init(&text, 1000);
    for (uint32_t row = 0; row < rows; row++) {
        str label = sheet->table->label[row];
        int64_t x = sheet->left + each * row + (each - wide) / 2, value = value_at(sheet, 0, row);
        int64_t before = row ? value_at(sheet, 0, row - 1) : value;
        upright(sheet, "f0", x, wide, 0, value);
        chart_tip(sheet, sheet->shown[0], label, value);
        if (before != value) {
            upright(sheet, before > value ? "lost" : "more", x, wide, value, before);
            chart_tip(sheet, sheet->shown[0], before > value ? S("lost before") : S("gained"),
                      before > value ? (__int128)before - value : (__int128)value - before);
        }
        level_texts(sheet, row, x + wide / 2, &text);
        cut_label(label, (uint32_t)(each / 66), &text);
        chart_label(sheet, "t m", x + wide / 2, sheet->bottom + 190, buf_str(&text));
    }
    buf_finish(&text);
}

void chart_histogram(struct chart_sheet *sheet)
{
    uint32_t rows = sheet->table->rows;
    column_axis(sheet);
    chart_margin(sheet);
    chart_grid(sheet);
    int64_t each = (sheet->right - sheet->left) / rows, last_x = INT64_MIN;
    struct buf text;
    buf_init(&text, 1000);
    for (uint32_t row = 0; row < rows; row++) {
        int64_t x = sheet->left + each * row;
        upright(sheet, "f0", x, each > 30 ? each - 12 : each, 0, value_at(sheet, 0, row));
        chart_tip(sheet, sheet->shown[0], sheet->table->label[row], value_at(sheet, 0, row));
        cut_label(sheet->table->label[row], 16, &text);
        int64_t half = chart_text_width(buf_str(&text)) / 2;
        if (x + each / 2 - half < last_x + 60)
            continue;
        chart_label(sheet, "t m", x + each / 2, sheet->bottom + 190, buf_str(&text));
        last_x = x + each / 2 + half;
    }
    buf_finish(&text);
}

bool chart_heat_possible(const struct series_table *table)
{
    if (!table->over_time || !table->rows)
        return table->over_time;
    int64_t until_us = series_row_until(table, table->rows - 1),
            span = until_us - table->time_us[0];
    return span >= 2 * DAY_US && span / table->rows <= HOUR_US;
}

struct heat {
    __int128 sum[7][24];
    int64_t rows[7][24], low, high;
};

static int64_t heat_mean(const struct heat *heat, int day, int hour)
{
    return (int64_t)(heat->sum[day][hour] / heat->rows[day][hour]);
}

static void heat_fill(const struct chart_sheet *sheet, struct heat *heat)
{
    const struct series_table *table = sheet->table;
    *heat = (struct heat){.low = INT64_MAX, .high = INT64_MIN};
    for (uint32_t row = 0; row < table->rows; row++) {
        int64_t local = table->time_us[row] + zone_offset_us(table->zone, table->time_us[row]);
        int64_t days = local / DAY_US - (local % DAY_US < 0);
        int64_t day = ((days + 3) % 7 + 7) % 7, hour = (local - days * DAY_US) / HOUR_US;
        heat->sum[day][hour] += value_at(sheet, 0, row);
        heat->rows[day][hour]++;
    }
    for (int day = 0; day < 7; day++) {
        for (int hour = 0; hour < 24; hour++) {
            if (!heat->rows[day][hour])
                continue;
            int64_t mean = heat_mean(heat, day, hour);
            heat->low = mean < heat->low ? mean : heat->low;
            heat->high = mean > heat->high ? mean : heat->high;
        }
    }
}

static const char *const weekdays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

static void heat_cell(struct chart_sheet *sheet, const struct heat *heat, int day, int hour)
{
    if (!heat->rows[day][hour])
        return;
    int64_t mean = heat_mean(heat, day, hour);
    __int128 span = (__int128)heat->high - heat->low;
    int shade = span ? (int)(((__int128)mean - heat->low) * 90 / span) : 45;
    int64_t wide = (sheet->right - sheet->left) / 24, high = (sheet->bottom - sheet->top) / 7;
    char class[48];
    snprintf(class, sizeof class, "f0\" fill-opacity=\".%02d", shade + 8);
    const int64_t box[] = {sheet->left + wide * hour, sheet->top + high * day, wide - 15,
                           high - 15};
    chart_rect(sheet, class, box);
    char label[16];
    snprintf(label, sizeof label, "%s %02d:00", weekdays[day], hour);
    chart_tip(sheet, sheet->shown[0], str_from(label), mean);
}

void chart_heat(struct chart_sheet *sheet)
{
    struct heat heat;
    heat_fill(sheet, &heat);
    sheet->top = 350;
    struct buf text;
    buf_init(&text, 1000);
    buf_add(&text, sheet->table->column[sheet->shown[0]].title);
    buf_add(&text, S(", mean: "));
    chart_number(sheet, sheet->shown[0], heat.low, &text);
    buf_add(&text, S(" (pale) to "));
    chart_number(sheet, sheet->shown[0], heat.high, &text);
    buf_add(&text, S(" (full)"));
    chart_label(sheet, "t", sheet->left, 150, buf_str(&text));
    buf_finish(&text);
    int64_t wide = (sheet->right - sheet->left) / 24, high = (sheet->bottom - sheet->top) / 7;
    for (int day = 0; day < 7; day++) {
        chart_label(sheet, "t e", sheet->left - 70, sheet->top + high * day + high / 2 + 30,
                    str_from(weekdays[day]));
        for (int hour = 0; hour < 24; hour++)
            heat_cell(sheet, &heat, day, hour);
    }
    for (int hour = 0; hour < 24; hour += 3) {
        char label[16];
        snprintf(label, sizeof label, "%02d:00", hour);
        chart_label(sheet, "t m", sheet->left + wide * hour + wide / 2, sheet->bottom + 190,
                    str_from(label));
    }
}
