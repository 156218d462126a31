#include "core/fleet/fleet.h"
#include "core/fleet/test/plain_fleet.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

enum { SEEDS = 400, STEPS = 40 };

static void assert_sound(const struct plain_fleet *plain, uint64_t seed, int step)
{
    struct err err = {{0}};
    if (!fleet_check(plain->fleet, &err))
        fail_msg("seed %d step %d: %s", (int)seed, step, err.text);
}

static void take_plan(struct plain_fleet *plain, const struct fleet_shape *shape,
                      const struct fleet_plan *plan)
{
    for (uint32_t i = 0; i < plan->runs; i++)
        plain_take(plain, &(struct fleet_use){.node = plan->run[i].node,
                                              .count = plan->run[i].count,
                                              .milli = shape->milli,
                                              .slices = shape->slices,
                                              .devices = plan->run[i].devices,
                                              .cpu_milli = shape->cpu_milli,
                                              .memory_mib = shape->memory_mib,
                                              .device_memory_mib =
                                                  shape->milli ? shape->device_memory_mib : 0,
                                              .watts = shape->watts});
}

// Shapes are asked for, taken, given back, and the house changes; every answer is compared with
// trying all sets of nodes.
static void a_plan_is_found_exactly_when_there_is_one(void **state)
{
    (void)state;
    int found = 0, refused = 0, gangs = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct plain_fleet plain;
        plain_begin(&plain, seed);
        for (int step = 0; step < STEPS; step++) {
            struct fleet_shape shape = plain_shape(&plain);
            struct fleet_plan plan;
            bool exists = plain_exists(&plain, &shape);
            if (fleet_find(plain.fleet, &shape, &plan) != exists)
                fail_msg("seed %d step %d: a plan %s", (int)seed, step,
                         exists ? "is not found" : "does not exist");
            found += exists;
            refused += !exists;
            gangs += exists && shape.nodes > 1;
            if (exists && !plain_valid(&plain, &shape, &plan))
                fail_msg("seed %d step %d: the plan is none", (int)seed, step);
            if (exists && shape.room == ROOM_OPEN && plain.uses + plan.runs <= PLAIN_USES &&
                rng_below(&plain.rng, 3))
                take_plan(&plain, &shape, &plan);
            while (plain.uses && rng_below(&plain.rng, 3) == 0)
                plain_give(&plain, (uint32_t)rng_below(&plain.rng, plain.uses));
            if (rng_below(&plain.rng, 3) == 0)
                plain_disturb(&plain);
            assert_sound(&plain, seed, step);
        }
        plain_end(&plain);
    }
    assert_true(found > SEEDS * STEPS / 10 && refused > SEEDS * STEPS / 10 && gangs > SEEDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_is_found_exactly_when_there_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
