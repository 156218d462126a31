// profile.h - how much of an amount is free at every later instant, and when so much is.
//
// One profile for each pool of equal things: devices of a chip in a site behind a feeder. What is
// taken over [from, until) is two steps, up at `from` and down at `until`; steps stand in a treap
// by their instant that keeps, for each subtree, the sum of its steps and the highest and lowest
// running sum. The treap's priorities are a hash of the instant, so its form depends on the steps
// alone, never on the order in which they came.
//
// Costs, with T steps: add, free O(log T); fit O((1 + holes) log T), where a hole is a stretch with
// enough that is too short and had to be passed. The horizon is open: UNTIL_EVER is "for ever".
//
//   Owner      whoever called profile_init, until profile_finish
//   Invariant  steps are never 0 and stand after since_us; what was before is in `base`
//   Refusal    profile_fit: false when it never fits
//   Fault      none (no memory: must); sums are within int64: callers' amounts are
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define UNTIL_EVER INT64_MAX

struct profile_step;
struct profile {
    int64_t capacity, base; // base: taken at since_us
    int64_t since_us;       // nothing before is asked for any more
    struct profile_step *steps;
    uint32_t root, spare, high, room;
};

void profile_init(struct profile *profile, int64_t capacity);
void profile_finish(struct profile *profile); // accepts a zeroed profile
// Takes an amount over [from, until), or gives it back when it is negative. What has been before
// since_us is cut off.
void profile_add(struct profile *profile, int64_t from_us, int64_t until_us, int64_t amount);
// The least that is free over [from, until); may be negative where too much was taken.
int64_t profile_free(const struct profile *profile, int64_t from_us, int64_t until_us);
// The first instant at or after from_us at which `amount` is free for `duration_us` on end
// (UNTIL_EVER: for ever after).
bool profile_fit(const struct profile *profile, int64_t from_us, int64_t amount,
                 int64_t duration_us, int64_t *ret_us);
// The past is over: steps up to now_us are folded into the base.
void profile_forget(struct profile *profile, int64_t now_us);
