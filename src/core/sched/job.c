#include "core/sched/job.h"
#include "base/must.h"
#include "core/sched/sched_index.h"
#include <string.h>

const char *job_state_text(enum job_state state)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {JOB_STATES(X)};
#undef X
    must(state < JOB_STATE_COUNT);
    return texts[state];
}

const char *job_reason_text(enum job_reason reason)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {JOB_REASONS(X)};
#undef X
    must(reason < JOB_REASON_COUNT);
    return texts[reason];
}

bool reason_requeues(enum job_reason reason)
{
    return reason == REASON_PREEMPTED || reason == REASON_CURTAILED ||
           reason == REASON_MAINTENANCE || reason == REASON_MOVED || reason == REASON_NODE_FAILED;
}

const char *energy_kind_text(enum energy_kind kind)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {ENERGY_KINDS(X)};
#undef X
    must(kind < ENERGY_KIND_COUNT);
    return texts[kind];
}

const char *job_priority_text(enum job_priority priority)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {JOB_PRIORITIES(X)};
#undef X
    must(priority < JOB_PRIORITY_COUNT);
    return texts[priority];
}

const char *class_asked_text(enum class_asked class)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {CLASSES_ASKED(X)};
#undef X
    must(class < CLASS_ASKED_COUNT);
    return texts[class];
}

const char *job_power_text(enum job_power power)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {JOB_POWERS(X)};
#undef X
    must(power < JOB_POWER_COUNT);
    return texts[power];
}

const char *hold_why_text(enum hold_why why)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {HOLD_WHYS(X)};
#undef X
    must(why < HOLD_WHY_COUNT);
    return texts[why];
}

const char *hold_urgency_text(enum hold_urgency urgency)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {HOLD_URGENCIES(X)};
#undef X
    must(urgency < HOLD_URGENCY_COUNT);
    return texts[urgency];
}

uint32_t priority_rank(enum job_priority priority)
{
    static const uint32_t ranks[] = {[PRIORITY_IDLE] = 0,
                                     [PRIORITY_LOW] = 1,
                                     [PRIORITY_NORMAL] = 2,
                                     [PRIORITY_HIGH] = 3,
                                     [PRIORITY_CRITICAL] = 4};
    must(priority < JOB_PRIORITY_COUNT);
    return ranks[priority];
}

enum lease_class lease_class_asked(enum class_asked class)
{
    static const enum lease_class classes[] = {[ASK_ON_DEMAND] = LEASE_ON_DEMAND,
                                               [ASK_RESERVED] = LEASE_RESERVED,
                                               [ASK_SPOT] = LEASE_SPOT,
                                               [ASK_INTERRUPTIBLE] = LEASE_INTERRUPTIBLE};
    must(class < CLASS_ASKED_COUNT);
    return classes[class];
}

str job_require(const struct sched *sched, const struct job *job)
{
    const struct requirement *row = table_get(&sched->requirements, job->requirement);
    return row ? str_from(row->text) : (str){0};
}

static struct job *job_at(const struct sched *sched, uint64_t id)
{
    struct job *job = table_get(&sched->jobs, id);
    must(job);
    return job;
}

// The queued job after which `job` belongs, 0: it is the oldest. The walk begins at the job that
// was requeued last, so that the jobs of a lost node find their places one beside the other.
static uint64_t queue_place(const struct sched *sched, const struct account *account,
                            const struct job *job)
{
    if (account->queue_last < job->id)
        return account->queue_last;
    const struct job *at = table_get(&sched->jobs, sched->index->requeued);
    if (!at || at->state != JOB_QUEUED || at->account != account->id || at == job)
        at = job_at(sched, account->queue_first);
    while (at && at->id < job->id)
        at = table_get(&sched->jobs, at->queue_next);
    uint64_t before = at ? at->queue_previous : account->queue_last;
    while (before > job->id)
        before = job_at(sched, before)->queue_previous;
    return before;
}

