// fit.h - which node has room: the first in id order with enough devices of a chip, and memory.
//
// Three kinds of room are kept apart, because "not now", "not as the house stands" and "never"
// are different answers:
//
//   OPEN      open devices and free memory, now
//   SELLABLE  healthy devices of ready nodes, leased or not, and all of their memory
//   BUILT     every device of every node that is not retired, and all of its memory
//
// For each chip, kind and n there is a set of the nodes with at least n such devices: bits by the
// node's place, with two levels of summary bits above. A lease of k devices flips k bits; the
// first node is three count-trailing-zeros away. For memory each 64 nodes have an upper bound that
// is made exact when a search has passed them in vain.
//
//   Owner      struct inventory owns the index; it is a function of the tables
//   Invariant  fit_first gives what a scan of all nodes gives
//   Refusal    none: NULL is "no node"
//   Fault      none (no memory: must)
#pragma once
#include "core/inventory/inventory.h"

enum fit_kind { FIT_OPEN, FIT_SELLABLE, FIT_BUILT, FIT_KINDS };

struct fit_query {
    enum fit_kind kind;
    uint64_t chip;
    uint32_t devices; // at least 1
    int64_t memory_mib;
    int64_t until_us; // the node must stay open until then (maintenance); 0: it does not matter
};

const struct node *fit_first(const struct inventory *inventory, const struct fit_query *query);
// The most memory a node with enough devices has (the query's own memory says nothing here).
int64_t fit_memory_max(const struct inventory *inventory, const struct fit_query *query);
// The most devices of a chip that one node has; 0: none.
uint32_t fit_devices_max(const struct inventory *inventory, enum fit_kind kind, uint64_t chip);
// A number that grows whenever a query of this kind that found nothing may find something.
uint64_t fit_generation(const struct inventory *inventory, enum fit_kind kind);

// Inside the room: the tables have changed so.
void fit_create(struct inventory *inventory);
void fit_destroy(struct inventory *inventory);
void fit_rebuild(struct inventory *inventory); // generations go on growing
void fit_chip_added(struct inventory *inventory);
void fit_node_added(struct inventory *inventory);
void fit_node_changed(struct inventory *inventory, const struct node *node);
void fit_node_leased(struct inventory *inventory, const struct node *node);
void fit_node_released(struct inventory *inventory, const struct node *node);
