#include "core/fleet/frag.h"
#include "base/rng.h"
#include "core/fleet/frag_score.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { NODES = 40, SHAPES = 24, LEASES = 400, DEVICE_MIB = 81920 };

struct lease {
    const struct typical *shape;
    uint32_t node;
    device_set devices;
};

struct world { // the truth, kept in the plainest way
    struct frag_state node[NODES];
    struct typical shape[SHAPES];
    struct lease lease[LEASES];
    uint32_t leases;
    uint32_t forbidden; // nodes that are a multiple of it are vetoed, 0: none
};

static void read_node(void *context, uint32_t node, struct frag_state *ret_state)
{
    *ret_state = ((struct world *)context)->node[node];
}

static bool allow(void *context, uint32_t node, device_set *devices)
{
    (void)devices;
    return node % ((struct world *)context)->forbidden != 0;
}

static void build(struct world *world, struct rng *rng)
{
    memset(world, 0, sizeof *world);
    for (int i = 0; i < NODES; i++) {
        struct frag_state *node = &world->node[i];
        node->chip = (uint32_t)rng_below(rng, 3);
        node->devices = (uint32_t)rng_between(rng, 0, 8);
        node->cpu_milli = rng_between(rng, 1, 6) * 16000;
        node->memory_mib = rng_between(rng, 1, 6) * 65536;
        for (uint32_t k = 0; k < node->devices; k++)
            node->device[k] = (struct frag_device){1000, 7, DEVICE_MIB};
    }
    for (int i = 0; i < SHAPES; i++) {
        struct typical *shape = &world->shape[i];
        int kind = i % 4;
        shape->chips = rng_below(rng, 3) ? 0 : (uint64_t)rng_between(rng, 1, 7);
        shape->devices = kind == 0 ? 0 : kind == 1 ? (uint32_t)rng_between(rng, 1, 4) : 1;
        shape->milli = kind == 1 ? 1000 : kind == 0 ? 0 : (uint32_t)rng_between(rng, 1, 99) * 10;
        if (kind == 3) {
            shape->slices = (uint32_t)rng_between(rng, 1, 4);
            shape->milli = 1000 * shape->slices / 7;
            shape->device_memory_mib = DEVICE_MIB / 8 * rng_between(rng, 1, 4);
        }
        shape->cpu_milli = rng_between(rng, 0, 8) * 1000;
        shape->memory_mib = rng_between(rng, 0, 8) * 4096;
        shape->count = (uint64_t)rng_between(rng, 1, 100);
    }
}

// F by its definition, in milli times the counts' sum, device by device.
static int64_t plain_fragmentation(const struct typical_set *set, const struct frag_state *node)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < set->rows; i++) {
        const struct typical *shape = &set->row[i];
        int64_t idle = 0, small = 0;
        uint32_t fit = 0;
        for (uint32_t k = 0; k < node->devices; k++) {
            bool fits = typical_on_device(shape, &node->device[k]);
            idle += node->device[k].milli;
            small += fits ? 0 : node->device[k].milli;
            fit += fits;
        }
        bool can = fit >= shape->devices && node->cpu_milli >= shape->cpu_milli &&
                   node->memory_mib >= shape->memory_mib &&
                   typical_on_chip(shape->chips, node->chip);
        sum += (int64_t)shape->count * (can && shape->devices ? small : idle);
    }
    return sum;
}

// The best node by a scan of all, nothing remembered.
static uint32_t plain_find(const struct world *world, const struct frag_demand *demand,
                           const struct frag_want *want, struct frag_device *ret_device)
{
    int32_t best = SCORE_NONE;
    uint32_t found = UINT32_MAX;
    for (uint32_t node = 0; node < NODES; node++) {
        struct frag_state state = world->node[node];
        uint32_t device = 0;
        state_normal(&state);
        int64_t loss = demand_loss(demand, &state, want->policy);
        if (want->policy == POLICY_FGD)
            assert_true(loss == plain_fragmentation(&demand->plain, &state));
        int32_t score = demand_score(demand, want, &state, loss, &device);
        if (score <= best || (world->forbidden && node % world->forbidden == 0))
            continue;
        best = score;
        found = node;
        *ret_device = state.device[device];
    }
    return found;
}

