// estimate.h - when a queued job would start if everything that runs used all of its time limit.
//
// Plays the queue forward in the order of now, nobody passing another, on a sketch of the house
// (devices and memory by node). Jobs without a time limit never end in it, and accounts held by
// their month or by what the house cannot give stay held. Bounded: with more jobs in front, leases
// or devices than the numbers below there is no estimate; of those behind only the nearest play.
//
//   Owner      nobody: a query; its sketch is freed before it returns
//   Invariant  if every job runs exactly its time limit, nobody else comes and the order stays, it
//              starts then; who may pass without being in the way (place.h) does so meanwhile
//   Refusal    not known: then waits_for names a running job without a time limit, if that is why
//   Fault      none (no memory: must)
#pragma once
#include "core/sched/place.h"

enum { ESTIMATE_AHEAD_MAX = 64, ESTIMATE_LEASES_MAX = 4096, ESTIMATE_DEVICES_MAX = 16384 };

struct estimate {
    bool known;
    int64_t start_us;
    uint64_t waits_for; // the job whose end makes room, or one without a time limit; 0: none
};

struct estimate estimate_start(const struct place_view *view, const struct job *job,
                               int64_t time_us);
