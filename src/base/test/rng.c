#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

// SplitMix64's published first outputs for seed 1234567.
static void the_sequence_is_splitmix64(void **state)
{
    (void)state;
    struct rng rng = {.state = 1234567};
    static const uint64_t want[] = {6457827717110365317u, 3203168211198807973u,
                                    9817491932198370423u, 4593380528125082431u,
                                    16408922859458223821u};
    for (int i = 0; i < 5; i++)
        assert_int_equal(rng_next(&rng), want[i]);
}

static void ranges_are_kept_and_filled_evenly(void **state)
{
    (void)state;
    struct rng rng = {.state = 42};
    int counts[7] = {0};
    for (int i = 0; i < 70000; i++)
        counts[rng_between(&rng, -3, 3) + 3]++;
    for (int i = 0; i < 7; i++)
        assert_in_range(counts[i], 9600, 10400); // 4 standard deviations are 370
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(rng_below(&rng, 1), 0);
        assert_int_equal(rng_between(&rng, 5, 5), 5);
        int64_t any = rng_between(&rng, INT64_MIN / 2 + 1, INT64_MAX / 2);
        assert_true(any > INT64_MIN / 2 && any <= INT64_MAX / 2);
        assert_true(rng_below(&rng, INT64_MAX) >= 0);
    }
}

// Mean, and the share above one, two and three means: e^-1, e^-2, e^-3 in millionths.
static void exponential_has_its_mean_and_tail(void **state)
{
    (void)state;
    enum { DRAWS = 1000000, MEAN = 1000000 };
    struct rng rng = {.state = 42};
    int64_t sum = 0, above[4] = {0};
    for (int i = 0; i < DRAWS; i++) {
        int64_t value = rng_exponential(&rng, MEAN);
        assert_true(value >= 0 && value <= 20 * (int64_t)MEAN);
        sum += value;
        for (int64_t k = 1; k <= 3; k++)
            above[k] += value > k * MEAN;
    }
    assert_in_range(sum / DRAWS, 996000, 1004000);
    assert_in_range(above[1], 367879 - 2500, 367879 + 2500);
    assert_in_range(above[2], 135335 - 2000, 135335 + 2000);
    assert_in_range(above[3], 49787 - 1500, 49787 + 1500);
    assert_int_equal(rng_exponential(&rng, 0), 0);
    int64_t year_us = INT64_C(365) * 24 * 3600 * 1000000;
    for (int i = 0; i < 10000; i++)
        assert_true(rng_exponential(&rng, year_us) <= 20 * year_us);
}

static void a_copy_goes_on_alike(void **state)
{
    (void)state;
    struct rng rng = {.state = 9}, copy;
    rng_next(&rng);
    copy = rng;
    for (int i = 0; i < 100; i++)
        assert_int_equal(rng_exponential(&rng, 500), rng_exponential(&copy, 500));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sequence_is_splitmix64),
        cmocka_unit_test(ranges_are_kept_and_filled_evenly),
        cmocka_unit_test(exponential_has_its_mean_and_tail),
        cmocka_unit_test(a_copy_goes_on_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
