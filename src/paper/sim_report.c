#include "paper/sim_report.h"
#include "base/instant.h"
#include "base/must.h"
#include "text/chart.h"
#include "text/console_table.h"
#include "text/markup.h"
#include <stdlib.h>

enum { TABLE_ROWS = 400 };

static str page_style(void)
{
    return S(
        "body{margin:0;background:var(--paper);color:var(--ink);"
        "font:16px/1.5 system-ui,'Noto Sans','DejaVu Sans',sans-serif}"
        "main{max-width:1040px;margin:0 auto;padding:32px 24px 64px}"
        "h1{font-size:30px;margin:0 0 4px}h2{font-size:22px;margin:48px 0 8px;"
        "padding-bottom:6px;border-bottom:2px solid var(--line)}h3{font-size:17px;margin:28px 0 "
        "4px}"
        "p{margin:4px 0 12px;color:var(--soft)}"
        "nav a{color:var(--c0);margin-right:16px;white-space:nowrap}"
        ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:12px;"
        "margin:24px 0}.card{background:var(--panel);border:1px solid var(--line);"
        "border-radius:8px;padding:14px 16px}.card b{display:block;font-size:26px;line-height:1.2}"
        ".card span{color:var(--soft);font-size:14px}"
        "svg.chart{display:block;width:100%;height:auto;background:var(--paper)}"
        "figure{margin:8px 0 4px}figcaption{color:var(--soft);font-size:14px}"
        "details{margin:6px 0 16px}summary{cursor:pointer;color:var(--soft);font-size:14px}"
        ".wide{overflow:auto;max-height:480px;border:1px solid var(--line);border-radius:6px}"
        "table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}"
        "th,td{padding:3px 12px;text-align:right;white-space:nowrap;"
        "border-bottom:1px solid var(--line)}"
        "th:first-child,td:first-child{text-align:left}"
        "thead th{position:sticky;top:0;background:var(--panel)}"
        "dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 24px;font-size:15px}"
        "dt{color:var(--soft)}dd{margin:0;white-space:pre-wrap}"
        "@media print{details{display:none}main{max-width:none;padding:0}"
        "figure,.card{break-inside:avoid}}");
}

static void summary_value(const struct series_summary *one, struct buf *out)
{
    if (one->text.len)
        buf_add(out, one->text);
    else
        quantity_text(one->unit, one->value, one->scale, out);
}

static void escaped_value(const struct series_summary *one, struct buf *out)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    summary_value(one, &text);
    markup_text(buf_str(&text), out);
    buf_finish(&text);
}

static void write_cards(const struct series *series, struct buf *out)
{
    buf_add(out, S("<div class=\"cards\">\n"));
    for (const struct series_summary *one = series->summary; one; one = one->next) {
        if (!one->headline)
            continue;
        buf_add(out, S("<div class=\"card\"><b>"));
        escaped_value(one, out);
        buf_add(out, S("</b><span>"));
        markup_text(one->title, out);
        buf_add(out, S("</span></div>\n"));
    }
    buf_add(out, S("</div>\n"));
}

static void write_summary(const struct series *series, struct buf *out)
{
    if (!series->summary)
        return;
    buf_add(out, S("<h2 id=\"summary\">Summary</h2>\n<dl>\n"));
    for (const struct series_summary *one = series->summary; one; one = one->next) {
        buf_add(out, S("<dt>"));
        markup_text(one->title, out);
        buf_add(out, S("</dt><dd>"));
        escaped_value(one, out);
        buf_add(out, S("</dd>\n"));
    }
    buf_add(out, S("</dl>\n"));
}

static void head_cells(const struct series_table *table, struct buf *out)
{
    buf_add(out, S("<thead><tr><th>"));
    buf_add(out, table->over_time ? S("from") : S("kind"));
    buf_add(out, S("</th>"));
    for (uint32_t i = 0; i < table->columns; i++) {
        buf_add(out, S("<th>"));
        markup_text(table->column[i].title, out);
        buf_add(out, S("</th>"));
    }
    buf_add(out, S("</tr></thead>\n<tbody>\n"));
}

