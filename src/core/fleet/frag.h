// frag.h - the node and device for a shape that waste least of what is left.
//
// Chooses ONE node: for a share of a device, for whole devices of one node, for CPU and memory
// only. It keeps no accounts of its own: whoever has changed a node touches it, and at the next
// search its state is read again. Nodes in the same state are one class (frag_class.h); what a
// shape scores on a class (frag_score.h) is computed once and kept, so that a decision looks at
// live classes, a few hundred, and not at nodes.
//
//       touch ──► read state ──► class ──┐
//       shape, policy ──► row of scores ─┴─► best class ──► its lowest node ──► lowest devices
//
//   Owner      whoever created it
//   Invariant  what is found is what a scan of all nodes without caches would find
//   Refusal    frag_find false: no node has it
//   Fault      none (no memory: must)
#pragma once
#include "core/fleet/fleet_shape.h"
#include "core/fleet/typical.h"

struct frag;

// Fills in what is free of a node, device by device in index order.
typedef void frag_read(void *context, uint32_t node, struct frag_state *ret_state);
// A veto: takes devices out of the set (which has all that would do), or all by false.
typedef bool frag_allow(void *context, uint32_t node, device_set *devices);

struct frag_ask {
    const struct fleet_shape *shape; // room OPEN, nodes 0 or 1; looks at chips, devices, milli,
                                     // slices, CPU, memory, device memory
    enum fleet_policy policy;
    frag_allow *allow; // NULL: all
    void *context;
};

struct frag_choice {
    uint32_t node;
    device_set devices;
};

struct frag *frag_create(frag_read *read, void *context);
void frag_destroy(struct frag *frag); // accepts NULL

// The node is new, or anything of it has changed.
void frag_touch(struct frag *frag, uint32_t node);
// What is mostly asked for: chips, devices, milli, slices, CPU, memory, count. Forgets all scores.
void frag_typical(struct frag *frag, const struct typical *table, uint32_t count);
bool frag_find(struct frag *frag, const struct frag_ask *ask, struct frag_choice *ret_choice);

// F of all nodes as the paper has it, in milli: what is idle and no use to a typical shape.
int64_t frag_fragmentation(struct frag *frag);
uint32_t frag_classes_live(const struct frag *frag);
int64_t frag_bytes(const struct frag *frag);
