#include "core/cloud/curtail.h"
#include "base/must.h"
#include "core/cloud/curtail_tree.h"
#include "core/fleet/power_ramp.h"
#include "core/inventory/feeder.h"
#include "core/sched/promise.h"
#include <stdlib.h>

enum stage { STAGE_CAP, STAGE_PAUSE, STAGE_MOVE, STAGE_LAST, STAGES };

static struct curtail_tree *tree_of(const struct cloud *cloud)
{
    return &cloud->index->curtail;
}

static bool idle(const struct cloud *cloud)
{
    return cloud->curtailments.used == 0 && cloud->inventory.caps.used == 0 &&
           cloud->index->held == 0;
}

void curtail_finish(struct cloud *cloud)
{
    curtail_tree_drop(tree_of(cloud));
}

// --- what is over ---

// For each line: 0 all is well, 1 an edge above it is over its limit, 2 no feed is alive.
static bool mark_lines(const struct curtail_tree *tree, int64_t time_us, uint8_t *marks)
{
    const struct power_tree *power = tree->power;
    bool any = false;
    for (uint32_t line = 0; line < power_lines(power); line++) {
        marks[line] = 0;
        if (!power_alive(power, line, time_us) && power_promised(power, line) > 0)
            marks[line] = 2;
        any = any || marks[line];
    }
    for (uint32_t edge = 0; edge < power_edges(power); edge++) {
        if (power_edge_over(power, edge, time_us) == 0)
            continue;
        for (uint32_t line = 0; line < power_lines(power); line++)
            if (marks[line] == 0 && power_factor(power, line, edge) > 0)
                marks[line] = 1;
        any = true;
    }
    return any;
}

// The worst mark of the lines a job hangs on.
static uint8_t mark_of(const struct cloud *cloud, const struct job *job, const uint8_t *marks)
{
    const struct curtail_tree *tree = tree_of(cloud);
    const struct lease *lease = cloud_lease(cloud, job->lease);
    uint8_t worst = 0;
    for (uint32_t i = 0; i <= lease->parts && worst < 2; i++) {
        struct lease_run run = lease_run_at(&cloud->market, lease, i);
        for (uint32_t k = 0; k < run.count && worst < 2; k++) {
            const struct node *node = table_get(&cloud->inventory.nodes, run.node + k);
            uint32_t line = curtail_node_line(cloud, tree, node);
            if (line != POWER_NONE && marks[line] > worst)
                worst = marks[line];
        }
    }
    return worst;
}

// --- the acts ---

// The curtailment that holds at a site: the most urgent one; NULL: the limit came from elsewhere.
static const struct curtailment *holding(const struct cloud *cloud, uint64_t site, int64_t time_us)
{
    const struct curtailment *found = NULL;
    uint32_t cursor = 0;
    for (const struct curtailment *row; (row = table_step(&cloud->curtailments, &cursor));)
        if (row->site == site && row->from_us <= time_us && time_us < row->until_us &&
            (!found || row->within_ms < found->within_ms))
            found = row;
    return found;
}

struct act {
    const struct job *job;
    const struct curtailment *cause;
    enum hold_urgency urgency;
    enum hold_why why;
};

static struct act act_on(const struct cloud *cloud, const struct job *job, uint8_t mark,
                         int64_t time_us)
{
    const struct curtailment *cause = holding(cloud, curtail_job_site(cloud, job), time_us);
    bool voluntary = cause && cause->within_ms > CURTAIL_EMERGENCY_MS && mark == 1;
    return (struct act){
        .job = job,
        .cause = cause,
        .urgency = voluntary ? HOLD_VOLUNTARY : HOLD_EMERGENCY,
        .why = mark == 2 ? HOLD_NO_FEED : HOLD_OVER_LIMIT,
    };
}

