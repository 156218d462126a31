// counted.h - a machine of equal devices in one place, as a house for backfill.h.
//
// Where nothing but the number of devices counts, the time profile is the whole truth: what runs
// stands in it until its time limit, what is kept from its instant on. It is the plain peer of the
// placement index, and what a recorded trace is replayed on.
//
//   Owner      whoever called counted_init
//   Invariant  free + taken by what runs = capacity; nothing that is kept is ever delayed by what
//              counted_look permits
//   Refusal    LOOK_BLOCKED; keep is false when a job is larger than the machine
//   Fault      none
#pragma once
#include "core/sched/backfill.h"
#include "core/sched/profile.h"

struct counted_kept {
    uint64_t job;
    int64_t from_us;
};

struct counted {
    struct profile profile;
    int64_t free;   // now
    uint64_t grown; // for backfill_next
    struct counted_kept kept[BACKFILL_GANGS_MAX + 1];
    uint32_t kept_count;
    // Of the earliest kept place: until then whoever fits now is in nobody's way, behind it only
    // who is no larger than what is free there.
    bool kept_known;
    int64_t kept_from_us, kept_free;
};

void counted_init(struct counted *counted, int64_t capacity);
void counted_finish(struct counted *counted);
struct backfill_house counted_house(struct counted *counted);
// A job that was found to fit starts, and ends; end_us: when its time limit is over.
void counted_start(struct counted *counted, const struct backfill_job *job, int64_t time_us);
void counted_end(struct counted *counted, const struct backfill_job *job, int64_t end_us,
                 int64_t time_us);
