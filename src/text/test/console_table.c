#include "text/console_table.h"
#include "base/rng.h"
#include "text/cell_width.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const struct console_column columns[] = {
    {"JOB",  false},
    {"NAME", false},
    {"COST", true }
};

static void add_row(struct console_table *table, str job, str name, str cost)
{
    console_table_cell(table, job);
    console_table_cell(table, name);
    console_table_cell(table, cost);
}

static void check(const struct console_table *table, uint32_t width, const char *expect)
{
    struct buf out;
    buf_init(&out, 10000);
    console_table_write(table, width, &out);
    assert_string_equal(buf_cstr(&out), expect);
    buf_finish(&out);
}

static void columns_align_whatever_the_script(void **state)
{
    (void)state;
    struct console_table table;
    console_table_init(&table, columns, 3);
    check(&table, 0, "JOB  NAME  COST\n");
    add_row(&table, S("job-1"), S("\u6f22\u5b57"), S("\u00a542"));
    add_row(&table, S("job-12"), S("caf\u00e9 noir"), S("\u00a51,234"));
    console_table_cell(&table, S("job-3"));
    console_table_cell(&table, S(""));
    console_table_number(&table, -7);
    console_table_cell(&table, S("job-4")); // an unfinished row
    check(&table, 0,
          "JOB     NAME         COST\n"
          "job-1   \u6f22\u5b57          \u00a542\n"
          "job-12  caf\u00e9 noir  \u00a51,234\n"
          "job-3                  -7\n"
          "job-4\n");
    check(&table, 22,
          "JOB     NAME      COST\n"
          "job-1   \u6f22\u5b57       \u00a542\n"
          "job-12  caf\u00e9 \u2026  \u00a51,234\n"
          "job-3               -7\n"
          "job-4\n");
    console_table_finish(&table);
    console_table_finish(&table); // accepts a zeroed table
}

static void no_cell_can_move_the_cursor(void **state)
{
    (void)state;
    struct console_table table;
    console_table_init(&table, columns, 1);
    console_table_cell(&table, S("a\x1b[2Jb\nc\xff\xc2\x9b\u202e"));
    check(&table, 0, "JOB\na\\x1b[2Jb\\x0ac\\xff\\xc2\\x9b\\xe2\\x80\\xae\n");
    console_table_finish(&table);
}

// Random tables: no line is wider than asked for while a left column can be cut, and costs are
// never cut.
static void lines_fit(void **state)
{
    (void)state;
    static const str parts[] = {
        {"a",      1},
        {"\u6f22", 3},
        {"\u00e9", 2},
        {" ",      1},
        {"\x01",   1}
    };
    struct rng rng = {.state = 42};
    for (int round = 0; round < 200; round++) {
        struct console_table table;
        console_table_init(&table, columns, 3);
        for (int cell = 0; cell < 12; cell++) {
            struct buf text;
            buf_init(&text, 1000);
            for (int64_t i = rng_below(&rng, 20); i > 0; i--)
                buf_add(&text, cell % 3 == 2 ? S("7") : parts[rng_below(&rng, 5)]);
            console_table_cell(&table, buf_str(&text));
            buf_finish(&text);
        }
        uint32_t width = (uint32_t)rng_between(&rng, 1, 80);
        uint32_t least = 4 + 2 * 2 + 4 + table.widths[2]; // both left columns at their narrowest
        struct buf out;
        buf_init(&out, 10000);
        console_table_write(&table, width, &out);
        str line, rest = buf_str(&out);
        while (str_cut(rest, '\n', &line, &rest))
            assert_true(cell_width(line) <= (width > least ? width : least));
        buf_finish(&out);
        console_table_finish(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_align_whatever_the_script),
        cmocka_unit_test(no_cell_can_move_the_cursor),
        cmocka_unit_test(lines_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
