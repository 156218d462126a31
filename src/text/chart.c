#include "text/chart.h"
#include "base/instant.h"
#include "base/must.h"
#include "text/chart_frame.h"
#include "text/chart_kinds.h"
#include <stdio.h>
#include <stdlib.h>

enum { LINE_BUCKETS = 400, BAR_BUCKETS = 62 };

str chart_style(void)
{
    return S(
        ":root{--c0:#2563a8;--c1:#e08214;--c2:#2f9e6e;--c3:#b0407a;--c4:#7a5fc0;--c5:#c9a400;"
        "--c6:#3aa6c4;--c7:#8a6d4f;--c8:#d2604a;--c9:#7d8894;--ink:#1d2530;--soft:#5b6673;"
        "--line:#e3e7ec;--paper:#ffffff;--panel:#f6f8fa;--bad:#c23b33}"
        "@media(prefers-color-scheme:dark){:root{--c0:#6aa9ec;--c1:#f3a64b;--c2:#5cc999;"
        "--c3:#e27db2;--c4:#ab95ea;--c5:#e3c94b;--c6:#6fcde6;--c7:#bd9f80;--c8:#f08a75;"
        "--c9:#a3aeba;--ink:#e8edf3;--soft:#a4afbb;--line:#323b46;--paper:#14191f;--panel:#1c232b;"
        "--bad:#ef7a70}}"
        ".chart text{font:12px system-ui,'Noto Sans','DejaVu Sans',sans-serif;fill:var(--soft)}"
        ".chart .m{text-anchor:middle}.chart .e{text-anchor:end}"
        ".chart .b{font-weight:600;fill:var(--ink)}.chart .sheet{fill:var(--paper)}"
        ".chart .grid,.chart .tick{stroke:var(--line);fill:none}"
        ".chart .zero{stroke:var(--soft);fill:none}"
        ".chart .limit{stroke:var(--bad);fill:none;stroke-width:1.5;stroke-dasharray:6 4}"
        ".chart .limit.other{stroke:var(--soft);stroke-dasharray:2 3}"
        ".chart .limit-key{fill:var(--bad)}.chart .limit-key.other{fill:var(--soft)}.chart "
        ".lost{fill:var(--bad);fill-opacity:.28}"
        ".chart .more{fill:var(--c2);fill-opacity:.28}"
        ".f0{fill:var(--c0)}.f1{fill:var(--c1)}.f2{fill:var(--c2)}.f3{fill:var(--c3)}"
        ".f4{fill:var(--c4)}.f5{fill:var(--c5)}.f6{fill:var(--c6)}.f7{fill:var(--c7)}"
        ".f8{fill:var(--c8)}.f9{fill:var(--c9)}.chart .band{fill-opacity:.16;stroke:none}"
        ".chart .area{fill-opacity:.85}.chart .line{fill:none;stroke-width:1.6}"
        ".s0{stroke:var(--c0)}.s1{stroke:var(--c1)}.s2{stroke:var(--c2)}.s3{stroke:var(--c3)}"
        ".s4{stroke:var(--c4)}.s5{stroke:var(--c5)}.s6{stroke:var(--c6)}.s7{stroke:var(--c7)}"
        ".s8{stroke:var(--c8)}.s9{stroke:var(--c9)}");
}

struct course { // the columns of a table in buckets
    struct chart_sheet *sheet;
    struct series_bucket *bucket;
    struct series_cell *cell; // [place * most + bucket]
    uint32_t most, count;
};

static __int128 shown_value(const struct course *course, uint32_t place, uint32_t at)
{
    const struct chart_sheet *sheet = course->sheet;
    const struct series_cell *cell = &course->cell[place * course->most + at];
    const struct series_column *column = &sheet->table->column[sheet->shown[place]];
    if (column->kind == SERIES_FLOW)
        return cell->sum;
    return column->mark == SERIES_LIMIT ? cell->low : cell->mean; // of limits the tightest
}

static bool is_limit(const struct chart_sheet *sheet, uint32_t place)
{
    return sheet->table->column[sheet->shown[place]].mark == SERIES_LIMIT;
}

