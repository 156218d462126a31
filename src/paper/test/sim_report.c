#include "paper/sim_report.h"
#include "base/money.h"
#include "run_sample.h"
#include "text/csv.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { TEXT_MAX = 16 << 20 };

// The bytes must be those of test/golden/NAME (a test runs in its room's folder). With GOLDEN_WRITE
// set the file is made anew, to be looked at by a person before it is kept.
static void golden_is(const char *name, str text)
{
    char path[512];
    snprintf(path, sizeof path, "test/golden/%s", name);
    bool write = getenv("GOLDEN_WRITE") != NULL;
    FILE *file = fopen(path, write ? "w" : "r");
    assert_non_null(file);
    if (write) {
        assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    } else {
        char *want = malloc(TEXT_MAX);
        assert_non_null(want);
        size_t size = fread(want, 1, TEXT_MAX, file);
        bool same = size == text.len && memcmp(want, text.ptr, size) == 0;
        free(want);
        if (!same)
            fail_msg("%s is not as it was: GOLDEN_WRITE=1 and look at it", path);
    }
    fclose(file);
}

static void a_small_run_gives_the_kept_report(void **state)
{
    (void)state;
    struct series *series = sample_run(30, HOUR_US);
    struct buf out;
    buf_init(&out, TEXT_MAX);
    sim_report_html(series, S("tatara sim: <small>"), &out);
    assert_false(out.overflow);
    golden_is("sim_report.html", buf_str(&out));
    assert_null(strstr(buf_cstr(&out), "<small>"));
    assert_null(strstr(buf_cstr(&out), "<test>"));
    assert_null(strstr(buf_cstr(&out), "<script"));
    assert_null(strstr(buf_cstr(&out), "src="));
    buf_clear(&out);
    sim_report_text(series, 80, &out);
    golden_is("sim_report.txt", buf_str(&out));
    buf_finish(&out);
    series_destroy(series);
}

// A reader of XML that knows nothing of this program takes the page: nothing is left open.
static void the_page_is_well_formed(void **state)
{
    (void)state;
    if (system("command -v python3 >/dev/null 2>&1") != 0) {
        print_message("skipped: no python3 here\n");
        return;
    }
    struct series *series = sample_run(9000, HOUR_US);
    struct buf out;
    buf_init(&out, TEXT_MAX);
    sim_report_html(series, S("a & b"), &out);
    FILE *reader = popen("python3 -c 'import sys, xml.dom.minidom as m; "
                         "m.parseString(sys.stdin.buffer.read().split(b\"\\n\", 1)[1])'",
                         "w");
    assert_non_null(reader);
    assert_int_equal(fwrite(out.ptr, 1, out.len, reader), out.len);
    assert_int_equal(pclose(reader), 0);
    buf_finish(&out);
    series_destroy(series);
}

static void an_empty_run_gives_a_page_too(void **state)
{
    (void)state;
    struct series *series = series_create();
    struct buf out;
    buf_init(&out, TEXT_MAX);
    sim_report_html(series, S(""), &out);
    sim_report_text(series, 80, &out);
    struct series_table *empty = series_table_over_time(series, "empty", "Nothing yet");
    empty->pictures = 127;
    sim_report_html(series, S("empty"), &out);
    sample_column(empty, "w", "Watts", UNIT_WATT, 0);
    sim_report_html(series, S("empty"), &out);
    assert_non_null(strstr(buf_cstr(&out), "no data"));
    assert_false(out.overflow);
    buf_finish(&out);
    series_destroy(series);
}

// Every row and value comes back from the csv, read by text/csv.h.
static void the_csv_reads_back(void **state)
{
    (void)state;
    struct series *series = series_create();
    struct series_table *table = series_table_of_kinds(series, "odd", "Odd");
    sample_column(table, "usd", "USD", UNIT_USD, 2);
    sample_column(table, "w", "W", UNIT_WATT, 0);
    static const char *const labels[] = {"plain",      "a,b",  "\"quoted\"",
                                         "two\nlines", "漢字", "=SUM(A1)"};
    for (int i = 0; i < 6; i++) {
        series_row_named(table, str_from(labels[i]));
        series_set(table, 0, i % 2 ? INT64_MIN : INT64_MAX);
        series_set(table, 1, -i);
    }
    struct buf out;
    buf_init(&out, TEXT_MAX);
    sim_report_csv(table, &out);
    struct csv csv;
    struct err err;
    csv_init(&csv, "odd.csv", buf_str(&out));
    assert_int_equal(csv_next(&csv, &err), CSV_RECORD);
    assert_true(str_is(csv.field[0].text, S("label")));
    assert_true(str_is(csv.field[1].text, S("usd [USD]")));
    for (int i = 0; i < 6; i++) {
        assert_int_equal(csv_next(&csv, &err), CSV_RECORD);
        assert_int_equal(csv.count, 3);
        str label = csv.field[0].text;
        assert_true(str_is(str_skip(label, i == 5), str_from(labels[i])));
        decimal value;
        assert_true(decimal_parse(csv.field[1].text, 10, &value));
        assert_int_equal(value.value, i % 2 ? INT64_MIN : INT64_MAX);
        int64_t watts;
        assert_true(str_to_i64(csv.field[2].text, &watts));
        assert_int_equal(watts, -i);
    }
    assert_int_equal(csv_next(&csv, &err), CSV_END);
    csv_finish(&csv);
    buf_clear(&out);
    struct series_table *times = series_table_over_time(series, "times", "Times");
    series_row(times, 1900000000 * SECOND_US + 5);
    sim_report_csv(times, &out);
    assert_string_equal(buf_cstr(&out), "time\r\n2030-03-17T17:46:40.000005Z\r\n");
    buf_finish(&out);
    series_destroy(series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_small_run_gives_the_kept_report),
                                       cmocka_unit_test(the_page_is_well_formed),
                                       cmocka_unit_test(an_empty_run_gives_a_page_too),
                                       cmocka_unit_test(the_csv_reads_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
