// fair.h - whose turn it is among accounts: a tree with nominal quota, borrowing and decayed use.
//
// Every account stands under a parent (or under the house) and may have a nominal quota: devices
// it may count on. What nobody uses may be borrowed by all. Use is remembered and fades: a device
// used for an hour counts half after one half-life. Amounts are milli-devices, remembered use is
// milli-device-seconds; everything is an integer, fading included (a table of 2^-(i/64), a
// parabola between, relative error below one in a million).
//
// The order of two waiting accounts under one parent, the first that differs decides:
//
//   1  rank       the priority class of the job they would place, the higher first
//   2  borrowing  who is below its nominal quota before who would borrow
//   3  position   remembered use / nominal quota, in bands of an eighth of an octave, less one band
//                 for each `aging_ms` that the job has waited, never below 0
//   4  job        the older job first
//
// So waiting gains position within a class and never a class (aging without inversion): a job that
// waits long enough stands at position 0, and there the oldest goes first. A parent's own job and
// its children's go by rank and age; a parent stands where the best of them puts it. Everybody's
// position is as of the last whole FAIR_STEP_US of the clock, or of its own last change of use: so
// nothing has to move in between.
//
// Reclaim: an account below its nominal quota may take from one that has borrowed, seen where
// their branches part. Whoever is within nominal quota is never a victim.
//
//   Owner      whoever called fair_create; a function of what was set, in any order
//   Invariant  used = own + children's used; fair_first gives what comparing all would give
//   Refusal    FAIR_NONE: nobody waits
//   Fault      none (no memory: must)
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define FAIR_NONE    UINT32_MAX
#define FAIR_STEP_US INT64_C(60000000)
enum { FAIR_POSITIONS = 512 };

struct fair_rule {
    int64_t half_life_ms; // 0: nothing is remembered; below 2^39
    int64_t aging_ms;     // 0: waiting gains nothing
};

struct fair_memory {  // use up to an instant, of an account and all below it
    int64_t used;     // now, milli-devices
    int64_t decayed;  // milli-device-seconds
    int64_t since_ms; // decayed is of this instant
};

struct fair;
struct fair *fair_create(void);
void fair_destroy(struct fair *fair); // accepts NULL
void fair_rule_set(struct fair *fair, const struct fair_rule *rule);
// Accounts are places 0, 1, 2, …; a parent is another place or FAIR_NONE. nominal 0: no quota.
void fair_account_set(struct fair *fair, uint32_t place, uint32_t parent, int64_t nominal_milli);
// What is remembered of an account, after a load: of every account, parents too.
void fair_memory_set(struct fair *fair, uint32_t place, const struct fair_memory *memory);
struct fair_memory fair_memory_of(const struct fair *fair, uint32_t place);
void fair_use_add(struct fair *fair, uint32_t place, int64_t milli, int64_t time_ms);

// What the account would place next: a job of this rank (the higher first) that waits since then.
// Job 0: nothing.
void fair_wait(struct fair *fair, uint32_t place, uint32_t rank, uint64_t job, int64_t since_ms);
// Whose turn it is now: a place, or FAIR_NONE.
uint32_t fair_first(struct fair *fair, int64_t time_ms);

uint32_t fair_rank(const struct fair *fair, uint32_t place); // of what it waits with itself

int64_t fair_used(const struct fair *fair, uint32_t place); // with all below it
int64_t fair_nominal(const struct fair *fair, uint32_t place);
int64_t fair_decayed(const struct fair *fair, uint32_t place, int64_t time_ms);
uint32_t fair_position(const struct fair *fair, uint32_t place, int64_t time_ms);
// Is it below its nominal quota, and every parent that has one too, with so much more?
bool fair_within_nominal(const struct fair *fair, uint32_t place, int64_t more_milli);
// May `claimant` take back so much for itself, and `victim` be stopped for it?
bool fair_may_reclaim(const struct fair *fair, uint32_t claimant, int64_t more_milli,
                      uint32_t victim);
// The fading of an amount over a time, for tests and reports.
int64_t fair_faded(int64_t amount, int64_t span_ms, int64_t half_life_ms);
