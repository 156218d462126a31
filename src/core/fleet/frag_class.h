// frag_class.h - nodes that have the same left are one class.
//
// Inside the room only, for frag.c. A class is a normal state (frag_score.h) and the places of the
// nodes that are in it, ascending. Who looks for a node looks at live classes, those with nodes.
// A class that lost its last node is kept for a while, with what is known of it, because states
// come back; when too many are dead their numbers are given to new ones.
//
//   Owner      struct frag_classes; classes_finish gives the memory back
//   Invariant  no two live classes have the same state; a node is in exactly one class or in none
//   Refusal    none
//   Fault      none (no memory: must)
#pragma once
#include "core/fleet/frag_score.h"
#include "core/fleet/place_set.h"

enum { CLASS_NONE = UINT32_MAX, CLASS_LOG = 1 << 16 };

struct frag_class {
    struct frag_state *state; // cut off behind its devices
    int64_t loss[2];          // demand_loss of TATARA and FGD
    struct place_set places;  // of its nodes
    uint32_t live_at;         // in live[], while it has nodes
    uint32_t next;            // of the same hash, or the next that is free
    uint64_t hash;
};

struct class_brief {               // of a state, enough to see that most shapes do not fit
    int32_t cpu_milli, memory_mib; // at most INT32_MAX
    uint16_t most, whole;          // milli of the largest device; whole devices
};

struct frag_classes {
    struct frag_class *row;
    uint32_t rows, room, free, dead;
    uint32_t *live, live_count;
    struct class_brief *brief; // by class
    uint32_t *first;           // by class: its lowest place; CLASS_NONE: dead
    uint32_t *bucket, buckets; // by hash: the first class
    uint32_t *of, of_room;     // by node: its class
    // Each change of a class, its number in the order of changes: it came, it went, it has another
    // lowest place. changed_at[class] is its last, counted from 1.
    uint64_t changes;
    uint64_t *changed_at;
    uint32_t *log; // the last CLASS_LOG of them
};

void classes_init(struct frag_classes *classes);
void classes_finish(struct frag_classes *classes);
// The node is in this (normal) state now. The class; ret_new: it is a new one or a number anew, and
// nothing that was known of the number holds.
uint32_t classes_put(struct frag_classes *classes, uint32_t node, const struct frag_state *state,
                     bool *ret_new);
// What the class loses under a policy, computed once.
int64_t class_loss(struct frag_classes *classes, const struct frag_demand *demand, uint32_t id,
                   enum fleet_policy policy);
int64_t classes_bytes(const struct frag_classes *classes);
