// House time against wall clocks of every kind: it never goes back, keeps within half a percent
// but for a step forward, and comes to agree with a wall clock that is right.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/instant.h"
#include "base/rng.h"
#include "live/house_clock.h"

static const int64_t noon_us = INT64_C(1795219200) * SECOND_US;

static void a_start_takes_the_later_of_journal_and_wall(void **state)
{
    (void)state;
    struct house_clock clock;
    struct err err = {0};
    assert_true(house_clock_start(&clock, 0, 5, noon_us, false, &err));
    assert_int_equal(clock.time_us, noon_us);
    assert_true(house_clock_start(&clock, noon_us + HOUR_US, 5, noon_us, false, &err));
    assert_int_equal(clock.time_us, noon_us + HOUR_US);
    assert_true(clock.behind);
    assert_true(house_clock_start(&clock, noon_us, 5, noon_us + 400 * DAY_US, false, &err));
    assert_false(house_clock_start(&clock, noon_us, 5, noon_us + 400 * DAY_US + 1, false, &err));
    assert_non_null(strstr(err.text, "--accept-time"));
    assert_true(house_clock_start(&clock, noon_us, 5, noon_us + 401 * DAY_US, true, &err));
    assert_int_equal(clock.time_us, noon_us + 401 * DAY_US);
}

struct reading {
    int64_t time_us, from_us;
    bool stepped;
};

static struct reading read_at(struct house_clock *clock, int64_t boot_us, int64_t wall_us)
{
    struct reading reading = {0};
    reading.time_us = house_clock_read(clock, boot_us, wall_us, &reading.stepped, &reading.from_us);
    return reading;
}

static void a_wall_clock_far_ahead_is_one_step(void **state)
{
    (void)state;
    struct house_clock clock;
    assert_true(house_clock_start(&clock, 0, 0, noon_us, false, NULL));
    struct reading reading = read_at(&clock, SECOND_US, noon_us + SECOND_US + 60 * SECOND_US);
    assert_false(reading.stepped); // a minute is slewed
    int64_t before_us = reading.time_us;
    reading = read_at(&clock, 2 * SECOND_US, noon_us + 9 * HOUR_US);
    assert_true(reading.stepped);
    assert_int_equal(reading.from_us, before_us + SECOND_US);
    assert_int_equal(reading.time_us, noon_us + 9 * HOUR_US);
    assert_false(read_at(&clock, 3 * SECOND_US, noon_us + 9 * HOUR_US + SECOND_US).stepped);
}

static void a_wall_clock_behind_is_not_followed(void **state)
{
    (void)state;
    struct house_clock clock;
    assert_true(house_clock_start(&clock, 0, 0, noon_us, false, NULL));
    for (int64_t i = 1; i <= 1000; i++) {
        struct reading reading = read_at(&clock, i * SECOND_US, noon_us - DAY_US + i * SECOND_US);
        assert_false(reading.stepped);
        assert_int_equal(reading.time_us, noon_us + i * 995 * MS_US); // the slowest slew
        assert_true(clock.behind);
    }
}

// However often it is asked, a second of error is gone after 200 seconds.
static void an_error_is_slewed_away_whatever_the_pace(void **state)
{
    (void)state;
    static const int64_t paces_us[] = {7, 100, 199, 201, 1000, SECOND_US, 10 * SECOND_US};
    for (int sign = -1; sign <= 1; sign += 2) {
        for (size_t i = 0; i < sizeof paces_us / sizeof *paces_us; i++) {
            struct house_clock clock;
            int64_t error_us = sign * (i == 0 ? 10 * MS_US : SECOND_US), boot_us = 0;
            assert_true(house_clock_start(&clock, 0, 0, noon_us, false, NULL));
            while (boot_us < 201 * (error_us > 0 ? error_us : -error_us)) {
                boot_us += paces_us[i];
                read_at(&clock, boot_us, noon_us + boot_us + error_us);
            }
            assert_int_equal(clock.time_us, noon_us + boot_us + error_us);
        }
    }
}

// Walls that jump about, naps of hours, readings at any pace.
static void time_never_goes_back_and_keeps_its_pace(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct rng rng = {.state = seed};
        struct house_clock clock;
        int64_t boot_us = 0, wall_offset_us = noon_us, drift_us = 0;
        assert_true(house_clock_start(&clock, 0, 0, noon_us, false, NULL));
        for (int i = 0; i < 5000; i++) {
            int64_t scale = rng_below(&rng, 100) == 0 ? 10 * HOUR_US : SECOND_US;
            int64_t elapsed_us = rng_below(&rng, scale);
            if (rng_below(&rng, 50) == 0)
                wall_offset_us += rng_between(&rng, -HOUR_US, HOUR_US);
            drift_us += rng_between(&rng, -300, 300);
            int64_t before_us = clock.time_us;
            boot_us += elapsed_us;
            int64_t wall_us = wall_offset_us + boot_us + drift_us;
            struct reading reading = read_at(&clock, boot_us, wall_us);
            int64_t grown_us = reading.time_us - before_us;
            assert_true(grown_us >= 0);
            int64_t most_us = (elapsed_us + 200) / 200;
            if (!reading.stepped)
                assert_true(grown_us >= elapsed_us - most_us && grown_us <= elapsed_us + most_us);
            else
                assert_true(reading.time_us == wall_us && wall_us - reading.from_us > MINUTE_US);
            assert_true(wall_us - reading.time_us <= MINUTE_US);
            assert_int_equal(clock.behind, reading.time_us - wall_us > SECOND_US);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_takes_the_later_of_journal_and_wall),
        cmocka_unit_test(a_wall_clock_far_ahead_is_one_step),
        cmocka_unit_test(a_wall_clock_behind_is_not_followed),
        cmocka_unit_test(an_error_is_slewed_away_whatever_the_pace),
        cmocka_unit_test(time_never_goes_back_and_keeps_its_pace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
