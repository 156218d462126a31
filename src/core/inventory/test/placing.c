#include "core/inventory/placing.h"
#include "base/rng.h"
#include "core/inventory/rack.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { CHIPS = 3, NODES = 150, STEPS = 6000, HELD = 64 };

struct world {
    struct inventory inventory;
    struct rng rng;
    uint64_t devices;
    struct {
        uint64_t node;
        struct node_use use;
    } held[HELD];
    uint32_t count;
};

static int64_t below(struct world *world, int64_t limit)
{
    return rng_below(&world->rng, limit);
}

static void add_node(struct world *world)
{
    uint64_t id = world->inventory.nodes.last_id + 1, chip = 1 + (uint64_t)below(world, CHIPS);
    node_apply_added(&world->inventory,
                     &(struct node_added){.node = id,
                                          .first_device = world->devices + 1,
                                          .cpu_milli = 1000 * below(world, 9),
                                          .memory_mib = below(world, 100)},
                     2000);
    for (uint32_t i = 0, count = (uint32_t)below(world, 10); i < count; i++) {
        device_apply_added(&world->inventory,
                           &(struct device_added){
                               .device = ++world->devices, .node = id, .chip = chip, .index = i},
                           2000);
        if (below(world, 6) == 0)
            chip = 1 + (uint64_t)below(world, CHIPS);
    }
    node_apply_changed(&world->inventory, &(struct node_changed){id, NODE_READY, 4000, 50}, 2000);
}

static void lease(struct world *world)
{
    uint64_t id = 1 + (uint64_t)below(world, (int64_t)world->inventory.nodes.used);
    const struct node *node = table_get(&world->inventory.nodes, id);
    struct node_use use = {.cpu_milli = below(world, 500),
                           .memory_mib = below(world, 3) % (1 + node->memory_mib)};
    if (world->count == HELD || node->memory_mib - node->memory_leased_mib < use.memory_mib)
        return;
    if (below(world, 2)) {
        use.devices.bits[0] = node->open.bits[0] & (uint64_t)below(world, 1024);
    } else {
        uint32_t index = (uint32_t)below(world, 10);
        use.milli = 1 + (uint32_t)below(world, 500);
        if (index >= node->devices ||
            !(device_set_has(&node->open, index) || device_set_has(&node->shared, index)) ||
            device_leased_milli(&world->inventory, node, index) + use.milli > 1000)
            return;
        device_set_add(&use.devices, index);
    }
    node_lease(&world->inventory, id, &use, 2000);
    world->held[world->count].node = id;
    world->held[world->count++].use = use;
}

static void step(struct world *world)
{
    uint64_t node = 1 + (uint64_t)below(world, (int64_t)world->inventory.nodes.used);
    int64_t dice = below(world, 100);
    if (dice < 5 && world->inventory.nodes.used < NODES) {
        add_node(world);
    } else if (dice < 15) {
        enum node_state state = below(world, 2) ? NODE_READY : (enum node_state)below(world, 5);
        node_apply_changed(&world->inventory, &(struct node_changed){node, state, 4000, 50}, 2000);
    } else if (dice < 30 && world->devices) {
        device_apply_changed(&world->inventory,
                             &(struct device_changed){1 + (uint64_t)below(world, world->devices),
                                                      (uint32_t)below(world, 4)},
                             2000);
    } else if (dice < 65) {
        lease(world);
    } else if (world->count) {
        uint32_t at = (uint32_t)below(world, world->count);
        node_release(&world->inventory, world->held[at].node, &world->held[at].use, 2000);
        world->held[at] = world->held[--world->count];
    }
}

// What the index has open of each node is what the row says.
static void assert_same(const struct inventory *inventory)
{
    const struct fleet *fleet = placing_fleet(inventory);
    struct err err = {{0}};
    if (!fleet_check(fleet, &err))
        fail_msg("%s", err.text);
    uint32_t open = 0, cursor = 0, sum = 0;
    for (const struct node *node; (node = table_step(&inventory->nodes, &cursor));)
        open += device_set_count(&node->open);
    for (uint32_t place = 0; place < fleet_nodes(fleet); place++) {
        const struct node *node = table_get(&inventory->nodes, placing_node(inventory, place));
        device_set devices = fleet_node_open(fleet, place);
        sum += device_set_count(&devices);
        for (uint32_t i = 0; (i = device_set_next(&devices, i)) < DEVICE_SET_MAX; i++)
            assert_true(device_set_has(&node->open, i));
    }
    assert_int_equal(open, sum);
}

static void the_index_follows_the_rows(void **state)
{
    (void)state;
    static struct world world;
    world = (struct world){.rng = {.state = 42}};
    inventory_init(&world.inventory);
    for (uint64_t id = 1; id <= CHIPS; id++)
        chip_apply_added(&world.inventory, &(struct chip_added){.chip = {.id = id}}, 1000);
    add_node(&world);
    for (int i = 0; i < STEPS; i++) {
        step(&world);
        if (i % 16 == 0)
            assert_same(&world.inventory);
        if (i % 500 == 499) {
            uint64_t before = placing_generation(&world.inventory, ROOM_OPEN);
            inventory_reindex(&world.inventory);
            assert_same(&world.inventory);
            assert_true(placing_generation(&world.inventory, ROOM_OPEN) > before);
        }
    }
    inventory_finish(&world.inventory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_index_follows_the_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
