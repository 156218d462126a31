#include "core/fleet/power_promise.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const struct power_chip h100 = {.idle_w = 70, .class_w = 500, .max_w = 700};

static void each_kind_of_work_has_its_watts(void **state)
{
    (void)state;
    assert_int_equal(power_promise_w(&h100, POWER_WORK_TRAINING, POWER_LOAD_LIGHT, 500), 700);
    assert_int_equal(power_promise_w(&h100, POWER_WORK_BATCH, POWER_LOAD_HEAVY, 1), 500);
    assert_int_equal(power_promise_w(&h100, POWER_WORK_INFERENCE, POWER_LOAD_HEAVY, 200), 617);
    struct power_chip plain = {.idle_w = 90, .max_w = 100};
    assert_int_equal(power_promise_w(&plain, POWER_WORK_BATCH, POWER_LOAD_HEAVY, 1), 100);
    assert_int_equal(power_promise_w(&plain, POWER_WORK_INFERENCE, POWER_LOAD_LIGHT, 500), 90);
}

static void more_replicas_never_need_more(void **state)
{
    (void)state;
    for (enum power_load_class load = 0; load < POWER_LOADS; load++) {
        for (int64_t replicas = 1; replicas < 1000; replicas++) {
            int32_t permille = power_promise_permille(load, replicas);
            assert_in_range(permille, 1, 1000);
            assert_true(power_promise_permille(load, replicas + 1) <= permille);
            assert_true(load == 0 || permille <= power_promise_permille(load - 1, replicas));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_work_has_its_watts),
        cmocka_unit_test(more_replicas_never_need_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
