#include "lab/lab_queue.h"
#include "base/must.h"
#include "core/sched/counted.h"
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

// So that sums over jobs, in microseconds and in processor-seconds, are within int64.
#define SUBMIT_S_MAX  INT64_C(100000000000)
#define RUN_S_SUM_MAX INT64_C(30000000000)
enum { SECOND_US = 1000000, SLOWDOWN_RUN_S = 10, MILLI = 1000 };
// As the settings of a new house: core/cloud/setting.h.
enum { HALF_LIFE_MS = 604800000, AGING_MS = 3600000, GANG_WAIT_MS = 86400000, GANGS = 1 };

struct end {
    int64_t time_s;
    uint32_t job;
};

struct replay {
    const struct swf_job *jobs;
    struct counted counted;
    struct backfill_house house;
    struct backfill *backfill;
    struct fair *fair;
    struct end *ends; // a heap, the earliest first
    uint32_t end_count;
    bool shares; // accounts are the trace's users
    int64_t now_s;
    struct lab_queue_result *result;
};

const char *lab_queue_policy_text(enum lab_queue_policy policy)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {LAB_QUEUE_POLICIES(X)};
#undef X
    return texts[policy];
}

static bool end_before(const struct end *a, const struct end *b)
{
    return a->time_s != b->time_s ? a->time_s < b->time_s : a->job < b->job;
}

static void end_push(struct replay *replay, struct end end)
{
    uint32_t at = replay->end_count++;
    for (; at > 0 && end_before(&end, &replay->ends[(at - 1) / 2]); at = (at - 1) / 2)
        replay->ends[at] = replay->ends[(at - 1) / 2];
    replay->ends[at] = end;
}

static struct end end_pop(struct replay *replay)
{
    struct end first = replay->ends[0], last = replay->ends[--replay->end_count];
    uint32_t at = 0;
    for (uint32_t child; (child = at * 2 + 1) < replay->end_count; at = child) {
        if (child + 1 < replay->end_count &&
            end_before(&replay->ends[child + 1], &replay->ends[child]))
            child++;
        if (!end_before(&replay->ends[child], &last))
            break;
        replay->ends[at] = replay->ends[child];
    }
    replay->ends[at] = last;
    return first;
}

static struct backfill_job job_of(const struct replay *replay, uint32_t index)
{
    const struct swf_job *row = &replay->jobs[index];
    return (struct backfill_job){
        .id = (uint64_t)index + 1,
        .amount = row->procs * MILLI,
        .run_us = row->run_s * SECOND_US,
        .since_ms = row->submit_s * 1000,
        .account = replay->shares ? (uint32_t)row->user : 0,
        .gang = row->procs > 1,
    };
}

static void use_add(struct replay *replay, const struct backfill_job *job, int64_t amount)
{
    if (replay->shares)
        fair_use_add(replay->fair, job->account, amount, replay->now_s * 1000);
}

static void job_start(struct replay *replay, const struct backfill_job *waiting)
{
    struct lab_queue_result *result = replay->result;
    struct backfill_job job = *waiting;
    uint32_t index = (uint32_t)(job.id - 1);
    int64_t run_s = replay->jobs[index].run_s,
            wait_s = replay->now_s - replay->jobs[index].submit_s;
    backfill_remove(replay->backfill, job.id);
    counted_start(&replay->counted, &job, replay->now_s * SECOND_US);
    use_add(replay, &job, job.amount);
    end_push(replay, (struct end){replay->now_s + run_s, index});
    result->events++;
    result->wait_s += wait_s;
    if (wait_s > result->wait_s_max)
        result->wait_s_max = wait_s;
    double slowdown =
        (double)(wait_s + run_s) / (double)(run_s > SLOWDOWN_RUN_S ? run_s : SLOWDOWN_RUN_S);
    result->slowdown += slowdown > 1 ? slowdown : 1;
}

static void ends_now(struct replay *replay)
{
    while (replay->end_count && replay->ends[0].time_s <= replay->now_s) {
        struct end end = end_pop(replay);
        struct backfill_job job = job_of(replay, end.job);
        int64_t time_us = replay->now_s * SECOND_US;
        counted_end(&replay->counted, &job, time_us, time_us);
        use_add(replay, &job, -job.amount);
        replay->result->events++;
    }
}

static void starts_now(struct replay *replay)
{
    const struct backfill_job *job;
    while (backfill_next(replay->backfill, &replay->house, replay->now_s * SECOND_US,
                         replay->counted.grown, &job) == BACKFILL_FITS)
        job_start(replay, job);
}

// At each instant first whoever ends, then whoever comes, then whoever may start.
static void replay_all(struct replay *replay, uint32_t count)
{
    for (uint32_t next = 0; next < count || replay->end_count;) {
        bool comes = next < count &&
                     (!replay->end_count || replay->jobs[next].submit_s <= replay->ends[0].time_s);
        replay->now_s = comes ? replay->jobs[next].submit_s : replay->ends[0].time_s;
        ends_now(replay);
        for (; next < count && replay->jobs[next].submit_s <= replay->now_s; next++) {
            struct backfill_job job = job_of(replay, next);
            backfill_add(replay->backfill, &job);
            replay->result->events++;
        }
        if (backfill_count(replay->backfill) > replay->result->waiting_max)
            replay->result->waiting_max = backfill_count(replay->backfill);
        starts_now(replay);
    }
    must(backfill_count(replay->backfill) == 0);
}

