// curtail_facts.h - the rows and facts of curtailment.
//
//   Owner      the cloud's tables
//   Invariant  ids count up; a curtailment ends at its time, or when it is lifted
//   Refusal    none
//   Fault      none
#pragma once
#include <stdint.h>

#define CURTAIL_EMERGENCY_MS INT64_C(60000) // within so long it is an emergency

struct curtailment {
    uint64_t id, site;         // site 0: machines that stand in no rack
    int64_t from_us, until_us; // [from, until)
    int64_t within_ms;
    int64_t cap_w;           // of the whole site, facility watts
    uint64_t first_cap;      // its caps of grid feeders, consecutive; 0: none yet
    uint32_t caps, permille; // permille 0: it was said in watts
};
_Static_assert(sizeof(struct curtailment) == 64, "no padding");

struct ramp { // how far ahead a grid feeder's ramp is taken; see core/fleet/power_ramp.h
    uint64_t id, feeder;
    int64_t busy_us;
};
_Static_assert(sizeof(struct ramp) == 24, "no padding");

struct site_curtailed { // feeder_cap_set follow, one for each of its grid feeders
    uint64_t curtailment, site;
    int64_t from_us, until_us, within_ms, cap_w;
    uint32_t permille, caps;
};
struct curtail_ended { // feeder_cap_ended came before, where it was lifted early
    uint64_t curtailment;
};

struct site_curtail { // of the input
    uint64_t site;
    int64_t permille; // of what the site is rated for; 0: see watts; 1000: lift
    int64_t watts;
    int64_t from_us, until_us; // from 0: now
    int64_t for_us;            // in place of until
    int64_t within_ms;
};
