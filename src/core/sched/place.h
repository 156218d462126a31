// place.h - which job next, and where: the one door to placement.
//
// Priority class first, then the account's fair share (nominal quota, borrowing, decayed use:
// fair.h), then the older job. What does not fit holds back everything behind it, but for those
// who are gone by the time at which it fits, or leave it enough (backfill.h); a gang that has
// waited too long goes before all. With an all-zero sched_rule it is first come, first served over
// all accounts of a class. A job that waiting for others to end cannot help holds back only its own
// account: one over its account's limits, one without a price, and one that would not fit even if
// everything that runs had ended (its nodes are draining, in repair or gone). Where: what fits best
// by core/fleet/fleet.h, of the lowest chip. Everything that places goes through this header.
//
//   Owner      nobody: functions of the state; place_next may use the caches of sched
//   Invariant  what place_next returns can be leased at once: devices open, memory free, price in
//              force, limits kept
//   Refusal    place_feasible says why a shape can never run here; why.h says why it waits
//   Fault      none
#pragma once
#include "core/sched/job.h"
#include <stdbool.h>
#include <stdint.h>

struct placement { // a plan of runs: the first one here, further ones behind `run`
    uint64_t job, node, chip, price; // node: the first of the first run
    device_set devices;              // of each node of the first run
    uint32_t count, nodes;           // nodes of the first run; of all runs
    int64_t watts;                   // promised by each node
    uint32_t runs;                   // further runs, valid until the next search
    const struct lease_run *run;
};

enum place_verdict {
    PLACE_FITS,
    PLACE_NO_SUCH_CHIP,    // no device of that chip in this house
    PLACE_TOO_MANY,        // no node has so many devices
    PLACE_TOO_MANY_NODES,  // not so many nodes have so many devices each
    PLACE_NO_SHARES,       // no device of that chip can be shared
    PLACE_TOO_MUCH_CPU,    // no node has so much CPU
    PLACE_TOO_MUCH_MEMORY, // no node has so much memory
    PLACE_NO_PRICE,        // no price in force for the chip in the account's currency
    PLACE_FORBIDDEN,       // where the rule permits it there is no such node
    PLACE_OVER_LIMIT,      // more devices than the account's limit
    PLACE_BUSY,            // fits the house, not now
};

// Could this (normal) shape ever run for this account in this class, on an empty house, where the
// rule (canonical, or empty) permits it?
struct place_ask {
    const struct inventory *inventory;
    const struct market *market;
    const struct sched *sched;
    const struct account *account;
    enum lease_class class;
    str require;
};
enum place_verdict place_feasible(const struct place_ask *ask, const struct shape *shape);
// What fits best now (core/fleet/fleet.h), regardless of any queue.
bool place_find(const struct inventory *inventory, const struct shape *shape,
                struct placement *ret_placement);
// The next job to place now, or false. `spent_minor` says what an account has been charged this
// month (billing knows); it is asked only for accounts with a month limit. `spent_epoch` spares
// asking again for accounts already over it: a number the caller changes whenever a charge may have
// gone down (a new month in any zone, a correction); 0: ask every time.
struct place_view {
    const struct inventory *inventory;
    const struct market *market;
    const struct sched *sched;
    int64_t (*spent_minor)(const void *context, uint64_t account);
    const void *context;
    uint64_t spent_epoch;
    int64_t time_us; // now
};
bool place_next(const struct place_view *view, struct placement *ret_placement);

// The job whose turn it is, whether or not it fits now. NONE: nobody waits whom waiting can help.
enum place_turn { PLACE_TURN_NONE, PLACE_TURN_FITS, PLACE_TURN_BLOCKED };
enum place_turn place_turn(const struct place_view *view, const struct job **ret_job,
                           struct placement *ret_placement);
