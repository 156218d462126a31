#include "text/series.h"
#include "base/instant.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

enum { TEXT_LIMIT = 256 << 20 };

struct series *series_create(void)
{
    struct series *series = calloc(1, sizeof *series);
    must(series);
    arena_init(&series->arena, TEXT_LIMIT);
    return series;
}

void series_destroy(struct series *series)
{
    if (!series)
        return;
    for (struct series_table *table = series->first; table; table = table->next) {
        for (uint32_t i = 0; i < table->columns; i++)
            free(table->value[i]);
        free(table->time_us);
        free(table->label);
    }
    arena_finish(&series->arena);
    free(series);
}

str series_text(struct series *series, str text)
{
    str copy = arena_copy(&series->arena, text);
    must(!series->arena.full);
    return copy;
}

struct series_table *series_find(const struct series *series, const char *name)
{
    for (struct series_table *table = series->first; table; table = table->next)
        if (str_is(table->name, str_from(name)))
            return table;
    return NULL;
}

static struct series_table *table_new(struct series *series, const char *name, const char *title)
{
    must(!series_find(series, name));
    struct series_table *table = arena_take(&series->arena, sizeof *table);
    must(table);
    table->series = series;
    table->name = series_text(series, str_from(name));
    table->title = series_text(series, str_from(title));
    if (series->last)
        series->last->next = table;
    else
        series->first = table;
    series->last = table;
    series->tables++;
    return table;
}

struct series_table *series_table_over_time(struct series *series, const char *name,
                                            const char *title)
{
    struct series_table *table = table_new(series, name, title);
    table->over_time = true;
    table->until_us = INT64_MIN;
    return table;
}

struct series_table *series_table_of_kinds(struct series *series, const char *name,
                                           const char *title)
{
    return table_new(series, name, title);
}

uint32_t series_column(struct series_table *table, const struct series_column *column)
{
    must(table->columns < SERIES_COLUMNS_MAX && column->scale <= QUANTITY_SCALE_MAX);
    for (uint32_t i = 0; i < table->columns; i++)
        must(!str_is(table->column[i].name, column->name));
    uint32_t at = table->columns++;
    table->column[at] = *column;
    table->column[at].name = series_text(table->series, column->name);
    table->column[at].title =
        series_text(table->series, column->title.len ? column->title : column->name);
    if (table->room) {
        table->value[at] = calloc(table->room, sizeof(int64_t));
        must(table->value[at]);
    }
    return at;
}

static void more_room(struct series_table *table)
{
    uint32_t room = table->room ? table->room * 2 : 64;
    must(room > table->room);
    for (uint32_t i = 0; i < table->columns; i++) {
        table->value[i] = realloc(table->value[i], room * sizeof(int64_t));
        must(table->value[i]);
    }
    if (table->over_time) {
        table->time_us = realloc(table->time_us, room * sizeof(int64_t));
        must(table->time_us);
    } else {
        table->label = realloc(table->label, room * sizeof(str));
        must(table->label);
    }
    table->room = room;
}

static void row_new(struct series_table *table)
{
    if (table->rows == table->room)
        more_room(table);
    for (uint32_t i = 0; i < table->columns; i++)
        table->value[i][table->rows] = 0;
    table->rows++;
}

void series_row(struct series_table *table, int64_t time_us)
{
    must(table->over_time);
    if (table->rows && table->time_us[table->rows - 1] == time_us)
        return;
    must(!table->rows || table->time_us[table->rows - 1] < time_us);
    row_new(table);
    table->time_us[table->rows - 1] = time_us;
}

void series_row_named(struct series_table *table, str label)
{
    must(!table->over_time);
    row_new(table);
    table->label[table->rows - 1] = series_text(table->series, label);
}

void series_set(struct series_table *table, uint32_t column, int64_t value)
{
    must(table->rows && column < table->columns);
    table->value[column][table->rows - 1] = value;
}

void series_add(struct series_table *table, uint32_t column, int64_t value)
{
    must(table->rows && column < table->columns);
    int64_t *cell = &table->value[column][table->rows - 1];
    if (__builtin_add_overflow(*cell, value, cell))
        *cell = value < 0 ? INT64_MIN : INT64_MAX;
}

static struct series_summary *summary_find(const struct series *series, const char *name)
{
    for (struct series_summary *one = series->summary; one; one = one->next)
        if (str_is(one->name, str_from(name)))
            return one;
    return NULL;
}

