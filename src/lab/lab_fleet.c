#include "lab/lab_fleet.h"
#include "base/must.h"
#include "base/rng.h"
#include "core/fleet/power_tree.h"
#include <stdlib.h>

enum {
    NODE_DEVICES = 8,
    SITE_NODES = 819200 / NODE_DEVICES,
    DEVICE_W = 1250,
    NODE_W = NODE_DEVICES * DEVICE_W,
    MIX = 100000,
};

struct kind { // of the mix
    uint32_t share, nodes, devices;
};

static const struct kind kinds[] = {
    {40000, 1,    1},
    {15000, 1,    2},
    {15000, 1,    4},
    {20000, 1,    8},
    {4000,  2,    8},
    {3000,  4,    8},
    {1500,  8,    8},
    {800,   16,   8},
    {400,   32,   8},
    {200,   64,   8},
    {60,    128,  8},
    {30,    256,  8},
    {7,     512,  8},
    {3,     1024, 8},
};

struct part { // consecutive nodes of a lease, the same devices on each
    uint32_t node;
    uint16_t count;
    uint8_t devices, reserved; // bits
};

struct held {
    struct part one; // its node is the number of parts, when there are more
    struct part *more;
};

struct lab_fleet {
    struct lab_fleet_ask ask;
    struct lab_fleet_count count;
    struct fleet *fleet;
    struct rng rng;
    struct held *held;
    size_t room;
};

struct feeds { // of a block
    uint32_t a, b;
};

static struct feeds feeds_of_site(struct fleet *fleet, uint32_t nodes)
{
    struct power_tree *tree = fleet_power(fleet);
    int64_t rated_w = (int64_t)nodes * NODE_W * 95 / 100;
    uint32_t grid =
        power_edge_add(tree, &(struct power_edge){.parent = POWER_NONE, .rated_w = rated_w});
    struct feeds feeds;
    feeds.a = power_edge_add(tree, &(struct power_edge){.parent = grid, .rated_w = rated_w});
    feeds.b = power_edge_add(tree, &(struct power_edge){.parent = grid, .rated_w = rated_w});
    return feeds;
}

static struct feeds feeds_below(struct fleet *fleet, const struct feeds *site, uint32_t nodes)
{
    struct power_tree *tree = fleet_power(fleet);
    int64_t rated_w = (int64_t)nodes * NODE_W;
    struct feeds feeds;
    feeds.a = power_edge_add(tree, &(struct power_edge){.parent = site->a, .rated_w = rated_w});
    feeds.b = power_edge_add(tree, &(struct power_edge){.parent = site->b, .rated_w = rated_w});
    return feeds;
}

static void block_add(struct lab_fleet *lab, uint32_t site, const struct feeds *above,
                      uint32_t nodes)
{
    struct fleet *fleet = lab->fleet;
    uint32_t block = fleet_block_add(fleet, site);
    struct feeds feeds = {FLEET_NONE, FLEET_NONE};
    if (lab->ask.power)
        feeds = feeds_below(fleet, above, nodes);
    while (nodes) {
        uint32_t rack = fleet_rack_add(fleet, block, feeds.a, feeds.b);
        uint32_t count = (uint32_t)rng_between(&lab->rng, 4, 16);
        count = count < nodes ? count : nodes;
        nodes -= count;
        while (count--)
            fleet_node_add(fleet, &(struct fleet_node){.rack = rack, .devices = NODE_DEVICES});
    }
}

static void build(struct lab_fleet *lab)
{
    uint32_t left = (uint32_t)(lab->ask.devices / NODE_DEVICES);
    while (left) {
        uint32_t site = fleet_site_add(lab->fleet);
        uint32_t of_site = left < SITE_NODES ? left : SITE_NODES;
        struct feeds feeds = {0};
        if (lab->ask.power)
            feeds = feeds_of_site(lab->fleet, of_site);
        left -= of_site;
        while (of_site) {
            uint32_t nodes = of_site < FLEET_BLOCK_NODES_MAX ? of_site : FLEET_BLOCK_NODES_MAX;
            of_site -= nodes;
            block_add(lab, site, &feeds, nodes);
        }
    }
    lab->count.devices = (int64_t)fleet_nodes(lab->fleet) * NODE_DEVICES;
}

static const struct kind *draw(struct rng *rng)
{
    int64_t at = rng_below(rng, MIX);
    const struct kind *kind = kinds;
    while (at >= kind->share)
        at -= (kind++)->share;
    return kind;
}

