// shape.h - what a job asks of the house: how many nodes, what of each, and how near together.
//
// A job is a gang of `nodes` equal parts, each on a node of its own: so many whole devices, CPU and
// memory. A share is a part of one device, in thousandths or as a MIG profile of so many of its
// seven compute slices. Zero stands for what was not asked: nodes 0 is one node, milli 0 is whole
// devices; shape_normal writes both out.
//
//   Owner      nobody: a value without padding
//   Invariant  a job's shape is normal: nodes >= 1, 1 <= milli <= 1000
//   Refusal    shape_wrong names the field that cannot be taken
//   Fault      none
#pragma once
#include "base/device_set.h"
#include <stdbool.h>
#include <stdint.h>

enum { SHAPE_CHIPS_MAX = 4, SHAPE_NODES_MAX = 1 << 16, MILLI_WHOLE = 1000, SLICES_WHOLE = 7 };

// Levels of the house, from far to near; those of core/fleet.
#define TOGETHER_LEVELS(X)     \
    X(TOGETHER_ANY, "any")     \
    X(TOGETHER_SITE, "site")   \
    X(TOGETHER_BLOCK, "block") \
    X(TOGETHER_RACK, "rack")   \
    X(TOGETHER_NODE, "node")
#define X(name, text) name,
enum together { TOGETHER_LEVELS(X) TOGETHER_COUNT };
#undef X
const char *together_text(enum together level);

struct shape {
    uint64_t chips[SHAPE_CHIPS_MAX]; // allowed chips in the order given, zeros behind; none: any
    int64_t cpu_milli, memory_mib;   // of each node
    int64_t device_memory_mib;       // least memory of (the share of) a device; 0: any
    uint32_t nodes, devices;         // so many nodes with so many devices each; 0 devices: CPU only
    uint32_t milli;                  // 1000: whole devices; less: a share of one device
    uint32_t slices;                 // of that share, as a MIG profile: 1, 2, 3, 4 or 7; 0: none
    uint32_t together, together_must; // enum together; must, or only a wish
    uint32_t spread;                  // enum together: no two parts in one of these; ANY: no matter
    uint32_t reserved;
};
_Static_assert(sizeof(struct shape) == 88, "no padding");

struct shape shape_normal(struct shape shape);
// The field, as the API names it, that cannot be taken of a shape from outside; NULL: none.
const char *shape_wrong(const struct shape *shape);
bool shape_allows(const struct shape *shape, uint64_t chip);
int64_t shape_devices(const struct shape *shape); // of all nodes
int64_t shape_milli(const struct shape *shape);   // of all devices; the shape is normal
// A MIG profile by its name, "1g" … "7g", and back; false: no such profile.
bool slices_parse(const char *text, uint32_t *ret_slices);
const char *slices_text(uint32_t slices); // "" for 0
