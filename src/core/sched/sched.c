#include "base/must.h"
#include "core/sched/sched_index.h"
#include <stdlib.h>

enum {
    JOBS_MAX = 1 << 24,
    REQUIREMENTS_MAX = 1 << 20,
    RESERVATIONS_MAX = 1 << 20,
    RESERVED_PARTS_MAX = 1 << 24,
};

void sched_init(struct sched *sched)
{
    *sched = (struct sched){0};
    table_init(&sched->jobs, sizeof(struct job), JOBS_MAX);
    table_init(&sched->requirements, sizeof(struct requirement), REQUIREMENTS_MAX);
    table_init(&sched->usual_shapes, sizeof(struct usual_shape), USUAL_SHAPES_MAX * 2);
    table_init(&sched->reservations, sizeof(struct reservation), RESERVATIONS_MAX);
    table_init(&sched->reserved_parts, sizeof(struct reservation_part), RESERVED_PARTS_MAX);
    sched->index = calloc(1, sizeof *sched->index);
    must(sched->index);
    lookup_init(&sched->index->requirements);
}

static void index_clear(struct sched_index *index)
{
    line_finish(&index->line);
    queue_finish(&index->queue);
    horizon_finish(&index->horizon);
    lookup_finish(&index->requirements);
    rule_masks_finish(&index->rules);
    index->requeued = 0;
}

void sched_finish(struct sched *sched)
{
    if (sched->index)
        index_clear(sched->index);
    free(sched->index);
    sched->index = NULL;
    table_finish(&sched->jobs);
    table_finish(&sched->requirements);
    table_finish(&sched->usual_shapes);
    table_finish(&sched->reservations);
    table_finish(&sched->reserved_parts);
}

static bool occupies(const struct job *job)
{
    return job->state == JOB_STARTING || job->state == JOB_RUNNING || job->state == JOB_STOPPING;
}

void sched_rule_set(struct sched *sched, const struct sched_rule *rule)
{
    queue_rule_set(&sched->index->queue, rule);
}

void sched_account_changed(struct sched *sched, const struct market *market, uint64_t account)
{
    queue_account_set(&sched->index->queue, market, table_get(&market->accounts, account));
}

void sched_reindex(struct sched *sched, const struct market *market)
{
    index_clear(sched->index);
    requirements_reindex(&sched->requirements, &sched->index->requirements);
    uint32_t cursor = 0;
    for (const struct account *row; (row = table_step(&market->accounts, &cursor));)
        queue_account_set(&sched->index->queue, market, row);
    cursor = 0;
    for (const struct job *job; (job = table_step(&sched->jobs, &cursor));) {
        if (occupies(job))
            horizon_job(&sched->index->horizon, market, job, 1);
        if (job->state != JOB_QUEUED || job->reservation)
            continue;
        line_add(&sched->index->line, job->id);
        queue_add(&sched->index->queue, market, job);
    }
}

// Counts the jobs of one account's list; false with the first that does not belong there.
static bool list_agrees(const struct sched *sched, const struct account *account,
                        int64_t *ret_count, uint64_t *ret_job)
{
    uint64_t previous = 0;
    int64_t count = 0;
    for (uint64_t id = account->queue_first; id;) {
        const struct job *job = table_get(&sched->jobs, id);
        if (!job || job->state != JOB_QUEUED || job->account != account->id ||
            job->queue_previous != previous || id <= previous) {
            *ret_job = id;
            return false;
        }
        previous = id;
        id = job->queue_next;
        count++;
    }
    *ret_job = account->queue_last;
    *ret_count += count;
    return account->queue_last == previous && account->queued == count;
}

static bool lease_agrees(const struct job *job, const struct market *market)
{
    const struct lease *lease = table_get(&market->leases, job->lease);
    bool active = lease && lease->state == LEASE_ACTIVE;
    if (active != occupies(job))
        return false;
    return !active || (lease->job == job->id && lease->account == job->account &&
                       lease->held == job->shape.nodes && lease->milli == job->shape.milli &&
                       (int64_t)lease->devices_total == shape_devices(&job->shape));
}

bool sched_check(const struct sched *sched, const struct market *market, uint64_t *ret_job)
{
    int64_t listed = 0, queued = 0, occupying = 0, active = 0;
    uint32_t cursor = 0;
    for (const struct account *row; (row = table_step(&market->accounts, &cursor));)
        if (!list_agrees(sched, row, &listed, ret_job))
            return false;
    cursor = 0;
    for (const struct job *job; (job = table_step(&sched->jobs, &cursor));) {
        *ret_job = job->id;
        queued += job->state == JOB_QUEUED;
        occupying += occupies(job);
        if (!lease_agrees(job, market))
            return false;
    }
    cursor = 0;
    for (const struct lease *row; (row = table_step(&market->leases, &cursor));)
        active += row->state == LEASE_ACTIVE;
    *ret_job = 0; // a sum, of no job in particular
    return listed == queued && occupying == active;
}
