// cloud.h - the whole state, and the one door into the core: decide and apply.
//
//     input ──► cloud_decide ──► event ──► cloud_apply ──► effect
//
// cloud_decide is a function of (state, input, step): it answers and gives the next event, and
// says whether there is more. The caller applies each event before it asks for the next step.
// Only step 0 may refuse. First come the events of the input itself, then what follows from the
// state (a job that fits is placed, an ended lease is rated and posted), until nothing is left.
//
// cloud_apply folds one event into the state; replay calls only cloud_apply.
//
//   Owner      cloud_init takes memory, cloud_finish gives it back; one thread at a time
//   Invariant  those of the rooms (cloud_check); same events in, same cloud_hash out, on every
//              compiler and CPU
//   Refusal    answer.h
//   Fault      loading a snapshot that is not one of this layout
#pragma once
#include "base/digest.h"
#include "base/err.h"
#include "core/cloud/event.h"
#include "core/cloud/input.h"
#include "core/inventory/inventory.h"
#include "core/ledger/ledger.h"
#include "core/market/market.h"
#include "core/meter/meter.h"
#include "core/sched/place.h"
#include <stdbool.h>
#include <stdint.h>

struct house { // one row, id 1
    uint64_t id;
    uint64_t next_seq; // of the next event
    int64_t time_us;   // of the last event
    int64_t settings[SETTING_COUNT];
    uint64_t currency; // of the house's own account
    int64_t queued;    // jobs that wait
    // What the last event has left to do, in this order; 0: nothing.
    uint64_t releasing;     // a lease whose job has ended
    uint64_t settling;      // a lease with quantities that are not rated or posted
    uint64_t placing;       // a lease whose job is not told yet
    uint64_t invoicing;     // an invoice that is not posted
    uint64_t emptied;       // the last lease that ended: a device of it may wait for its repair
    int64_t settling_minor; // rated for `settling`, not posted yet
};

struct request_row { // answered commands of the last 24 h; id counts up
    uint64_t id;
    int64_t time_us;
    uint64_t subject;
    uint8_t request[16], body[16];
};
_Static_assert(sizeof(struct request_row) == 56, "no padding");

struct ended_row {           // jobs and leases that have ended, in that order; id counts up
    uint64_t id, job, lease; // job or lease is 0
    int64_t time_us;
};
_Static_assert(sizeof(struct ended_row) == 32, "no padding");

struct cloud {
    struct ledger ledger;
    struct inventory inventory;
    struct market market;
    struct sched sched;
    struct meter meter;
    struct billing billing;
    struct table house, requests, ended;
    struct table curtailments, ramps;
    struct cloud_index *index; // caches only
};

struct cloud_step {
    enum answer answer;
    const char *field; // of the request that is wrong, with ANSWER_BAD_FIELD; static text
    uint64_t subject;  // id of what the command made or changed
    bool has_event, more;
    bool repeated;      // this idempotency key was answered before: the same answer, no event
    struct event event; // valid when has_event; seq and time_us are filled
};

enum effect_kind {
    EFFECT_NONE,
    EFFECT_START,
    EFFECT_ADOPT,
    EFFECT_STOP,
    EFFECT_PAUSE,
    EFFECT_RESUME,
    EFFECT_CAP,
    EFFECT_FORGET,
    EFFECT_DROP
};
struct effect {
    enum effect_kind kind;
    uint32_t attempt;
    uint64_t job;
    int64_t grace_ms;
    // EFFECT_CAP: thousandths of its maximum watts. EFFECT_ADOPT of what is outstanding: 0 no cap,
    // and whether it was paused: then it is to be paused, or resumed, again.
    uint32_t permille, pauses;
    bool paused;
    digest spec; // EFFECT_DROP: the blob that goes with the job
};

void cloud_init(struct cloud *cloud);
void cloud_finish(struct cloud *cloud);

void cloud_decide(const struct cloud *cloud, const struct input *input, uint32_t step,
                  struct cloud_step *ret_step);
struct effect cloud_apply(struct cloud *cloud, const struct event *event);

int64_t cloud_time_us(const struct cloud *cloud);
uint64_t cloud_next_seq(const struct cloud *cloud);
int64_t cloud_setting(const struct cloud *cloud, enum setting setting);
// The next instant at which a tick may have something to do: a time limit, an old thing to drop, a
// month that begins. ticked_us: the last tick that was put, so that one that found nothing to do is
// not asked for again. False: none.
bool cloud_next_due(const struct cloud *cloud, int64_t ticked_us, int64_t *ret_time_us);
// Effects that no report has answered yet, in job order after `job`; false: no more.
bool cloud_outstanding(const struct cloud *cloud, uint64_t job, struct effect *ret_effect);
struct place_view cloud_place_view(const struct cloud *cloud);

// Device-ms of a lease and its charge so far, not rounded, are made from these.
const struct job *cloud_job(const struct cloud *cloud, uint64_t job);
const struct lease *cloud_lease(const struct cloud *cloud, uint64_t lease);

// The first instant from new->start_us (0: now) on at which it could be booked for as long as that;
// false: never, as far as is known, or a field is wrong.
bool cloud_reservation_earliest(const struct cloud *cloud, const struct reservation_new *new,
                                int64_t time_us, int64_t *ret_us);

digest cloud_hash(const struct cloud *cloud);
// The tables in the order in which they are saved; NULL past the last.
const struct table *cloud_table(const struct cloud *cloud, uint32_t index);
digest cloud_layout(void); // of the tables' names, row sizes and the format
void cloud_save(const struct cloud *cloud, struct buf *out);
// Into a fresh cloud. What is checked is the frame: tables of this layout, ids in order, nothing
// behind. That the rows are those that were saved is for the store's digest and the journal's root
// to say (turn_load); rows that nobody saved may break what apply relies on.
bool cloud_load(struct cloud *cloud, str snapshot, struct err *err);
// Every invariant, by recount. False names what fails.
bool cloud_check(const struct cloud *cloud, struct err *err);
