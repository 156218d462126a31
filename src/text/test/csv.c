#include "text/csv.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void field_is(const struct csv *csv, uint32_t i, const char *text, uint32_t line,
                     uint32_t column)
{
    assert_true(i < csv->count);
    const struct csv_field *field = &csv->field[i];
    assert_int_equal(field->text.len, strlen(text));
    assert_memory_equal(field->text.ptr, text, strlen(text));
    assert_int_equal(field->line, line);
    assert_int_equal(field->column, column);
}

static void records_are_read_with_their_places(void **state)
{
    (void)state;
    struct csv csv;
    struct err err;
    csv_init(&csv, "f.csv",
             S("\xef\xbb\xbfname,chip\r\n\nn1,\"h100, \"\"80\"\"\nGB\",x\n,\"\"\nlast"));
    assert_int_equal(csv_next(&csv, &err), CSV_RECORD);
    assert_int_equal(csv.count, 2);
    field_is(&csv, 0, "name", 1, 1);
    field_is(&csv, 1, "chip", 1, 6);
    assert_int_equal(csv_next(&csv, &err), CSV_RECORD);
    field_is(&csv, 0, "n1", 3, 1);
    field_is(&csv, 1, "h100, \"80\"\nGB", 3, 4);
    field_is(&csv, 2, "x", 4, 5);
    assert_int_equal(csv_next(&csv, &err), CSV_RECORD);
    field_is(&csv, 0, "", 5, 1);
    field_is(&csv, 1, "", 5, 2);
    assert_int_equal(csv_next(&csv, &err), CSV_RECORD);
    field_is(&csv, 0, "last", 6, 1);
    assert_int_equal(csv_next(&csv, &err), CSV_END);
    assert_int_equal(csv_next(&csv, &err), CSV_END);
    csv_finish(&csv);
}

static void a_wrong_record_is_named_and_the_next_one_read(void **state)
{
    (void)state;
    struct csv csv;
    struct err err;
    csv_init(&csv, "f.csv", S("a,\"b\"c,d\nn,\xff\nok\n\"open"));
    assert_int_equal(csv_next(&csv, &err), CSV_WRONG);
    assert_string_equal(err.text, "f.csv:1:3: text behind a closing quote; write \"\" for a "
                                  "quote inside quotes");
    assert_int_equal(csv_next(&csv, &err), CSV_WRONG);
    assert_string_equal(err.text, "f.csv:2:3: not UTF-8 text; save the file as UTF-8");
    assert_int_equal(csv_next(&csv, &err), CSV_RECORD);
    field_is(&csv, 0, "ok", 3, 1);
    assert_int_equal(csv_next(&csv, &err), CSV_WRONG);
    assert_string_equal(err.text,
                        "f.csv:4:1: a quote is opened and never closed; close it with \"");
    assert_int_equal(csv_next(&csv, &err), CSV_END);
    csv_finish(&csv);
}

static void too_many_fields_are_refused(void **state)
{
    (void)state;
    struct csv csv;
    struct err err;
    char text[2 * CSV_FIELDS_MAX + 2];
    memset(text, ',', sizeof text);
    csv_init(&csv, "f", (str){text, CSV_FIELDS_MAX - 1});
    assert_int_equal(csv_next(&csv, &err), CSV_RECORD);
    assert_int_equal(csv.count, CSV_FIELDS_MAX);
    csv_finish(&csv);
    csv_init(&csv, "f", (str){text, CSV_FIELDS_MAX});
    assert_int_equal(csv_next(&csv, &err), CSV_WRONG);
    assert_true(strstr(err.text, "more than 64 fields"));
    csv_finish(&csv);
}

// What is written with every field in quotes comes back byte for byte.
static void random_records_come_back(void **state)
{
    (void)state;
    static const char letters[] = "ab,\"\n\r 7";
    struct rng rng = {.state = 42};
    for (int round = 0; round < 500; round++) {
        char wanted[8][12] = {0};
        uint32_t count = 1 + (uint32_t)rng_below(&rng, 8);
        struct buf text;
        buf_init(&text, 4096);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t len = (uint32_t)rng_below(&rng, 12);
            buf_add(&text, i ? S(",\"") : S("\""));
            for (uint32_t k = 0; k < len; k++) {
                char byte = letters[rng_below(&rng, sizeof letters - 1)];
                wanted[i][k] = byte;
                buf_byte(&text, byte);
                if (byte == '"')
                    buf_byte(&text, byte);
            }
            buf_byte(&text, '"');
        }
        struct csv csv;
        struct err err;
        csv_init(&csv, "f", buf_str(&text));
        assert_int_equal(csv_next(&csv, &err), CSV_RECORD);
        assert_int_equal(csv.count, count);
        for (uint32_t i = 0; i < count; i++)
            assert_true(str_is(csv.field[i].text, str_from(wanted[i])));
        assert_int_equal(csv_next(&csv, &err), CSV_END);
        csv_finish(&csv);
        buf_finish(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read_with_their_places),
        cmocka_unit_test(a_wrong_record_is_named_and_the_next_one_read),
        cmocka_unit_test(too_many_fields_are_refused),
        cmocka_unit_test(random_records_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
