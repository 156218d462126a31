#include "core/fleet/gap_value.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { MILLION = 1000000, ROUNDING = 100 };

// Halves, thirds, and what only fits beside something else; an exact solver gave the same.
static void prices_are_those_of_the_best_packing(void **state)
{
    (void)state;
    const struct gap_size sizes[] = {
        {810, 1078},
        {160, 74  },
        {470, 750 },
        {320, 328 },
        {650, 253 }
    };
    uint32_t price[5];
    int32_t waste[GAP_VALUES];
    gap_value(sizes, 5, waste, price);
    const uint32_t expected[] = {MILLION, 0, MILLION / 2, MILLION / 3, MILLION * 2 / 3};
    for (int i = 0; i < 5; i++)
        assert_in_range(price[i], expected[i] < 9 ? 0 : expected[i] - 9, expected[i] + 9);
    assert_int_equal(waste[0], 0);
    assert_int_equal(waste[1000], 0);
    assert_int_equal(waste[190], 190);
    assert_in_range(waste[530], 29, 31);
    assert_in_range(waste[350], 16, 18);
}

static void without_shares_a_gap_is_waste(void **state)
{
    (void)state;
    int32_t waste[GAP_VALUES];
    gap_value(NULL, 0, waste, NULL);
    assert_int_equal(waste[999], 999);
    assert_int_equal(waste[1000], 0);
}

// Weak duality for random demands: no pattern that fits costs more than a device, and all shares
// together cost at least their volume and no more than first fit needs.
static void prices_never_lie(void **state)
{
    (void)state;
    struct rng rng = {.state = 7};
    for (int turn = 0; turn < 200; turn++) {
        struct gap_size sizes[40];
        uint32_t price[40];
        int32_t waste[GAP_VALUES];
        uint32_t count = (uint32_t)rng_between(&rng, 1, turn < 150 ? 12 : 40);
        for (uint32_t i = 0; i < count; i++)
            sizes[i] = (struct gap_size){(uint32_t)rng_between(&rng, 1, 99) * 10,
                                         (uint64_t)rng_between(&rng, 1, 1000)};
        gap_value(sizes, count, waste, price);
        for (int pattern = 0; pattern < 200; pattern++) {
            uint32_t left = 1000, cost = 0;
            for (int pick = 0; pick < 30; pick++) {
                uint32_t i = (uint32_t)rng_below(&rng, count);
                if (sizes[i].milli > left)
                    continue;
                left -= sizes[i].milli;
                cost += price[i];
            }
            assert_true(cost <= MILLION + ROUNDING);
            assert_true((int64_t)waste[1000 - left] * 1000 <=
                            (1000 - (int64_t)left) * 1000 - cost + 1000 ||
                        left == 0);
        }
        __int128 cost = 0, volume = 0;
        for (uint32_t i = 0; i < count; i++) {
            cost += (__int128)price[i] * sizes[i].weight;
            volume += (__int128)sizes[i].milli * 1000 * sizes[i].weight;
        }
        assert_true(count > GAP_SIZES_MAX || cost * 1001 >= volume * 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prices_are_those_of_the_best_packing),
        cmocka_unit_test(without_shares_a_gap_is_waste),
        cmocka_unit_test(prices_never_lie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
