// mig.h - the profiles a device can be cut into, as counters of slices.
//
// A device that can be cut has 7 compute slices and 8 memory slices. A profile takes some of each;
// a set of profiles fits as long as neither counter runs out. Where on the chip a slice lies is the
// driver's affair and not known here. A share of a profile also takes milli, a seventh of 1,000 for
// each compute slice, rounded down: so that shares of all kinds are billed and counted alike.
//
//   Owner      nobody: a table
//   Invariant  seven slices are 1,000 milli; profiles that fit by slices fit by milli
//   Refusal    NULL: no profile of that name
//   Fault      none
#pragma once
#include "base/str.h"
#include <stdint.h>

enum { MIG_SLICES = 7, MIG_MEMORY_SLICES = 8 };

struct mig_profile {
    str name; // "3g"
    uint32_t slices, memory_slices;
};

const struct mig_profile *mig_profiles(uint32_t *ret_count);
const struct mig_profile *mig_profile(str name);
uint32_t mig_milli(uint32_t slices);                                           // 1 .. 7
int64_t mig_memory_mib(const struct mig_profile *profile, int64_t device_mib); // rounded down
