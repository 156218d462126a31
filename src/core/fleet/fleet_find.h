// fleet_find.h - a search while it goes on, and what every kind of search asks of a node.
//
// Inside the room only. One node: the fewest devices that are enough, then the lowest block and
// place. Several: fleet_gang.h. Of several chips the lowest that has room, at the tightest level.
//
// A search is exact but for one case: a gang on racks with two feeds, or one that is spread, and
// power so tight that taking racks one after another fails. Then combinations are tried, so
// many as fleet_solve.c says; a plan that only shows itself later is not found.
//
//   Owner      fleet_find, on its stack
//   Invariant  a node that query_node passes has room for what the shape asks of one node
//   Refusal    false, FLEET_NONE
//   Fault      none
#pragma once
#include "core/fleet/fleet_state.h"
#include "core/fleet/power_tree.h"

enum { FIND_TRIES = 20000 };

struct query {
    struct fleet *fleet;
    struct fleet_shape shape; // made normal: nodes >= 1, whole milli 0, until > from
    struct power_span span;
    uint64_t chips;
    bool bounded; // asks for CPU, memory or device memory
    bool powered; // asks for watts of the power tree
    bool locked;  // windows may lock devices
    bool plain;   // of a node counts and class alone decide (of its rack perhaps headroom)
};

// Some rack of the block has headroom for one node.
bool query_fed(const struct query *query, const struct cell *cell);
// Of any two edges the lines below one are all, or none, of those below the other, and a watt of
// each line is the same load: then taking racks one after another finds a plan when there is one.
bool lines_nested(struct fleet *fleet);
// The bits of the classes that the shape permits in a pool's site.
uint64_t query_classes(const struct query *query, const struct pool *pool);
// The devices a node has for the shape.
device_set query_devices(const struct query *query, uint32_t node);
device_set query_lowest(const struct query *query, uint32_t node); // of these, the lowest
bool query_node(const struct query *query, uint32_t node);         // all but its rack's headroom
bool query_shares(const struct query *query, uint32_t node);       // CPU, memory, watts for a share
bool query_line(const struct query *query, uint32_t line);         // headroom for one node
// All classes of a pool are permitted.
bool query_permits_all(const struct query *query, const struct pool *pool);
// No node of the set has the CPU and memory.
bool query_beyond(const struct query *query, const struct count_set *set);
// The nodes of a set whose class is permitted: ret_mask, false when there are none.
bool query_mask(const struct query *query, const struct cell *cell, const uint64_t *bits,
                uint64_t *ret_mask);

// The lowest node with the fewest devices that are enough, in one pool; FLEET_NONE.
uint32_t find_in_pool(const struct query *query, const struct pool *pool);
// The same in all sites, for the lowest chip that has one.
uint32_t find_node(const struct query *query);
