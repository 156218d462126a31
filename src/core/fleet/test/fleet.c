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

static uint32_t wire(struct fleet *fleet, uint32_t parent, int64_t rated_w)
{
    return power_edge_add(fleet_power(fleet),
                          &(struct power_edge){.parent = parent, .rated_w = rated_w});
}

// Rack 0 has most nodes, but what it takes of A and B shuts out both others; they do not meet.
static void racks_whose_feeds_cross_are_tried_together(void **state)
{
    (void)state;
    struct fleet *fleet = fleet_create();
    uint32_t block = fleet_block_add(fleet, fleet_site_add(fleet));
    uint32_t a = wire(fleet, POWER_NONE, 10), b = wire(fleet, POWER_NONE, 10);
    uint32_t c = wire(fleet, POWER_NONE, 10), d = wire(fleet, POWER_NONE, 10);
    const uint32_t feeds[3][2] = {
        {a, b},
        {a, c},
        {d, b}
    };
    for (int i = 0; i < 3; i++) {
        uint32_t rack = fleet_rack_add(fleet, block, feeds[i][0], feeds[i][1]);
        for (int nodes = i ? 1 : 2; nodes; nodes--)
            fleet_node_add(fleet, &(struct fleet_node){.rack = rack, .devices = 1});
    }
    struct fleet_shape shape = {.nodes = 2, .devices = 1, .watts = 10};
    struct fleet_plan plan;
    assert_true(fleet_find(fleet, &shape, &plan));
    assert_int_equal(plan.runs, 1);
    assert_int_equal(plan.run->node, 2);
    assert_int_equal(plan.run->count, 2);
    assert_int_equal(power_promised(fleet_power(fleet), 0), 0); // as it was
    shape.nodes = 3;
    assert_false(fleet_find(fleet, &shape, &plan));
    fleet_destroy(fleet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_is_found_exactly_when_there_is_one),
        cmocka_unit_test(racks_whose_feeds_cross_are_tried_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
