#include "core/inventory/fit.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { CHIPS = 3, NODES = 200, STEPS = 8000 }; // more nodes than the index has room for at first

static uint32_t scan_count(const struct inventory *inventory, const struct node *node,
                           const struct fit_query *query)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < node->devices; i++) {
        bool sellable =
            node->state == NODE_READY && device_state_at(inventory, node, i) == DEVICE_HEALTHY;
        bool leased = device_set_has(&node->leased, i);
        bool in[FIT_KINDS] = {sellable && !leased, sellable, node->state != NODE_RETIRED};
        count += device_chip(inventory, node, i) == query->chip && in[query->kind];
    }
    return count;
}

static int64_t scan_memory(const struct node *node, const struct fit_query *query)
{
    return node->memory_mib - (query->kind == FIT_OPEN ? node->memory_leased_mib : 0);
}

// What the index is asked, asked again of every node.
static void assert_scan_agrees(const struct inventory *inventory, const struct fit_query *query)
{
    const struct node *first = NULL;
    uint32_t cursor = 0, devices_max = 0;
    int64_t memory_max = 0;
    for (const struct node *node; (node = table_step(&inventory->nodes, &cursor));) {
        uint32_t count = scan_count(inventory, node, query);
        int64_t memory = scan_memory(node, query);
        devices_max = count > devices_max ? count : devices_max;
        if (count < query->devices)
            continue;
        memory_max = memory > memory_max ? memory : memory_max;
        if (!first && memory >= query->memory_mib)
            first = node;
    }
    assert_ptr_equal(fit_first(inventory, query), first);
    assert_int_equal(fit_devices_max(inventory, query->kind, query->chip), devices_max);
    assert_int_equal(fit_memory_max(inventory, query), memory_max);
}

static void add_node(struct inventory *inventory, struct rng *rng, uint64_t *devices)
{
    uint64_t id = inventory->nodes.last_id + 1, chip = 1 + (uint64_t)rng_below(rng, CHIPS);
    struct node_added fact = {
        .node = id, .first_device = *devices + 1, .memory_mib = rng_below(rng, 100)};
    node_apply_added(inventory, &fact, 1000);
    uint32_t count = (uint32_t)rng_below(rng, 10);
    for (uint32_t i = 0; i < count; i++) {
        struct device_added device = {.device = ++*devices, .node = id, .chip = chip, .index = i};
        device_apply_added(inventory, &device, 1000);
        if (rng_below(rng, 8) == 0)
            chip = 1 + (uint64_t)rng_below(rng, CHIPS);
    }
    node_apply_changed(inventory, &(struct node_changed){id, NODE_READY, 0, fact.memory_mib}, 1000);
}

static void lease_some(struct inventory *inventory, struct rng *rng, const struct node *node)
{
    device_set set = node->open;
    set.bits[0] &= (uint64_t)rng_below(rng, 1024);
    int64_t free_mib = node->memory_mib - node->memory_leased_mib;
    int64_t memory_mib = free_mib > 0 ? rng_below(rng, free_mib + 1) : 0;
    if (free_mib >= 0)
        node_lease(inventory, node->id,
                   &(struct node_use){.devices = set, .memory_mib = memory_mib}, 1000);
}

static void change(struct inventory *inventory, struct rng *rng, uint64_t *devices)
{
    uint64_t id = 1 + (uint64_t)rng_below(rng, (int64_t)inventory->nodes.last_id);
    const struct node *node = table_get(&inventory->nodes, id);
    device_set leased = node->leased;
    switch (rng_below(rng, 20)) {
    case 0:
        if (inventory->nodes.used < NODES)
            add_node(inventory, rng, devices);
        return;
    case 1: {
        enum node_state state = rng_below(rng, 2) ? NODE_READY : (enum node_state)rng_below(rng, 5);
        struct node_changed fact = {id, state, 0, rng_below(rng, 100)};
        node_apply_changed(inventory, &fact, 1000);
        return;
    }
    case 2:
        device_apply_changed(
            inventory,
            &(struct device_changed){1 + (uint64_t)rng_below(rng, (int64_t)*devices),
                                     (uint32_t)rng_below(rng, 4)},
            1000);
        return;
    case 3:
        inventory_reindex(inventory);
        return;
    case 4:
    case 5:
    case 6:
    case 7:
        node_release(inventory, id,
                     &(struct node_use){.devices = leased, .memory_mib = node->memory_leased_mib},
                     1000);
        return;
    default:
        lease_some(inventory, rng, node);
    }
}

