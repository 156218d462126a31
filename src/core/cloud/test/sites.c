// Sites, feeders, racks, nodes and labels through the door: what is made, in which order, and what
// is refused without an event.
#include "core/cloud/cloud.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "house.h"

static struct house_run run;

#define DO(kind_, member, ...) \
    house_do(&run, (struct input){.kind = (kind_), .member = __VA_ARGS__})

static const struct node_place place = {
    .site = 1,
    .feeder_a = 2,
    .feeder_b = 3,
    .block = "b1",
    .rack = "r1",
    .chip = {.name = "gb200", .memory_mib = 196608, .idle_w = 150, .class_w = 1000, .max_w = 1200},
    .class.owner = 1,
    .class.origin = "TW",
    .class.labels = "disk=nvme",
    .arch = "aarch64",
    .cpu_milli = 144000,
    .memory_mib = 983040,
    .base_w = 900,
    .devices = 4,
};

static int set_up(void **state)
{
    (void)state;
    house_init(&run);
    house_open(&run, 2);
    must(DO(INPUT_ENTITY_NEW, entity, {0, "acme", "Acme", "JP"}) == ANSWER_OK);
    must(DO(INPUT_SITE_NEW, site, {1, "sakai", "Sakai", "JP", 0, 1250}) == ANSWER_OK);
    must(DO(INPUT_FEEDER_NEW, feeder, {1, 0, 240000000, 0, "grid", FEEDER_GRID, 1000000}) ==
         ANSWER_OK);
    must(DO(INPUT_FEEDER_NEW, feeder, {1, 1, 120000000, 0, "a", FEEDER_WIRE, 990000}) == ANSWER_OK);
    must(DO(INPUT_FEEDER_NEW, feeder, {1, 1, 120000000, 0, "b", FEEDER_WIRE, 990000}) == ANSWER_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    struct err err;
    if (!cloud_check(&run.cloud, &err))
        fail_msg("%s", err.text);
    assert_true(digest_same(cloud_hash(&run.cloud), cloud_hash(&run.replayed)));
    house_finish(&run);
    return 0;
}

static void a_rack_brings_what_it_needs(void **state)
{
    (void)state;
    static const enum event_kind want[] = {EVENT_CLASS_ADDED, EVENT_CHIP_ADDED, EVENT_PRICE_SET,
                                           EVENT_BLOCK_ADDED, EVENT_RACK_ADDED};
    struct rack_new rack = {.place = place, .nodes = 18, .cap_w = 132000};
    assert_int_equal(DO(INPUT_RACK_NEW, rack, rack), ANSWER_OK);
    assert_int_equal(run.count, sizeof want / sizeof *want);
    for (uint32_t i = 0; i < run.count; i++)
        assert_int_equal(run.events[i].kind, want[i]);
    const struct node *node = node_named(&run.cloud.inventory, S("r1-17"));
    assert_non_null(node);
    assert_int_equal(node->class, 1);
    assert_int_equal(node->devices, 4);

    rack.place.rack[1] = '2';
    assert_int_equal(DO(INPUT_RACK_NEW, rack, rack), ANSWER_OK);
    assert_int_equal(run.count, 1); // all the rest is there
    assert_int_equal(DO(INPUT_RACK_NEW, rack, rack), ANSWER_EXISTS);
    assert_int_equal(((struct block *)table_get(&run.cloud.inventory.blocks, 1))->nodes, 36);

    struct input job = {.kind = INPUT_JOB_SUBMIT};
    job.job = (struct job_submit){.account = 1};
    job.job.shape.devices = 4;
    job.job.shape.chips[0] = chip_named(&run.cloud.inventory, S("gb200"))->id;
    assert_int_equal(house_do(&run, job), ANSWER_OK);
    assert_int_equal(cloud_lease(&run.cloud, 1)->node,
                     node_named(&run.cloud.inventory, S("r1-0"))->id);
}

static void a_dark_rack_sells_nothing(void **state)
{
    (void)state;
    struct rack_new rack = {.place = place, .nodes = 2, .dark = true};
    assert_int_equal(DO(INPUT_RACK_NEW, rack, rack), ANSWER_OK);
    const struct node *node = node_named(&run.cloud.inventory, S("r1-1"));
    assert_int_equal(device_capacity(&run.cloud.inventory, node, 3), CAPACITY_DARK);
}

static void a_list_of_nodes_comes_whole_or_not_at_all(void **state)
{
    (void)state;
    struct node_new nodes[3] = {
        {"alpha", place},
        {"beta",  place},
        {"gamma", place}
    };
    nodes[1].place.class.labels[0] = 0;
    nodes[2].place.rack[1] = '9';
    nodes[2].place.feeder_b = 7; // there is no such feeder
    assert_int_equal(DO(INPUT_NODES_NEW, nodes, {3, nodes}), ANSWER_BAD_FIELD);
    assert_string_equal(run.first.field, "feeder_b");
    assert_int_equal(run.count, 0);
    nodes[2].place.feeder_b = 3;
    assert_int_equal(DO(INPUT_NODES_NEW, nodes, {3, nodes}), ANSWER_OK);
    assert_int_equal(run.cloud.inventory.racks.used, 2);
    assert_int_equal(run.cloud.inventory.classes.used, 2);
    assert_int_equal(node_named(&run.cloud.inventory, S("gamma"))->rack, 2);
    assert_int_equal(DO(INPUT_NODES_NEW, nodes, {1, nodes + 1}), ANSWER_EXISTS);
    struct node_new other = {"delta", place};
    other.place.block[1] = '2'; // the rack stands in b1
    assert_int_equal(DO(INPUT_NODES_NEW, nodes, {1, &other}), ANSWER_BAD_FIELD);
    assert_string_equal(run.first.field, "block");
}

// What a list as a whole would break, though each node of it alone would do.
static void a_list_is_counted_as_a_whole(void **state)
{
    (void)state;
    static struct node_new nodes[NODES_NEW_MAX];
    for (uint32_t i = 0; i < NODES_NEW_MAX; i++) {
        nodes[i] = (struct node_new){.place = place};
        snprintf(nodes[i].name, sizeof nodes[i].name, "m%u", i);
        snprintf(nodes[i].place.rack, sizeof nodes[i].place.rack, "q%u", i % 20);
    }
    assert_int_equal(DO(INPUT_NODES_NEW, nodes, {NODES_NEW_MAX, nodes}), ANSWER_OK);
    for (uint32_t i = 0; i < NODES_NEW_MAX; i++)
        nodes[i].name[0] = 'k';
    assert_int_equal(DO(INPUT_NODES_NEW, nodes, {25, nodes}), ANSWER_FULL); // 1,024 in the block
    for (uint32_t i = 0; i < NODES_NEW_MAX; i++)
        nodes[i].place.block[1] = (char)('2' + i % 2);
    assert_int_equal(DO(INPUT_NODES_NEW, nodes, {1, nodes}), ANSWER_BAD_FIELD); // the rack's
    for (uint32_t i = 0; i < NODES_NEW_MAX; i++)
        nodes[i].place.rack[0] = 'p';
    assert_int_equal(DO(INPUT_NODES_NEW, nodes, {40, nodes}), ANSWER_OK);
    for (uint32_t i = 0; i < NODES_NEW_MAX; i++) {
        nodes[i].name[0] = 'j';
        snprintf(nodes[i].place.rack, sizeof nodes[i].place.rack, "o%u", i % 2);
    }
    assert_int_equal(DO(INPUT_NODES_NEW, nodes, {129, nodes}), ANSWER_BAD_FIELD); // 65 a rack
    assert_string_equal(run.first.field, "rack");
    memcpy(nodes[1].name, nodes[3].name, sizeof nodes[1].name);
    assert_int_equal(DO(INPUT_NODES_NEW, nodes, {4, nodes}), ANSWER_BAD_FIELD);
    assert_string_equal(run.first.field, "name");
    memcpy(nodes[1].name, "unlike", 7);
    nodes[2].place.block[1] = '9'; // o0 would stand in two blocks
    assert_int_equal(DO(INPUT_NODES_NEW, nodes, {4, nodes}), ANSWER_BAD_FIELD);
    nodes[2].place.block[1] = '2';
    for (uint32_t i = 0; i < 65; i++)
        snprintf(nodes[i].place.class.labels, sizeof nodes[i].place.class.labels, "a=%u", i);
    assert_int_equal(DO(INPUT_NODES_NEW, nodes, {65, nodes}), ANSWER_FULL); // 64 classes
    assert_int_equal(run.count, 0);
}

// A machine that reports itself alone retires what reported before it, never what stands in a rack.
static void a_live_machine_leaves_racks_alone(void **state)
{
    (void)state;
    struct rack_new rack = {.place = place, .nodes = 2};
    assert_int_equal(DO(INPUT_RACK_NEW, rack, rack), ANSWER_OK);
    struct input other = {.kind = INPUT_NODE_REPORT};
    other.node_report = (struct node_report){.name = "n2", .arch = "x86_64", .alone = true};
    assert_int_equal(house_do(&run, other), ANSWER_OK);
    assert_int_equal(node_named(&run.cloud.inventory, S("n1"))->state, NODE_RETIRED);
    assert_int_equal(node_named(&run.cloud.inventory, S("r1-0"))->state, NODE_READY);
}

static void labels_move_a_node_to_another_class(void **state)
{
    (void)state;
    struct node_label label = {
        .node = 1, .class = {.operator= 1 }, .set_operator = true, .labels = "tier=gold"};
    assert_int_equal(DO(INPUT_NODE_LABEL, label, label), ANSWER_OK);
    assert_int_equal(run.count, 2);
    const struct node *node = table_get(&run.cloud.inventory.nodes, 1);
    const struct node_class *class = table_get(&run.cloud.inventory.classes, node->class);
    assert_int_equal(class->operator, 1);
    assert_string_equal(class->labels, "tier=gold");
    assert_int_equal(DO(INPUT_NODE_LABEL, label, label), ANSWER_OK);
    assert_int_equal(run.count, 0); // it says so already
    label = (struct node_label){.node = 1, .set_operator = true, .labels = "tier="};
    assert_int_equal(DO(INPUT_NODE_LABEL, label, label), ANSWER_OK);
    assert_int_equal(node->class, 0);
}

static void at_most_64_classes(void **state)
{
    (void)state;
    struct node_label label = {.node = 1, .labels = "a=00"};
    for (int i = 0; i < CLASSES_MAX; i++) {
        label.labels[2] = (char)('0' + i / 10);
        label.labels[3] = (char)('0' + i % 10);
        assert_int_equal(DO(INPUT_NODE_LABEL, label, label), ANSWER_OK);
    }
    label.labels[2] = 'x';
    assert_int_equal(DO(INPUT_NODE_LABEL, label, label), ANSWER_FULL);
    struct rack_new rack = {.place = place, .nodes = 1};
    assert_int_equal(DO(INPUT_RACK_NEW, rack, rack), ANSWER_FULL);
}

static void caps_are_set_and_taken_back(void **state)
{
    (void)state;
    struct feeder_cap_new cap = {.feeder = 2, .cap_w = 90000000, .until_us = run.time_us + 1};
    assert_int_equal(DO(INPUT_FEEDER_CAP, cap, cap), ANSWER_OK);
    const struct feeder *feeder = table_get(&run.cloud.inventory.feeders, 2);
    assert_int_equal(feeder_limit_w(&run.cloud.inventory, feeder, run.time_us), 90000000);
    assert_int_equal(DO(INPUT_FEEDER_UNCAP, id, 1), ANSWER_OK);
    assert_int_equal(feeder_limit_w(&run.cloud.inventory, feeder, run.time_us), 120000000);
    assert_int_equal(DO(INPUT_FEEDER_UNCAP, id, 1), ANSWER_NOT_FOUND);
}

static void refuse_rack(struct rack_new rack, const char *field)
{
    assert_int_equal(DO(INPUT_RACK_NEW, rack, rack), ANSWER_BAD_FIELD);
    assert_string_equal(run.first.field, field);
    assert_int_equal(run.count, 0);
}

#define BAD_RACK(change, field)                              \
    do {                                                     \
        struct rack_new rack = {.place = place, .nodes = 2}; \
        change;                                              \
        refuse_rack(rack, field);                            \
    } while (0)

static void racks_with_a_field_wrong(void **state)
{
    (void)state;
    BAD_RACK(rack.place.site = 2, "site");
    BAD_RACK(rack.place.block[0] = 0, "block");
    BAD_RACK(rack.place.rack[0] = '-', "name");
    BAD_RACK(memset(rack.place.rack, 'r', sizeof rack.place.rack), "name");
    BAD_RACK(rack.place.feeder_a = 9, "feeder_a");
    BAD_RACK(rack.place.feeder_b = 2, "feeder_b");
    BAD_RACK(rack.place.feeder_a = 0, "feeder_b");
    BAD_RACK(rack.place.devices = DEVICE_SET_MAX + 1, "devices");
    BAD_RACK(rack.place.chip.name[0] = 0, "chip");
    BAD_RACK(rack.place.chip.max_w = 0, "device_w");
    BAD_RACK(rack.place.chip.idle_w = 5000, "device_w");
    BAD_RACK(rack.place.memory_mib = -1, "memory_mib");
    BAD_RACK(rack.place.base_w = -1, "base_w");
    BAD_RACK(rack.place.class.owner = 9, "owner");
    BAD_RACK(rack.place.class.origin[0] = 't', "origin");
    BAD_RACK(rack.place.class.labels[0] = '=', "labels");
    BAD_RACK(rack.nodes = RACK_NODES_MAX + 1, "nodes");
    BAD_RACK(rack.cap_w = -1, "rack_cap_w");
}

static void refuse_input(struct input input, enum answer want, const char *field)
{
    assert_int_equal(house_do(&run, input), want);
    if (want == ANSWER_BAD_FIELD)
        assert_string_equal(run.first.field, field);
    assert_int_equal(run.count, 0);
}
#define BAD(kind_, member, field, ...) \
    refuse_input((struct input){.kind = (kind_), .member = __VA_ARGS__}, ANSWER_BAD_FIELD, field)

static void entities_sites_and_feeders_with_a_field_wrong(void **state)
{
    (void)state;
    BAD(INPUT_ENTITY_NEW, entity, "slug", {0, "Acme", "Acme", "JP"});
    BAD(INPUT_ENTITY_NEW, entity, "name", {0, "new", "", "JP"});
    BAD(INPUT_ENTITY_NEW, entity, "country", {0, "new", "New", "Jp"});
    BAD(INPUT_ENTITY_NEW, entity, "owner", {9, "new", "New", "JP"});
    assert_int_equal(DO(INPUT_ENTITY_NEW, entity, {0, "acme", "A", "JP"}), ANSWER_EXISTS);
    BAD(INPUT_SITE_NEW, site, "operator", {9, "new", "New", "JP", 0, 1000});
    BAD(INPUT_SITE_NEW, site, "zone", {0, "new", "New", "JP", 99999, 1000});
    BAD(INPUT_SITE_NEW, site, "pue", {0, "new", "New", "JP", 0, 999});
    assert_int_equal(DO(INPUT_SITE_NEW, site, {0, "sakai", "S", "JP", 0, 1000}), ANSWER_EXISTS);
    BAD(INPUT_FEEDER_NEW, feeder, "site", {9, 1, 1, 0, "c", FEEDER_WIRE, 1000000});
    BAD(INPUT_FEEDER_NEW, feeder, "parent", {1, 9, 1, 0, "c", FEEDER_WIRE, 1000000});
    BAD(INPUT_FEEDER_NEW, feeder, "kind", {1, 0, 1, 0, "c", FEEDER_WIRE, 1000000});
    BAD(INPUT_FEEDER_NEW, feeder, "kind", {1, 1, 1, 0, "c", FEEDER_GRID, 1000000});
    BAD(INPUT_FEEDER_NEW, feeder, "rated_w", {1, 1, 0, 0, "c", FEEDER_WIRE, 1000000});
    BAD(INPUT_FEEDER_NEW, feeder, "efficiency", {1, 1, 1, 0, "c", FEEDER_WIRE, 1000001});
    BAD(INPUT_FEEDER_CAP, cap, "cap_w", {2, 120000001, 0, 0});
    BAD(INPUT_FEEDER_CAP, cap, "until", {2, 1, 0, 1});
    BAD(INPUT_NODE_LABEL, label, "labels", {.node = 1, .labels = "novalue"});
    BAD(INPUT_NODE_LABEL, label, "vendor", {.node = 1, .class = {.vendor = 5}, .set_vendor = true});
    refuse_input((struct input){.kind = INPUT_NODE_LABEL, .label = {.node = 99}}, ANSWER_NOT_FOUND,
                 NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(a_rack_brings_what_it_needs),
        T(a_dark_rack_sells_nothing),
        T(a_list_of_nodes_comes_whole_or_not_at_all),
        T(a_list_is_counted_as_a_whole),
        T(a_live_machine_leaves_racks_alone),
        T(labels_move_a_node_to_another_class),
        T(at_most_64_classes),
        T(caps_are_set_and_taken_back),
        T(racks_with_a_field_wrong),
        T(entities_sites_and_feeders_with_a_field_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
