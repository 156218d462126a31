// virtual_engine.h - an engine that runs nothing: it says what a job would have done.
//
// Jobs start, live and end on the virtual clock, by a seed. Those that checkpoint say in each
// report how much of their work the newest checkpoint keeps. It can be told to misbehave as real
// engines do: reports come twice, out of order or late, attempts are lost or cannot be started.
//
//   Owner      the caller; virtual_engine_finish frees it
//   Invariant  the same seed and calls give the same reports; without trouble port/engine.h's
//   Refusal    none
//   Fault      none
#pragma once
#include "base/rng.h"
#include "port/engine.h"

struct virtual_trouble { // each in thousandths
    int32_t twice, late, lost, not_started;
};

struct virtual_engine {
    struct engine engine; // first: it is one
    struct engine_sink sink;
    struct rng rng;
    struct virtual_trouble trouble;
    int64_t time_us; // of the virtual clock; the caller moves it by virtual_engine_until
    int64_t run_ms_mean, alive_ms, watts;
    int64_t checkpoint_ms;            // a job that checkpoints does so this often; 0: never
    struct virtual_attempt *attempts; // running ones, unordered
    struct virtual_report *reports;   // a heap by (time, number)
    uint32_t attempt_count, attempt_room, report_count, report_room;
    struct virtual_report *held; // of what is paused
    uint32_t held_count, held_room;
    uint64_t numbered;
};

void virtual_engine_init(struct virtual_engine *engine, uint64_t seed, struct engine_sink sink);
void virtual_engine_finish(struct virtual_engine *engine);
// The instant of the next report; false: nothing is under way.
bool virtual_engine_next(const struct virtual_engine *engine, int64_t *ret_time_us);
// Moves the clock and gives every report that is due, in order.
void virtual_engine_until(struct virtual_engine *engine, int64_t time_us);
