// lab_place.h - the openb experiment: pods come one by one until a cluster is more than full.
//
// Each pod is placed by fleet_find on the placement index, the one that the server uses, or
// dropped for good when it does not fit; none leaves and none is moved. Reported is what is
// allocated, in percent of the cluster's devices, when so many percent have arrived. The typical
// shapes are those of the pod list. Nothing is known of the pods that are still to come.
//
// With `hold` above 1 so many arrivals are kept back and the hardest placed first: whole devices
// before shares, more before fewer, then more milli, then more CPU. That is another experiment and
// said so in the result.
//
//   Owner      struct lab_place; place_finish gives its memory back
//   Invariant  the same files, order and policy give the same allocation
//   Refusal    none
//   Fault      none: files are read by openb.h
#pragma once
#include "core/fleet/fleet_shape.h"
#include "lab/openb.h"

enum { PLACE_LEVELS_MAX = 16 };

struct lab_place {
    struct openb openb;
    uint16_t *rank;  // by node row: ties go to the lowest; all different
    uint32_t *order; // rows of the pod list as they arrive
    uint32_t arrivals;
    enum fleet_policy policy;
    uint32_t hold;                            // arrivals kept back at once; 0 or 1: none
    uint32_t level[PLACE_LEVELS_MAX], levels; // percent arrived, ascending
};

struct lab_place_result {
    int64_t capacity_milli, arrived_milli, allocated_milli;
    int64_t level_milli[PLACE_LEVELS_MAX]; // allocated when the level was reached, else at the end
    int64_t fragmentation_milli;           // F of what is idle at the end (typical.h)
    uint32_t placed, dropped;
    double seconds; // CPU time of this process, for all decisions
};

void place_finish(struct lab_place *lab); // accepts a zeroed one
// An order and ranks of its own: the list shuffled, then pods drawn from it until 130 % have come.
void place_shuffle(struct lab_place *lab, uint64_t seed);
// All ranks once; false when a rank is missing.
bool place_ranks_good(const struct lab_place *lab);
void place_run(const struct lab_place *lab, struct lab_place_result *ret_result);

const char *place_policy_text(enum fleet_policy policy);
void place_json(const struct lab_place *lab, const struct lab_place_result *result,
                struct buf *out);
void place_text(const struct lab_place *lab, const struct lab_place_result *result,
                struct buf *out);