static int64_t device_count(uint8_t devices)
{
    int64_t count = 0;
    for (; devices; devices &= (uint8_t)(devices - 1))
        count++;
    return count;
}

void lab_fleet_draw(struct rng *rng, uint32_t *ret_nodes, uint32_t *ret_devices)
{
    const struct kind *kind = draw(rng);
    *ret_nodes = kind->nodes;
    *ret_devices = kind->devices;
}

static struct fleet_use use_of(const struct lab_fleet *lab, const struct part *part)
{
    return (struct fleet_use){.node = part->node,
                              .count = part->count,
                              .devices = {{part->devices}},
                              .watts = lab->ask.power ? device_count(part->devices) * DEVICE_W : 0};
}

static void hold(struct lab_fleet *lab, const struct fleet_plan *plan)
{
    if ((size_t)lab->count.leases == lab->room) {
        lab->room = lab->room ? lab->room * 2 : 1024;
        lab->held = realloc(lab->held, lab->room * sizeof *lab->held);
        must(lab->held);
    }
    struct held *held = &lab->held[lab->count.leases++];
    *held = (struct held){.one.node = plan->runs};
    struct part *parts = &held->one;
    if (plan->runs > 1)
        parts = held->more = calloc(plan->runs, sizeof *parts);
    must(parts);
    for (uint32_t i = 0; i < plan->runs; i++) {
        const struct fleet_run *run = &plan->run[i];
        parts[i] = (struct part){run->node, (uint16_t)run->count, (uint8_t)run->devices.bits[0], 0};
        struct fleet_use use = use_of(lab, &parts[i]);
        fleet_take(lab->fleet, &use);
    }
}

static bool place(struct lab_fleet *lab)
{
    const struct kind *kind = draw(&lab->rng);
    struct fleet_shape shape = {.chips = 1,
                                .nodes = kind->nodes,
                                .devices = kind->devices,
                                .watts = lab->ask.power ? kind->devices * DEVICE_W : 0};
    struct fleet_plan plan;
    if (!fleet_find(lab->fleet, &shape, &plan)) {
        lab->count.refused++;
        return false;
    }
    hold(lab, &plan);
    lab->count.placed++;
    lab->count.nodes_placed += kind->nodes;
    lab->count.devices_taken += (int64_t)kind->nodes * kind->devices;
    return true;
}

static void release(struct lab_fleet *lab)
{
    struct held *held = &lab->held[rng_below(&lab->rng, lab->count.leases)];
    const struct part *parts = held->more ? held->more : &held->one;
    uint32_t count = held->more ? held->one.node : 1;
    for (uint32_t i = 0; i < count; i++) {
        struct fleet_use use = use_of(lab, &parts[i]);
        fleet_give(lab->fleet, &use);
        lab->count.devices_taken -= (int64_t)parts[i].count * device_count(parts[i].devices);
    }
    free(held->more);
    *held = lab->held[--lab->count.leases];
    lab->count.released++;
}

struct lab_fleet *lab_fleet_create(const struct lab_fleet_ask *ask)
{
    must(ask->devices >= NODE_DEVICES);
    struct lab_fleet *lab = calloc(1, sizeof *lab);
    must(lab);
    lab->ask = *ask;
    lab->rng.state = ask->seed;
    lab->fleet = fleet_create();
    build(lab);
    int64_t refused_max = 1000;
    while (lab->count.devices_taken * 10 < lab->count.devices * 9 && refused_max)
        refused_max -= !place(lab);
    return lab;
}

void lab_fleet_destroy(struct lab_fleet *lab)
{
    if (!lab)
        return;
    for (int64_t i = 0; i < lab->count.leases; i++)
        free(lab->held[i].more);
    free(lab->held);
    fleet_destroy(lab->fleet);
    free(lab);
}

int64_t lab_fleet_churn(struct lab_fleet *lab, int64_t steps)
{
    int64_t done = 0;
    while (done < steps) {
        bool full = lab->count.devices_taken * 10 >= lab->count.devices * 9;
        if (!full && place(lab)) {
            done++;
        } else if (lab->count.leases) {
            release(lab);
            done++;
        }
    }
    return done;
}

struct lab_fleet_count lab_fleet_count(const struct lab_fleet *lab)
{
    return lab->count;
}

struct fleet *lab_fleet_index(struct lab_fleet *lab)
{
    return lab->fleet;
}
