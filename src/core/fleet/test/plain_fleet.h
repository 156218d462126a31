// plain_fleet.h - a tiny fleet told twice: to the index, and to plain arrays that are searched by
// trying every set of nodes.
//
//   Owner      the test that holds it
//   Invariant  both were told the same
//   Refusal    none
//   Fault      none
#pragma once
#include "base/rng.h"
#include "core/fleet/fleet.h"
#include "core/fleet/power_tree.h"

enum {
    PLAIN_NODES = 11,
    PLAIN_DEVICES = 4,
    PLAIN_USES = 64,
    PLAIN_EDGES = 12,
    PLAIN_CAPS = 4,
    PLAIN_WINDOWS = 4,
    PLAIN_SITES = 2,
};

struct plain_node {
    struct fleet_node fact;
    uint32_t site, block, home; // home: the first of its twins
    uint32_t edge[2];
    unsigned sellable, built;
    uint32_t milli[PLAIN_DEVICES], slices[PLAIN_DEVICES], users[PLAIN_DEVICES];
    int64_t device_mib[PLAIN_DEVICES];
    int64_t cpu_milli, memory_mib, watts; // free, free, promised: of the home
};

struct plain_window {
    uint32_t node;
    struct fleet_window window;
};

struct plain_fleet {
    struct fleet *fleet;
    struct rng rng;
    struct plain_node node[PLAIN_NODES];
    struct fleet_use use[PLAIN_USES];
    struct power_cap cap[PLAIN_CAPS];
    struct plain_window window[PLAIN_WINDOWS];
    uint32_t parent[PLAIN_EDGES];
    int64_t rated_w[PLAIN_EDGES];
    uint32_t nodes, uses, caps, windows, edges;
    uint64_t classes[PLAIN_SITES];
};

void plain_begin(struct plain_fleet *plain, uint64_t seed);
void plain_end(struct plain_fleet *plain);
struct fleet_shape plain_shape(struct plain_fleet *plain);
bool plain_exists(const struct plain_fleet *plain, const struct fleet_shape *shape);
// Is what the index gave a plan for the shape?
bool plain_valid(const struct plain_fleet *plain, const struct fleet_shape *shape,
                 const struct fleet_plan *plan);
void plain_take(struct plain_fleet *plain, const struct fleet_use *use);
void plain_give(struct plain_fleet *plain, uint32_t at);
void plain_disturb(struct plain_fleet *plain); // something of the house changes
