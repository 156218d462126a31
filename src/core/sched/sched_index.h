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

struct sched_index {
    struct line line;
    struct queue queue;
    struct horizon horizon;
    struct lookup requirements; // digest of a rule's text -> its row
    struct rule_masks rules;
    uint64_t requeued; // the job that went back to a queue last: the next one is near it
};
