// What the state has left to do, one event at a time, in a fixed order.
#include "base/must.h"
#include "core/cloud/cloud_state.h"
#include "core/cloud/curtail.h"
#include "core/sched/reserve.h"
#include <stdlib.h>

static void release_event(const struct house *house, struct event *event)
{
    event->kind = EVENT_LEASE_ENDED;
    event->lease_ended.lease = house->releasing;
}

// Keeps the runs behind the first until their events are given.
static void plan_keep(const struct cloud *cloud, uint64_t lease, const struct placement *placement)
{
    struct placing_plan *plan = &cloud->index->plan;
    if (placement->runs > plan->room) {
        plan->room = placement->runs;
        plan->runs = realloc(plan->runs, plan->room * sizeof *plan->runs);
        must(plan->runs);
    }
    for (uint32_t i = 0; i < placement->runs; i++)
        plan->runs[i] = placement->run[i];
    plan->count = placement->runs;
    plan->lease = lease;
}

static void part_event(const struct cloud *cloud, const struct lease *lease, struct event *event)
{
    const struct placing_plan *plan = &cloud->index->plan;
    struct lease_part_added *fact = &event->lease_part;
    must(plan->lease == lease->id && lease->parts < plan->count);
    event->kind = EVENT_LEASE_PART;
    fact->lease = lease->id;
    while (fact->count < LEASE_RUNS_MAX && lease->parts + fact->count < plan->count) {
        fact->runs[fact->count] = plan->runs[lease->parts + fact->count];
        fact->count++;
    }
}

// The rest of the lease's nodes, then its job: a gang is placed whole, in one commit.
static void placed_event(const struct cloud *cloud, struct event *event)
{
    const struct lease *lease = cloud_lease(cloud, cloud_house(cloud)->placing);
    must(lease);
    if (lease->held < lease->nodes) {
        part_event(cloud, lease, event);
        return;
    }
    const struct job *job = cloud_job(cloud, lease->job);
    must(job && job->state == JOB_QUEUED);
    event->kind = EVENT_JOB_PLACED;
    event->job_placed =
        (struct job_placed){.job = job->id, .lease = lease->id, .attempt = job->attempt + 1};
}

static bool time_limit_event(const struct cloud *cloud, int64_t time_us, struct event *event)
{
    int64_t due_us;
    const struct job *job = limit_first(cloud, &due_us);
    if (!job || due_us > time_us)
        return false;
    event->kind = EVENT_JOB_STOPPING;
    event->job_stopping = (struct job_stopping){
        .job = job->id,
        .grace_ms = cloud_setting(cloud, SETTING_STOP_GRACE_MS),
        .reason =
            limit_is_reserved(cloud, job, due_us) ? REASON_RESERVATION_ENDED : REASON_TIME_LIMIT,
    };
    return true;
}

// One at a time and in the order in which they ended, so that only the oldest is looked at.
static bool drop_event(const struct cloud *cloud, int64_t time_us, struct event *event)
{
    const struct ended_row *row = table_after(&cloud->ended, 0);
    int64_t keep_us = cloud_setting(cloud, SETTING_JOB_KEEP_DAYS) * DAY_US;
    if (!row || time_us - row->time_us < keep_us)
        return false;
    if (row->job) {
        event->kind = EVENT_JOB_DROPPED;
        event->job_dropped.job = row->job;
    } else {
        event->kind = EVENT_LEASE_DROPPED;
        event->lease_dropped.lease = row->lease;
    }
    return true;
}

static bool place_event(const struct cloud *cloud, int64_t time_us, struct event *event)
{
    if (curtail_next(cloud, time_us, event)) // what a limit that fell asks for comes first
        return true;
    if (cloud_house(cloud)->queued == 0)
        return false;
    struct place_view view = place_view_at(cloud, time_us);
    struct placement placement;
    if (!reserve_place(&view, &placement) && !place_next(&view, &placement))
        return false;
    const struct job *job = cloud_job(cloud, placement.job);
    if (!curtail_permits(cloud, &placement, time_us))
        return false;
    struct leased *fact = &event->leased;
    bool whole = job->shape.milli == MILLI_WHOLE;
    event->kind = EVENT_LEASED;
    *fact = (struct leased){
        .lease = cloud->market.leases.last_id + 1,
        .account = job->account,
        .job = job->id,
        .node = placement.node,
        .price = placement.price,
        .cpu_milli = job->shape.cpu_milli,
        .memory_mib = job->shape.memory_mib,
        .watts = placement.watts,
        .devices = placement.devices,
        .count = placement.count > 1 ? placement.count : 0,
        .nodes = placement.nodes > placement.count ? placement.nodes : 0,
        .class = job->class,
    };
    if (!whole || job->shape.slices) {
        fact->milli = whole ? 0 : job->shape.milli;
        fact->slices = job->shape.slices;
        fact->device_memory_mib = job->shape.device_memory_mib;
    }
    plan_keep(cloud, fact->lease, &placement);
    return true;
}

bool follow_next(const struct cloud *cloud, int64_t time_us, struct event *ret_event)
{
    const struct house *house = cloud_house(cloud);
    if (house->releasing) {
        release_event(house, ret_event);
        return true;
    }
    if (house->settling && settle_next(cloud, time_us, ret_event))
        return true;
    if (house->placing) {
        placed_event(cloud, ret_event);
        return true;
    }
    if (house->invoicing)
        return invoice_post_next(cloud, ret_event);
    return emptied_next(cloud, ret_event) || maintenance_next(cloud, time_us, ret_event) ||
           reservation_next(cloud, time_us, ret_event) ||
           time_limit_event(cloud, time_us, ret_event) || drop_event(cloud, time_us, ret_event) ||
           place_event(cloud, time_us, ret_event);
}