static int job_order(const void *left, const void *right)
{
    const struct swf_job *a = left, *b = right;
    if (a->submit_s != b->submit_s)
        return a->submit_s < b->submit_s ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

// Keeps those that can be replayed, and gives their users the numbers 0, 1, 2, …
static uint32_t jobs_keep(struct swf_job *jobs, uint64_t count, int64_t procs, int64_t *ret_users)
{
    uint32_t kept = 0;
    int64_t left_s = RUN_S_SUM_MAX;
    *ret_users = 0;
    for (uint64_t i = 0; i < count; i++) {
        bool known = jobs[i].submit_s >= 0 && jobs[i].run_s > 0 && jobs[i].procs > 0;
        if (!known || jobs[i].procs > procs || jobs[i].submit_s > SUBMIT_S_MAX ||
            jobs[i].run_s > left_s)
            continue;
        left_s -= jobs[i].run_s;
        jobs[kept++] = jobs[i];
    }
    qsort(jobs, kept, sizeof *jobs, job_order);
    for (uint32_t i = 0; i < kept; i++) {
        if (jobs[i].user < 0 || jobs[i].user >= UINT16_MAX)
            jobs[i].user = UINT16_MAX;
        if (jobs[i].user + 1 > *ret_users)
            *ret_users = jobs[i].user + 1;
    }
    return kept;
}

static struct backfill_rule rule_of(enum lab_queue_policy policy)
{
    struct backfill_rule rule = {.backfill = policy != LAB_QUEUE_FCFS};
    if (policy == LAB_QUEUE_TATARA) {
        rule.gang_wait_ms = GANG_WAIT_MS;
        rule.gangs_max = GANGS;
    }
    return rule;
}

// Of one core: what else runs on the machine does not count.
static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void replay_init(struct replay *replay, enum lab_queue_policy policy, int64_t procs,
                        int64_t users)
{
    counted_init(&replay->counted, procs * MILLI);
    replay->house = counted_house(&replay->counted);
    replay->backfill = backfill_create();
    replay->fair = backfill_fair(replay->backfill);
    struct backfill_rule rule = rule_of(policy);
    backfill_rule_set(replay->backfill, &rule);
    replay->shares = policy == LAB_QUEUE_TATARA;
    if (replay->shares)
        fair_rule_set(replay->fair, &(struct fair_rule){HALF_LIFE_MS, AGING_MS});
    for (int64_t i = 0; i < (replay->shares ? users : 1); i++)
        fair_account_set(replay->fair, (uint32_t)i, FAIR_NONE, 0);
}

void lab_queue_replay(struct swf_job *jobs, uint64_t count, int64_t procs,
                      enum lab_queue_policy policy, struct lab_queue_result *ret_result)
{
    must(count < UINT32_MAX && procs > 0);
    int64_t users;
    uint32_t kept = jobs_keep(jobs, count, procs, &users);
    *ret_result = (struct lab_queue_result){.jobs = kept, .skipped = count - kept, .procs = procs};
    struct replay replay = {.jobs = jobs, .result = ret_result};
    replay.ends = calloc((size_t)kept + 1, sizeof *replay.ends);
    must(replay.ends);
    replay_init(&replay, policy, procs, users);
    double before = seconds_now();
    replay_all(&replay, kept);
    ret_result->seconds = seconds_now() - before;
    for (uint32_t i = 0; i < kept; i++)
        ret_result->work_s += jobs[i].procs * jobs[i].run_s;
    if (kept)
        ret_result->makespan_s = replay.now_s - jobs[0].submit_s;
    counted_finish(&replay.counted);
    backfill_destroy(replay.backfill);
    free(replay.ends);
}

static double mean(double sum, uint64_t count)
{
    return count ? sum / (double)count : 0;
}

static double utilisation(const struct lab_queue_result *result)
{
    double all = (double)result->procs * (double)result->makespan_s;
    return all > 0 ? (double)result->work_s / all : 0;
}

static double events_per_s(const struct lab_queue_result *result)
{
    return result->seconds > 0 ? (double)result->events / result->seconds : 0;
}

void lab_queue_json(const struct lab_queue_result *result, enum lab_queue_policy policy,
                    struct buf *out)
{
    buf_format(out, "{\"policy\":\"%s\",\"procs\":%" PRId64 ",\"jobs\":%" PRIu64,
               lab_queue_policy_text(policy), result->procs, result->jobs);
    buf_format(out, ",\"skipped\":%" PRIu64 ",\"mean_wait_s\":%.3f,\"max_wait_s\":%" PRId64,
               result->skipped, mean((double)result->wait_s, result->jobs), result->wait_s_max);
    buf_format(out, ",\"bounded_slowdown\":%.3f,\"utilisation\":%.6f,\"makespan_s\":%" PRId64,
               mean(result->slowdown, result->jobs), utilisation(result), result->makespan_s);
    buf_format(out, ",\"waiting_max\":%" PRIu64 ",\"events\":%" PRIu64 ",\"events_per_s\":%.0f}\n",
               result->waiting_max, result->events, events_per_s(result));
}

void lab_queue_text(const struct lab_queue_result *result, enum lab_queue_policy policy,
                    struct buf *out)
{
    buf_format(out, "policy            %s on %" PRId64 " processors\n",
               lab_queue_policy_text(policy), result->procs);
    buf_format(out, "jobs              %" PRIu64 ", %" PRIu64 " skipped\n", result->jobs,
               result->skipped);
    buf_format(out, "mean wait         %.1f s (longest %" PRId64 " s)\n",
               mean((double)result->wait_s, result->jobs), result->wait_s_max);
    buf_format(out, "bounded slowdown  %.2f\n", mean(result->slowdown, result->jobs));
    buf_format(out, "utilisation       %.2f %%\n", utilisation(result) * 100);
    buf_format(out, "makespan          %" PRId64 " s\n", result->makespan_s);
    buf_format(out, "waited at once    %" PRIu64 " at most\n", result->waiting_max);
    buf_format(out, "speed             %.0f events/s (%" PRIu64 " submissions, starts and ends)\n",
               events_per_s(result), result->events);
}