static struct series_summary *summary_of(struct series *series, const char *name, const char *title)
{
    struct series_summary *one = summary_find(series, name);
    if (one)
        return one;
    one = arena_take(&series->arena, sizeof *one);
    must(one);
    one->name = series_text(series, str_from(name));
    one->title = series_text(series, str_from(title));
    if (series->summary_last)
        series->summary_last->next = one;
    else
        series->summary = one;
    series->summary_last = one;
    series->summaries++;
    return one;
}

void series_summary_value(struct series *series, const char *name, const char *title, int64_t value,
                          struct series_column as)
{
    must(as.unit < QUANTITY_UNITS && as.scale <= QUANTITY_SCALE_MAX);
    struct series_summary *one = summary_of(series, name, title);
    one->value = value;
    one->unit = as.unit;
    one->scale = as.scale;
    one->text = (str){0};
}

void series_summary_text(struct series *series, const char *name, const char *title, str text)
{
    struct series_summary *one = summary_of(series, name, title);
    one->text = series_text(series, text);
    one->value = 0;
}

void series_headline(struct series *series, const char *name)
{
    struct series_summary *one = summary_find(series, name);
    must(one);
    one->headline = true;
}

int64_t series_row_until(const struct series_table *table, uint32_t row)
{
    must(table->over_time && row < table->rows);
    if (row + 1 < table->rows)
        return table->time_us[row + 1];
    return table->until_us > table->time_us[row] ? table->until_us : table->time_us[row];
}

// Which bucket an instant is in: floor of its local time by the width.
static int64_t bucket_of(const struct series_table *table, int64_t width_us, int64_t time_us)
{
    int64_t local = time_us + zone_offset_us(table->zone, time_us);
    return local / width_us - (local % width_us < 0);
}

int64_t series_bucket_us(const struct series_table *table, uint32_t most)
{
    static const int64_t widths[] = {MINUTE_US,   5 * MINUTE_US, 15 * MINUTE_US, HOUR_US,
                                     6 * HOUR_US, DAY_US,        7 * DAY_US,     30 * DAY_US,
                                     90 * DAY_US, 365 * DAY_US};
    must(table->over_time && most >= 2);
    if (!table->rows)
        return widths[0];
    for (size_t i = 0;; i++) {
        size_t known = sizeof widths / sizeof widths[0];
        int64_t width = i < known ? widths[i] : widths[known - 1] * ((int64_t)(i - known) + 2);
        int64_t first = bucket_of(table, width, table->time_us[0]);
        int64_t last = bucket_of(table, width, table->time_us[table->rows - 1]);
        if (last - first < (int64_t)most)
            return width;
    }
}

uint32_t series_buckets(const struct series_table *table, int64_t width_us,
                        struct series_bucket *ret, uint32_t most)
{
    must(table->over_time && width_us > 0);
    uint32_t count = 0;
    int64_t now = 0;
    for (uint32_t row = 0; row < table->rows; row++) {
        int64_t which = bucket_of(table, width_us, table->time_us[row]);
        if (count && which <= now) { // clocks set back go on with the bucket
            ret[count - 1].rows++;
        } else {
            must(count < most);
            now = which;
            ret[count++] =
                (struct series_bucket){.from_us = table->time_us[row], .row = row, .rows = 1};
        }
        ret[count - 1].until_us = series_row_until(table, row);
    }
    return count;
}

static int64_t narrow(__int128 value)
{
    return value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : (int64_t)value;
}

static __int128 divide_rounded(__int128 value, __int128 by)
{
    return value < 0 ? -((-value + by / 2) / by) : (value + by / 2) / by;
}

struct series_cell series_cell_of(const struct series_table *table, uint32_t column,
                                  const struct series_bucket *bucket)
{
    must(column < table->columns && bucket->rows && bucket->row + bucket->rows <= table->rows);
    const int64_t *value = table->value[column] + bucket->row;
    struct series_cell cell = {.low = value[0], .high = value[0]};
    bool weighed = table->over_time && table->column[column].kind == SERIES_STOCK &&
                   bucket->until_us > bucket->from_us;
    __int128 weight = 0, weighted = 0;
    for (uint32_t i = 0; i < bucket->rows; i++) {
        cell.sum += value[i];
        cell.low = value[i] < cell.low ? value[i] : cell.low;
        cell.high = value[i] > cell.high ? value[i] : cell.high;
        int64_t held = 1;
        if (weighed) // in milliseconds, so that the product stays far below 128 bits
            held =
                (series_row_until(table, bucket->row + i) - table->time_us[bucket->row + i]) / 1000;
        weight += held;
        weighted += (__int128)value[i] * held;
    }
    cell.last = value[bucket->rows - 1];
    cell.mean = narrow(weight ? divide_rounded(weighted, weight) : cell.last);
    return cell;
}