static int64_t narrow(__int128 value)
{
    return value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : (int64_t)value;
}

static void number_cell(const struct series_column *column, __int128 value, struct buf *out)
{
    buf_add(out, S("<td>"));
    struct buf text;
    buf_init(&text, 200);
    quantity_text(column->unit, narrow(value), column->scale, &text);
    markup_text(buf_str(&text), out);
    buf_finish(&text);
    buf_add(out, S("</td>"));
}

static void local_time(const struct series_table *table, int64_t time_us, struct buf *out)
{
    struct civil civil = civil_from_us(time_us + zone_offset_us(table->zone, time_us));
    buf_format(out, "%04d-%02d-%02d %02d:%02d", civil.year, civil.month, civil.day, civil.hour,
               civil.minute);
}

static void time_rows(const struct series_table *table, struct buf *out)
{
    struct series_bucket *bucket = calloc(TABLE_ROWS, sizeof *bucket);
    must(bucket);
    uint32_t count =
        table->rows ? series_buckets(table, series_bucket_us(table, TABLE_ROWS), bucket, TABLE_ROWS)
                    : 0;
    for (uint32_t at = 0; at < count; at++) {
        buf_add(out, S("<tr><td>"));
        local_time(table, bucket[at].from_us, out);
        buf_add(out, S("</td>"));
        for (uint32_t i = 0; i < table->columns; i++) {
            struct series_cell cell = series_cell_of(table, i, &bucket[at]);
            bool flow = table->column[i].kind == SERIES_FLOW;
            number_cell(&table->column[i], flow ? cell.sum : cell.mean, out);
        }
        buf_add(out, S("</tr>\n"));
    }
    free(bucket);
}

static void kind_rows(const struct series_table *table, struct buf *out)
{
    for (uint32_t row = 0; row < table->rows; row++) {
        buf_add(out, S("<tr><td>"));
        markup_text(table->label[row], out);
        buf_add(out, S("</td>"));
        for (uint32_t i = 0; i < table->columns; i++)
            number_cell(&table->column[i], table->value[i][row], out);
        buf_add(out, S("</tr>\n"));
    }
}

static void write_numbers(const struct series_table *table, struct buf *out)
{
    buf_format(out, "<details%s><summary>", table->pictures ? "" : " open");
    if (table->over_time)
        buf_format(out,
                   "Numbers: %u rows, times in %.*s; stocks as means, flows as sums. All rows: ",
                   table->rows, STR(zone_name(table->zone)));
    else
        buf_format(out, "Numbers: %u rows. Exactly: ", table->rows);
    markup_text(table->name, out);
    buf_add(out, S(".csv</summary>\n<div class=\"wide\"><table>\n"));
    head_cells(table, out);
    if (table->over_time)
        time_rows(table, out);
    else
        kind_rows(table, out);
    buf_add(out, S("</tbody></table></div></details>\n"));
}

static const char *width_name(int64_t width_us)
{
    switch (width_us) {
    case MINUTE_US:
        return "a minute";
    case 5 * MINUTE_US:
        return "5 minutes";
    case 15 * MINUTE_US:
        return "15 minutes";
    case HOUR_US:
        return "an hour";
    case 6 * HOUR_US:
        return "6 hours";
    case DAY_US:
        return "a day";
    case 7 * DAY_US:
        return "a week";
    case 30 * DAY_US:
        return "30 days";
    default:
        return "many days";
    }
}

// What one step of the picture is: a sum per day reads otherwise than one per hour.
static void picture_caption(const struct series_table *table, enum series_picture picture,
                            struct buf *out)
{
    bool bars = picture == SERIES_BARS || picture == SERIES_STACKS;
    if (!table->over_time || picture == SERIES_HEAT || !table->rows || !table->columns)
        return;
    int64_t width_us = series_bucket_us(table, bars ? 62 : 400);
    bool flow = table->column[0].kind == SERIES_FLOW;
    buf_format(out, "<figcaption>One step is %s%s.</figcaption>\n", width_name(width_us),
               flow ? ", the sum over it" : ", the mean over it; of limits the lowest");
    if (picture == SERIES_LINES && !flow)
        buf_add(out, S("<figcaption>Pale: from the least to the most.</figcaption>\n"));
}

