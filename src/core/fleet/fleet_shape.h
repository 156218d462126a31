// fleet_shape.h - what is asked of the placement index and what is taken from it: values only.
//
//   Owner      nobody: values
//   Invariant  a share (milli 1..999) is of one device of one node
//   Refusal    none
//   Fault      none
#pragma once
#include "base/device_set.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    FLEET_NONE = UINT32_MAX,
    FLEET_CHIPS_MAX = 64,
    FLEET_CLASSES_MAX = 64,
    FLEET_BLOCK_NODES_MAX = 1024,
    FLEET_RACK_NODES_MAX = 64,
    FLEET_MILLI_WHOLE = 1000,
    FLEET_SLICES_WHOLE = 7,
};

enum fleet_level { LEVEL_ANY, LEVEL_SITE, LEVEL_BLOCK, LEVEL_RACK, LEVEL_NODE };
enum fleet_room { ROOM_OPEN, ROOM_SELLABLE, ROOM_BUILT, ROOM_KINDS };
enum fleet_policy { POLICY_TATARA, POLICY_FGD, POLICY_BEST_FIT, POLICY_PACKING, POLICY_RANDOM };

struct fleet_node {
    uint32_t rack, chip; // chip < 64
    uint32_t devices;    // built and sellable from the start: 0 .. devices - 1
    uint32_t class;      // attribute class < 64
    int64_t cpu_milli, memory_mib;
    int64_t device_memory_mib; // of one device
    int64_t cap_w;             // promised watts of the machine at most; 0: no cap
    uint32_t twin;             // 1 + the place of an earlier node of the same machine; 0: none
};

struct fleet_shape {
    uint64_t chips;          // bit per chip place, lowest first; 0: any
    uint32_t nodes, devices; // so many nodes (0 is 1) with so many whole devices each; 0: CPU only
    uint32_t milli;  // 1000 (or 0): whole devices; 1..999: a share of one (nodes = devices = 1)
    uint32_t slices; // MIG compute slices of that share, 0: none
    int64_t cpu_milli, memory_mib; // of each node
    int64_t device_memory_mib;     // least memory of a device; of a share: what it takes
    enum fleet_level together;     // within one … ; ANY: no matter
    bool must;
    enum fleet_level spread;   // no two nodes in one … ; ANY and NODE: no matter
    int64_t watts;             // promised by each node
    int64_t from_us, until_us; // INT64_MAX: open end; both 0: from 0 to open end
    int64_t watts_until_us;    // its watts are asked for up to then; 0: up to until_us
    uint64_t owner;            // whose reserved windows it may use; 0: nobody's
    const uint64_t *classes;   // by site place: bits of the permitted classes; NULL: all
    enum fleet_room room;
};

struct fleet_use { // what one lease takes of each of `count` consecutive nodes (0 is 1)
    uint32_t node, count;
    uint32_t milli, slices; // of the one device in `devices`; milli 0 or 1000: whole devices
    device_set devices;
    int64_t cpu_milli, memory_mib, device_memory_mib, watts;
};

struct fleet_window { // devices that are reserved in [from, until)
    device_set devices;
    int64_t from_us, until_us;
    uint64_t owner;
};
