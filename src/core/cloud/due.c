// When the core wants to be woken: time limits of running jobs, old things to drop, new months.
#include "base/must.h"
#include "core/cloud/cloud_state.h"
#include "core/cloud/curtail.h"
#include <stdlib.h>

static bool sooner(const struct limit_entry *a, const struct limit_entry *b)
{
    return a->due_us != b->due_us ? a->due_us < b->due_us : a->job < b->job;
}

static void swap(struct limit_entry *a, struct limit_entry *b)
{
    struct limit_entry kept = *a;
    *a = *b;
    *b = kept;
}

static int64_t limit_us(const struct job *job)
{
    int64_t run_us, due_us;
    if (job->paused_us || job->run_ms_max == 0 ||
        __builtin_mul_overflow(job->run_ms_max, MS_US, &run_us) ||
        __builtin_add_overflow(job->started_us + job->stood_us, run_us, &due_us))
        return INT64_MAX;
    return due_us;
}

bool limit_is_reserved(const struct cloud *cloud, const struct job *job, int64_t due_us)
{
    return reservation_get(&cloud->sched, job->reservation) && due_us < limit_us(job);
}

// The nearer of its own limit, which stands still while it does, and its reservation's end.
static int64_t due_of(const struct cloud *cloud, const struct job *job)
{
    const struct reservation *row = reservation_get(&cloud->sched, job->reservation);
    int64_t due_us = limit_us(job);
    return row && reservation_stop_us(row) < due_us ? reservation_stop_us(row) : due_us;
}

void limit_push(const struct cloud *cloud, const struct job *job)
{
    struct cloud_index *index = cloud->index;
    int64_t due_us = due_of(cloud, job);
    if (due_us == INT64_MAX)
        return;
    if (index->limits_count == index->limits_room) {
        index->limits_room = index->limits_room ? index->limits_room * 2 : 64;
        index->limits = realloc(index->limits, index->limits_room * sizeof *index->limits);
        must(index->limits);
    }
    uint32_t at = index->limits_count++;
    index->limits[at] = (struct limit_entry){due_us, job->id, job->attempt};
    for (; at > 0 && sooner(&index->limits[at], &index->limits[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&index->limits[at], &index->limits[(at - 1) / 2]);
}

static void pop(struct cloud_index *index)
{
    index->limits[0] = index->limits[--index->limits_count];
    for (uint32_t at = 0;;) {
        uint32_t child = 2 * at + 1;
        if (child >= index->limits_count)
            return;
        if (child + 1 < index->limits_count &&
            sooner(&index->limits[child + 1], &index->limits[child]))
            child++;
        if (!sooner(&index->limits[child], &index->limits[at]))
            return;
        swap(&index->limits[child], &index->limits[at]);
        at = child;
    }
}

const struct job *limit_first(const struct cloud *cloud, int64_t *ret_due_us)
{
    struct cloud_index *index = cloud->index;
    while (index->limits_count) {
        const struct limit_entry *first = &index->limits[0];
        const struct job *job = cloud_job(cloud, first->job);
        bool runs = job && job->state == JOB_RUNNING && job->attempt == first->attempt;
        if (runs && first->due_us == due_of(cloud, job)) {
            *ret_due_us = first->due_us;
            return job;
        }
        pop(index);
        if (runs && job->reservation)
            limit_push(cloud, job); // its limit has moved, its reservation's end has not
    }
    return NULL;
}

void limits_reserved(struct cloud *cloud, uint64_t reservation)
{
    uint32_t cursor = 0;
    if (reservation_get(&cloud->sched, reservation)->state != RESERVATION_CANCELLED)
        return;
    for (const struct job *job; (job = table_step(&cloud->sched.jobs, &cursor));)
        if (job->reservation == reservation && job->state == JOB_RUNNING)
            limit_push(cloud, job);
}

void limits_reindex(struct cloud *cloud)
{
    cloud->index->limits_count = 0;
    cloud->index->month_from_us = cloud->index->month_due_us = 0;
    uint32_t cursor = 0;
    for (const struct job *job; (job = table_step(&cloud->sched.jobs, &cursor));)
        if (job->state == JOB_RUNNING)
            limit_push(cloud, job);
}

// A new month may lift a month's limit from a job that waits.
int64_t month_due_us(const struct cloud *cloud, int64_t time_us)
{
    struct cloud_index *index = cloud->index;
    if (index->month_from_us <= time_us && time_us < index->month_due_us)
        return index->month_due_us;
    index->month_from_us = time_us;
    index->month_due_us = INT64_MAX;
    for (uint32_t zone = 0; zone < zone_count(); zone++) {
        int64_t start_us = month_start_us(zone, month_at(zone, time_us) + 1);
        if (start_us < index->month_due_us)
            index->month_due_us = start_us;
    }
    return index->month_due_us;
}

bool cloud_next_due(const struct cloud *cloud, int64_t ticked_us, int64_t *ret_time_us)
{
    int64_t due_us = INT64_MAX, limit_us;
    if (limit_first(cloud, &limit_us))
        due_us = limit_us;
    int64_t now_us = cloud_time_us(cloud) > ticked_us ? cloud_time_us(cloud) : ticked_us;
    int64_t curtail_us = curtail_due_us(cloud, now_us);
    due_us = curtail_us < due_us ? curtail_us : due_us;
    const struct ended_row *ended = table_after(&cloud->ended, 0);
    if (ended) {
        int64_t drop_us = ended->time_us + cloud_setting(cloud, SETTING_JOB_KEEP_DAYS) * DAY_US;
        due_us = drop_us < due_us ? drop_us : due_us;
    }
    if (cloud_house(cloud)->queued > 0) {
        int64_t start_us = month_due_us(cloud, now_us);
        due_us = start_us < due_us ? start_us : due_us;
    }
    int64_t maintenance_us = maintenance_due_us(&cloud->inventory);
    due_us = maintenance_us < due_us ? maintenance_us : due_us;
    int64_t time_us = cloud_time_us(cloud) > ticked_us ? cloud_time_us(cloud) : ticked_us;
    int64_t reserved_us = reservation_due_us(cloud, time_us);
    due_us = reserved_us < due_us ? reserved_us : due_us;
    *ret_time_us = due_us;
    return due_us != INT64_MAX;
}
