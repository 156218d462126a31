// meter.h - readings become quantities: what each lease has used so far.
//
// A reading is cumulative since the attempt began, so it may come late, twice, split or out of
// order: the highest value wins and the total is the same. The kind of energy is that of the
// highest; of two equal ones the weaker claim stands. Device time is never a reading: the
// lease's run is the engine's BOOTTIME between start and end, never more than the lease itself.
//
// What billing and the ledger have taken so far stands beside it, so that every posting is a
// difference (telescoping).
//
//   Owner      struct meter owns its table
//   Invariant  rated <= seen for run time; 0 <= taken <= seen for energy; 0 <= taken device-ms
//   Refusal    none
//   Fault      none
#pragma once
#include "base/table.h"
#include <stdbool.h>
#include <stdint.h>

struct meter_row { // one a lease; id = lease
    uint64_t id;
    int64_t ran_ms, energy_j, cpu_ms, memory_peak_bytes; // highest seen
    int64_t ran_ms_rated;                                // joined a rated row
    int64_t used_taken;                                  // device-ms posted as used
    int64_t energy_j_taken;
    int64_t held_taken; // device-ms posted as held (the lease's, not used)
    uint32_t energy, reserved;
};
_Static_assert(sizeof(struct meter_row) == 80, "no padding");

struct meter {
    struct table rows;
};

// Fact: a source has reported; values are cumulative.
struct metered {
    uint64_t lease;
    int64_t ran_ms, energy_j, cpu_ms, memory_peak_bytes;
    uint32_t energy, reserved;
    int64_t saved_ms; // of its job: the work that its checkpoints keep, from the beginning
};

void meter_init(struct meter *meter);
void meter_finish(struct meter *meter);
void meter_open(struct meter *meter, uint64_t lease);
// True when the reading says nothing new.
bool meter_known(const struct meter *meter, const struct metered *reading);
void meter_apply(struct meter *meter, const struct metered *fact);
// The run time of a lease up to here has joined a rated row; it never goes back.
void meter_rate(struct meter *meter, uint64_t lease, int64_t ran_ms);
// The ledger has taken this much more of a lease's used device-ms, energy and held device-ms. It
// may be less than zero only where something is given back.
void meter_take(struct meter *meter, uint64_t lease, int64_t used, int64_t energy_j, int64_t held);
bool meter_check(const struct meter *meter, uint64_t *ret_lease);
