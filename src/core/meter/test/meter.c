#include "base/rng.h"
#include "core/meter/meter.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { READINGS = 12, ROUNDS = 20000 };

static struct metered reading_of(uint64_t lease, int64_t ran_ms, int64_t energy_j, uint32_t energy)
{
    return (struct metered){.lease = lease,
                            .ran_ms = ran_ms,
                            .energy_j = energy_j,
                            .cpu_ms = ran_ms / 2,
                            .memory_peak_bytes = 1 + ran_ms % 7,
                            .energy = energy};
}

static void shuffle(struct rng *rng, struct metered *readings, uint32_t count)
{
    for (uint32_t i = count; i > 1; i--) {
        uint32_t other = (uint32_t)rng_below(rng, i);
        struct metered held = readings[i - 1];
        readings[i - 1] = readings[other];
        readings[other] = held;
    }
}

// The same readings in two orders, some of them twice, some left out when they are known.
static void order_and_repetition_do_not_matter(void **state)
{
    (void)state;
    struct rng rng = {.state = 42};
    struct meter meter;
    meter_init(&meter);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct metered readings[READINGS];
        for (uint32_t i = 0; i < READINGS; i++)
            readings[i] = reading_of(2 * round + 1, rng_below(&rng, 50), rng_below(&rng, 5),
                                     (uint32_t)rng_below(&rng, 4));
        meter_open(&meter, 2 * round + 1);
        meter_open(&meter, 2 * round + 2);
        for (uint32_t i = 0; i < READINGS; i++)
            meter_apply(&meter, &readings[i]);
        for (uint32_t i = 0; i < READINGS; i++)
            assert_true(meter_known(&meter, &readings[i]));
        shuffle(&rng, readings, READINGS);
        for (uint32_t i = 0; i < READINGS; i++) {
            readings[i].lease = 2 * round + 2;
            for (int64_t again = rng_below(&rng, 3); again >= 0; again--)
                if (!meter_known(&meter, &readings[i]))
                    meter_apply(&meter, &readings[i]);
        }
        struct meter_row *first = table_get(&meter.rows, 2 * round + 1);
        struct meter_row *second = table_get(&meter.rows, 2 * round + 2);
        assert_memory_equal(&first->ran_ms, &second->ran_ms, sizeof *first - sizeof first->id);
    }
    meter_finish(&meter);
}

static void a_weaker_claim_stands_where_energies_are_equal(void **state)
{
    (void)state;
    enum { MEASURED = 1, ESTIMATED = 3 };
    struct meter meter;
    meter_init(&meter);
    meter_open(&meter, 7);
    const struct meter_row *row = table_get(&meter.rows, 7);
    struct metered measured = reading_of(7, 10, 100, MEASURED);
    struct metered estimated = reading_of(7, 10, 100, ESTIMATED);
    meter_apply(&meter, &measured);
    assert_int_equal(row->energy, MEASURED);
    assert_false(meter_known(&meter, &estimated));
    meter_apply(&meter, &estimated);
    assert_int_equal(row->energy, ESTIMATED);
    assert_true(meter_known(&meter, &measured));
    measured.energy_j = 101;
    meter_apply(&meter, &measured);
    assert_int_equal(row->energy, MEASURED);
    assert_int_equal(row->energy_j, 101);
    meter_finish(&meter);
}

static void a_reading_below_zero_says_nothing(void **state)
{
    (void)state;
    struct meter meter;
    meter_init(&meter);
    meter_open(&meter, 7);
    struct metered reading = {
        .lease = 7, .ran_ms = INT64_MIN, .energy_j = -1, .cpu_ms = -1, .memory_peak_bytes = -1};
    assert_true(meter_known(&meter, &reading));
    meter_apply(&meter, &reading);
    const struct meter_row *row = table_get(&meter.rows, 7);
    assert_int_equal(row->ran_ms, 0);
    assert_int_equal(row->energy_j, 0);
    meter_finish(&meter);
}

static void what_is_taken_stays_within_what_was_seen(void **state)
{
    (void)state;
    struct meter meter;
    meter_init(&meter);
    meter_open(&meter, 3);
    meter_open(&meter, 7);
    struct metered reading = reading_of(7, 10, 100, 1);
    meter_apply(&meter, &reading);
    meter_rate(&meter, 7, 4);
    meter_take(&meter, 7, 4, 100, 90);
    meter_rate(&meter, 7, 10);
    meter_take(&meter, 7, 6, 0, 0);
    uint64_t lease = 0;
    assert_true(meter_check(&meter, &lease));
    struct meter_row *row = table_get(&meter.rows, 7);
    assert_int_equal(row->used_taken, 10);
    assert_int_equal(row->energy_j_taken, 100);
    assert_int_equal(row->held_taken, 90);
    row->energy_j_taken++;
    assert_false(meter_check(&meter, &lease));
    assert_int_equal(lease, 7);
    row->energy_j_taken--;
    row->ran_ms_rated++;
    assert_false(meter_check(&meter, &lease)); // nor may more be rated than was seen
    meter_finish(&meter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_repetition_do_not_matter),
        cmocka_unit_test(a_weaker_claim_stands_where_energies_are_equal),
        cmocka_unit_test(a_reading_below_zero_says_nothing),
        cmocka_unit_test(what_is_taken_stays_within_what_was_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
