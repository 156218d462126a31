// job.h - jobs: their states, their facts, and the queue they wait in.
//
//     queued ──► starting ──► running ──► done
//        │           │           │          ▲
//        │           └─► stopping ◄─┘       │
//        │                   └──────────────┤
//        └──────────────────────────────────┘  (stopped before it was placed)
//
// A restartable job that was lost, or stopped for the house's own reasons (preempted, curtailed,
// maintenance, moved, node_failed), goes back to queued with a new attempt and with the progress
// that its checkpoints keep. Each account has one queue, a list through its jobs, oldest first.
//
//   Owner      struct sched owns the table and its index (caches, see queue.h and line.h)
//   Invariant  a job is in its account's list exactly when it is queued; it has an active lease
//              exactly when it is starting, running or stopping
//   Refusal    none: place.h and cloud refuse
//   Fault      none
#pragma once
#include "base/digest.h"
#include "base/table.h"
#include "core/market/market.h"
#include "core/sched/requirement.h"
#include "core/sched/reservation.h"
#include "core/sched/shape.h"
#include "core/sched/usual_shape.h"
#include <stdbool.h>
#include <stdint.h>

#define JOB_STATES(X)           \
    X(JOB_QUEUED, "queued")     \
    X(JOB_STARTING, "starting") \
    X(JOB_RUNNING, "running")   \
    X(JOB_STOPPING, "stopping") \
    X(JOB_DONE, "done")
#define JOB_REASONS(X)                       \
    X(REASON_NONE, "")                       \
    X(REASON_EXITED, "exited")               \
    X(REASON_SIGNALLED, "signalled")         \
    X(REASON_OUT_OF_MEMORY, "out_of_memory") \
    X(REASON_LOST, "lost")                   \
    X(REASON_NOT_STARTED, "not_started")     \
    X(REASON_STOPPED, "stopped")             \
    X(REASON_TIME_LIMIT, "time_limit")       \
    X(REASON_PREEMPTED, "preempted")         \
    X(REASON_CURTAILED, "curtailed")         \
    X(REASON_MAINTENANCE, "maintenance")     \
    X(REASON_MOVED, "moved")                 \
    X(REASON_NODE_FAILED, "node_failed")     \
    X(REASON_RESERVATION_ENDED, "reservation_ended")
#define ENERGY_KINDS(X)                     \
    X(ENERGY_KIND_NONE, "none")             \
    X(ENERGY_KIND_MEASURED, "measured")     \
    X(ENERGY_KIND_ATTRIBUTED, "attributed") \
    X(ENERGY_KIND_ESTIMATED, "estimated")
// The first word of these three is what holds when nothing was said.
#define JOB_PRIORITIES(X)        \
    X(PRIORITY_NORMAL, "normal") \
    X(PRIORITY_IDLE, "idle")     \
    X(PRIORITY_LOW, "low")       \
    X(PRIORITY_HIGH, "high")     \
    X(PRIORITY_CRITICAL, "critical")
#define CLASSES_ASKED(X)          \
    X(ASK_ON_DEMAND, "on_demand") \
    X(ASK_RESERVED, "reserved")   \
    X(ASK_SPOT, "spot")           \
    X(ASK_INTERRUPTIBLE, "interruptible")
#define JOB_POWERS(X)               \
    X(POWER_TRAINING, "training")   \
    X(POWER_INFERENCE, "inference") \
    X(POWER_BATCH, "batch")
#define HOLD_WHYS(X)                 \
    X(HOLD_NOT, "")                  \
    X(HOLD_OVER_LIMIT, "over_limit") \
    X(HOLD_NO_FEED, "no_feed")
#define HOLD_URGENCIES(X)          \
    X(HOLD_VOLUNTARY, "voluntary") \
    X(HOLD_EMERGENCY, "emergency")
#define X(name, text) name,
enum hold_why { HOLD_WHYS(X) HOLD_WHY_COUNT };
enum hold_urgency { HOLD_URGENCIES(X) HOLD_URGENCY_COUNT };
enum job_priority { JOB_PRIORITIES(X) JOB_PRIORITY_COUNT };
enum class_asked { CLASSES_ASKED(X) CLASS_ASKED_COUNT };
enum job_power { JOB_POWERS(X) JOB_POWER_COUNT };
enum job_state { JOB_STATES(X) JOB_STATE_COUNT };
enum job_reason { JOB_REASONS(X) JOB_REASON_COUNT };
enum energy_kind { ENERGY_KINDS(X) ENERGY_KIND_COUNT };
#undef X
const char *job_state_text(enum job_state state);
const char *job_reason_text(enum job_reason reason);
bool reason_requeues(enum job_reason reason); // the house's own reasons to stop a job
const char *energy_kind_text(enum energy_kind kind);
const char *job_priority_text(enum job_priority priority);
const char *class_asked_text(enum class_asked class);
const char *job_power_text(enum job_power power);
const char *hold_why_text(enum hold_why why);
const char *hold_urgency_text(enum hold_urgency urgency);
uint32_t priority_rank(enum job_priority priority); // idle 0, low 1, normal 2, high 3, critical 4
enum lease_class lease_class_asked(enum class_asked class);