static void the_index_answers_as_a_scan_of_all_nodes(void **state)
{
    (void)state;
    struct inventory inventory;
    struct rng rng = {.state = 42};
    uint64_t devices = 0;
    inventory_init(&inventory);
    for (uint64_t id = 1; id <= CHIPS; id++)
        chip_apply_added(&inventory, &(struct chip_added){.chip = {.id = id}}, 1000);
    for (int i = 0; i < 50; i++)
        add_node(&inventory, &rng, &devices);
    int found = 0, asked = 0;
    for (int i = 0; i < STEPS; i++) {
        change(&inventory, &rng, &devices);
        struct fit_query query = {(enum fit_kind)rng_below(&rng, FIT_KINDS),
                                  1 + (uint64_t)rng_below(&rng, CHIPS + 1),
                                  1 + (uint32_t)rng_below(&rng, 10), rng_below(&rng, 100), 0};
        if (i % 8)
            continue;
        assert_scan_agrees(&inventory, &query);
        found += fit_first(&inventory, &query) != NULL;
        asked++;
    }
    assert_true(found > asked / 4 && found < asked * 3 / 4);
    assert_int_equal(inventory.nodes.used, NODES);
    inventory_finish(&inventory);
}

// A query that found nothing finds nothing while the generation stands still.
static void nothing_new_without_a_new_generation(void **state)
{
    (void)state;
    struct inventory inventory;
    struct rng rng = {.state = 7};
    uint64_t devices = 0;
    inventory_init(&inventory);
    for (uint64_t id = 1; id <= CHIPS; id++)
        chip_apply_added(&inventory, &(struct chip_added){.chip = {.id = id}}, 1000);
    for (int i = 0; i < 8; i++)
        add_node(&inventory, &rng, &devices);
    int held = 0;
    for (int i = 0; i < STEPS; i++) {
        struct fit_query query = {(enum fit_kind)rng_below(&rng, FIT_KINDS),
                                  1 + (uint64_t)rng_below(&rng, CHIPS),
                                  1 + (uint32_t)rng_below(&rng, 4), rng_below(&rng, 100), 0};
        uint64_t generation = fit_generation(&inventory, query.kind);
        bool found = fit_first(&inventory, &query);
        if (i % 10)
            lease_some(&inventory, &rng,
                       table_get(&inventory.nodes, 1 + (uint64_t)rng_below(&rng, 8)));
        else if (inventory.nodes.used < 20 || i % 100)
            change(&inventory, &rng, &devices);
        if (found || generation != fit_generation(&inventory, query.kind))
            continue;
        assert_null(fit_first(&inventory, &query));
        held++;
    }
    assert_true(held > STEPS / 10);
    inventory_finish(&inventory);
}

// Few nodes with devices among very many without: each level of summaries is stepped over.
static void the_next_node_may_be_far_away(void **state)
{
    (void)state;
    enum { FAR = 263000 };
    static const uint64_t with[] = {1, 64, 65, 4096, 4097, 8192, 9000, 262144, 262145, FAR};
    struct inventory inventory;
    uint64_t next = 0;
    inventory_init(&inventory);
    chip_apply_added(&inventory, &(struct chip_added){.chip = {.id = 1}}, 1000);
    for (uint64_t id = 1; id <= FAR; id++) {
        node_apply_added(&inventory, &(struct node_added){.node = id, .first_device = next + 1},
                         1000);
        if (id != with[next])
            continue;
        struct device_added device = {.device = ++next, .node = id, .chip = 1};
        device_apply_added(&inventory, &device, 1000);
        node_apply_changed(&inventory, &(struct node_changed){id, NODE_READY, 0, (int64_t)id},
                           1000);
    }
    struct fit_query any = {FIT_OPEN, 1, 1, 0, 0};
    struct node_use one = {.devices = {{1}}};
    for (size_t i = 0; i < sizeof with / sizeof with[0]; i++) {
        struct fit_query big = {FIT_OPEN, 1, 1, (int64_t)with[i], 0}; // memory says which
        assert_int_equal(fit_first(&inventory, &big)->id, with[i]);
        assert_int_equal(fit_memory_max(&inventory, &any), FAR);
    }
    for (size_t i = 0; i < sizeof with / sizeof with[0]; i++) {
        assert_int_equal(fit_first(&inventory, &any)->id, with[i]);
        node_lease(&inventory, with[i], &one, 1000);
    }
    assert_null(fit_first(&inventory, &any));
    inventory_finish(&inventory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_index_answers_as_a_scan_of_all_nodes),
        cmocka_unit_test(nothing_new_without_a_new_generation),
        cmocka_unit_test(the_next_node_may_be_far_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