static void pause_event(const struct act *act, struct event *event)
{
    event->kind = EVENT_JOB_PAUSED;
    event->job_paused = (struct job_paused){.job = act->job->id,
                                            .curtailment = act->cause ? act->cause->id : 0,
                                            .attempt = act->job->attempt,
                                            .why = act->why,
                                            .urgency = act->urgency};
}

static void cap_event(const struct act *act, int64_t permille, struct event *event)
{
    event->kind = EVENT_JOB_CAPPED;
    event->job_capped = (struct job_capped){.job = act->job->id,
                                            .curtailment = act->cause ? act->cause->id : 0,
                                            .attempt = act->job->attempt,
                                            .permille = (uint32_t)permille,
                                            .why = act->why,
                                            .urgency = act->urgency};
}

// The time to end in is within that of the curtailment.
static void move_event(const struct cloud *cloud, const struct act *act, struct event *event)
{
    int64_t grace_ms = cloud_setting(cloud, SETTING_STOP_GRACE_MS);
    int64_t most_ms = act->cause ? act->cause->within_ms / 2 : 0;
    event->kind = EVENT_JOB_STOPPING;
    event->job_stopping = (struct job_stopping){.job = act->job->id,
                                                .grace_ms = grace_ms < most_ms ? grace_ms : most_ms,
                                                .reason = REASON_CURTAILED};
}

// Whether this stage has something to do about a job, and what.
static bool act_event(const struct cloud *cloud, enum stage stage, const struct act *act,
                      struct event *event)
{
    const struct job *job = act->job;
    int64_t least = cloud_setting(cloud, SETTING_POWER_CAP_LEAST);
    bool saves = curtail_job_w(cloud, job) > curtail_job_idle_w(cloud, job);
    bool reserved = job->class == LEASE_RESERVED, moves = job->restartable || job->checkpoints;
    if (act->why == HOLD_NO_FEED && moves) { // it stands in the dark
        move_event(cloud, act, event);
        return stage == STAGE_CAP;
    }
    switch (stage) {
    case STAGE_CAP:
        if (least >= 1000 || !saves || job->power == POWER_TRAINING || job->cap_permille)
            return false;
        cap_event(act, least, event);
        return true;
    case STAGE_PAUSE:
    case STAGE_LAST:
        if (job->paused_us || !saves || reserved != (stage == STAGE_LAST))
            return false;
        pause_event(act, event);
        return true;
    case STAGE_MOVE:
        if (!moves || reserved || act->urgency != HOLD_EMERGENCY || curtail_job_w(cloud, job) == 0)
            return false;
        move_event(cloud, act, event);
        return true;
    case STAGES:
        break;
    }
    must(false);
    return false;
}

static bool give_way(const struct cloud *cloud, const uint8_t *marks, int64_t time_us,
                     struct event *event)
{
    const struct curtail_tree *tree = tree_of(cloud);
    for (enum stage stage = 0; stage < STAGES; stage++) {
        for (uint32_t i = 0; i < tree->job_count; i++) {
            const struct job *job = cloud_job(cloud, tree->jobs[i]);
            must(job);
            if (job->state != JOB_STARTING && job->state != JOB_RUNNING)
                continue;
            uint8_t mark = mark_of(cloud, job, marks);
            if (mark == 0)
                continue;
            struct act act = act_on(cloud, job, mark, time_us);
            if (act_event(cloud, stage, &act, event))
                return true;
        }
    }
    return false;
}

// --- going on ---

struct load_list {
    struct power_load *loads;
    uint32_t count;
};

static struct load_list loads_of(const struct cloud *cloud, const struct job *job, int64_t watts)
{
    const struct curtail_tree *tree = tree_of(cloud);
    const struct lease *lease = cloud_lease(cloud, job->lease);
    struct load_list list = {calloc(lease->nodes + 1, sizeof *list.loads), 0};
    must(list.loads);
    for (uint32_t i = 0; i <= lease->parts; i++) {
        struct lease_run run = lease_run_at(&cloud->market, lease, i);
        for (uint32_t k = 0; k < run.count; k++) {
            const struct node *node = table_get(&cloud->inventory.nodes, run.node + k);
            uint32_t line = curtail_node_line(cloud, tree, node);
            if (line != POWER_NONE)
                list.loads[list.count++] = (struct power_load){line, watts};
        }
    }
    return list;
}

