// fleet.h - the placement index: which nodes have room for a shape, in numbers only.
//
// Everything that places asks here: sites hold blocks (<= 1,024 nodes), blocks hold racks (<= 64
// nodes). A fleet node has devices of one chip; a machine with several chips is several fleet
// nodes, twins, which share CPU, memory and watts and number their devices alike. Places are given
// as 0, 1, 2, … and stay. A node's devices are known in three ways, and fleet_find asks one:
//
//   OPEN      sellable, not taken, not locked by somebody else's window: room now
//   SELLABLE  healthy devices of ready nodes, taken or not: room once all that runs has ended
//   BUILT     every device: room in the house as it is built
//
// Of a plan's nodes all have one chip. A gang stands as close as it can: in the rack it fits best,
// else in the block it fits best (fullest racks first), else in a site, else anywhere; `together`
// with `must` forbids what is wider, as a wish it changes nothing. Ties go to the lowest place.
//
//       site ── block ── block             per (site, chip): blocks by free count, racks by
//                 ├─ rack: node node node       of whole free nodes
//                 └─ rack: node node node    per (block, chip): nodes by free count, 1,024 bits
//
//   Owner      whoever created it; it is a cache of what its owner told it
//   Invariant  sets, counts and bounds say what a plain recount of the nodes says (fleet_check);
//              fleet_find finds a plan exactly when there is one (fleet_find.h names the exception)
//   Refusal    fleet_find false: nothing fits
//   Fault      none (no memory: must)
#pragma once
#include "base/err.h"
#include "core/fleet/fleet_shape.h"
#include <stdbool.h>
#include <stdint.h>

struct fleet;
struct power_tree;

struct fleet_run { // `count` consecutive nodes, the same devices on each
    uint32_t node, count;
    device_set devices;
};

struct fleet_plan { // valid until the next fleet_find
    uint32_t runs, nodes;
    const struct fleet_run *run;
};

struct fleet *fleet_create(void);
void fleet_destroy(struct fleet *fleet); // accepts NULL

// Each gives the new place.
uint32_t fleet_site_add(struct fleet *fleet);
uint32_t fleet_block_add(struct fleet *fleet, uint32_t site);
// Feeders are places of the power tree, FLEET_NONE: not fed by it.
uint32_t fleet_rack_add(struct fleet *fleet, uint32_t block, uint32_t feeder_a, uint32_t feeder_b);
uint32_t fleet_node_add(struct fleet *fleet, const struct fleet_node *node);

// The house changes. What is taken stays taken, also when it is no longer sellable or built.
void fleet_node_sellable(struct fleet *fleet, uint32_t node, const device_set *devices);
void fleet_node_built(struct fleet *fleet, uint32_t node, const device_set *devices);
void fleet_node_class(struct fleet *fleet, uint32_t node, uint32_t class);
// The machine's CPU and memory (twins too), what is taken included.
void fleet_node_size(struct fleet *fleet, uint32_t node, int64_t cpu_milli, int64_t memory_mib);

bool fleet_find(struct fleet *fleet, const struct fleet_shape *shape, struct fleet_plan *ret_plan);
// The devices must be open (a share's: have that much left); power is promised and handed back too.
void fleet_take(struct fleet *fleet, const struct fleet_use *use);
void fleet_give(struct fleet *fleet, const struct fleet_use *use);

// Reserved devices of a node: in [from, until) they are only for shapes of this owner, now (OPEN)
// and once all that runs has ended (SELLABLE).
void fleet_window_add(struct fleet *fleet, uint32_t node, const struct fleet_window *window);
void fleet_window_remove(struct fleet *fleet, uint32_t node, const struct fleet_window *window);

// The power tree that racks hang on: headroom is part of every search.
struct power_tree *fleet_power(struct fleet *fleet);

// Grows whenever a search in this kind of room that found nothing may find something.
uint64_t fleet_generation(const struct fleet *fleet, enum fleet_room room);
// The most devices of these chips (0: any) that one node has in this kind of room.
uint32_t fleet_devices_max(const struct fleet *fleet, uint64_t chips, enum fleet_room room);
// The most memory and CPU of a node with at least so many devices of these chips.
int64_t fleet_memory_max(const struct fleet *fleet, uint64_t chips, uint32_t devices,
                         enum fleet_room room);
int64_t fleet_cpu_max(const struct fleet *fleet, uint64_t chips, uint32_t devices,
                      enum fleet_room room);
// How many nodes have at least so many devices of these chips.
uint32_t fleet_nodes_with(const struct fleet *fleet, uint64_t chips, uint32_t devices,
                          enum fleet_room room);

uint32_t fleet_nodes(const struct fleet *fleet);
uint32_t fleet_node_chip(const struct fleet *fleet, uint32_t node);
uint32_t fleet_node_rack(const struct fleet *fleet, uint32_t node);
uint32_t fleet_node_block(const struct fleet *fleet, uint32_t node);
uint32_t fleet_node_site(const struct fleet *fleet, uint32_t node);
device_set fleet_node_open(const struct fleet *fleet, uint32_t node); // whole devices
int64_t fleet_bytes(const struct fleet *fleet);                       // memory it holds

// A recount of everything; false with the first thing that differs.
bool fleet_check(const struct fleet *fleet, struct err *err);
