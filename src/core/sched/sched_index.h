// sched_index.h - the caches of struct sched, each a function of the tables.
//
//   Owner      struct sched
//   Invariant  thrown away and made again, they give the same decisions
//   Refusal    none
//   Fault      none
#pragma once
#include "core/sched/horizon.h"
#include "core/sched/line.h"
#include "core/sched/queue.h"
#include "core/sched/rule_mask.h"

// What reservations have left to do; settled: nothing before due_us, unless something changes.
struct reserve {
    uint32_t live, waiting;       // reservations; queued jobs that name one
    bool settled, short_of_nodes; // short: one waits for a node that could replace another
    int64_t due_us;
};

struct sched_index {
    struct reserve reserve;
    struct line line;
    struct queue queue;
    struct horizon horizon;
    struct lookup requirements; // digest of a rule's text -> its row
    struct rule_masks rules;
    uint64_t requeued; // the job that went back to a queue last: the next one is near it
};