static void write_picture(const struct series_table *table, enum series_picture picture,
                          uint32_t group, struct buf *out)
{
    buf_add(out, S("<figure>\n"));
    if (chart_draw(table, picture, group, false, out))
        picture_caption(table, picture, out);
    else
        buf_add(out, S("<figcaption>The rows are too few or too coarse for a "
                       "picture.</figcaption>\n"));
    buf_add(out, S("</figure>\n"));
}

// Nothing at all happened in a table: no picture of it.
static bool all_zero(const struct series_table *table)
{
    for (uint32_t i = 0; i < table->columns; i++)
        for (uint32_t row = 0; table->column[i].mark == SERIES_DATA && row < table->rows; row++)
            if (table->value[i][row])
                return false;
    return table->rows > 0;
}

static void write_table(const struct series_table *table, struct buf *out)
{
    buf_add(out, S("<section>\n<h3>"));
    markup_text(table->title, out);
    buf_add(out, S("</h3>\n"));
    if (table->note.len) {
        buf_add(out, S("<p>"));
        markup_text(table->note, out);
        buf_add(out, S("</p>\n"));
    }
    uint32_t groups = all_zero(table) ? 0 : chart_groups(table);
    if (!groups)
        buf_add(out, S("<p>Nothing in this run: every number is zero.</p>\n"));
    for (uint32_t picture = 1; picture <= SERIES_HISTOGRAM; picture *= 2)
        for (uint32_t group = 0; table->pictures & picture && group < groups; group++)
            write_picture(table, picture, group, out);
    write_numbers(table, out);
    buf_add(out, S("</section>\n"));
}

static bool same_chapter(const struct series_table *a, const struct series_table *b)
{
    return str_is(a->chapter, b->chapter);
}

static bool begins_chapter(const struct series *series, const struct series_table *table)
{
    const struct series_table *before = series->first;
    while (before != table && !same_chapter(before, table))
        before = before->next;
    return before == table;
}

static void chapter_title(const struct series_table *table, struct buf *out)
{
    markup_text(table->chapter.len ? table->chapter : S("Results"), out);
}

static void write_contents(const struct series *series, struct buf *out)
{
    uint32_t number = 0;
    buf_add(out, S("<nav>"));
    for (const struct series_table *table = series->first; table; table = table->next) {
        if (!begins_chapter(series, table))
            continue;
        buf_format(out, "<a href=\"#chapter-%u\">", ++number);
        chapter_title(table, out);
        buf_add(out, S("</a> "));
    }
    buf_add(out, S("<a href=\"#summary\">Summary</a></nav>\n"));
}

static void write_chapters(const struct series *series, struct buf *out)
{
    uint32_t number = 0;
    for (const struct series_table *table = series->first; table; table = table->next) {
        if (!begins_chapter(series, table))
            continue;
        buf_format(out, "<h2 id=\"chapter-%u\">", ++number);
        chapter_title(table, out);
        buf_add(out, S("</h2>\n"));
        for (const struct series_table *one = table; one; one = one->next)
            if (same_chapter(one, table))
                write_table(one, out);
    }
}