// The grid point with a ramp limit that these loads change, and by how much.
static uint64_t ramped(const struct cloud *cloud, const struct load_list *list, int64_t *ret_watts)
{
    const struct power_tree *power = tree_of(cloud)->power;
    uint32_t cursor = 0;
    for (const struct feeder *row; (row = table_step(&cloud->inventory.feeders, &cursor));) {
        if (row->parent || row->ramp_w_per_s == 0)
            continue;
        uint32_t edge = table_place(&cloud->inventory.feeders, row);
        int64_t load = 0;
        for (uint32_t i = 0; i < list->count; i++)
            load += list->loads[i].watts * power_factor(power, list->loads[i].line, edge);
        if (load == 0)
            continue;
        int64_t pue = power_edge(power, edge)->pue_permille;
        *ret_watts = load / POWER_WHOLE * pue / 1000 + 1;
        return row->id;
    }
    return 0;
}

const struct ramp *curtail_ramp(const struct cloud *cloud, uint64_t feeder)
{
    uint32_t cursor = 0;
    for (const struct ramp *row; (row = table_step(&cloud->ramps, &cursor));)
        if (row->feeder == feeder)
            return row;
    return NULL;
}

struct ramp_slot curtail_slot(const struct cloud *cloud, uint64_t feeder, int64_t watts,
                              int64_t time_us)
{
    const struct feeder *row = table_get(&cloud->inventory.feeders, feeder);
    const struct ramp *ramp = curtail_ramp(cloud, feeder);
    must(row);
    return ramp_next(row->ramp_w_per_s, ramp ? ramp->busy_us : 0, watts, time_us);
}

// A job that is held may have its watts again, now or at *wait_us.
static bool may_go_on(const struct cloud *cloud, const struct job *job, int64_t time_us,
                      struct job_resumed *ret_fact)
{
    struct curtail_tree *tree = tree_of(cloud);
    int64_t more_w = curtail_job_whole_w(cloud, job) - curtail_job_w(cloud, job);
    struct load_list list = loads_of(cloud, job, more_w);
    struct power_span span = {.from_us = time_us, .until_us = time_us + 1};
    bool fits = power_fits(tree->power, list.loads, list.count, &span);
    int64_t watts = 0;
    uint64_t feeder = fits ? ramped(cloud, &list, &watts) : 0;
    free(list.loads);
    if (!fits)
        return false;
    *ret_fact = (struct job_resumed){
        .job = job->id, .attempt = job->attempt, .feeder = feeder, .watts = watts};
    if (feeder == 0)
        return true;
    struct ramp_slot slot = curtail_slot(cloud, feeder, watts, time_us);
    if (slot.at_us <= time_us)
        return true;
    tree->wait_us = slot.at_us < tree->wait_us ? slot.at_us : tree->wait_us;
    return false;
}

// In the reverse order: who gave way last goes on first. A job that was both paused and capped
// has its pause and then its cap lifted.
static bool go_on(const struct cloud *cloud, int64_t time_us, struct event *event)
{
    struct curtail_tree *tree = tree_of(cloud);
    tree->wait_us = INT64_MAX;
    for (uint32_t i = tree->job_count; i > 0 && cloud->index->held > 0; i--) {
        const struct job *job = cloud_job(cloud, tree->jobs[i - 1]);
        struct job_resumed fact;
        bool held = job->paused_us || job->cap_permille;
        bool runs = job->state == JOB_STARTING || job->state == JOB_RUNNING;
        if (!held || !runs || !may_go_on(cloud, job, time_us, &fact))
            continue;
        struct act act = {.job = job};
        if (job->paused_us) {
            event->kind = EVENT_JOB_RESUMED;
            event->job_resumed = fact;
        } else {
            cap_event(&act, 1000, event);
        }
        return true;
    }
    return false;
}

