// backfill.h - whose turn it is among all that wait, and who may go in front of it meanwhile.
//
// The rule of every queue here, over ids and numbers: the house behind `struct backfill_house` says
// what fits. place.c gives it the placement index, tatara lab queue a counted machine.
//
//   1  A gang that has waited longer than gang_wait_ms, the oldest first, up to gangs_max of them:
//      it starts, or it keeps the place that is free first (reserve).
//   2  The first in order (fair.h: class, nominal quota, position, age) is the head: it starts, or
//      it keeps the place that is free first.
//   3  Behind the head all others, class by class, in order of the accounts and within an account
//      by age: the first that fits now and delays nothing that is kept starts (EASY backfill:
//      Lifka 1995; Mu'alem and Feitelson 2001). At most `depth` are looked at.
//
// A kept place is found anew whenever something has grown, so it only ever comes nearer. Asking
// again when nothing has grown looks at the newcomers alone.
//
//   Owner      whoever called backfill_create
//   Invariant  what backfill_next gives as FITS is the first that the house found to fit in that
//              call; at most 1 + gangs_max places are kept
//   Refusal    BACKFILL_NONE: nobody waits whom waiting can help
//   Fault      none (no memory: must)
#pragma once
#include "core/sched/fair.h"
#include <stdbool.h>
#include <stdint.h>

enum { BACKFILL_RANKS = 8, BACKFILL_GANGS_MAX = 8, BACKFILL_AHEAD_MAX = 16 };

struct backfill_job {
    uint64_t id, shape; // shape: equal ones fit alike; 0: not said
    int64_t amount;     // milli-devices
    int64_t run_us;     // its time limit; INT64_MAX: none
    int64_t since_ms;   // it has waited since
    uint32_t account;   // place in the fair tree
    uint32_t rank;      // priority class, the higher first, below BACKFILL_RANKS
    bool gang;
};

enum backfill_look {
    LOOK_FITS,
    LOOK_BLOCKED,
    LOOK_HELD
}; // HELD: by something of its account's own

struct backfill_house {
    void *context;
    // Could it start now, with every kept place but its own left as it is?
    enum backfill_look (*look)(void *context, const struct backfill_job *job, int64_t time_us);
    // Keeps the place that is free first against all who would not be gone by then; false: never.
    bool (*keep)(void *context, const struct backfill_job *job, int64_t time_us, int64_t *ret_us);
    void (*unkeep)(void *context, const struct backfill_job *job);
    // The first of its account is HELD: backfill_hold it until that may have changed. NULL: never.
    void (*held)(void *context, const struct backfill_job *job);
    // Has its account come to hold the head, which is known not to fit? NULL: never.
    bool (*holds)(void *context, const struct backfill_job *job);
};

struct backfill_rule {
    bool backfill;        // false: strictly in order
    uint32_t depth;       // looked at behind the head; 0: all
    int64_t gang_wait_ms; // 0: no bound
    uint32_t gangs_max;   // at most BACKFILL_GANGS_MAX
};

enum backfill_turn { BACKFILL_NONE, BACKFILL_FITS, BACKFILL_BLOCKED };

struct backfill;
struct backfill *backfill_create(void);
void backfill_destroy(struct backfill *backfill); // accepts NULL
void backfill_rule_set(struct backfill *backfill, const struct backfill_rule *rule);
struct fair *backfill_fair(struct backfill *backfill); // the accounts; add them there first

void backfill_add(struct backfill *backfill, const struct backfill_job *job);
// It waits no more. What it kept is given back by the next backfill_next.
void backfill_remove(struct backfill *backfill, uint64_t id);
void backfill_hold(struct backfill *backfill, uint32_t account, bool held);
uint32_t backfill_count(const struct backfill *backfill);
const struct backfill_job *backfill_get(const struct backfill *backfill, uint64_t id);
const struct backfill_job *backfill_oldest(const struct backfill *backfill, uint32_t account);

// All that wait in the order of now, the first `max` of them; how many there are in `ret_ids`.
uint32_t backfill_order(struct backfill *backfill, int64_t time_us, uint64_t *ret_ids,
                        uint32_t max);
// A job's place in that order, from 1, and the nearest in front of it, first in line first.
int64_t backfill_position(struct backfill *backfill, uint64_t id, int64_t time_us,
                          uint64_t *ret_ahead, uint32_t *count /* in: at most */);

// Whose turn it is. FITS: that job starts now. BLOCKED: that is the head, and nobody else may go.
// `grown` is a number that changes whenever something may fit that did not.
enum backfill_turn backfill_next(struct backfill *backfill, const struct backfill_house *house,
                                 int64_t time_us, uint64_t grown,
                                 const struct backfill_job **ret_job);
// The kept places, the head's last: 0, 1, …; false past the last.
struct backfill_kept {
    uint64_t job;
    bool known; // at_us is known
    int64_t at_us;
};
bool backfill_kept_at(const struct backfill *backfill, uint32_t index,
                      struct backfill_kept *ret_kept);
