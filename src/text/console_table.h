// console_table.h - tables for terminals: aligned columns, cut to the terminal's width.
//
//     JOB     STATE    COST
//     job-1   running   ¥42
//     job-12  done       ¥7
//
// Widths count cells (cell_width.h), so ¥ and 漢字 align. Two blanks stand between columns and none
// at the end of a line. Control characters are shown as \xNN: a name cannot move the cursor.
//
//   Owner      whoever called console_table_init, until console_table_finish; the columns are the
//              caller's and must outlive it
//   Invariant  cells are given row by row; only columns aligned left are ever cut
//   Refusal    none
//   Fault      more text than 64 MiB: `full` stays set and the table is cut short
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct console_column {
    const char *title;
    bool right; // numbers; never cut
};

enum { CONSOLE_COLUMNS_MAX = 32 };

struct console_row;
struct console_table {
    const struct console_column *columns;
    struct arena arena;
    struct console_row *first, *last;
    uint32_t count, used; // columns; cells of the last row
    uint32_t widths[CONSOLE_COLUMNS_MAX];
    bool full;
};

void console_table_init(struct console_table *table, const struct console_column *columns,
                        size_t count);
void console_table_finish(struct console_table *table);
void console_table_cell(struct console_table *table, str text); // copied
void console_table_number(struct console_table *table, int64_t value);
// The title line and the rows; what is missing in the last row is empty. `width` is the terminal's,
// 0 for no limit.
void console_table_write(const struct console_table *table, uint32_t width, struct buf *out);
