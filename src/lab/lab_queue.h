// lab_queue.h - replays a recorded trace against a rule of the queue, on a virtual clock.
//
// A machine of N equal processors, every job's run time known beforehand (perfect estimates). The
// rule is the product's: core/sched/backfill and fair, on the counted machine of core/sched.
//
//   fcfs    strictly in the order of submission
//   easy    that order, with EASY backfill
//   tatara  the default rule of `tatara up`: fair share among the trace's users, EASY backfill, and
//           the bound on the wait of gangs (jobs of more than one processor)
//
//   Owner      nobody: it returns with everything given back
//   Invariant  the same jobs and rule give the same numbers; only seconds depends on the machine
//   Refusal    none
//   Fault      none (no memory: must)
#pragma once
#include "lab/swf.h"
#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>

#define LAB_QUEUE_POLICIES(X) \
    X(LAB_QUEUE_FCFS, "fcfs") \
    X(LAB_QUEUE_EASY, "easy") \
    X(LAB_QUEUE_TATARA, "tatara")
#define X(name, text) name,
enum lab_queue_policy { LAB_QUEUE_POLICIES(X) LAB_QUEUE_POLICY_COUNT };
#undef X
const char *lab_queue_policy_text(enum lab_queue_policy policy);

struct lab_queue_result {
    uint64_t jobs, skipped; // skipped: no run time or processors known, or more than the machine's
    uint64_t events;        // submissions, starts and ends
    uint64_t waiting_max;   // jobs that waited at once
    int64_t wait_s, wait_s_max, makespan_s, work_s; // sums over jobs; work: processors x run time
    double slowdown; // mean bounded slowdown: (wait + run) / max(run, 10 s), at least 1
    double seconds;  // what the replay took, of this machine's time
    int64_t procs;
};

// Jobs are put in the order of their submission; those that are replayed stand in front then.
void lab_queue_replay(struct swf_job *jobs, uint64_t count, int64_t procs,
                      enum lab_queue_policy policy, struct lab_queue_result *ret_result);
// The result as JSON, or as a few lines for people.
void lab_queue_json(const struct lab_queue_result *result, enum lab_queue_policy policy,
                    struct buf *out);
void lab_queue_text(const struct lab_queue_result *result, enum lab_queue_policy policy,
                    struct buf *out);
