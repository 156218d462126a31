// inventory.h - what exists: chips, nodes, devices, and how much of each chip is in which state.
//
// Devices of one node have consecutive ids: device = node's first device + index. Every device is
// in exactly one capacity state at every instant; capacity rows count them per chip and integrate
// device-milliseconds per state, so installed time always adds up.
//
//   DARK    not energised: node new or retired          FAULTY  device or node in repair
//   CLOSED  healthy, not sellable: draining, cordoned    OPEN    healthy, sellable, no lease
//   LEASED  under a lease
//
// What is under a lease stays LEASED until it is handed back, whatever becomes of node or device.
// Instants are cut to whole milliseconds (floor), so integrals are exact integers.
//
//   Owner      struct inventory owns its tables and its index (a cache of them, see fit.h)
//   Invariant  sum of counts = devices of the chip; sum of integrals = sum over devices of
//              (now_ms - added_ms)
//   Refusal    none: callers ask first
//   Fault      none
#pragma once
#include "base/device_set.h"
#include "base/str.h"
#include "base/table.h"
#include <stdbool.h>
#include <stdint.h>

struct chip {
    uint64_t id;
    char name[32];        // "cpu-core", "nvidia-h100-80gb-hbm3": lower case, digits, '-'
    char description[96]; // as the maker prints it
    int64_t memory_mib;
    int32_t idle_w, class_w, max_w, reserved; // watts of one device; reserved is 0
};
_Static_assert(sizeof(struct chip) == 160, "no padding");

#define NODE_STATES(X)           \
    X(NODE_NEW, "new")           \
    X(NODE_READY, "ready")       \
    X(NODE_DRAINING, "draining") \
    X(NODE_REPAIR, "repair")     \
    X(NODE_RETIRED, "retired")
#define DEVICE_STATES(X)           \
    X(DEVICE_HEALTHY, "healthy")   \
    X(DEVICE_SUSPECT, "suspect")   \
    X(DEVICE_CORDONED, "cordoned") \
    X(DEVICE_REPAIR, "repair")
#define CAPACITY_STATES(X)       \
    X(CAPACITY_DARK, "dark")     \
    X(CAPACITY_FAULTY, "faulty") \
    X(CAPACITY_CLOSED, "closed") \
    X(CAPACITY_OPEN, "open")     \
    X(CAPACITY_LEASED, "leased")
#define X(name, text) name,
enum node_state { NODE_STATES(X) NODE_STATE_COUNT };
enum device_state { DEVICE_STATES(X) DEVICE_STATE_COUNT };
enum capacity_state { CAPACITY_STATES(X) CAPACITY_STATE_COUNT };
#undef X
const char *node_state_text(enum node_state state);
const char *device_state_text(enum device_state state);
const char *capacity_state_text(enum capacity_state state);

struct node {
    uint64_t id;
    uint64_t first_device;
    uint64_t chip; // of all its devices; 0 when they differ
    char name[64];
    char arch[16]; // "x86_64", "aarch64"
    int64_t cpu_milli, memory_mib, memory_leased_mib;
    int64_t added_us;
    device_set open;   // devices in CAPACITY_OPEN
    device_set leased; // devices in CAPACITY_LEASED
    uint32_t devices, state;
};
_Static_assert(sizeof(struct node) == 208, "no padding");

struct device {
    uint64_t id, node, chip;
    uint64_t lease; // 0: none
    int64_t added_us;
    char serial[48]; // GPU uuid, or "core-3"
    uint32_t index, state, capacity;
    int32_t numa; // -1: not known
};
_Static_assert(sizeof(struct device) == 104, "no padding");

struct capacity { // one a chip; id = chip
    uint64_t id;
    int64_t since_ms; // integrals are exact up to here
    int64_t count[CAPACITY_STATE_COUNT];
    int64_t device_ms[CAPACITY_STATE_COUNT];
    int64_t posted_ms[CAPACITY_STATE_COUNT]; // of device_ms, already in the ledger
};
_Static_assert(sizeof(struct capacity) == 136, "no padding");

struct inventory {
    struct table chips, nodes, devices, capacities;
    struct fit_index *index; // which node has room
};

// Facts.
struct chip_added {
    struct chip chip; // chip.id is the new id
};
struct node_added {
    uint64_t node, first_device;
    char name[64], arch[16];
    int64_t cpu_milli, memory_mib;
};
struct device_added {
    uint64_t device, node, chip;
    uint32_t index;
    int32_t numa;
    char serial[48];
};
struct node_changed { // cpu_milli and memory_mib may differ after a restart of the machine
    uint64_t node;
    uint32_t state;
    int64_t cpu_milli, memory_mib;
};
struct device_changed {
    uint64_t device;
    uint32_t state;
};

void inventory_init(struct inventory *inventory);
void inventory_finish(struct inventory *inventory);
void inventory_reindex(struct inventory *inventory); // after rows were loaded from a snapshot

const struct chip *chip_named(const struct inventory *inventory, str name); // NULL: none
const struct node *node_named(const struct inventory *inventory, str name);
const struct device *node_device(const struct inventory *inventory, const struct node *node,
                                 uint32_t index);
// The state of a device that stands so, in a node that stands so.
enum capacity_state capacity_state_of(enum node_state node, enum device_state device, bool leased);
// Device-ms of a state up to an instant that is not before the row's last change.
int64_t capacity_device_ms(const struct capacity *capacity, enum capacity_state state,
                           int64_t time_us);

void chip_apply_added(struct inventory *inventory, const struct chip_added *fact, int64_t time_us);
void node_apply_added(struct inventory *inventory, const struct node_added *fact, int64_t time_us);
void node_apply_changed(struct inventory *inventory, const struct node_changed *fact,
                        int64_t time_us);
void device_apply_added(struct inventory *inventory, const struct device_added *fact,
                        int64_t time_us);
void device_apply_changed(struct inventory *inventory, const struct device_changed *fact,
                          int64_t time_us);
// A lease takes or gives back devices and memory of one node.
void node_lease(struct inventory *inventory, uint64_t node, const device_set *devices,
                int64_t memory_mib, uint64_t lease, int64_t time_us);
void node_release(struct inventory *inventory, uint64_t node, const device_set *devices,
                  int64_t memory_mib, int64_t time_us);

// The invariants above, by a plain recount; false with the chip that fails.
bool inventory_check(const struct inventory *inventory, int64_t time_us, uint64_t *ret_chip);