static void course_init(struct course *course, struct chart_sheet *sheet, uint32_t most)
{
    *course = (struct course){.sheet = sheet, .most = most};
    course->bucket = calloc(most, sizeof *course->bucket);
    course->cell = calloc((size_t)most * sheet->count, sizeof *course->cell);
    must(course->bucket && course->cell);
    int64_t width_us = series_bucket_us(sheet->table, most);
    course->count = series_buckets(sheet->table, width_us, course->bucket, most);
    for (uint32_t place = 0; place < sheet->count; place++)
        for (uint32_t at = 0; at < course->count; at++)
            course->cell[place * most + at] =
                series_cell_of(sheet->table, sheet->shown[place], &course->bucket[at]);
    sheet->from_us = course->bucket[0].from_us;
    sheet->until_us = course->bucket[course->count - 1].until_us;
    if (sheet->until_us <= sheet->from_us) // one instant: it gets an hour
        course->bucket[course->count - 1].until_us = sheet->until_us = sheet->from_us + HOUR_US;
    else if (course->bucket[course->count - 1].until_us ==
             course->bucket[course->count - 1].from_us)
        sheet->until_us += (sheet->until_us - sheet->from_us) / course->count;
    course->bucket[course->count - 1].until_us = sheet->until_us;
}

static void course_finish(struct course *course)
{
    free(course->bucket);
    free(course->cell);
}

static void widen(__int128 value, __int128 *low, __int128 *high)
{
    *low = value < *low ? value : *low;
    *high = value > *high ? value : *high;
}

// The axis over everything drawn; stacked columns by their sums above and below zero.
static void course_axis(struct course *course, bool stacked, bool bands)
{
    struct chart_sheet *sheet = course->sheet;
    __int128 low = shown_value(course, 0, 0), high = low;
    for (uint32_t at = 0; at < course->count; at++) {
        __int128 above = 0, below = 0;
        for (uint32_t place = 0; place < sheet->count; place++) {
            __int128 value = shown_value(course, place, at);
            const struct series_cell *cell = &course->cell[place * course->most + at];
            bool flow = sheet->table->column[sheet->shown[place]].kind == SERIES_FLOW;
            if (stacked && !is_limit(sheet, place)) {
                above += value > 0 ? value : 0;
                below += value < 0 ? value : 0;
                continue;
            }
            widen(value, &low, &high);
            if (bands && !flow) {
                widen(cell->low, &low, &high);
                widen(cell->high, &low, &high);
            }
        }
        if (stacked) {
            widen(above, &low, &high);
            widen(below, &low, &high);
        }
    }
    chart_axis_of(&sheet->axis, low, high, stacked || !bands);
}

static void step_to(struct chart_sheet *sheet, bool first, int64_t x, int64_t y)
{
    buf_add(sheet->out, first ? S("M") : S("V"));
    if (first) {
        chart_px(sheet->out, x);
        buf_byte(sheet->out, ' ');
    }
    chart_px(sheet->out, y);
}

static void across_to(struct chart_sheet *sheet, int64_t x)
{
    buf_byte(sheet->out, 'H');
    chart_px(sheet->out, x);
}

// Steps from bucket to bucket: a state holds until the next.
static void draw_line(struct course *course, uint32_t place)
{
    struct chart_sheet *sheet = course->sheet;
    if (is_limit(sheet, place))
        buf_format(sheet->out, "<path class=\"limit%s\" d=\"", chart_limit(sheet, place));
    else
        buf_format(sheet->out, "<path class=\"line s%u\" d=\"", chart_colour(sheet, place));
    for (uint32_t at = 0; at < course->count; at++) {
        step_to(sheet, !at, chart_x(sheet, course->bucket[at].from_us),
                chart_y(sheet, shown_value(course, place, at)));
        bool last = at + 1 == course->count;
        across_to(sheet, chart_x(sheet, last ? sheet->until_us : course->bucket[at + 1].from_us));
    }
    buf_add(sheet->out, S("\"/>\n"));
}

// What lies between two edges, one value per bucket each.
static void draw_between(struct course *course, const char *class, const __int128 *upper,
                         const __int128 *lower)
{
    struct chart_sheet *sheet = course->sheet;
    buf_format(sheet->out, "<path class=\"%s\" d=\"", class);
    for (uint32_t at = 0; at < course->count; at++) {
        bool last = at + 1 == course->count;
        step_to(sheet, !at, chart_x(sheet, course->bucket[at].from_us), chart_y(sheet, upper[at]));
        across_to(sheet, chart_x(sheet, last ? sheet->until_us : course->bucket[at + 1].from_us));
    }
    for (uint32_t at = course->count; at-- > 0;) {
        step_to(sheet, false, 0, chart_y(sheet, lower[at]));
        across_to(sheet, chart_x(sheet, course->bucket[at].from_us));
    }
    buf_add(sheet->out, S("Z\"/>\n"));
}

