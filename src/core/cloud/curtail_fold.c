// Facts of curtailment, folded; and what other facts mean for it.
#include "base/must.h"
#include "core/cloud/curtail.h"
#include "core/inventory/placing.h"

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
    struct effect effect = {.attempt = job->attempt, .job = id};
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

// The job whose watts a fact may change.
static const struct job *about(const struct cloud *cloud, const struct event *event)
{
    switch ((uint32_t)event->kind) {
    case EVENT_JOB_PLACED:
        return cloud_job(cloud, event->job_placed.job);
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
    return job->paused_us || job->cap_permille;
}

static int64_t base_w(const struct node *node)
{
    bool on = node->state == NODE_READY || node->state == NODE_DRAINING;
    return on ? node->base_w : 0;
}

// The node of a rack whose base watts a fact may change.
static const struct node *racked(const struct cloud *cloud, const struct event *event)
{
    if (event->kind != EVENT_NODE_CHANGED)
        return NULL;
    const struct node *node = table_get(&cloud->inventory.nodes, event->node_changed.node);
    return node && node->rack ? node : NULL;
}

struct curtail_mark curtail_before(const struct cloud *cloud, const struct event *event)
{
    const struct job *job = about(cloud, event);
    const struct node *node = racked(cloud, event);
    bool draws = job && cloud->index->curtail.power && curtail_job_draws(job);
    return (struct curtail_mark){
        .held = job && held(job),
        .watts = draws ? curtail_job_w(cloud, job) : 0,
        .base_w = node ? base_w(node) : 0,
    };
}

// What the tree is made of and what is not followed piece by piece.
static bool makes_tree(const struct cloud *cloud, const struct event *event)
{
    switch ((uint32_t)event->kind) {
    case EVENT_SET: // the lowest cap of a job
    case EVENT_CHIP_ADDED:
    case EVENT_NODE_ADDED:
    case EVENT_DEVICE_ADDED:
    case EVENT_SITE_ADDED:
    case EVENT_FEEDER_ADDED:
    case EVENT_FEEDER_CAP_SET:
    case EVENT_FEEDER_CAP_ENDED:
    case EVENT_RACK_ADDED:
    case EVENT_SITE_CURTAILED:
    case EVENT_CURTAIL_ENDED:
        return true;
    case EVENT_NODE_CHANGED:
        return !racked(cloud, event);
    default:
        return false;
    }
}

static void follow_node(const struct cloud *cloud, struct curtail_tree *tree,
                        const struct node *node, int64_t before_w)
{
    uint32_t line = curtail_node_line(cloud, tree, node);
    if (line == POWER_NONE || base_w(node) == before_w)
        return;
    power_base(tree->power, line, base_w(node) - before_w);
    tree->quiet_until_us = INT64_MIN;
}

void curtail_after(struct cloud *cloud, const struct event *event, struct curtail_mark before)
{
    struct curtail_tree *tree = &cloud->index->curtail;
    const struct job *job = about(cloud, event);
    const struct node *node = racked(cloud, event);
    cloud->index->held += (job && held(job)) - before.held;
    if (!tree->power)
        return;
    if (makes_tree(cloud, event)) {
        curtail_tree_drop(tree);
        return;
    }
    if (node)
        follow_node(cloud, tree, node, before.base_w);
    if (!job)
        return;
    int64_t watts = curtail_job_draws(job) ? curtail_job_w(cloud, job) : 0;
    if (watts != before.watts)
        curtail_tree_add(cloud, tree, job, watts - before.watts);
    if (event->kind == EVENT_JOB_PLACED || event->kind == EVENT_JOB_ENDED)
        curtail_tree_unlist(tree);
    bool own = event->kind == EVENT_JOB_PAUSED || event->kind == EVENT_JOB_RESUMED ||
               event->kind == EVENT_JOB_CAPPED || event->kind == EVENT_JOB_STOPPING;
    if (own || cloud->index->held > 0)
        tree->quiet_until_us = INT64_MIN;
}

// The index knows of devices by itself, of the watts of leases it is told.
static void promise_leases(struct cloud *cloud)
{
    uint32_t cursor = 0;
    for (const struct lease *lease; (lease = table_step(&cloud->market.leases, &cursor));) {
        for (uint32_t i = 0; lease->state == LEASE_ACTIVE && i <= lease->parts; i++) {
            struct lease_run run = lease_run_at(&cloud->market, lease, i);
            for (uint32_t k = 0; k < run.count; k++)
                placing_promise(&cloud->inventory, run.node + k, lease->watts);
        }
    }
}

void curtail_reindex(struct cloud *cloud)
{
    promise_leases(cloud);
    curtail_tree_drop(&cloud->index->curtail);
    cloud->index->held = 0;
    uint32_t cursor = 0;
    for (const struct job *job; (job = table_step(&cloud->sched.jobs, &cursor));)
        cloud->index->held += held(job);
}
