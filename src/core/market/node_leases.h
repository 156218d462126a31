// node_leases.h - the active leases of each node, newest first.
//
// Inside the room only. Which lease holds a device, and whose jobs a node takes down with it.
//
//   Owner      struct market_index; a function of the leases and their parts
//   Invariant  a lease stands once in the list of each of its nodes, in descending order of id
//   Refusal    none
//   Fault      none (no memory: must)
#pragma once
#include <stdint.h>

struct node_lease_entry {
    uint64_t lease;
    uint32_t next, reserved; // place + 1; 0: the last
};

struct node_leases {
    uint32_t *heads; // by node id: place + 1 of its newest lease
    struct node_lease_entry *entries;
    uint32_t heads_room, entries_room, entries_used;
    uint32_t spare; // place + 1 of the first entry that is free
};

void node_leases_finish(struct node_leases *lists);
void node_leases_add(struct node_leases *lists, uint64_t node, uint64_t lease);
void node_leases_remove(struct node_leases *lists, uint64_t node, uint64_t lease);
// The newest lease of a node that is older than `before`; 0: none.
uint64_t node_leases_next(const struct node_leases *lists, uint64_t node, uint64_t before);