static void draw_band(struct course *course, uint32_t place)
{
    const struct chart_sheet *sheet = course->sheet;
    const struct series_column *column = &sheet->table->column[sheet->shown[place]];
    if (column->kind == SERIES_FLOW || is_limit(sheet, place) ||
        sheet->table->rows == course->count)
        return;
    __int128 upper[LINE_BUCKETS], lower[LINE_BUCKETS];
    for (uint32_t at = 0; at < course->count; at++) {
        upper[at] = course->cell[place * course->most + at].high;
        lower[at] = course->cell[place * course->most + at].low;
    }
    char class[16];
    snprintf(class, sizeof class, "band f%u", chart_colour(sheet, place));
    draw_between(course, class, upper, lower);
}

static void draw_areas(struct course *course)
{
    struct chart_sheet *sheet = course->sheet;
    __int128 above[LINE_BUCKETS] = {0}, below[LINE_BUCKETS] = {0};
    for (uint32_t place = 0; place < sheet->count; place++) {
        if (is_limit(sheet, place))
            continue;
        __int128 upper[LINE_BUCKETS], lower[LINE_BUCKETS];
        for (uint32_t at = 0; at < course->count; at++) {
            __int128 value = shown_value(course, place, at), *sum = value < 0 ? below : above;
            lower[at] = sum[at];
            upper[at] = sum[at] += value;
        }
        char class[16];
        snprintf(class, sizeof class, "area f%u", chart_colour(sheet, place));
        draw_between(course, class, upper, lower);
    }
    for (uint32_t place = 0; place < sheet->count; place++)
        if (is_limit(sheet, place))
            draw_line(course, place);
}

