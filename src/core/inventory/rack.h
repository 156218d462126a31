// rack.h - blocks and racks of a site, whole racks of equal nodes, and pools.
//
// A block is what one fabric joins: up to 1,024 nodes. A rack is up to 64 nodes that hang on the
// same leaf feeders A and B. One fact adds a rack with all its nodes, which are equal and are
// called NAME-0, NAME-1 and so on: ten gigawatts are 65,000 lines, not five million. A pool is all
// nodes of one chip at one site; live machines that stand in no rack are of site 0.
//
//   Owner      the inventory's tables
//   Invariant  nodes of a rack that came with it have consecutive ids, and so have their devices
//   Refusal    none: callers ask first
//   Fault      none
#pragma once
#include "base/str.h"
#include "core/inventory/inventory.h"
#include <stdint.h>

enum { BLOCK_NODES_MAX = 1024, RACK_NODES_MAX = 64 };

struct block {
    uint64_t id, site;
    char name[32]; // unique in the site
    uint32_t nodes, racks;
};
_Static_assert(sizeof(struct block) == 56, "no padding");

struct rack {
    uint64_t id, site, block, feeder_a, feeder_b; // feeders 0: none
    uint64_t first_node;                          // of those that came with it; 0: none did
    int64_t added_us;
    int64_t cap_w; // of the whole rack; 0: none but its feeders'
    char name[32]; // unique in the site
    uint32_t nodes, reserved;
};
_Static_assert(sizeof(struct rack) == 104, "no padding");

struct pool {
    uint64_t id, site, chip;
    int64_t nodes, devices;
    int64_t window_us, cordoned; // nodes cordoned by themselves since then
};
_Static_assert(sizeof(struct pool) == 56, "no padding");

// Facts.
struct block_added {
    uint64_t block, site;
    char name[32];
};
struct rack_added {
    uint64_t rack, site, block, feeder_a, feeder_b;
    uint64_t first_node, first_device; // 0: it comes without nodes
    uint64_t chip, class;              // of every node
    int64_t cap_w, cpu_milli, memory_mib, base_w, node_cap_w;
    char name[32], arch[16];
    uint32_t nodes, devices;  // devices of each node
    uint32_t state, reserved; // state of each node
};

const struct block *block_named(const struct inventory *inventory, uint64_t site, str name);
const struct rack *rack_named(const struct inventory *inventory, uint64_t site, str name);
const struct pool *pool_of(const struct inventory *inventory, uint64_t site, uint64_t chip);

void block_apply_added(struct inventory *inventory, const struct block_added *fact);
void rack_apply_added(struct inventory *inventory, const struct rack_added *fact, int64_t time_us);
// The pool that a device of a node (or, with -1, the node) is of.
const struct pool *pool_for(const struct inventory *inventory, const struct node *node,
                            int32_t index);
// Inside the room: one more node of the pool is cordoned in the window that began then.
void pool_cordon(struct inventory *inventory, const struct node *node, int32_t index,
                 int64_t window_us);
// Inside the room: devices of a node are there from now on; a node counts with its first.
void pool_add(struct inventory *inventory, const struct node *node, uint64_t chip, uint32_t nodes,
              uint32_t devices);
