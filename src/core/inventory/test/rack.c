#include "core/inventory/rack.h"
#include "base/rng.h"
#include "core/inventory/feeder.h"
#include "core/inventory/placing.h"
#include "core/inventory/health.h"
#include "core/inventory/node_class.h"
#include "core/inventory/site.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { NODES = 18, DEVICES = 4, RACKS = 10, STEPS = 20000, HELD_MAX = 64 };

static void begin(struct inventory *inventory, uint32_t racks)
{
    inventory_init(inventory);
    chip_apply_added(inventory,
                     &(struct chip_added){
                         .chip = {.id = 1, .name = "gb200"}
    },
                     1000);
    site_apply_added(inventory,
                     &(struct site_added){1, 0, "sakai", "Sakai", "JP", 0, PUE_PERMILLE_MIN}, 1000);
    block_apply_added(inventory, &(struct block_added){1, 1, "b1"});
    for (uint64_t i = 0; i < racks; i++) {
        struct rack_added fact = {.rack = i + 1,
                                  .site = 1,
                                  .block = 1,
                                  .first_node = i * NODES + 1,
                                  .first_device = i * NODES * DEVICES + 1,
                                  .chip = 1,
                                  .memory_mib = 1000,
                                  .cpu_milli = 144000,
                                  .nodes = NODES,
                                  .devices = DEVICES,
                                  .state = NODE_READY};
        fact.name[0] = 'r';
        fact.name[1] = (char)('a' + i);
        rack_apply_added(inventory, &fact, 1000);
    }
}

static void one_fact_adds_a_rack_of_equal_nodes(void **state)
{
    (void)state;
    struct inventory inventory;
    uint64_t chip;
    begin(&inventory, 2);
    assert_int_equal(inventory.nodes.used, 2 * NODES);
    assert_int_equal(inventory.devices.used, 0); // no row for any of them
    assert_int_equal(inventory.devices.last_id, 2 * NODES * DEVICES);
    const struct node *node = node_named(&inventory, S("rb-17"));
    assert_non_null(node);
    assert_int_equal(node->id, 2 * NODES);
    assert_int_equal(node_site(&inventory, node), 1);
    assert_null(node_named(&inventory, S("rb-18")));
    assert_ptr_equal(rack_named(&inventory, 1, S("rb")), table_get(&inventory.racks, 2));
    assert_null(rack_named(&inventory, 2, S("rb")));
    assert_int_equal(pool_of(&inventory, 1, 1)->devices, 2 * NODES * DEVICES);
    for (uint64_t id = 1; id <= inventory.devices.last_id; id++) {
        uint32_t index = 99;
        node = device_node(&inventory, id, &index);
        assert_int_equal(node->first_device + index, id);
        assert_int_equal(device_capacity(&inventory, node, index), CAPACITY_OPEN);
    }
    uint32_t index;
    assert_null(device_node(&inventory, inventory.devices.last_id + 1, &index));
    assert_null(device_node(&inventory, 0, &index));
    assert_true(inventory_check(&inventory, 9000, &chip));
    struct fleet_shape shape = {.devices = DEVICES, .memory_mib = 1000};
    struct fleet_plan plan;
    assert_true(fleet_find(placing_fleet(&inventory), &shape, &plan));
    assert_int_equal(placing_node(&inventory, plan.run->node), 1);
    inventory_finish(&inventory);
}

struct held {
    uint64_t node;
    struct node_use use;
};

static void take_some(struct inventory *inventory, struct rng *rng, struct held *held,
                      int64_t time_us)
{
    uint64_t id = 1 + (uint64_t)rng_below(rng, (int64_t)inventory->nodes.used);
    const struct node *node = table_get(&inventory->nodes, id);
    uint32_t index = (uint32_t)rng_below(rng, DEVICES);
    *held = (struct held){.node = id};
    if (rng_below(rng, 2)) {
        held->use.devices.bits[0] = node->open.bits[0] & (uint64_t)rng_below(rng, 16);
        held->use.milli = rng_below(rng, 2) ? DEVICE_MILLI : 0;
    } else {
        uint32_t used = device_leased_milli(inventory, node, index);
        held->use.milli = 1 + (uint32_t)rng_below(rng, 999);
        if ((device_set_has(&node->open, index) || device_set_has(&node->shared, index)) &&
            used + held->use.milli <= DEVICE_MILLI)
            device_set_add(&held->use.devices, index);
    }
    if (device_set_count(&held->use.devices) == 0)
        *held = (struct held){0};
    else
        node_lease(inventory, id, &held->use, time_us);
}