static void bucket_label(const struct course *course, uint32_t at, struct buf *out)
{
    const struct series_table *table = course->sheet->table;
    int64_t time_us = course->bucket[at].from_us;
    struct civil civil = civil_from_us(time_us + zone_offset_us(table->zone, time_us));
    buf_clear(out);
    buf_format(out, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
    if (series_bucket_us(table, course->most) < DAY_US)
        buf_format(out, " %02d:%02d", civil.hour, civil.minute);
}

static void draw_bar_group(struct course *course, uint32_t at, bool stacked, str label)
{
    struct chart_sheet *sheet = course->sheet;
    int64_t x = chart_x(sheet, course->bucket[at].from_us);
    int64_t next = at + 1 < course->count ? course->bucket[at + 1].from_us : sheet->until_us;
    int64_t wide = (chart_x(sheet, next) - x) * 8 / 10, bars = 0, done = 0;
    wide = wide < 10 ? 10 : wide > 600 ? 600 : wide;
    for (uint32_t place = 0; place < sheet->count; place++)
        bars += !is_limit(sheet, place);
    __int128 above = 0, below = 0;
    for (uint32_t place = 0; place < sheet->count; place++) {
        if (is_limit(sheet, place))
            continue;
        __int128 value = shown_value(course, place, at), *sum = value < 0 ? &below : &above;
        __int128 base = stacked ? *sum : 0;
        *sum += value;
        int64_t y = chart_y(sheet, base), end = chart_y(sheet, base + value);
        int64_t left = stacked ? x : x + wide * done / bars;
        const int64_t box[] = {left, y < end ? y : end, stacked ? wide : wide / bars,
                               y < end ? end - y : y - end};
        char class[16];
        snprintf(class, sizeof class, "f%u", chart_colour(sheet, place));
        chart_rect(sheet, class, box);
        chart_tip(sheet, sheet->shown[place], label, value);
        done++;
    }
}

static void draw_bars(struct course *course, bool stacked)
{
    struct buf label;
    buf_init(&label, 100);
    for (uint32_t at = 0; at < course->count; at++) {
        bucket_label(course, at, &label);
        draw_bar_group(course, at, stacked, buf_str(&label));
    }
    buf_finish(&label);
    for (uint32_t place = 0; place < course->sheet->count; place++)
        if (is_limit(course->sheet, place))
            draw_line(course, place);
}

static void draw_course(struct chart_sheet *sheet, enum series_picture picture)
{
    bool bars = picture == SERIES_BARS || picture == SERIES_STACKS;
    struct course course;
    course_init(&course, sheet, bars ? BAR_BUCKETS : LINE_BUCKETS);
    course_axis(&course, picture == SERIES_AREAS || picture == SERIES_STACKS,
                picture == SERIES_LINES);
    chart_margin(sheet);
    chart_legend(sheet);
    chart_grid(sheet);
    chart_clock(sheet);
    if (picture == SERIES_AREAS)
        draw_areas(&course);
    else if (bars)
        draw_bars(&course, picture == SERIES_STACKS);
    else
        for (uint32_t place = 0; place < sheet->count; place++)
            draw_band(&course, place);
    for (uint32_t place = 0; picture == SERIES_LINES && place < sheet->count; place++)
        draw_line(&course, place);
    course_finish(&course);
}

// Which group a shown column is in: those of one unit and scale are one, in order of appearance.
static uint32_t group_of(const struct series_table *table, uint32_t column)
{
    uint32_t groups = 0, first = column;
    for (uint32_t i = column + 1; i-- > 0;)
        if (table->column[i].mark != SERIES_HIDDEN &&
            table->column[i].unit == table->column[column].unit &&
            table->column[i].scale == table->column[column].scale)
            first = i;
    for (uint32_t i = 0; i < first; i++) {
        bool seen = table->column[i].mark == SERIES_HIDDEN;
        for (uint32_t k = 0; k < i && !seen; k++)
            seen = table->column[k].mark != SERIES_HIDDEN &&
                   table->column[k].unit == table->column[i].unit &&
                   table->column[k].scale == table->column[i].scale;
        groups += !seen;
    }
    return groups;
}

uint32_t chart_groups(const struct series_table *table)
{
    uint32_t groups = 1;
    for (uint32_t i = 0; i < table->columns; i++)
        if (table->column[i].mark != SERIES_HIDDEN && group_of(table, i) >= groups)
            groups = group_of(table, i) + 1;
    return groups;
}

static void choose_columns(struct chart_sheet *sheet, enum series_picture picture, uint32_t group)
{
    const struct series_table *table = sheet->table;
    bool one = picture == SERIES_HEAT || picture == SERIES_WATERFALL || picture == SERIES_HISTOGRAM;
    for (uint32_t i = 0; i < table->columns && !(one && sheet->count); i++) {
        const struct series_column *column = &table->column[i];
        if (column->mark == SERIES_HIDDEN || (one && column->mark == SERIES_LIMIT) ||
            group_of(table, i) != group)
            continue;
        sheet->axis.unit = column->unit;
        sheet->axis.scale = column->scale;
        sheet->shown[sheet->count++] = i;
    }
}

static const char *kind_of(enum series_picture picture)
{
    switch (picture) {
    case SERIES_LINES:
        return "Lines";
    case SERIES_AREAS:
        return "Stacked areas";
    case SERIES_BARS:
    case SERIES_STACKS:
        return "Bars";
    case SERIES_HEAT:
        return "Heat map by hour and weekday";
    case SERIES_WATERFALL:
        return "Waterfall";
    case SERIES_HISTOGRAM:
        return "Histogram";
    }
    return "Picture";
}

bool chart_draw(const struct series_table *table, enum series_picture picture, uint32_t group,
                bool alone, struct buf *out)
{
    struct chart_sheet sheet = {.table = table, .out = out};
    sheet.width = CHART_WIDTH;
    sheet.height = CHART_HEIGHT;
    sheet.left = 800;
    sheet.right = CHART_WIDTH - 160;
    sheet.top = 120;
    sheet.bottom = CHART_HEIGHT - 300;
    bool courses = picture == SERIES_LINES || picture == SERIES_AREAS;
    bool labels = picture == SERIES_WATERFALL || picture == SERIES_HISTOGRAM;
    if ((courses && !table->over_time) || (labels && table->over_time))
        return false;
    if (picture == SERIES_HEAT && !chart_heat_possible(table))
        return false;
    choose_columns(&sheet, picture, group);
    bool across = !table->over_time && !labels;
    if (across)
        chart_kinds_height(&sheet, picture == SERIES_STACKS);
    chart_begin(&sheet, kind_of(picture), alone);
    if (!sheet.count || !table->rows)
        chart_nothing(&sheet);
    else if (picture == SERIES_HEAT)
        chart_heat(&sheet);
    else if (picture == SERIES_WATERFALL)
        chart_waterfall(&sheet);
    else if (picture == SERIES_HISTOGRAM)
        chart_histogram(&sheet);
    else if (across)
        chart_kinds(&sheet, picture == SERIES_STACKS);
    else
        draw_course(&sheet, picture);
    chart_end(&sheet);
    return true;
}
