// feeder.h - the wires of a site as a tree, their ratings, and caps that come and go.
//
//     grid ── substation ── wire ── wire      rack: feeder A = a leaf, feeder B = another or none
//
// A feeder without a parent is a grid point. Efficiency says how many of the watts that enter the
// wire leave it; ramp is how fast its load may change. A cap holds for [from, until); where several
// hold, the least counts. Promised watts are not here: the power tree of the placement index has
// them, and they are a function of the leases.
//
//   Owner      the inventory's tables
//   Invariant  a parent was there before its feeder and is of the same site, so there is no circle
//   Refusal    none: callers ask first
//   Fault      none
#pragma once
#include "base/str.h"
#include "core/inventory/inventory.h"
#include <stdint.h>

#define FEEDER_KINDS(X)                \
    X(FEEDER_GRID, "grid")             \
    X(FEEDER_SUBSTATION, "substation") \
    X(FEEDER_WIRE, "wire")
#define X(name, text) name,
enum feeder_kind { FEEDER_KINDS(X) FEEDER_KIND_COUNT };
#undef X
const char *feeder_kind_text(enum feeder_kind kind);

struct feeder {
    uint64_t id, site, parent; // parent 0: the grid point
    int64_t added_us, rated_w;
    int64_t ramp_w_per_s; // 0: no limit
    char name[32];        // unique in the site
    uint32_t kind, efficiency_ppm;
};
_Static_assert(sizeof(struct feeder) == 88, "no padding");

struct feeder_cap {
    uint64_t id, feeder;
    int64_t cap_w, from_us, until_us; // [from, until); until 0: open end
};
_Static_assert(sizeof(struct feeder_cap) == 40, "no padding");

// Facts.
struct feeder_added {
    uint64_t feeder, site, parent;
    int64_t rated_w, ramp_w_per_s;
    char name[32];
    uint32_t kind, efficiency_ppm;
};
struct feeder_cap_set {
    uint64_t cap, feeder;
    int64_t cap_w, from_us, until_us;
};
struct feeder_cap_ended { // earlier than was said, or before it began
    uint64_t cap;
};

enum { EFFICIENCY_PPM_MAX = 1000 * 1000 };
#define FEEDER_RATED_W_MAX INT64_C(100000000000) // 100 GW: more is a slip of the pen

const struct feeder *feeder_named(const struct inventory *inventory, uint64_t site, str name);
// The least of rating and caps at an instant.
int64_t feeder_limit_w(const struct inventory *inventory, const struct feeder *feeder,
                       int64_t time_us);
bool feeder_is_leaf(const struct inventory *inventory, const struct feeder *feeder);

void feeder_apply_added(struct inventory *inventory, const struct feeder_added *fact,
                        int64_t time_us);
void feeder_apply_cap_set(struct inventory *inventory, const struct feeder_cap_set *fact);
void feeder_apply_cap_ended(struct inventory *inventory, const struct feeder_cap_ended *fact);