// What each device has under leases, told by a plain array: the milli of every device are one
// partition at each step, through faults, drains and repairs.
static void the_thousand_milli_of_each_device_are_a_partition(void **state)
{
    (void)state;
    static struct held held[HELD_MAX];
    static int64_t milli[RACKS * NODES * DEVICES + 1];
    struct inventory inventory;
    struct rng rng = {.state = 42};
    uint64_t chip;
    begin(&inventory, RACKS);
    int shared = 0;
    for (int step = 0; step < STEPS; step++) {
        int64_t time_us = 1000 + step * INT64_C(700);
        struct held *one = &held[rng_below(&rng, HELD_MAX)];
        const struct node *node = NULL;
        int64_t sign = one->node ? -1 : 1;
        if (one->node)
            node_release(&inventory, one->node, &one->use, time_us);
        else
            take_some(&inventory, &rng, one, time_us);
        if (one->node) {
            node = table_get(&inventory.nodes, one->node);
            bool part = one->use.milli && one->use.milli < DEVICE_MILLI;
            for (uint32_t i = 0; i < DEVICES; i++)
                if (device_set_has(&one->use.devices, i))
                    milli[node->first_device + i] += sign * (part ? one->use.milli : DEVICE_MILLI);
            shared += part;
        }
        if (sign < 0)
            *one = (struct held){0};
        if (step % 5 == 0) {
            struct health_changed sick = {
                .node = 1 + (uint64_t)rng_below(&rng, RACKS * NODES),
                .index = (int32_t)rng_below(&rng, DEVICES + 1) - 1,
                .state = rng_below(&rng, 3) ? DEVICE_HEALTHY
                                            : (uint32_t)rng_below(&rng, DEVICE_STATE_COUNT),
                .kind = HEALTH_XID,
            };
            health_apply_changed(&inventory, &sick, time_us);
        }
        if (step % 500)
            continue;
        inventory_reindex(&inventory);
        assert_true(inventory_check(&inventory, time_us, &chip));
        for (uint64_t id = 1; id <= RACKS * NODES * DEVICES; id++) {
            uint32_t index;
            node = device_node(&inventory, id, &index);
            assert_int_equal(device_leased_milli(&inventory, node, index), milli[id]);
        }
    }
    assert_true(shared > STEPS / 20);
    inventory_finish(&inventory);
}

// Ten years of eight million devices: more milli-device-ms than an int64 has, and not one lost.
static void integrals_stay_exact_over_years_of_millions(void **state)
{
    (void)state;
    struct inventory inventory;
    begin(&inventory, 1);
    struct capacity *row = table_get(&inventory.capacities, 1);
    const int64_t device_milli = INT64_C(8000000) * DEVICE_MILLI, year_us = INT64_C(31557600000000);
    row->count[CAPACITY_OPEN] = device_milli - 333;
    row->count[CAPACITY_LEASED] = 333;
    for (int year = 1; year <= 10; year++) { // settled once a year by a change that changes nothing
        struct node_changed same = {1, NODE_READY, 0, 1000};
        node_apply_changed(&inventory, &same, 1000 + year * year_us);
    }
    int64_t open = capacity_device_ms(row, CAPACITY_OPEN, 1000 + 10 * year_us);
    int64_t leased = capacity_device_ms(row, CAPACITY_LEASED, 1000 + 10 * year_us);
    assert_int_equal(leased, year_us / 100 * 333 / 1000);
    assert_int_equal(open + leased, INT64_C(8000000) * (year_us / 100));
    inventory_finish(&inventory);
}

static void the_whole_node_and_each_device_have_a_health(void **state)
{
    (void)state;
    struct inventory inventory;
    begin(&inventory, 1);
    const struct node *node = table_get(&inventory.nodes, 3);
    struct health_changed fact = {.node = 3, .index = 1, .state = DEVICE_CORDONED};
    health_apply_changed(&inventory, &fact, 2000);
    assert_int_equal(device_capacity(&inventory, node, 1), CAPACITY_CLOSED);
    assert_int_equal(device_capacity(&inventory, node, 0), CAPACITY_OPEN);
    fact = (struct health_changed){.node = 3, .index = HEALTH_WHOLE, .state = DEVICE_SUSPECT};
    health_apply_changed(&inventory, &fact, 3000);
    assert_int_equal(device_capacity(&inventory, node, 0), CAPACITY_CLOSED);
    assert_int_equal(node_standing(node), NODE_DRAINING);
    assert_int_equal(node->state, NODE_READY);
    fact.state = DEVICE_REPAIR;
    health_apply_changed(&inventory, &fact, 4000);
    assert_int_equal(device_capacity(&inventory, node, 0), CAPACITY_FAULTY);
    fact.state = DEVICE_HEALTHY;
    health_apply_changed(&inventory, &fact, 5000);
    assert_int_equal(device_capacity(&inventory, node, 0), CAPACITY_OPEN);
    assert_int_equal(device_capacity(&inventory, node, 1), CAPACITY_CLOSED);
    assert_int_equal(health_of(&inventory, 3, HEALTH_WHOLE)->reports, 3);
    inventory_finish(&inventory);
}