static void use(struct world *world, const struct lease *lease, int sign)
{
    struct frag_state *node = &world->node[lease->node];
    const struct typical *shape = lease->shape;
    node->cpu_milli -= sign * shape->cpu_milli;
    node->memory_mib -= sign * shape->memory_mib;
    assert_true(node->cpu_milli >= 0 && node->memory_mib >= 0);
    uint32_t seen = 0;
    for (uint32_t k = 0; k < node->devices; k++) {
        struct frag_device *device = &node->device[k];
        if (!device_set_has(&lease->devices, k))
            continue;
        seen++;
        assert_true(sign < 0 || device->milli >= shape->milli);
        assert_true(sign < 0 || device->slices >= shape->slices);
        assert_true(sign < 0 || device->memory_mib >= shape->device_memory_mib);
        device->milli = (uint16_t)(device->milli - sign * (int)shape->milli);
        device->memory_mib -= (int32_t)(sign * shape->device_memory_mib);
        assert_in_range(device->milli, 0, 1000);
        if (shape->slices)
            device->slices = (uint16_t)(device->slices - sign * (int)shape->slices);
        else
            device->slices = device->milli == 1000 ? 7 : 0;
        assert_in_range(device->slices, 0, 7);
    }
    assert_int_equal(seen, shape->devices);
}

static void find_and_take(struct world *world, struct frag *frag, const struct frag_demand *demand,
                          struct rng *rng)
{
    static const enum fleet_policy policies[] = {POLICY_TATARA, POLICY_FGD, POLICY_BEST_FIT,
                                                 POLICY_PACKING};
    const struct typical *shape = &world->shape[rng_below(rng, SHAPES)];
    struct fleet_shape asked = {.chips = shape->chips,
                                .devices = shape->devices,
                                .milli = shape->milli,
                                .slices = shape->slices,
                                .cpu_milli = shape->cpu_milli,
                                .memory_mib = shape->memory_mib,
                                .device_memory_mib = shape->device_memory_mib};
    world->forbidden = rng_below(rng, 3) ? 0 : 3;
    struct frag_want want = {*shape, policies[rng_below(rng, 4)]};
    struct frag_ask ask = {&asked, want.policy, world->forbidden ? allow : NULL, world};
    struct frag_choice choice = {0};
    struct frag_device device = {0};
    uint32_t expected = plain_find(world, demand, &want, &device);
    assert_int_equal(frag_find(frag, &ask, &choice), expected != UINT32_MAX);
    if (expected == UINT32_MAX || world->leases == LEASES)
        return;
    assert_int_equal(choice.node, expected);
    if (shape->milli && shape->milli < 1000) {
        uint32_t index = device_set_next(&choice.devices, 0);
        assert_memory_equal(&world->node[expected].device[index], &device, sizeof device);
    }
    struct lease lease = {shape, choice.node, choice.devices};
    use(world, &lease, 1);
    world->lease[world->leases++] = lease;
    frag_touch(frag, choice.node);
}

// Worlds fill, churn and empty; every choice is the one that a scan without memory makes.
static void it_finds_what_a_plain_scan_finds(void **state)
{
    (void)state;
    static struct world world;
    struct rng rng = {.state = 42};
    for (int turn = 0; turn < 12; turn++) {
        struct frag_demand demand = {0};
        build(&world, &rng);
        struct frag *frag = frag_create(read_node, &world);
        frag_typical(frag, world.shape, SHAPES);
        demand_set(&demand, world.shape, SHAPES);
        for (uint32_t node = 0; node < NODES; node++)
            frag_touch(frag, node);
        for (int step = 0; step < 500; step++) {
            find_and_take(&world, frag, &demand, &rng);
            if (world.leases == 0 || rng_below(&rng, 5) > 1)
                continue;
            uint32_t at = (uint32_t)rng_below(&rng, world.leases);
            use(&world, &world.lease[at], -1);
            frag_touch(frag, world.lease[at].node);
            world.lease[at] = world.lease[--world.leases];
        }
        demand_finish(&demand);
        frag_destroy(frag);
    }
}

static void the_score_is_the_published_one(void **state)
{
    (void)state;
    struct frag_demand demand = {0};
    const struct typical table[] = {
        {.devices = 1, .milli = 1000, .count = 60},
        {.devices = 1, .milli = 500,  .count = 40}
    };
    demand_set(&demand, table, 2);
    struct frag_state node = {.devices = 1, .device = {{1000, 7, 0}}};
    int64_t loss = demand_loss(&demand, &node, POLICY_FGD);
    assert_true(loss == 0);
    struct frag_want want = {
        .shape = {.devices = 1, .milli = 500},
          .policy = POLICY_FGD
    };
    uint32_t device;
    // 500 left of which six tenths cannot be used: 100 / (1 + e^0.3) = 42.6
    assert_int_equal(demand_score(&demand, &want, &node, loss, &device), 42);
    want.shape.milli = 1000; // nothing is lost: 100 / (1 + e^0)
    assert_int_equal(demand_score(&demand, &want, &node, loss, &device), 50);
    demand_finish(&demand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_score_is_the_published_one),
        cmocka_unit_test(it_finds_what_a_plain_scan_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
