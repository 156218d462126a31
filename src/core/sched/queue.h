// queue.h - all jobs that wait, in the order of backfill.h, and the accounts that hold themselves.
//
// Inside the room only. An account with queued jobs is in the order, or held by something that is
// its own; it is looked at again only when that may have changed:
//
//   LIMIT  more devices than its limit allows   until a lease of it ends or its limits are set
//   MONTH  charged up to its month limit        until its limits are set or the epoch changes
//   STUCK  no price, or no node that could      until prices or the house change
//
// A new first job makes an account ready in any case. Being ready promises nothing: place.c checks
// again each time.
//
//   Owner      struct sched_index; a function of the tables, as far as decisions can tell
//   Invariant  every account with queued jobs is ready or held; what is held would be refused
//   Refusal    none
//   Fault      none (no memory: must)
#pragma once
#include "core/sched/backfill.h"
#include "core/sched/place.h"

enum hold { HOLD_EMPTY, HOLD_READY, HOLD_LIMIT, HOLD_MONTH, HOLD_STUCK, HOLDS };

struct queue_account {
    uint64_t head;  // the first of its jobs
    uint8_t hold;   // enum hold
    bool listed[2]; // in held[0] (MONTH), held[1] (STUCK)
    bool known;     // the fair tree has it
};

struct queue_list {
    uint32_t *places;
    uint32_t count;
};

struct queue {
    struct queue_account *accounts; // by place in the account table
    uint32_t room;
    struct backfill *backfill; // made with the first account
    struct sched_rule rule;    // what the fair tree and the backfill were told
    struct queue_list held[2];
    uint64_t spent_epoch, market_seen, house_seen; // what the held ones were held under
};

void queue_finish(struct queue *queue);
void queue_rule_set(struct queue *queue, const struct sched_rule *rule);
// The account's row as it is: its parent, its nominal quota, what is remembered of its use.
void queue_account_set(struct queue *queue, const struct market *market,
                       const struct account *account);
// Its use changes; what is remembered goes into the rows of it and its parents.
void queue_use_add(struct queue *queue, struct market *market, struct account *account,
                   int64_t milli, int64_t time_us);
void queue_add(struct queue *queue, const struct market *market, const struct job *job);
void queue_remove(struct queue *queue, const struct market *market, const struct job *job);
// Makes ready again whoever may be: call before asking whose turn it is.
void queue_refresh(struct queue *queue, const struct place_view *view);
// Do its own limits hold an account with this job? READY, LIMIT or MONTH.
enum hold queue_limits(const struct place_view *view, const struct account *account,
                       const struct job *job);
bool queue_month_over(const struct place_view *view, const struct account *account);
// The first job of an account that has some; NULL: it has none.
const struct job *queue_head(const struct sched *sched, const struct market *market,
                             const struct account *account);
void queue_hold(struct queue *queue, uint32_t place, enum hold hold);
enum hold queue_hold_of(const struct queue *queue, const struct market *market,
                        const struct account *account);
