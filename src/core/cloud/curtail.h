// curtail.h - what follows when a cap falls under the watts that are promised.
//
// A site is curtailed to so many watts for a while, a feed trips, or a feeder is capped. What is
// promised then may be above what may be carried, and the acts follow in one commit, in this order,
// each an event with its reason:
//
//   1  power caps    of batch and inference, down to the setting power_cap_least
//   2  pauses        interruptible and spot first, then on demand; restartable ones first
//   3  moves         what can be restarted is stopped and waits again, its progress kept
//   4  the last      reserved work is paused, training at the very end
//
// A paused job keeps its devices and is promised idle watts; its lease goes on as held time, not
// as used. When the limit rises jobs go on in the reverse order, each when the ramp of its grid
// point permits it. Within 60 s it is an emergency; else it is voluntary, and then nothing is
// stopped (step 3).
//
//   Owner      the cloud's tables `curtailments` and `ramps`
//   Invariant  the tree made from the state is the plain recount of all promises
//   Refusal    see answer.h
//   Fault      none
#pragma once
#include "core/cloud/cloud_state.h"
#include "core/fleet/power_ramp.h"

// The acts: the next event at this time, false: nothing to do.
bool curtail_next(const struct cloud *cloud, int64_t time_us, struct event *ret_event);
// The next instant after `time_us` at which a cap begins or ends, or a job may go on.
int64_t curtail_due_us(const struct cloud *cloud, int64_t time_us);
// A command: curtail a site, or lift what was said before.
bool curtail_command(const struct cloud *cloud, const struct input *input, uint32_t step,
                     struct cloud_step *ret_step);
// Whether the watts of each node of a placement may be promised now. In racks the index has seen to
// it; this is the plain recount, and all there is for machines in no rack.
bool curtail_permits(const struct cloud *cloud, const struct placement *placement, int64_t time_us);

// Folds a fact of its own kinds.
struct effect curtail_fold(struct cloud *cloud, const struct event *event);
// Before and behind the fold of any fact: counts held jobs and keeps the tree as the state is.
struct curtail_mark {
    int64_t held, watts; // of the job it is about
    int64_t base_w;      // of the node it is about
};
struct curtail_mark curtail_before(const struct cloud *cloud, const struct event *event);
void curtail_after(struct cloud *cloud, const struct event *event, struct curtail_mark before);
void curtail_reindex(struct cloud *cloud);
void curtail_finish(struct cloud *cloud);
const struct ramp *curtail_ramp(const struct cloud *cloud, uint64_t feeder); // NULL: never used
// When so many watts may be switched at a grid point.
struct ramp_slot curtail_slot(const struct cloud *cloud, uint64_t feeder, int64_t watts,
                              int64_t time_us);