struct job {
    uint64_t id, account, key; // key: the access key it was submitted with
    uint64_t lease;            // the newest; 0: never placed
    uint64_t queue_next, queue_previous;
    uint64_t requirement, reservation; // 0: none
    struct shape shape;
    int64_t run_ms_max;                                  // 0: none
    int64_t queued_us, placed_us, started_us, ended_us;  // 0: not yet
    int64_t ran_ms, energy_j, cpu_ms, memory_peak_bytes; // over all attempts
    int64_t saved_ms;       // work that a checkpoint keeps, as run time from the beginning
    int64_t saved_start_ms; // of it, what the attempt began with
    int64_t lost_ms;        // run time that had to be done again, over all attempts
    int64_t stop_grace_ms;
    int64_t stop_us; // when the stop was asked for, 0: it was not
    digest spec;     // blob: command, environment
    char name[32];
    uint32_t attempt; // 0 before the first, then 1, 2, …
    uint32_t state, reason;
    uint32_t stop_reason, restartable, checkpoints;
    uint32_t priority, class, power; // enum job_priority, lease_class, job_power
    int32_t code, signal;
    uint32_t energy;
    uint32_t losses, reserved; // attempts that were lost and begun again
    // Power: what a cap that fell has done to it.
    int64_t paused_us;               // since when it stands; 0: it does not
    int64_t stood_us;                // how long it stood before, in this attempt
    uint64_t curtailment;            // that paused or capped it; 0: another limit
    uint32_t cap_permille;           // of its maximum watts; 0: no cap
    uint32_t pauses;                 // of this attempt
    uint32_t hold_why, hold_urgency; // enum hold_why, hold_urgency
};
_Static_assert(sizeof(struct job) == 424, "no padding");

// How the queue goes: settings of the house. All zero: strictly first come, first served.
struct sched_rule {
    int64_t half_life_ms, aging_ms; // fair.h
    int64_t gang_wait_ms;           // backfill.h, these too
    uint32_t depth, gangs_max;
    bool backfill;
};

struct sched {
    struct table jobs, requirements, usual_shapes, reservations, reserved_parts;
    struct sched_index *index; // caches only
};

// Facts.
struct job_queued {
    uint64_t job, account, key, reservation;
    struct shape shape; // what was not asked may be zero
    int64_t run_ms_max;
    digest spec;
    char name[32], require[RULE_SIZE]; // require: a canonical rule, or empty
    uint32_t restartable, checkpoints;
    uint32_t priority, class_asked, power;
    uint32_t reserved;
};
struct job_placed { // a new attempt under this lease: the engine is asked to start it
    uint64_t job, lease;
    uint32_t attempt, reserved;
};
struct job_started {
    uint64_t job;
    uint32_t attempt, reserved;
};
struct job_stopping {
    uint64_t job;
    int64_t grace_ms;
    uint32_t reason, reserved;
};
struct job_paused { // the engine is asked to let it stand still
    uint64_t job, curtailment;
    uint32_t attempt, why, urgency, reserved;
};
struct job_resumed { // and to let it go on
    uint64_t job;
    uint64_t feeder; // the grid point whose ramp it takes; 0: none has a limit
    int64_t watts;   // by which that one's load grows
    uint32_t attempt, reserved;
};
struct job_capped { // at most so much of its maximum watts; permille 1000: no cap any more
    uint64_t job, curtailment;
    uint32_t attempt, permille, why, urgency;
};
struct job_ended { // done, or back to the queue when `requeued`
    uint64_t job;
    uint32_t attempt, reason;
    int32_t code, signal;
    uint32_t requeued, reserved;
    int64_t lost_ms; // run time of the attempt that no checkpoint keeps, when the house ended it
};
struct job_dropped { // a job that is done leaves the table: an archive has it
    uint64_t job;
};

void sched_init(struct sched *sched);
void sched_finish(struct sched *sched);
void sched_reindex(struct sched *sched, const struct market *market);
// Its nominal quota was set.
void sched_account_changed(struct sched *sched, const struct market *market, uint64_t account);
// Before the first job, after every change of the settings, and after a load before sched_reindex.
void sched_rule_set(struct sched *sched, const struct sched_rule *rule);
// The rule about where it may run; empty: anywhere.
str job_require(const struct sched *sched, const struct job *job);

void job_apply_queued(struct sched *sched, struct market *market, const struct job_queued *fact,
                      int64_t time_us);
void job_apply_placed(struct sched *sched, struct market *market, const struct job_placed *fact,
                      int64_t time_us);
void job_apply_started(struct sched *sched, const struct job_started *fact, int64_t time_us);
void job_apply_stopping(struct sched *sched, const struct job_stopping *fact, int64_t time_us);
void job_apply_paused(struct sched *sched, const struct job_paused *fact, int64_t time_us);
void job_apply_resumed(struct sched *sched, const struct job_resumed *fact, int64_t time_us);
void job_apply_capped(struct sched *sched, const struct job_capped *fact);
void job_apply_ended(struct sched *sched, struct market *market, const struct job_ended *fact,
                     int64_t time_us);
// What a checkpoint of the attempt under way keeps; it never goes back.
void job_apply_saved(struct sched *sched, uint64_t job, int64_t saved_ms);
// Run time of an attempt of a job that would have to be done again.
int64_t job_unsaved_ms(const struct job *job, int64_t attempt_ran_ms);
void job_apply_dropped(struct sched *sched, const struct job_dropped *fact);
// Lists, counts and leases recounted; false with the first job that breaks an invariant.
bool sched_check(const struct sched *sched, const struct market *market, uint64_t *ret_job);
