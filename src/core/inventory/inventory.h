// inventory.h - what exists: chips, nodes, devices, and how much of each chip is in which state.
//
// Devices of one node have consecutive ids: device = node's first device + index. What a device is
// in follows from its node's sets (healthy, leased, shared); rows of devices exist only where a
// machine has told something of them (a serial), so eight million devices need no row. The 1,000
// milli of every device are divided among capacity states at every instant; capacity rows count
// milli per chip and integrate device-milliseconds per state, so installed time always adds up.
//
//   DARK    not energised: node new or retired          FAULTY  device or node in repair
//   CLOSED  healthy, not sellable: draining, cordoned    OPEN    healthy, sellable, no lease
//   LEASED  under a lease
//
// What is under a lease stays LEASED until it is handed back, whatever becomes of node or device;
// the rest of a shared device is in the state it would have without its leases.
// Instants are cut to whole milliseconds (floor), so integrals are exact integers.
//
//   Owner      struct inventory owns its tables, and caches of them (placing.h, inventory_maps.h)
//   Invariant  sum of counts = 1,000 for each device of the chip; sum of integrals = sum over
//              devices of (now_ms - added_ms)
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
    X(DEVICE_REPAIR, "repair")     \
    X(DEVICE_RETEST, "retest")
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

enum { DEVICE_MILLI = 1000 }; // a whole device

struct node {
    uint64_t id;
    uint64_t first_device;
    uint64_t chip;  // of all its devices; 0 when they differ
    uint64_t rack;  // 0: none, a machine that reported itself
    uint64_t class; // of attributes (node_class.h); 0: nothing is said
    char name[64];
    char arch[16]; // "x86_64", "aarch64"
    int64_t cpu_milli, memory_mib, cpu_leased_milli, memory_leased_mib;
    int64_t added_us;
    int64_t base_w, cap_w; // watts without its devices; limit of the whole node, 0: none
    int64_t closes_us;     // the next maintenance begins; 0: none is set
    device_set healthy;    // devices in DEVICE_HEALTHY
    device_set leased;     // devices of which anything is under a lease
    device_set shared;     // of these, those that are leased in shares
    device_set open;       // healthy, sellable, and nothing of them is under a lease
    uint32_t devices, state;
    uint32_t shared_milli; // under leases, of the shared devices together
    uint32_t health;       // enum device_state, of the node as a whole
};
_Static_assert(sizeof(struct node) == 328, "no padding");

struct device { // of which a machine has reported more than that it is there
    uint64_t id, node, chip;
    int64_t added_us;
    char serial[48]; // GPU uuid, or "core-3"
    uint32_t index;
    int32_t numa; // -1: not known
};
_Static_assert(sizeof(struct device) == 88, "no padding");

struct share { // a device that was leased in shares
    uint64_t id, device;
    uint32_t milli, reserved; // under leases
};
_Static_assert(sizeof(struct share) == 24, "no padding");

struct capacity { // one a chip; id = chip
    uint64_t id;
    int64_t since_ms;                    // integrals are exact up to here
    int64_t count[CAPACITY_STATE_COUNT]; // milli of devices
    int64_t device_ms[CAPACITY_STATE_COUNT];
    int64_t rest_milli[CAPACITY_STATE_COUNT]; // thousandths of a device-ms beside it, 0 .. 999
    int64_t posted_ms[CAPACITY_STATE_COUNT];  // of device_ms, already in the ledger
};
_Static_assert(sizeof(struct capacity) == 176, "no padding");

struct inventory {
    struct table chips, nodes, devices, capacities;
    struct table entities, sites, feeders, caps, blocks, racks, classes, pools;
    struct table shares, health, maintenances;
    struct placing *placing;     // the placement index
    struct inventory_maps *maps; // which row has a name
};

// Facts.
struct chip_added {
    struct chip chip; // chip.id is the new id
};
struct node_added { // of a rack: with its devices, ready; else: without, new
    uint64_t node, first_device;
    char name[64], arch[16];
    int64_t cpu_milli, memory_mib;
    uint64_t rack, class, chip; // 0: none; a node of a rack has a chip
    int64_t base_w, cap_w;
    uint32_t devices, reserved;
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
// Of a device by its node and index: index < node->devices.
uint64_t device_chip(const struct inventory *inventory, const struct node *node, uint32_t index);
enum device_state device_state_at(const struct inventory *inventory, const struct node *node,
                                  uint32_t index);
uint32_t device_leased_milli(const struct inventory *inventory, const struct node *node,
                             uint32_t index);
// Where its milli are that are under no lease; LEASED when all of them are.
enum capacity_state device_capacity(const struct inventory *inventory, const struct node *node,
                                    uint32_t index);
// What a machine reported of a device; NULL: nothing, or no such device.
const struct device *node_device(const struct inventory *inventory, const struct node *node,
                                 uint32_t index);
// The node a device id belongs to, and its index there; NULL: no such device.
const struct node *device_node(const struct inventory *inventory, uint64_t device,
                               uint32_t *ret_index);
// The state that counts for placement: its own, or held back by its health as a whole.
enum node_state node_standing(const struct node *node);
// The state of what is not leased (or all of it, when leased) of a device that stands so.
enum capacity_state capacity_state_of(enum node_state node, enum device_state device, bool leased);
// Device-ms of a state up to an instant that is not before the row's last change, rounded down.
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

// What a lease holds of one node: whole devices, or with milli 1 .. 999 a share of the one device
// in the set; no device at all is fine too (CPU and memory only).
// A run of `count` consecutive nodes is held the same on each (0: one node).
struct node_use {
    device_set devices;
    int64_t cpu_milli, memory_mib;
    int64_t device_memory_mib, watts; // the placement index's: nothing is kept of them here
    uint32_t milli, slices;           // milli 0 and 1,000: whole; slices are the index's too
    uint32_t count, reserved;
};
// A lease takes or gives back what it holds: the node's row, its chip's capacity and the index
// change, no row of a device.
void node_lease(struct inventory *inventory, uint64_t node, const struct node_use *use,
                int64_t time_us);
void node_release(struct inventory *inventory, uint64_t node, const struct node_use *use,
                  int64_t time_us);

// The invariants above, by a plain recount; false with the chip that fails.
bool inventory_check(const struct inventory *inventory, int64_t time_us, uint64_t *ret_chip);
