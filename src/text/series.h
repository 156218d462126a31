// series.h - what a run gives: tables of named columns over time, and summary values.
//
// The simulator fills a series, paper draws it, and neither knows the other. A table is rows of
// int64 in named columns, each with a unit and a scale (quantity.h). Its rows are instants in
// ascending order (a row holds from its instant to the next row's; the last one to `until_us`) or,
// in a table of kinds, labels ("class A", "1-8 devices"). A column is a STOCK (a state at the row's
// instant: watts, devices, prices) or a FLOW (an amount within the row: joules, money, jobs).
// A table says itself how it wants to be drawn and in which chapter.
//
//     struct series_table *power = series_table_over_time(series, "power_site", "Site power");
//     power->pictures = SERIES_AREAS; power->chapter = S("Power");
//     uint32_t it = series_column(power, &(struct series_column){S("it_w"), S("IT"), UNIT_WATT});
//     series_row(power, time_us); series_set(power, it, watts);
//
//   Owner      series_create .. series_destroy: tables, rows and copies of all texts
//   Invariant  instants ascend strictly; every row has a value in every column (0 until set)
//   Refusal    none
//   Fault      none (out of memory is a must; a name twice in a series or a table is a must)
#pragma once
#include "base/arena.h"
#include "base/str.h"
#include "text/quantity.h"
#include <stdbool.h>
#include <stdint.h>

enum series_kind { SERIES_STOCK, SERIES_FLOW };

enum series_mark {
    SERIES_DATA,   // drawn as the picture says
    SERIES_LIMIT,  // drawn as a dashed line above it: a cap, a rating
    SERIES_HIDDEN, // in the table and the csv only
};

// How a table is drawn: a set of these, drawn one below the other. None: only the table is shown.
enum series_picture {
    SERIES_LINES = 1,
    SERIES_AREAS = 2,  // stacked; columns that are LIMIT become lines
    SERIES_BARS = 4,   // over time or over labels; several columns stand beside each other
    SERIES_STACKS = 8, // bars, the columns stacked
    SERIES_HEAT = 16,  // the first DATA column by hour of day and weekday, mean (over time only)
    SERIES_WATERFALL =
        32, // labels: level after level of the first column, and what was lost between
    SERIES_HISTOGRAM = 64 // labels are the classes of the first column, bars touch
};

struct series_column {
    str name;  // of the csv's column: lower case, digits, underscores; unique in its table
    str title; // for people
    enum quantity_unit unit;
    uint32_t scale;
    enum series_kind kind;
    enum series_mark mark;
};

enum { SERIES_COLUMNS_MAX = 64 };

struct series_table {
    str name;          // of the csv file: unique in the series
    str title;         // for people
    str chapter;       // tables of one chapter stand together, in the order of their making
    str note;          // a sentence below the picture; may be empty
    uint32_t pictures; // enum series_picture
    uint32_t zone;     // instant.h: of hours and weekdays in the heat map
    bool over_time;    // rows are instants, otherwise labels
    uint32_t columns;
    struct series_column column[SERIES_COLUMNS_MAX];
    int64_t *value[SERIES_COLUMNS_MAX]; // value[column][row]
    int64_t *time_us;                   // over time
    str *label;                         // of kinds
    uint32_t rows, room;
    int64_t until_us; // end of the last row; at or before it: the last row is an instant
    struct series *series;
    struct series_table *next;
};

struct series_summary {
    str name, title,
        text; // the value in words, when there is no number for it (then unit COUNT, 0)
    int64_t value;
    enum quantity_unit unit;
    uint32_t scale;
    bool headline; // one of the few figures at the top
    struct series_summary *next;
};

struct series {
    struct arena arena;
    struct series_table *first, *last;
    struct series_summary *summary, *summary_last;
    uint32_t tables, summaries;
};

struct series *series_create(void);
void series_destroy(struct series *series); // accepts NULL

// Names and titles are copied. The table's texts set later (chapter, note) must outlive the series
// or come from series_text.
struct series_table *series_table_over_time(struct series *series, const char *name,
                                            const char *title);
struct series_table *series_table_of_kinds(struct series *series, const char *name,
                                           const char *title);
struct series_table *series_find(const struct series *series, const char *name); // or NULL
str series_text(struct series *series, str text); // a copy that lives as long as the series
uint32_t series_column(struct series_table *table, const struct series_column *column);

// A new row, all zero. An instant equal to the last row's goes on with that row.
void series_row(struct series_table *table, int64_t time_us);
void series_row_named(struct series_table *table, str label);
// In the last row. series_add adds, and stays at the ends of int64.
void series_set(struct series_table *table, uint32_t column, int64_t value);
void series_add(struct series_table *table, uint32_t column, int64_t value);

// Said once per name. A later one of the same name replaces value and text.
void series_summary_value(struct series *series, const char *name, const char *title, int64_t value,
                          struct series_column as); // unit and scale of `as`
void series_summary_text(struct series *series, const char *name, const char *title, str text);
// Marks it as one of the figures at the top. The name must have been said.
void series_headline(struct series *series, const char *name);

// Many rows as few: each bucket holds the rows whose instants are in [from_us, until_us).
struct series_bucket {
    int64_t from_us, until_us;
    uint32_t row, rows; // the first row and how many; at least one
};
// Buckets of one column: sums and extremes are those of the rows.
struct series_cell {
    __int128 sum;
    int64_t low, high, last;
    int64_t mean; // of a stock, weighted by how long each row held; of a flow, the sum per row
};

// A width for buckets of a table over time: the least of 1, 5, 15 minutes, 1, 6 hours, 1, 7, 30,
// 90, 365 days (or a multiple of the last) that makes at most `most` buckets.
int64_t series_bucket_us(const struct series_table *table, uint32_t most);
// Fills `ret`, which has room for `most`; gives how many. Buckets begin at multiples of width_us
// since 1970 in the table's zone. Empty ones are left out.
uint32_t series_buckets(const struct series_table *table, int64_t width_us,
                        struct series_bucket *ret, uint32_t most);
struct series_cell series_cell_of(const struct series_table *table, uint32_t column,
                                  const struct series_bucket *bucket);
// The end of a row: the next row's instant or the table's end.
int64_t series_row_until(const struct series_table *table, uint32_t row);
