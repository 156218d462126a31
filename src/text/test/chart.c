#include "text/chart.h"
#include "base/instant.h"
#include "base/rng.h"
#include "text/markup.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

// Tags close in the order they were opened, attributes are quoted, every & begins an entity.
static void well_formed(const char *text)
{
    char open[64][16];
    int depth = 0;
    for (const char *at = text; *at; at++) {
        if (*at == '&')
            assert_true(strncmp(at, "&amp;", 5) == 0 || strncmp(at, "&lt;", 4) == 0 ||
                        strncmp(at, "&gt;", 4) == 0 || strncmp(at, "&quot;", 6) == 0 ||
                        strncmp(at, "&#39;", 5) == 0);
        if (*at != '<')
            continue;
        const char *end = strchr(at, '>');
        assert_non_null(end);
        bool closing = at[1] == '/';
        char name[32];
        assert_int_equal(sscanf(at + 1 + closing, "%15[a-z0-9]", name), 1);
        int quotes = 0;
        for (const char *p = at; p < end; p++)
            quotes += *p == '"';
        assert_int_equal(quotes % 2, 0);
        if (closing) {
            assert_true(depth > 0);
            assert_string_equal(open[--depth], name);
        } else if (end[-1] != '/') {
            assert_true(depth < 64);
            memcpy(open[depth++], name, sizeof open[0]);
        }
        at = end;
    }
    assert_int_equal(depth, 0);
}

static struct series_table *wild_table(struct series *series, struct rng *rng, bool over_time)
{
    struct series_table *table =
        over_time ? series_table_over_time(series, "wild", "<script>alert('&')</script>\x01\xff\"")
                  : series_table_of_kinds(series, "wild", "]]><b onclick=\"x\">");
    table->note = S("a < b & c > d");
    uint32_t columns = (uint32_t)rng_between(rng, 0, 12);
    for (uint32_t i = 0; i < columns; i++) {
        char name[32];
        snprintf(name, sizeof name, "column_%u", i);
        series_column(table,
                      &(struct series_column){
                          str_from(name), S("</text><x y=\"&\">"),
                          (enum quantity_unit)(rng_below(rng, 2) ? UNIT_WATT : UNIT_SECOND),
                          (uint32_t)rng_below(rng, 2) * 6, (enum series_kind)rng_below(rng, 2),
                          (enum series_mark)rng_below(rng, 3)});
    }
    int64_t rows = rng_below(rng, 4) ? rng_below(rng, 3) : rng_below(rng, 1000);
    int64_t time_us = 1900000000 * SECOND_US,
            gap = 1 + rng_below(rng, rng_below(rng, 2) ? HOUR_US : 90 * DAY_US / (rows + 1));
    int shift = (int)rng_below(rng, 64);
    for (int64_t row = 0; row < rows; row++, time_us += 1 + rng_below(rng, gap)) {
        if (over_time)
            series_row(table, time_us);
        else
            series_row_named(table, row % 2 ? S("=<\"kind\" & 漢字 that is long enough to be cut>")
                                            : S(""));
        for (uint32_t i = 0; i < columns; i++)
            series_set(table, i, (int64_t)rng_next(rng) >> shift);
    }
    table->until_us = rng_below(rng, 2) ? time_us : 0;
    return table;
}

// Whatever is in a table (nothing, one row, values at both ends of int64, hostile texts), every
// picture is well-formed, escaped, and the same again.
static void any_table_gives_a_sound_picture(void **state)
{
    (void)state;
    struct rng rng = {.state = 23};
    struct buf one, two;
    buf_init(&one, 64 << 20);
    buf_init(&two, 64 << 20);
    for (int round = 0; round < 150; round++) {
        struct series *series = series_create();
        struct series_table *table = wild_table(series, &rng, round % 2);
        for (int picture = 1; picture <= SERIES_HISTOGRAM; picture *= 2) {
            buf_clear(&one);
            buf_clear(&two);
            bool drawn = chart_draw(table, (enum series_picture)picture, 0, round % 3 == 0, &one);
            assert_int_equal(
                drawn, chart_draw(table, (enum series_picture)picture, 0, round % 3 == 0, &two));
            assert_true(str_is(buf_str(&one), buf_str(&two)));
            if (!drawn)
                continue;
            well_formed(buf_cstr(&one));
            assert_null(strstr(buf_cstr(&one), "<script"));
            assert_null(strstr(buf_cstr(&one), "<b "));
            assert_non_null(strstr(buf_cstr(&one), "<desc>"));
        }
        series_destroy(series);
    }
    buf_finish(&one);
    buf_finish(&two);
}

static void axes_stand_at_round_numbers(void **state)
{
    (void)state;
    struct series *series = series_create();
    struct series_table *table = series_table_over_time(series, "power", "Power");
    series_column(table, &(struct series_column){S("w"), S("W"), UNIT_WATT, 0, SERIES_STOCK, 0});
    for (int i = 0; i < 24; i++) {
        series_row(table, i * HOUR_US);
        series_set(table, 0, i * INT64_C(410000000));
    }
    struct buf out;
    buf_init(&out, 1 << 20);
    assert_true(chart_draw(table, SERIES_LINES, 0, false, &out));
    const char *ticks[] = {">0 GW<", ">2 GW<", ">4 GW<", ">10 GW<", ">1 Jan<", ">12:00<"};
    for (size_t i = 0; i < sizeof ticks / sizeof ticks[0]; i++)
        assert_non_null(strstr(buf_cstr(&out), ticks[i]));
    assert_null(strstr(buf_cstr(&out), ">3 GW<"));
    assert_false(chart_draw(table, SERIES_WATERFALL, 0, false, &out));
    assert_false(chart_draw(table, SERIES_HEAT, 0, false, &out)); // a day is no week
    buf_finish(&out);
    series_destroy(series);
}

static void text_stays_text(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    markup_text(S("<a href='x'>&\"\x02\xc3(\xe6\xbc\xa2"), &out);
    assert_string_equal(buf_cstr(&out), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\xef\xbf\xbd"
                                        "\xef\xbf\xbd(\xe6\xbc\xa2");
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_table_gives_a_sound_picture),
                                       cmocka_unit_test(axes_stand_at_round_numbers),
                                       cmocka_unit_test(text_stays_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
