// power_ramp.h - how fast a site may change its load: when the next watts may be switched.
//
// A utility limits the ramp: in any 60 seconds the sum of |change| may be at most the limit per
// second x 60. Each edge with such a limit has one instant, `busy`: a switch of w watts moves it
// on by 2 w / limit (a leaky bucket that drains at half the limit and holds half of the sum, so
// that a full bucket and its drain together are the whole sum, in any window however it lies).
// A switch too large for the bucket waits until it is empty and then takes its time: it is spread
// evenly over [at, at + spread), gangs by starting their nodes one after another.
//
//   Owner      the caller keeps `busy`, a number of its own state
//   Invariant  of switches made at the instants it gave, in order, no 60 s holds more than the sum
//   Refusal    none: it says when
//   Fault      none
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define RAMP_WINDOW_US INT64_C(60000000)

struct ramp_slot {
    int64_t at_us;     // the earliest instant
    int64_t spread_us; // 0: all at once
    int64_t busy_us;   // the new `busy`, when the switch is made then
};

// ramp_w_per_s 0: no limit. `busy` begins as 0 or any instant that has passed.
struct ramp_slot ramp_next(int64_t ramp_w_per_s, int64_t busy_us, int64_t watts, int64_t now_us);