static bool ended_event(const struct cloud *cloud, int64_t time_us, struct event *event)
{
    uint32_t cursor = 0;
    for (const struct curtailment *row; (row = table_step(&cloud->curtailments, &cursor));) {
        if (row->until_us > time_us)
            continue;
        event->kind = EVENT_CURTAIL_ENDED;
        event->curtail_ended.curtailment = row->id;
        return true;
    }
    cursor = 0;
    for (const struct feeder_cap *cap; (cap = table_step(&cloud->inventory.caps, &cursor));) {
        if (cap->until_us == 0 || cap->until_us > time_us)
            continue;
        event->kind = EVENT_FEEDER_CAP_ENDED;
        event->feeder_cap_ended.cap = cap->id;
        return true;
    }
    return false;
}

bool curtail_next(const struct cloud *cloud, int64_t time_us, struct event *ret_event)
{
    struct curtail_tree *tree = tree_of(cloud);
    if (idle(cloud))
        return false;
    if (tree->power && time_us < tree->quiet_until_us)
        return false;
    if (ended_event(cloud, time_us, ret_event))
        return true;
    curtail_tree_make(cloud, tree);
    curtail_tree_list(cloud, tree);
    uint8_t *marks = calloc(power_lines(tree->power) + 1, 1);
    must(marks);
    bool over = mark_lines(tree, time_us, marks);
    bool found =
        (over && give_way(cloud, marks, time_us, ret_event)) || go_on(cloud, time_us, ret_event);
    free(marks);
    if (!found) {
        tree->quiet_until_us = power_next_cap(tree->power, time_us);
        if (tree->wait_us < tree->quiet_until_us)
            tree->quiet_until_us = tree->wait_us;
        for (const struct curtailment *row = table_after(&cloud->curtailments, 0); row;
             row = table_after(&cloud->curtailments, row->id))
            if (row->until_us < tree->quiet_until_us)
                tree->quiet_until_us = row->until_us;
    }
    return found;
}

int64_t curtail_due_us(const struct cloud *cloud, int64_t time_us)
{
    if (idle(cloud))
        return INT64_MAX;
    const struct curtail_tree *tree = tree_of(cloud);
    struct event event; // whether there is one: a reloaded state has yet to look
    bool looked = tree->power && tree->quiet_until_us != INT64_MIN;
    if (!looked && curtail_next(cloud, time_us, &event))
        return time_us;
    return tree->quiet_until_us;
}

// Exact on every edge above every node it would stand on.
bool curtail_permits(const struct cloud *cloud, const struct placement *placement, int64_t time_us)
{
    struct curtail_tree *tree = tree_of(cloud);
    // Ratings are in the placement index; a tree of every node is made for caps alone.
    if (idle(cloud) || placement->watts == 0)
        return true;
    curtail_tree_make(cloud, tree);
    struct load_list list = {calloc(placement->nodes + 1, sizeof *list.loads), 0};
    must(list.loads);
    for (uint32_t i = 0; i <= placement->runs; i++) {
        uint64_t first = i ? placement->run[i - 1].node : placement->node;
        uint32_t count = i ? placement->run[i - 1].count : placement->count;
        for (uint32_t k = 0; k < count; k++) {
            const struct node *node = table_get(&cloud->inventory.nodes, first + k);
            uint32_t line = curtail_node_line(cloud, tree, node);
            if (line != POWER_NONE && list.count < placement->nodes)
                list.loads[list.count++] = (struct power_load){line, placement->watts};
        }
    }
    struct power_span span = {.from_us = time_us, .until_us = time_us + 1};
    bool fits = power_fits(tree->power, list.loads, list.count, &span);
    free(list.loads);
    return fits;
}
