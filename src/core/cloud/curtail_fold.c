// Facts of curtailment, folded; and what other facts mean for it.
#include "base/must.h"
#include "core/cloud/curtail.h"

static void apply_curtailed(struct cloud *cloud, const struct site_curtailed *fact)
{
    struct curtailment *row = table_add(&cloud->curtailments, fact->curtailment);
    row->site = fact->site;
    row->from_us = fact->from_us;
    row->until_us = fact->until_us;
    row->within_ms = fact->within_ms;
    row->cap_w = fact->cap_w;
    row->permille = fact->permille;
    row->caps = fact->caps;
    row->first_cap = fact->caps ? cloud->inventory.caps.last_id + 1 : 0;
}

static void take_ramp(struct cloud *cloud, const struct job_resumed *fact, int64_t time_us)
{
    if (fact->feeder == 0)
        return;
    struct ramp_slot slot = curtail_slot(cloud, fact->feeder, fact->watts, time_us);
    const struct ramp *known = curtail_ramp(cloud, fact->feeder);
    struct ramp *ramp = known ? table_get(&cloud->ramps, known->id)
                              : table_add(&cloud->ramps, cloud->ramps.last_id + 1);
    ramp->feeder = fact->feeder;
    ramp->busy_us = slot.busy_us;
}

static struct effect fold_job(struct cloud *cloud, const struct event *event, uint64_t id)
{
    const struct job *job = cloud_job(cloud, id);
    must(job);
    struct curtail_tree *tree = &cloud->index->curtail;
    struct effect effect = {.attempt = job->attempt, .job = id};
    int64_t before_w = tree->power ? curtail_job_w(cloud, job) : 0;
    switch ((uint32_t)event->kind) {
    case EVENT_JOB_PAUSED:
        job_apply_paused(&cloud->sched, &event->job_paused, event->time_us);
        effect.kind = EFFECT_PAUSE;
        break;
    case EVENT_JOB_RESUMED:
        take_ramp(cloud, &event->job_resumed, event->time_us);
        job_apply_resumed(&cloud->sched, &event->job_resumed, event->time_us);
        limit_push(cloud, job);
        effect.kind = EFFECT_RESUME;
        break;
    default:
        job_apply_capped(&cloud->sched, &event->job_capped);
        effect.kind = EFFECT_CAP;
        effect.permille = event->job_capped.permille;
        break;
    }
    if (tree->power) {
        curtail_tree_add(cloud, tree, job, curtail_job_w(cloud, job) - before_w);
        tree->quiet_until_us = INT64_MIN;
    }
    return effect;
}

struct effect curtail_fold(struct cloud *cloud, const struct event *event)
{
    switch ((uint32_t)event->kind) {
    case EVENT_SITE_CURTAILED:
        apply_curtailed(cloud, &event->site_curtailed);
        break;
    case EVENT_CURTAIL_ENDED:
        must(table_get(&cloud->curtailments, event->curtail_ended.curtailment));
        table_remove(&cloud->curtailments, event->curtail_ended.curtailment);
        break;
    case EVENT_JOB_PAUSED:
        return fold_job(cloud, event, event->job_paused.job);
    case EVENT_JOB_RESUMED:
        return fold_job(cloud, event, event->job_resumed.job);
    case EVENT_JOB_CAPPED:
        return fold_job(cloud, event, event->job_capped.job);
    default:
        must(false); // a fact nobody knows
    }
    return (struct effect){0};
}

// The job a fact is about, where it may begin or end to be held.
static const struct job *about(const struct cloud *cloud, const struct event *event)
{
    switch ((uint32_t)event->kind) {
    case EVENT_JOB_STOPPING:
        return cloud_job(cloud, event->job_stopping.job);
    case EVENT_JOB_ENDED:
        return cloud_job(cloud, event->job_ended.job);
    case EVENT_JOB_PAUSED:
        return cloud_job(cloud, event->job_paused.job);
    case EVENT_JOB_RESUMED:
        return cloud_job(cloud, event->job_resumed.job);
    case EVENT_JOB_CAPPED:
        return cloud_job(cloud, event->job_capped.job);
    default:
        return NULL;
    }
}

static bool held(const struct job *job)
{
    return job && (job->paused_us || job->cap_permille);
}

int64_t curtail_before(const struct cloud *cloud, const struct event *event)
{
    return held(about(cloud, event));
}

static bool keeps_tree(enum event_kind kind)
{
    static const enum event_kind kinds[] = {
        EVENT_CLOCK_STEPPED, EVENT_ACCOUNT_ADDED,  EVENT_KEY_ADDED,    EVENT_KEY_REVOKED,
        EVENT_ISSUER_SET,    EVENT_LIMIT_SET,      EVENT_JOB_QUEUED,   EVENT_JOB_STARTED,
        EVENT_JOB_PAUSED,    EVENT_JOB_RESUMED,    EVENT_JOB_CAPPED,   EVENT_METERED,
        EVENT_BOOK_OPENED,   EVENT_POSTED,         EVENT_RATED_OPENED, EVENT_RATED,
        EVENT_INVOICE_LINE,  EVENT_INVOICE_ISSUED, EVENT_JOB_DROPPED,  EVENT_LEASE_DROPPED};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i] == kind)
            return true;
    return false;
}

void curtail_after(struct cloud *cloud, const struct event *event, int64_t before)
{
    cloud->index->held += held(about(cloud, event)) - before;
    if (cloud->index->curtail.power && !keeps_tree(event->kind))
        curtail_tree_drop(&cloud->index->curtail);
}

void curtail_reindex(struct cloud *cloud)
{
    curtail_tree_drop(&cloud->index->curtail);
    cloud->index->held = 0;
    uint32_t cursor = 0;
    for (const struct job *job; (job = table_step(&cloud->sched.jobs, &cursor));)
        cloud->index->held += held(job);
}