static void enqueue(struct sched *sched, struct market *market, struct job *job)
{
    struct account *account = table_get(&market->accounts, job->account);
    must(account);
    uint64_t before = queue_place(sched, account, job);
    uint64_t after = before ? job_at(sched, before)->queue_next : account->queue_first;
    job->state = JOB_QUEUED;
    job->queue_previous = before;
    job->queue_next = after;
    *(before ? &job_at(sched, before)->queue_next : &account->queue_first) = job->id;
    *(after ? &job_at(sched, after)->queue_previous : &account->queue_last) = job->id;
    account->queued++;
    if (job->reservation) {
        reservation_wait(sched, job, 1); // it stands in no line: reservation.h
        return;
    }
    line_add(&sched->index->line, job->id);
    queue_add(&sched->index->queue, market, job);
}

static void dequeue(struct sched *sched, struct market *market, struct job *job)
{
    struct account *account = table_get(&market->accounts, job->account);
    must(account && job->state == JOB_QUEUED);
    uint64_t before = job->queue_previous, after = job->queue_next;
    *(before ? &job_at(sched, before)->queue_next : &account->queue_first) = after;
    *(after ? &job_at(sched, after)->queue_previous : &account->queue_last) = before;
    job->queue_previous = job->queue_next = 0;
    account->queued--;
    if (job->reservation) {
        reservation_wait(sched, job, -1);
        return;
    }
    line_remove(&sched->index->line, job->id);
    queue_remove(&sched->index->queue, market, job);
}

// It has a lease now (+1), or has it no more (-1): what runs, and what its account has used.
static void occupy(struct sched *sched, struct market *market, const struct job *job, int sign,
                   int64_t time_us)
{
    struct account *account = table_get(&market->accounts, job->account);
    horizon_job(&sched->index->horizon, market, job, sign);
    queue_use_add(&sched->index->queue, market, account, sign * shape_milli(&job->shape), time_us);
}

void job_apply_queued(struct sched *sched, struct market *market, const struct job_queued *fact,
                      int64_t time_us)
{
    must(!shape_wrong(&fact->shape) && fact->run_ms_max >= 0);
    must(fact->priority < JOB_PRIORITY_COUNT && fact->power < JOB_POWER_COUNT);
    struct job *job = table_add(&sched->jobs, fact->job);
    job->account = fact->account;
    job->key = fact->key;
    job->shape = shape_normal(fact->shape);
    job->requirement =
        requirement_take(&sched->requirements, &sched->index->requirements, fact->require);
    if (reservation_get(sched, fact->reservation)) // older journals name any
        job->reservation = fact->reservation;
    job->run_ms_max = fact->run_ms_max;
    job->queued_us = time_us;
    job->spec = fact->spec;
    memcpy(job->name, fact->name, sizeof job->name);
    job->restartable = fact->restartable;
    job->checkpoints = fact->checkpoints;
    job->priority = fact->priority;
    job->class = lease_class_asked(fact->class_asked);
    job->power = fact->power;
    usual_shape_take(&sched->usual_shapes, &job->shape);
    enqueue(sched, market, job);
}

void job_apply_placed(struct sched *sched, struct market *market, const struct job_placed *fact,
                      int64_t time_us)
{
    struct job *job = job_at(sched, fact->job);
    const struct lease *lease = table_get(&market->leases, fact->lease);
    must(lease && lease->job == job->id && lease->state == LEASE_ACTIVE);
    must(lease->held == lease->nodes && lease->nodes == job->shape.nodes); // whole, or not at all
    must(fact->attempt == job->attempt + 1);
    dequeue(sched, market, job);
    job->state = JOB_STARTING;
    job->lease = fact->lease;
    job->attempt = fact->attempt;
    job->saved_start_ms = job->saved_ms;
    job->placed_us = time_us;
    occupy(sched, market, job, 1, time_us);
}

void job_apply_started(struct sched *sched, const struct job_started *fact, int64_t time_us)
{
    struct job *job = job_at(sched, fact->job);
    must(fact->attempt == job->attempt);
    must(job->state == JOB_STARTING || job->state == JOB_STOPPING);
    job->started_us = time_us;
    if (job->state == JOB_STARTING)
        job->state = JOB_RUNNING;
}