void sim_report_html(const struct series *series, str title, struct buf *out)
{
    buf_add(out, S("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                   "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>"));
    markup_text(title, out);
    buf_add(out, S("</title>\n<style>"));
    buf_add(out, chart_style());
    buf_add(out, page_style());
    buf_add(out, S("</style>\n</head>\n<body>\n<main>\n<h1>"));
    markup_text(title, out);
    buf_add(out, S("</h1>\n"));
    write_contents(series, out);
    write_cards(series, out);
    write_chapters(series, out);
    write_summary(series, out);
    buf_add(out, S("</main>\n</body>\n</html>\n"));
}

static void csv_text(str text, struct buf *out)
{
    bool formula = text.len && (*text.ptr == '=' || *text.ptr == '+' || *text.ptr == '-' ||
                                *text.ptr == '@' || *text.ptr == '\t' || *text.ptr == '\r');
    bool quoted = formula;
    for (size_t i = 0; i < text.len; i++)
        quoted |=
            text.ptr[i] == ',' || text.ptr[i] == '"' || text.ptr[i] == '\r' || text.ptr[i] == '\n';
    if (quoted)
        buf_byte(out, '"');
    if (formula)
        buf_byte(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            buf_byte(out, '"');
        buf_byte(out, text.ptr[i]);
    }
    if (quoted)
        buf_byte(out, '"');
}

void sim_report_csv(const struct series_table *table, struct buf *out)
{
    buf_add(out, table->over_time ? S("time") : S("label"));
    for (uint32_t i = 0; i < table->columns; i++) {
        buf_byte(out, ',');
        struct buf name;
        buf_init(&name, 1000);
        buf_add(&name, table->column[i].name);
        buf_format(&name, " [%s]", quantity_unit_name(table->column[i].unit));
        csv_text(buf_str(&name), out);
        buf_finish(&name);
    }
    buf_add(out, S("\r\n"));
    for (uint32_t row = 0; row < table->rows; row++) {
        if (table->over_time)
            instant_text(table->time_us[row], out);
        else
            csv_text(table->label[row], out);
        for (uint32_t i = 0; i < table->columns; i++) {
            buf_byte(out, ',');
            quantity_exact(table->value[i][row], table->column[i].scale, out);
        }
        buf_add(out, S("\r\n"));
    }
}

static void text_table(const struct series_table *table, uint32_t width, struct buf *out)
{
    struct console_column columns[CONSOLE_COLUMNS_MAX] = {
        {"", false}
    };
    uint32_t count =
        table->columns < CONSOLE_COLUMNS_MAX - 1 ? table->columns : CONSOLE_COLUMNS_MAX - 1;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (uint32_t i = 0; i < count; i++) {
        const char *title = arena_cstr(&arena, table->column[i].title);
        columns[i + 1] = (struct console_column){title ? title : "", true};
    }
    struct console_table lines;
    console_table_init(&lines, columns, count + 1);
    struct buf text;
    buf_init(&text, 1000);
    for (uint32_t row = 0; row < table->rows; row++) {
        console_table_cell(&lines, table->label[row]);
        for (uint32_t i = 0; i < count; i++) {
            buf_clear(&text);
            quantity_text(table->column[i].unit, table->value[i][row], table->column[i].scale,
                          &text);
            console_table_cell(&lines, buf_str(&text));
        }
    }
    console_table_write(&lines, width, out);
    console_table_finish(&lines);
    buf_finish(&text);
    arena_finish(&arena);
}

void sim_report_text(const struct series *series, uint32_t width, struct buf *out)
{
    static const struct console_column columns[] = {
        {"", false},
        {"", false}
    };
    struct console_table lines;
    console_table_init(&lines, columns, 2);
    struct buf text, shown;
    buf_init(&text, 1 << 20);
    buf_init(&shown, 1 << 22);
    for (const struct series_summary *one = series->summary; one; one = one->next) {
        buf_clear(&text);
        summary_value(one, &text);
        console_table_cell(&lines, one->title);
        console_table_cell(&lines, buf_str(&text));
    }
    console_table_write(&lines, width, &shown);
    str body = buf_str(&shown), title;
    if (str_cut(body, '\n', &title, &body)) // the title line is empty
        buf_add(out, body);
    for (const struct series_table *table = series->first; table; table = table->next) {
        if (table->over_time || !table->rows)
            continue;
        buf_add(out, S("\n"));
        buf_add(out, table->title);
        buf_add(out, S("\n"));
        text_table(table, width, out);
    }
    console_table_finish(&lines);
    buf_finish(&text);
    buf_finish(&shown);
}
