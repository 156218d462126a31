// queue.h - whose turn it is: the accounts with queued jobs, by their oldest job.
//
// Inside the room only. An account with queued jobs is either ready (it stands in a heap by the id
// of its oldest job) or held by something that is its own; it is looked at again only when that may
// have changed:
//
//   LIMIT  more devices than its limit allows   until a lease of it ends or its limits are set
//   MONTH  charged up to its month limit        until its limits are set or the epoch changes
//   STUCK  no price, or no node that could      until prices or the house change
//
// A new oldest job makes an account ready in any case. Being ready promises nothing: place.c checks
// again each time.
//
//   Owner      struct sched_index; a function of the tables, as far as decisions can tell
//   Invariant  every account with queued jobs is ready or held; what is held would be refused
//   Refusal    none
//   Fault      none (no memory: must)
#pragma once
#include "core/sched/place.h"

enum hold { HOLD_EMPTY, HOLD_READY, HOLD_LIMIT, HOLD_MONTH, HOLD_STUCK, HOLDS };

struct queue_account {
    uint64_t head;  // its oldest queued job
    uint32_t heap;  // place in the heap + 1; 0: not in it
    uint8_t hold;   // enum hold
    bool listed[2]; // in held[0] (MONTH), held[1] (STUCK)
};

struct queue_list {
    uint32_t *places;
    uint32_t count;
};

struct queue {
    struct queue_account *accounts; // by place in the account table
    uint32_t *heap;                 // account places, smallest head first
    uint32_t heap_count, room;
    struct queue_list held[2];
    uint64_t spent_epoch, market_seen, house_seen; // what the held ones were held under
    // The ready job that does not fit now, and under which generations that was found.
    uint64_t blocked_job, blocked_market, blocked_open;
};

void queue_finish(struct queue *queue);
// The account has this oldest job now (0: none).
void queue_set(struct queue *queue, const struct market *market, const struct account *account,
               uint64_t head);
// Makes ready again whoever may be: call before queue_first.
void queue_refresh(struct queue *queue, const struct place_view *view);
// Do its own limits hold an account with this oldest job? READY, LIMIT or MONTH.
enum hold queue_limits(const struct place_view *view, const struct account *account,
                       const struct job *job);
bool queue_month_over(const struct place_view *view, const struct account *account);
// The ready account with the oldest job, NULL: none.
const struct account *queue_first(const struct queue *queue, const struct market *market);
void queue_hold(struct queue *queue, const struct market *market, const struct account *account,
                enum hold hold);
enum hold queue_hold_of(const struct queue *queue, const struct market *market,
                        const struct account *account);