// A second stop may change the grace (a person who is in a hurry). The first reason stays, but what
// the house was to begin again ends when somebody stops it for good.
void job_apply_stopping(struct sched *sched, const struct job_stopping *fact, int64_t time_us)
{
    struct job *job = job_at(sched, fact->job);
    must(job->state == JOB_STARTING || job->state == JOB_RUNNING || job->state == JOB_STOPPING);
    must(fact->grace_ms >= 0 && fact->reason < JOB_REASON_COUNT);
    if (job->state != JOB_STOPPING || (reason_requeues((enum job_reason)job->stop_reason) &&
                                       !reason_requeues((enum job_reason)fact->reason)))
        job->stop_reason = fact->reason;
    if (job->paused_us) { // it goes on, so that it can end
        job->stood_us += time_us - job->paused_us;
        job->paused_us = 0;
    }
    job->state = JOB_STOPPING;
    job->stop_grace_ms = fact->grace_ms;
    job->stop_us = time_us;
}

static struct job *job_held(struct sched *sched, uint64_t id, uint32_t attempt)
{
    struct job *job = job_at(sched, id);
    must(job->state == JOB_STARTING || job->state == JOB_RUNNING);
    must(job->attempt == attempt);
    return job;
}

void job_apply_paused(struct sched *sched, const struct job_paused *fact, int64_t time_us)
{
    struct job *job = job_held(sched, fact->job, fact->attempt);
    must(job->paused_us == 0 && fact->why < HOLD_WHY_COUNT && fact->urgency < HOLD_URGENCY_COUNT);
    job->paused_us = time_us;
    job->pauses++;
    job->curtailment = fact->curtailment;
    job->hold_why = fact->why;
    job->hold_urgency = fact->urgency;
}

void job_apply_resumed(struct sched *sched, const struct job_resumed *fact, int64_t time_us)
{
    struct job *job = job_held(sched, fact->job, fact->attempt);
    must(job->paused_us != 0);
    job->stood_us += time_us - job->paused_us;
    job->paused_us = 0;
}

void job_apply_capped(struct sched *sched, const struct job_capped *fact)
{
    struct job *job = job_held(sched, fact->job, fact->attempt);
    must(fact->permille >= 1 && fact->permille <= 1000);
    must(fact->why < HOLD_WHY_COUNT && fact->urgency < HOLD_URGENCY_COUNT);
    job->cap_permille = fact->permille == 1000 ? 0 : fact->permille;
    job->curtailment = fact->curtailment;
    job->hold_why = fact->why;
    job->hold_urgency = fact->urgency;
}

void job_apply_ended(struct sched *sched, struct market *market, const struct job_ended *fact,
                     int64_t time_us)
{
    struct job *job = job_at(sched, fact->job);
    must(job->state != JOB_DONE && fact->attempt == job->attempt);
    must(fact->reason < JOB_REASON_COUNT);
    must(!fact->requeued || job->state != JOB_QUEUED);
    if (job->state == JOB_QUEUED)
        dequeue(sched, market, job);
    else
        occupy(sched, market, job, -1, time_us);
    job->reason = fact->reason;
    job->code = fact->code;
    job->signal = fact->signal;
    job->lost_ms += fact->lost_ms;
    job->paused_us = job->stood_us = 0;
    job->cap_permille = job->pauses = 0;
    if (fact->requeued) {
        job->placed_us = job->started_us = 0;
        job->stop_us = job->stop_grace_ms = 0;
        job->stop_reason = REASON_NONE;
        job->losses += fact->reason == REASON_LOST;
        enqueue(sched, market, job);
        sched->index->requeued = job->id;
        return;
    }
    job->state = JOB_DONE;
    job->ended_us = time_us;
}

void job_apply_saved(struct sched *sched, uint64_t id, int64_t saved_ms)
{
    struct job *job = job_at(sched, id);
    if (saved_ms > job->saved_ms)
        job->saved_ms = saved_ms;
}

int64_t job_unsaved_ms(const struct job *job, int64_t attempt_ran_ms)
{
    int64_t kept_ms = job->saved_ms - job->saved_start_ms;
    return attempt_ran_ms > kept_ms ? attempt_ran_ms - kept_ms : 0;
}

void job_apply_dropped(struct sched *sched, const struct job_dropped *fact)
{
    const struct job *job = job_at(sched, fact->job);
    must(job->state == JOB_DONE);
    requirement_give(&sched->requirements, job->requirement);
    table_remove(&sched->jobs, fact->job);
}
