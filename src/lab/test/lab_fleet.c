#include "lab/lab_fleet.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { DEVICES = 24000, STEPS = 20000, CHECK_EVERY = 4000 };

static void assert_counts(const struct lab_fleet *lab, struct fleet *fleet)
{
    struct lab_fleet_count count = lab_fleet_count(lab);
    int64_t open = 0;
    for (uint32_t node = 0; node < fleet_nodes(fleet); node++) {
        device_set devices = fleet_node_open(fleet, node);
        open += device_set_count(&devices);
    }
    assert_int_equal(open, count.devices - count.devices_taken);
    assert_int_equal(count.placed - count.released, count.leases);
}

// The index after thousands of leases says what a recount says, with and without power.
static void churn_keeps_the_index_sound(void **state)
{
    (void)state;
    for (int power = 0; power < 2; power++) {
        struct lab_fleet *lab = lab_fleet_create(&(struct lab_fleet_ask){DEVICES, 42, power});
        struct err err = {{0}};
        assert_true(lab_fleet_count(lab).devices_taken * 10 >= DEVICES * 8);
        for (int i = 0; i < STEPS; i += CHECK_EVERY) {
            assert_int_equal(lab_fleet_churn(lab, CHECK_EVERY), CHECK_EVERY);
            if (!fleet_check(lab_fleet_index(lab), &err))
                fail_msg("%s", err.text);
            assert_counts(lab, lab_fleet_index(lab));
        }
        assert_true(lab_fleet_count(lab).nodes_placed > lab_fleet_count(lab).placed);
        lab_fleet_destroy(lab);
    }
}

static void the_same_seed_makes_the_same_decisions(void **state)
{
    (void)state;
    struct lab_fleet_ask ask = {4000, 7, true};
    struct lab_fleet *one = lab_fleet_create(&ask), *two = lab_fleet_create(&ask);
    lab_fleet_churn(one, 5000);
    lab_fleet_churn(two, 2000);
    lab_fleet_churn(two, 3000);
    struct lab_fleet_count a = lab_fleet_count(one), b = lab_fleet_count(two);
    assert_memory_equal(&a, &b, sizeof a);
    for (uint32_t node = 0; node < fleet_nodes(lab_fleet_index(one)); node++) {
        device_set left = fleet_node_open(lab_fleet_index(one), node);
        device_set right = fleet_node_open(lab_fleet_index(two), node);
        assert_memory_equal(&left, &right, sizeof left);
    }
    lab_fleet_destroy(one);
    lab_fleet_destroy(two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(churn_keeps_the_index_sound),
        cmocka_unit_test(the_same_seed_makes_the_same_decisions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
