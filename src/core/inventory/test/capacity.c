#include "core/inventory/inventory.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { CHIPS = 3, NODES = 6, DEVICES_MAX = 64, STEPS = 20000 };

// A device told alone: no counts, no sets. Its time in each state is added up as it passes.
struct told {
    uint64_t node, chip;
    enum device_state state;
    int64_t since_ms, ms[CAPACITY_STATE_COUNT];
    enum capacity_state capacity;
    bool leased;
};

struct world {
    struct inventory inventory;
    struct told told[DEVICES_MAX + 1];
    enum node_state node_state[NODES + 1];
    int64_t time_us;
    uint64_t devices, nodes;
};

static enum capacity_state told_capacity(const struct world *world, const struct told *told)
{
    enum node_state node = world->node_state[told->node];
    bool works = node != NODE_NEW && node != NODE_RETIRED;
    if (told->leased)
        return CAPACITY_LEASED;
    if (!works)
        return CAPACITY_DARK;
    if (told->state == DEVICE_REPAIR || node == NODE_REPAIR)
        return CAPACITY_FAULTY;
    return told->state == DEVICE_HEALTHY && node == NODE_READY ? CAPACITY_OPEN : CAPACITY_CLOSED;
}

static void tell(struct world *world)
{
    for (uint64_t id = 1; id <= world->devices; id++) {
        struct told *told = &world->told[id];
        int64_t now_ms = world->time_us / 1000;
        told->ms[told->capacity] += now_ms - told->since_ms;
        told->since_ms = now_ms;
        told->capacity = told_capacity(world, told);
    }
}

static void assert_told_the_same(const struct world *world)
{
    int64_t count[CHIPS + 1][CAPACITY_STATE_COUNT] = {0}, ms[CHIPS + 1][CAPACITY_STATE_COUNT] = {0};
    for (uint64_t id = 1; id <= world->devices; id++) {
        const struct told *told = &world->told[id];
        uint32_t index;
        const struct node *node = device_node(&world->inventory, id, &index);
        assert_int_equal(device_capacity(&world->inventory, node, index), told->capacity);
        count[told->chip][told->capacity]++;
        for (int state = 0; state < CAPACITY_STATE_COUNT; state++)
            ms[told->chip][state] += told->ms[state];
    }
    for (uint64_t chip = 1; chip <= CHIPS; chip++) {
        const struct capacity *row = table_get(&world->inventory.capacities, chip);
        for (enum capacity_state state = 0; state < CAPACITY_STATE_COUNT; state++) {
            assert_int_equal(row->count[state], count[chip][state] * DEVICE_MILLI);
            assert_int_equal(capacity_device_ms(row, state, world->time_us), ms[chip][state]);
        }
    }
    uint64_t chip;
    assert_true(inventory_check(&world->inventory, world->time_us, &chip));
}

static void add_node(struct world *world, struct rng *rng)
{
    struct node_added fact = {
        .node = ++world->nodes, .first_device = world->devices + 1, .memory_mib = 100};
    node_apply_added(&world->inventory, &fact, world->time_us);
    world->node_state[world->nodes] = NODE_NEW;
    uint32_t devices = 1 + (uint32_t)rng_below(rng, 8);
    uint64_t chip = 1 + (uint64_t)rng_below(rng, CHIPS);
    for (uint32_t i = 0; i < devices; i++) {
        uint64_t id = ++world->devices;
        if (world->nodes % 2) // every other node is mixed
            chip = 1 + (uint64_t)rng_below(rng, CHIPS);
        struct device_added device = {.device = id, .node = world->nodes, .chip = chip, .index = i};
        device_apply_added(&world->inventory, &device, world->time_us);
        world->told[id] =
            (struct told){.node = world->nodes, .chip = chip, .since_ms = world->time_us / 1000};
    }
}

static void lease_or_release(struct world *world, struct rng *rng, uint64_t id)
{
    const struct node *node = table_get(&world->inventory.nodes, id);
    device_set some = {{(uint64_t)rng_below(rng, 256)}}, set = some;
    bool lease = rng_below(rng, 2);
    const device_set *among = lease ? &node->open : &node->leased;
    set.bits[0] &= among->bits[0];
    if (lease)
        node_lease(&world->inventory, id, &(struct node_use){.devices = set}, world->time_us);
    else
        node_release(&world->inventory, id, &(struct node_use){.devices = set}, world->time_us);
    for (uint32_t i = 0; i < node->devices; i++)
        if (device_set_has(&set, i))
            world->told[node->first_device + i].leased = lease;
}

static void step(struct world *world, struct rng *rng)
{
    uint64_t node = 1 + (uint64_t)rng_below(rng, (int64_t)world->nodes);
    uint64_t device = 1 + (uint64_t)rng_below(rng, (int64_t)world->devices);
    int64_t dice = rng_below(rng, 100);
    if (dice < 1 && world->nodes < NODES) {
        add_node(world, rng);
    } else if (dice < 15) {
        enum node_state state = rng_below(rng, 2) ? NODE_READY : (enum node_state)rng_below(rng, 5);
        node_apply_changed(&world->inventory, &(struct node_changed){node, state, 1, 100},
                           world->time_us);
        world->node_state[node] = state;
    } else if (dice < 30) {
        enum device_state state =
            rng_below(rng, 2) ? DEVICE_HEALTHY : (enum device_state)rng_below(rng, 4);
        device_apply_changed(&world->inventory, &(struct device_changed){device, state},
                             world->time_us);
        world->told[device].state = state;
    } else {
        lease_or_release(world, rng, node);
    }
}