static void labels_are_a_canonical_list(void **state)
{
    (void)state;
    char labels[128] = "";
    assert_true(labels_set(labels, S("tier"), S("gold")));
    assert_true(labels_set(labels, S("disk"), S("nvme")));
    assert_true(labels_set(labels, S("tier"), S("silver")));
    assert_string_equal(labels, "disk=nvme,tier=silver");
    assert_true(labels_merge(labels, S("zone=z1,disk=")));
    assert_string_equal(labels, "tier=silver,zone=z1");
    assert_false(labels_set(labels, S("a b"), S("c")));
    assert_false(labels_merge(labels, S("novalue")));
    char value[128];
    memset(value, 'x', 127);
    assert_false(labels_set(labels, S("long"), (str){value, 127})); // no room
    assert_string_equal(labels, "tier=silver,zone=z1");
    static const char *const bad[] = {"b=1,a=1", "a=1,a=2", "a", "a=", "=1", "a=1,", ",a=1", "ä=1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(labels_valid(str_from(bad[i])));
    assert_true(labels_valid(S("")) && labels_valid(S("a=1,b=2")));
}

static void a_class_says_what_rules_ask(void **state)
{
    (void)state;
    struct inventory inventory;
    begin(&inventory, 1);
    entity_apply_added(&inventory, &(struct entity_added){1, 0, "acme", "Acme", "TW"}, 1000);
    struct class_added fact = {
        {1, 1, 0, 0, "TW", "tdx", "disk=nvme"}
    };
    class_apply_added(&inventory, &fact);
    assert_int_equal(class_find(&inventory, &fact.class), 1);
    struct node_class other = fact.class;
    other.origin[0] = 'J';
    assert_int_equal(class_find(&inventory, &other), 0);
    struct attribute seen[ATTRIBUTES_MAX];
    uint32_t count = class_attributes(&inventory, 1, 1, seen);
    static const char *const want[][2] = {
        {"country",       "JP"  },
        {"owner",         "acme"},
        {"owner-country", "TW"  },
        {"disk",          "nvme"},
        {"attestation",   "tdx" }
    };
    for (size_t w = 0; w < sizeof want / sizeof *want; w++) {
        uint32_t i = 0;
        while (i < count && !str_is(seen[i].key, str_from(want[w][0])))
            i++;
        assert_true(i < count);
        assert_true(str_is(seen[i].value, str_from(want[w][1])));
    }
    inventory_finish(&inventory);
}

static void a_feeder_carries_the_least_of_rating_and_caps(void **state)
{
    (void)state;
    struct inventory inventory;
    begin(&inventory, 1);
    feeder_apply_added(
        &inventory, &(struct feeder_added){1, 1, 0, 5000, 0, "grid", FEEDER_GRID, 1000000}, 1000);
    feeder_apply_added(&inventory,
                       &(struct feeder_added){2, 1, 1, 3000, 0, "a", FEEDER_WIRE, 990000}, 1000);
    const struct feeder *feeder = feeder_named(&inventory, 1, S("a"));
    assert_non_null(feeder);
    feeder_apply_cap_set(&inventory, &(struct feeder_cap_set){1, 2, 2000, 100, 200});
    feeder_apply_cap_set(&inventory, &(struct feeder_cap_set){2, 2, 1000, 150, 0});
    assert_int_equal(feeder_limit_w(&inventory, feeder, 99), 3000);
    assert_int_equal(feeder_limit_w(&inventory, feeder, 100), 2000);
    assert_int_equal(feeder_limit_w(&inventory, feeder, 150), 1000);
    assert_int_equal(feeder_limit_w(&inventory, feeder, 999), 1000);
    feeder_apply_cap_ended(&inventory, &(struct feeder_cap_ended){2});
    assert_int_equal(feeder_limit_w(&inventory, feeder, 199), 2000);
    assert_int_equal(feeder_limit_w(&inventory, feeder, 200), 3000);
    assert_true(feeder_is_leaf(&inventory, feeder));
    assert_false(feeder_is_leaf(&inventory, table_get(&inventory.feeders, 1)));
    inventory_finish(&inventory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_fact_adds_a_rack_of_equal_nodes),
        cmocka_unit_test(the_thousand_milli_of_each_device_are_a_partition),
        cmocka_unit_test(integrals_stay_exact_over_years_of_millions),
        cmocka_unit_test(the_whole_node_and_each_device_have_a_health),
        cmocka_unit_test(labels_are_a_canonical_list),
        cmocka_unit_test(a_class_says_what_rules_ask),
        cmocka_unit_test(a_feeder_carries_the_least_of_rating_and_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
