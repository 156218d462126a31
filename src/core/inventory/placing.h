// placing.h - the inventory's nodes in the placement index (core/fleet/fleet.h).
//
// The inventory tells the index what stands where and what is leased; core/sched asks it for
// gangs, shares and shapes with CPU, and turns its places into nodes here. Machines that reported
// themselves stand in a site of their own, each in its own rack. Of chips only the first 64 of the
// table are in the index. Its power tree has an edge for each feeder, at the place of its row, with
// its caps; on it are the base watts of nodes in racks and the watts of leases.
//
//   Owner      struct inventory; it is a function of the tables
//   Invariant  open, leased and shared devices, CPU and memory are those of the node rows
//   Refusal    none
//   Fault      none (no memory: must)
#pragma once
#include "core/fleet/fleet.h"
#include "core/inventory/inventory.h"

struct fleet *placing_fleet(const struct inventory *inventory);
uint64_t placing_chips(const struct inventory *inventory, uint64_t chip); // its bit; 0: not there
uint64_t placing_node(const struct inventory *inventory, uint32_t place); // the node's id
uint32_t placing_sites(const struct inventory *inventory); // places of sites in the index
uint64_t placing_site(const struct inventory *inventory, uint32_t place); // 0: of lone machines
// The line of the power tree that a node hangs on; FLEET_NONE: not fed by it.
uint32_t placing_line(const struct inventory *inventory, const struct node *node);
// Reserved devices of a node: a window comes or goes.
void placing_window(const struct inventory *inventory, uint64_t node,
                    const struct fleet_window *window, bool add);
// Memory for a plan, valid until the next call.
void *placing_scratch(const struct inventory *inventory, size_t bytes);

// Grows whenever a search in this kind of room that found nothing may find something.
uint64_t placing_generation(const struct inventory *inventory, enum fleet_room room);
// The most devices of a chip that one node has, and the most memory of a node with so many.
uint32_t placing_devices_max(const struct inventory *inventory, enum fleet_room room,
                             uint64_t chip);
int64_t placing_memory_max(const struct inventory *inventory, enum fleet_room room, uint64_t chip,
                           uint32_t devices);

// What a node is promised besides, after the tables were loaded: leases know it, nodes do not.
void placing_promise(struct inventory *inventory, uint64_t node, int64_t watts);

// Inside the room.
struct feeder;
struct feeder_cap;
void placing_feeder(struct inventory *inventory, const struct feeder *feeder);
void placing_cap(struct inventory *inventory, const struct feeder_cap *cap, bool holds);
void placing_create(struct inventory *inventory);
void placing_destroy(struct inventory *inventory);
void placing_rebuild(struct inventory *inventory);
void placing_changed(struct inventory *inventory, const struct node *node);
void placing_take(struct inventory *inventory, const struct node *node, const struct node_use *use);
void placing_give(struct inventory *inventory, const struct node *node, const struct node_use *use);
