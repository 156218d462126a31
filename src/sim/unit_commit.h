// unit_commit.h - which generators run in which hour, and what each of them gives.
//
// Unit commitment over up to 48 hours: cost while running (fixed at the minimum, then a slope per
// MWh), starts that cost more the longer a unit was off (hot < 8 h, warm < 48 h, cold), minimum up
// and down times, an hourly ramp, a grid with a price per hour, storage, and cover for the loss of
// the largest running unit. Few units (<= COMMIT_FEW): every pair is re-decided exactly by dynamic
// programming, the others held, until nothing improves, from the best fleets of a trial of all;
// then all units by a beam of pasts, and windows of hours with ramps and all. Many: a priority
// list, then the same for single units. Storage is a dynamic program over its charge. Within an
// hour: merit order, ramps looked after three hours ahead. Shortages are allowed and dear, so there
// is always a plan.
//
//   Owner      the caller's structs
//   Invariant  integers only, no clock, no randomness: the same problem gives the same plan
//   Refusal    none
//   Fault      none: what is out of bounds is a must
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { COMMIT_HOURS_MAX = 48, COMMIT_UNITS_MAX = 128, COMMIT_FEW = 6 };
enum { COMMIT_HOT_H = 8, COMMIT_WARM_H = 48 };

struct commit_unit {
    int64_t minimum_w, maximum_w;
    int64_t ramp_w; // per hour, up and down; a unit comes and goes at most at max(this, minimum)
    int64_t fixed_micro;    // per hour at the minimum
    int64_t slope_micro;    // per MWh above it
    int64_t start_micro[3]; // hot, warm, cold
    int32_t up_h, down_h;   // minimum hours running and off, at least 1
    int32_t age_h;          // > 0: has run so many hours; < 0: was off so many
    int32_t earliest_h;     // a unit that is off does not run before this hour
    int64_t power_w;        // in the hour before the first; -1: anything
    bool free_start;        // its first start within this plan costs nothing
};

struct commit_storage {
    int64_t capacity_j, floor_j,
        start_j; // never planned below the floor; ends no lower than it starts
    int64_t charge_w, discharge_w;
    int32_t efficiency_permille; // of a round trip, all of it lost in charging
};

struct commit_problem {
    uint32_t units, hours;
    struct commit_unit unit[COMMIT_UNITS_MAX];
    int64_t demand_w[COMMIT_HOURS_MAX];
    int64_t grid_w, grid_micro[COMMIT_HOURS_MAX]; // per MWh
    struct commit_storage storage;
    int64_t cover_w;      // what else can stand in at once: storage kept back
    bool reserve_largest; // maxima of the running units, less the largest, + grid + cover >= demand
    int32_t reserve_permille; // the same without the loss, of the demand
    bool quick;               // a priority list and single units only, however few there are
    int64_t unserved_micro;   // per MWh not given; half of it per MWh of cover that is missing
};

struct commit_plan {
    uint8_t on[COMMIT_HOURS_MAX][COMMIT_UNITS_MAX];
    int64_t power_w[COMMIT_HOURS_MAX][COMMIT_UNITS_MAX];
    int64_t grid_w[COMMIT_HOURS_MAX];
    int64_t storage_w[COMMIT_HOURS_MAX]; // > 0 gives, < 0 takes
    int64_t unserved_w[COMMIT_HOURS_MAX], spilled_w[COMMIT_HOURS_MAX];
    int64_t cost_micro;
    uint32_t starts;
};

void commit_solve(const struct commit_problem *problem, struct commit_plan *ret_plan);
// The powers and the cost of a plan whose `on` and `storage_w` are given.
void commit_dispatch(const struct commit_problem *problem, struct commit_plan *plan);
