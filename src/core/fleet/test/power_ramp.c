#include "core/fleet/power_ramp.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { SWITCHES = 400 };

struct change {
    int64_t at_us, spread_us, watts;
};

// What of a change lies in [from, from + 60 s).
static double part(const struct change *change, int64_t from_us)
{
    int64_t until_us = from_us + RAMP_WINDOW_US;
    if (change->spread_us == 0)
        return change->at_us >= from_us && change->at_us < until_us ? (double)change->watts : 0;
    int64_t end_us = change->at_us + change->spread_us;
    int64_t low = change->at_us > from_us ? change->at_us : from_us;
    int64_t high = end_us < until_us ? end_us : until_us;
    return high > low ? (double)change->watts * (double)(high - low) / (double)change->spread_us
                      : 0;
}

static double most(const struct change changes[SWITCHES])
{
    double most = 0;
    for (int i = 0; i < SWITCHES; i++) {
        int64_t edges[] = {changes[i].at_us, changes[i].at_us + changes[i].spread_us,
                           changes[i].at_us - RAMP_WINDOW_US + 1,
                           changes[i].at_us + changes[i].spread_us - RAMP_WINDOW_US};
        for (int e = 0; e < 4; e++) {
            double sum = 0;
            for (int k = 0; k < SWITCHES; k++)
                sum += part(&changes[k], edges[e]);
            most = sum > most ? sum : most;
        }
    }
    return most;
}

// Random switches, each at the instant it was given: no window of 60 s holds more than its sum.
// With `obey` off they are made when they are asked for, and the sum is passed.
static double run(uint64_t seed, bool obey)
{
    struct rng rng = {.state = seed};
    struct change changes[SWITCHES];
    int64_t now_us = 1000, busy_us = 0;
    for (int i = 0; i < SWITCHES; i++) {
        int64_t watts = rng_below(&rng, 10) ? rng_below(&rng, 2000) : rng_below(&rng, 200000);
        struct ramp_slot slot =
            ramp_next(100, busy_us, rng_below(&rng, 2) ? watts : -watts, now_us);
        assert_true(slot.at_us >= now_us);
        busy_us = slot.busy_us;
        changes[i] = (struct change){obey ? slot.at_us : now_us, obey ? slot.spread_us : 0, watts};
        now_us = rng_below(&rng, 3) ? slot.at_us : slot.at_us + rng_below(&rng, 120000000);
    }
    return most(changes);
}

static void no_minute_holds_more_than_its_sum(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        assert_true(run(seed, true) <= 6000 * (1 + 1e-9));
        assert_true(run(seed, false) > 6000);
    }
}

static void without_a_limit_all_is_at_once(void **state)
{
    (void)state;
    struct ramp_slot slot = ramp_next(0, 0, 1000000000, 5);
    assert_int_equal(slot.at_us, 5);
    assert_int_equal(slot.spread_us, 0);
    slot = ramp_next(1000000, 0, 10000000000, 5); // 10 GW at 1 MW/s
    assert_int_equal(slot.at_us, 5);
    assert_int_equal(slot.spread_us, INT64_C(20000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_minute_holds_more_than_its_sum),
        cmocka_unit_test(without_a_limit_all_is_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
