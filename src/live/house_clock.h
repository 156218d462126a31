// house_clock.h - the time of the house, from the machine's two clocks.
//
// House time never goes back. It follows CLOCK_BOOTTIME (which counts while the machine sleeps and
// cannot be set) and is slewed towards the wall clock by at most 0.5 %. A wall clock more than 60 s
// ahead is followed in one step, which becomes an event; a wall clock behind is never followed.
//
//   Owner      a value; live holds one
//   Invariant  time_us never decreases; between two readings it grows by 0.995 .. 1.005 of the
//              elapsed time, except in a step forward
//   Refusal    none
//   Fault      start: the wall clock is more than 400 days ahead of the journal
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct house_clock {
    int64_t time_us, boot_us;
    int64_t spare_us; // elapsed time that has not earned a microsecond of slew yet
    bool behind;      // the wall clock is more than a second behind
};

// last_us: the time of the last event, 0 for an empty journal.
bool house_clock_start(struct house_clock *clock, int64_t last_us, int64_t boot_us, int64_t wall_us,
                       bool accept_time, struct err *err);
// Time now. ret_stepped: time jumped to the wall clock; ret_from_us is what it would have been.
int64_t house_clock_read(struct house_clock *clock, int64_t boot_us, int64_t wall_us,
                         bool *ret_stepped, int64_t *ret_from_us);
// The machine's clocks, in microseconds.
int64_t house_clock_boot_us(void);
int64_t house_clock_wall_us(void);
