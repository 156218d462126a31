#include "core/fleet/fleet_score.h"
#include "base/rng.h"
#include "core/fleet/power_tree.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { NODES = 60, USES = 300, SHAPES = 12 };

struct pair { // the same house twice: without and with scoring
    struct fleet *plain, *scored;
    struct fleet_use use[USES];
    uint32_t uses;
};

static struct fleet *build(uint64_t seed)
{
    struct rng rng = {.state = seed};
    struct fleet *fleet = fleet_create();
    uint32_t sites[2] = {fleet_site_add(fleet), fleet_site_add(fleet)}, rack = 0;
    struct power_tree *power = fleet_power(fleet);
    for (uint32_t i = 0; i < NODES; i++) {
        if (i % 10 == 0) {
            struct power_edge edge = {.parent = POWER_NONE,
                                      .rated_w = rng_between(&rng, 2000, 20000)};
            uint32_t feeder = power_edge_add(power, &edge);
            rack = fleet_rack_add(fleet, fleet_block_add(fleet, sites[i % 20 == 0]), feeder,
                                  FLEET_NONE);
        }
        struct fleet_node node = {.rack = rack,
                                  .chip = (uint32_t)rng_below(&rng, 3),
                                  .devices = (uint32_t)rng_between(&rng, 0, 8),
                                  .class = (uint32_t)rng_below(&rng, 4),
                                  .cpu_milli = rng_between(&rng, 1, 6) * 16000,
                                  .memory_mib = rng_between(&rng, 1, 6) * 65536,
                                  .device_memory_mib = 80000,
                                  .cap_w = rng_below(&rng, 2) ? 0 : 3000};
        node.twin = i % 10 == 5 ? i : 0;
        fleet_node_add(fleet, &node);
    }
    return fleet;
}

static struct fleet_shape random_shape(struct rng *rng, const uint64_t *classes)
{
    struct fleet_shape shape = {.nodes = 1,
                                .chips = rng_below(rng, 3) ? 0 : rng_between(rng, 1, 7)};
    int64_t kind = rng_below(rng, 4);
    shape.devices = kind == 0 ? 0 : kind == 1 ? (uint32_t)rng_between(rng, 1, 5) : 1;
    if (kind > 1)
        shape.milli = (uint32_t)rng_between(rng, 1, 9) * 100;
    if (kind == 3) {
        shape.slices = (uint32_t)rng_between(rng, 1, 6);
        shape.milli = shape.slices * 1000 / 7;
    }
    shape.device_memory_mib = kind > 1 ? rng_below(rng, 8) * 10000 : 0;
    shape.cpu_milli = rng_below(rng, 5) * 4000;
    shape.memory_mib = rng_below(rng, 5) * 8192;
    shape.watts = rng_below(rng, 2) ? 0 : rng_between(rng, 1, 900);
    shape.classes = rng_below(rng, 2) ? NULL : classes;
    shape.from_us = rng_below(rng, 100);
    shape.until_us = INT64_MAX;
    shape.owner = (uint64_t)rng_below(rng, 3);
    return shape;
}

static void change_house(struct pair *pair, struct rng *rng)
{
    uint32_t node = (uint32_t)rng_below(rng, NODES);
    device_set devices = {{(uint64_t)rng_below(rng, 256)}};
    if (rng_below(rng, 2)) {
        fleet_node_sellable(pair->plain, node, &devices);
        fleet_node_sellable(pair->scored, node, &devices);
        return;
    }
    int64_t from_us = rng_below(rng, 200);
    struct fleet_window window = {devices, from_us, from_us + 50, 1 + (uint64_t)rng_below(rng, 2)};
    fleet_window_add(pair->plain, node, &window);
    fleet_window_add(pair->scored, node, &window);
}

static void take(struct pair *pair, const struct fleet_shape *shape, const struct fleet_plan *plan)
{
    struct fleet_use use = {.node = plan->run[0].node,
                            .milli = shape->milli,
                            .slices = shape->slices,
                            .devices = plan->run[0].devices,
                            .cpu_milli = shape->cpu_milli,
                            .memory_mib = shape->memory_mib,
                            .device_memory_mib = shape->device_memory_mib,
                            .watts = shape->watts};
    assert_int_equal(device_set_count(&use.devices), shape->devices);
    fleet_take(pair->plain, &use);
    fleet_take(pair->scored, &use);
    pair->use[pair->uses++] = use;
}

// Whether there is room is never a question of scores: watts, classes, windows, twins, cut devices.
static void scoring_never_loses_room(void **state)
{
    (void)state;
    static struct pair pair;
    struct rng rng = {.state = 3};
    struct err err;
    const uint64_t classes[2] = {5, 3};
    for (uint64_t turn = 0; turn < 20; turn++) {
        pair = (struct pair){build(turn), build(turn), .uses = 0};
        const struct typical table[] = {
            {.devices = 1, .milli = 500, .cpu_milli = 4000, .count = 3},
            {.devices = 4,            .milli = 1000,             .count = 1     }
        };
        fleet_typical(pair.scored, table, 2);
        fleet_policy(pair.scored, (enum fleet_policy)(turn % (POLICY_RANDOM + 1)));
        for (int step = 0; step < 600; step++) {
            struct fleet_shape shape = random_shape(&rng, classes);
            struct fleet_plan plan, scored;
            bool found = fleet_find(pair.plain, &shape, &plan);
            assert_int_equal(fleet_find(pair.scored, &shape, &scored), found);
            if (found && pair.uses < USES)
                take(&pair, &shape, &scored);
            if (rng_below(&rng, 20) == 0)
                change_house(&pair, &rng);
            if (!pair.uses || rng_below(&rng, 3))
                continue;
            struct fleet_use *use = &pair.use[rng_below(&rng, pair.uses)];
            fleet_give(pair.plain, use);
            fleet_give(pair.scored, use);
            *use = pair.use[--pair.uses];
        }
        if (!fleet_check(pair.scored, &err))
            fail_msg("%s", err.text);
        fleet_destroy(pair.plain);
        fleet_destroy(pair.scored);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scoring_never_loses_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
