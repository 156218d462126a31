#include "text/series.h"
#include "base/instant.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct series_column WATTS = {S("it_w"), S("IT"), UNIT_WATT, 0, SERIES_STOCK, 0};
static const struct series_column ENERGY = {S("it_j"), S("Energy"), UNIT_JOULE, 0, SERIES_FLOW, 0};

static void rows_and_summaries_are_kept(void **state)
{
    (void)state;
    struct series *series = series_create();
    struct series_table *table = series_table_over_time(series, "power", "Power");
    uint32_t watts = series_column(table, &WATTS);
    for (int64_t i = 0; i < 1000; i++) {
        series_row(table, i * SECOND_US);
        series_row(table, i * SECOND_US);
        series_add(table, watts, i);
        series_add(table, watts, INT64_MAX);
    }
    uint32_t energy = series_column(table, &ENERGY); // late: earlier rows have 0
    assert_int_equal(table->rows, 1000);
    assert_int_equal(table->value[watts][0], INT64_MAX);
    assert_int_equal(table->value[watts][999], INT64_MAX);
    assert_int_equal(table->value[energy][999], 0);
    assert_ptr_equal(series_find(series, "power"), table);
    assert_null(series_find(series, "powe"));

    struct series_table *kinds = series_table_of_kinds(series, "waits", "Waits");
    uint32_t count = series_column(kinds, &ENERGY);
    char label[] = "1-8 devices";
    series_row_named(kinds, str_from(label));
    label[0] = '9';
    series_set(kinds, count, -3);
    assert_true(str_is(kinds->label[0], S("1-8 devices")));
    assert_int_equal(kinds->value[count][0], -3);

    series_summary_value(series, "energy", "Energy", 5, ENERGY);
    series_summary_value(series, "energy", "Energy", 6, ENERGY);
    series_summary_text(series, "seed", "Seed", S("42"));
    series_headline(series, "energy");
    assert_int_equal(series->summaries, 2);
    assert_int_equal(series->summary->value, 6);
    assert_true(series->summary->headline);
    assert_true(str_is(series->summary->next->text, S("42")));
    series_destroy(series);
    series_destroy(NULL);
}

static struct series_table *random_table(struct series *series, struct rng *rng)
{
    struct series_table *table = series_table_over_time(series, "random", "Random");
    series_column(table, &WATTS);
    series_column(table, &ENERGY);
    table->zone = (uint32_t)rng_below(rng, zone_count());
    int64_t now = rng_between(rng, -5 * DAY_US, 400 * DAY_US);
    int64_t rows = rng_between(rng, 1, 600), gap = 1 + rng_below(rng, 3 * DAY_US);
    for (int64_t i = 0; i < rows; i++) {
        series_row(table, now);
        series_set(table, 0, (int64_t)rng_next(rng) >> rng_below(rng, 40));
        series_set(table, 1, rng_between(rng, -1000, 1000));
        now += 1 + rng_below(rng, gap);
    }
    table->until_us = rng_below(rng, 4) ? now : INT64_MIN;
    return table;
}

// Whatever the rows, buckets cut them without rest: sums and extremes of the buckets are those of
// the rows, and a mean is within the extremes.
static void buckets_keep_sums_and_extremes(void **state)
{
    (void)state;
    struct rng rng = {.state = 11};
    enum { MOST = 400 };
    static struct series_bucket buckets[MOST];
    for (int round = 0; round < 300; round++) {
        struct series *series = series_create();
        struct series_table *table = random_table(series, &rng);
        uint32_t most = (uint32_t)rng_between(&rng, 2, MOST - 1);
        uint32_t count = series_buckets(table, series_bucket_us(table, most), buckets, most);
        assert_in_range(count, 1, most);
        for (uint32_t column = 0; column < 2; column++) {
            __int128 sum = 0, want = 0;
            int64_t low = INT64_MAX, high = INT64_MIN, want_low = low, want_high = high;
            uint32_t row = 0;
            for (uint32_t i = 0; i < count; i++) {
                struct series_cell cell = series_cell_of(table, column, &buckets[i]);
                assert_int_equal(buckets[i].row, row);
                row += buckets[i].rows;
                sum += cell.sum;
                low = cell.low < low ? cell.low : low;
                high = cell.high > high ? cell.high : high;
                assert_true(cell.low <= cell.mean && cell.mean <= cell.high);
                assert_int_equal(cell.last, table->value[column][row - 1]);
            }
            for (uint32_t i = 0; i < table->rows; i++) {
                int64_t value = table->value[column][i];
                want += value;
                want_low = value < want_low ? value : want_low;
                want_high = value > want_high ? value : want_high;
            }
            assert_int_equal(row, table->rows);
            assert_true(sum == want && low == want_low && high == want_high);
        }
        series_destroy(series);
    }
}

static void a_mean_is_weighted_by_time(void **state)
{
    (void)state;
    struct series *series = series_create();
    struct series_table *table = series_table_over_time(series, "power", "Power");
    series_column(table, &WATTS);
    series_row(table, 0);
    series_set(table, 0, 100);
    series_row(table, 45 * MINUTE_US);
    series_set(table, 0, 500);
    table->until_us = HOUR_US;
    struct series_bucket bucket;
    assert_int_equal(series_buckets(table, HOUR_US, &bucket, 1), 1);
    assert_int_equal(series_cell_of(table, 0, &bucket).mean, 200); // (45 x 100 + 15 x 500) / 60
    assert_int_equal(bucket.until_us, HOUR_US);
    series_destroy(series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_and_summaries_are_kept),
                                       cmocka_unit_test(buckets_keep_sums_and_extremes),
                                       cmocka_unit_test(a_mean_is_weighted_by_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
