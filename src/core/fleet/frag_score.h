// frag_score.h - how good a node is for a shape: one number for each policy, the larger the better.
//
// POLICY_FGD    the published rule: int(100 * sigmoid((F before - F after) / 1000)), by a search
//               among 100 constant thresholds; F as typical.h says, told apart without memory.
// POLICY_TATARA what the placement wastes for good, in steps of 50 milli (finer steps are noise
//               that would scatter what first fit gathers):
//                   waste of the gaps (nine tenths as gap_value.h prices them, a tenth the chance
//                   that the next share is larger) + idle milli that the typical shapes lose
//                   because CPU, memory or whole devices run out.
//               Of equal steps: a shape that asks more CPU for a device than most goes where the
//               CPU left for each idle device stays above that mean; then the smallest gap.
// BEST_FIT      least CPU and devices left. PACKING: used devices, then used nodes, then idle ones.
// RANDOM        any; frag.c draws.
// Of devices of one node the best scoring is chosen, then the smallest gap. All ties beyond
// that go to the lowest place.
//
//   Owner      frag_demand: its tables; demand_finish gives them back
//   Invariant  pure: the same state and shape give the same score, whatever was asked before
//   Refusal    SCORE_NONE: the shape does not fit
//   Fault      none (no memory: must)
#pragma once
#include "core/fleet/fleet_shape.h"
#include "core/fleet/gap_value.h"
#include "core/fleet/typical.h"

enum { SCORE_NONE = INT32_MIN, SCORE_STEPS = 100 };

struct frag_demand {                // what the scores know of the demand
    struct typical_set plain, full; // told apart without and with memory
    int64_t threshold[SCORE_STEPS]; // of F before - F after, times plain.total
    int32_t waste[GAP_VALUES];
    uint64_t cpu_mean, milli_mean; // CPU milli asked by all shapes with devices, and device milli
};

struct frag_want { // a shape, as the scores see it
    struct typical shape;
    enum fleet_policy policy;
};

void demand_set(struct frag_demand *demand, const struct typical *table, uint32_t count);
void demand_finish(struct frag_demand *demand); // accepts a zeroed one

// A state whose devices ascend by milli, memory and slices, without those that have nothing left.
void state_normal(struct frag_state *state);
// What a state loses: F * total of FGD, or waste * total of TATARA.
int64_t demand_loss(const struct frag_demand *demand, const struct frag_state *state,
                    enum fleet_policy policy);
// `loss` is the state's own. ret_device: the index in the state of the (first) device it takes.
int32_t demand_score(const struct frag_demand *demand, const struct frag_want *want,
                     const struct frag_state *state, int64_t loss, uint32_t *ret_device);
