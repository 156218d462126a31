// typical.h - the shapes people ask for, and how much of a node they could still use.
//
// A table of shapes with counts, made by whoever knows the demand (in the product a decayed table
// of what was submitted, in an experiment the list of pods). Of it the most frequent are kept that
// cover 95 %. A node is looked at as a frag_state: what it has left. For each shape in the table
//
//     reach   idle milli on devices that are large enough for the shape
//     usable  the same, when the node can run the shape now: devices enough, CPU and memory left
//
// are summed, weighted by count. Weng et al., "Beware of Fragmentation" (USENIX ATC 2023), call
// F = idle * total - usable the fragmentation of a node; reach - usable is the part of it for
// which CPU, memory or the number of devices is to blame.
//
//   Owner      typical_set: its rows; typical_finish gives them back
//   Invariant  counts add up to total, at most 2^30; plain rows come first and ascend by milli
//   Refusal    none: an empty table uses nothing
//   Fault      none (no memory: must)
#pragma once
#include "base/device_set.h"
#include <stdbool.h>
#include <stdint.h>

struct frag_device {
    uint16_t milli;     // free; 0: taken, or not sellable
    uint16_t slices;    // free compute slices: 7 of a whole device, 0 of one shared by milli
    int32_t memory_mib; // free
};

struct frag_state { // what is left of a node
    uint32_t chip, devices;
    int64_t cpu_milli, memory_mib;
    struct frag_device device[DEVICE_SET_MAX];
};

struct typical {
    uint64_t chips;   // bit per chip place, 0: any
    uint32_t devices; // of one node; 0: CPU and memory only
    uint32_t milli;   // 1000 whole, 1..999 a share
    uint32_t slices;  // of a cut device, 0: none
    int64_t cpu_milli, memory_mib, device_memory_mib;
    uint64_t count;
};

struct typical_group { // rows of one milli
    uint32_t milli, from, until;
    int64_t count; // of them all
};

struct typical_hot { // what is compared of each row, side by side
    int32_t *cpu_milli, *memory_mib, *devices, *count;
};

struct typical_set {
    struct typical *row;
    uint32_t rows;
    uint32_t plain; // the first so many ask for devices, of any chip, without slices and memory
    struct typical_group *group;
    uint32_t groups; // of the plain ones
    struct typical_hot hot;
    bool memory; // shapes that differ in memory only are different
    int64_t total;
};

// Keeps the most frequent; of equal counts the first in the table.
void typical_set(struct typical_set *set, const struct typical *table, uint32_t count, bool memory);
void typical_finish(struct typical_set *set); // accepts a zeroed one

static inline bool typical_on_chip(uint64_t chips, uint32_t chip)
{
    return !chips || chips >> chip % 64 & 1;
}
// Devices ascend by milli and have some left.
bool typical_on_device(const struct typical *shape, const struct frag_device *device);
void typical_measure(const struct typical_set *set, const struct frag_state *state,
                     int64_t *ret_usable, int64_t *ret_reach);