static void device_time_adds_up_as_each_device_tells_it(void **state)
{
    (void)state;
    static struct world world;
    struct rng rng = {.state = 42};
    world = (struct world){.time_us = 1234567};
    inventory_init(&world.inventory);
    for (uint64_t id = 1; id <= CHIPS; id++)
        chip_apply_added(&world.inventory, &(struct chip_added){.chip = {.id = id}}, world.time_us);
    add_node(&world, &rng);
    int64_t seen[CAPACITY_STATE_COUNT] = {0};
    for (int i = 0; i < STEPS; i++) {
        world.time_us += rng_below(&rng, 3000); // often less than a millisecond
        tell(&world);
        step(&world, &rng);
        tell(&world);
        if (i % 16 == 0)
            assert_told_the_same(&world);
    }
    for (uint64_t id = 1; id <= world.devices; id++)
        for (int k = 0; k < CAPACITY_STATE_COUNT; k++)
            seen[k] += world.told[id].ms[k];
    for (int k = 0; k < CAPACITY_STATE_COUNT; k++)
        assert_true(seen[k] > 0); // the walk has been in every state
    inventory_finish(&world.inventory);
}

// Every pair of node and device state, with and without a lease.
static void what_is_leased_stays_leased_until_handed_back(void **state)
{
    (void)state;
    struct inventory inventory;
    inventory_init(&inventory);
    chip_apply_added(&inventory, &(struct chip_added){.chip = {.id = 1}}, 1000);
    node_apply_added(&inventory, &(struct node_added){.node = 1, .first_device = 1}, 1000);
    device_apply_added(&inventory, &(struct device_added){.device = 1, .node = 1, .chip = 1}, 1000);
    const struct node *node = table_get(&inventory.nodes, 1);
    assert_int_equal(device_capacity(&inventory, node, 0), CAPACITY_DARK);
    node_apply_changed(&inventory, &(struct node_changed){1, NODE_READY, 0, 0}, 2000);
    assert_int_equal(device_capacity(&inventory, node, 0), CAPACITY_OPEN);

    struct node_use one = {.devices = {{1}}};
    node_lease(&inventory, 1, &one, 3000);
    node_apply_changed(&inventory, &(struct node_changed){1, NODE_DRAINING, 0, 0}, 4000);
    assert_int_equal(device_capacity(&inventory, node, 0), CAPACITY_LEASED);
    device_apply_changed(&inventory, &(struct device_changed){1, DEVICE_REPAIR}, 5000);
    assert_int_equal(device_capacity(&inventory, node, 0), CAPACITY_LEASED);
    node_release(&inventory, 1, &one, 6000);
    assert_int_equal(device_capacity(&inventory, node, 0), CAPACITY_FAULTY);
    device_apply_changed(&inventory, &(struct device_changed){1, DEVICE_SUSPECT}, 7000);
    assert_int_equal(device_capacity(&inventory, node, 0), CAPACITY_CLOSED);
    node_apply_changed(&inventory, &(struct node_changed){1, NODE_RETIRED, 0, 0}, 8000);
    assert_int_equal(device_capacity(&inventory, node, 0), CAPACITY_DARK);

    const struct capacity *row = table_get(&inventory.capacities, 1);
    const int64_t expect[] = {[CAPACITY_DARK] = 3,
                              [CAPACITY_FAULTY] = 1,
                              [CAPACITY_CLOSED] = 1,
                              [CAPACITY_OPEN] = 1,
                              [CAPACITY_LEASED] = 3};
    for (enum capacity_state k = 0; k < CAPACITY_STATE_COUNT; k++)
        assert_int_equal(capacity_device_ms(row, k, 10999), expect[k]);
    inventory_finish(&inventory);
}

static void the_check_sees_a_wrong_count(void **state)
{
    (void)state;
    struct inventory inventory;
    uint64_t chip = 0;
    inventory_init(&inventory);
    chip_apply_added(&inventory, &(struct chip_added){.chip = {.id = 5}}, 1000);
    node_apply_added(&inventory, &(struct node_added){.node = 1, .first_device = 1}, 1000);
    device_apply_added(&inventory, &(struct device_added){.device = 1, .node = 1, .chip = 5}, 1000);
    assert_true(inventory_check(&inventory, 9000, &chip));
    struct capacity *row = table_get(&inventory.capacities, 5);
    row->device_ms[CAPACITY_OPEN]++;
    assert_false(inventory_check(&inventory, 9000, &chip));
    assert_int_equal(chip, 5);
    row->device_ms[CAPACITY_OPEN]--;
    row->count[CAPACITY_DARK]--;
    assert_false(inventory_check(&inventory, 9000, &chip));
    inventory_finish(&inventory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(device_time_adds_up_as_each_device_tells_it),
        cmocka_unit_test(what_is_leased_stays_leased_until_handed_back),
        cmocka_unit_test(the_check_sees_a_wrong_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
