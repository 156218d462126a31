// What is said of a device's or a node's health, and what that leads to. Reports only ever hold
// back what is new: what runs on a device runs on, until it ends or somebody moves it.
//
//     suspect ◄── unknown code, heat, link, corrected errors, silence; or the breaker is open
//     cordoned ◄── a reset or a replacement is needed; when it is empty ──► repair
//     retest ◄── repaired;  healthy ◄── retest passed;  repair ◄── retest failed
#include "base/must.h"
#include "core/cloud/command_check.h"
#include "core/cloud/xid.h"

static bool is_empty(const struct cloud *cloud, const struct node *node, int32_t index)
{
    if (index == HEALTH_WHOLE)
        return device_set_count(&node->leased) == 0;
    return device_leased_milli(&cloud->inventory, node, (uint32_t)index) == 0;
}

static enum device_state state_now(const struct cloud *cloud, const struct health_report *report)
{
    const struct health *row = health_of(&cloud->inventory, report->node, report->index);
    return row ? row->state : DEVICE_HEALTHY;
}

// Corrected errors of this window, with those of the report.
static void count_corrected(const struct cloud *cloud, const struct health_report *report,
                            int64_t time_us, struct health_changed *fact)
{
    const struct health *row = health_of(&cloud->inventory, report->node, report->index);
    int64_t window_us = cloud_setting(cloud, SETTING_HEALTH_WINDOW_MS) * MS_US;
    bool goes_on = row && row->window_us && time_us - row->window_us < window_us;
    int64_t sum = (int64_t)report->detail + (goes_on ? row->corrected : 0);
    fact->window_us = goes_on ? row->window_us : time_us;
    fact->corrected = sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

// The state a report asks for, before the breaker has been asked.
static enum device_state state_wanted(const struct cloud *cloud, const struct health_report *report,
                                      const struct health_changed *fact, enum device_state now)
{
    const struct health *row = health_of(&cloud->inventory, report->node, report->index);
    bool was_silent = row && row->kind == HEALTH_HEARTBEAT_LOST && now == DEVICE_SUSPECT;
    switch (report->kind) {
    case HEALTH_XID:
        if (xid_class(report->detail) == XID_APPLICATION)
            return now;
        return xid_class(report->detail) == XID_UNKNOWN ? DEVICE_SUSPECT : DEVICE_CORDONED;
    case HEALTH_ECC_UNCORRECTED:
        return DEVICE_CORDONED;
    case HEALTH_ECC_CORRECTED:
        return fact->corrected >= cloud_setting(cloud, SETTING_CORRECTED_MAX) ? DEVICE_SUSPECT
                                                                              : now;
    case HEALTH_HEARTBEAT_LOST:
        return report->detail >= cloud_setting(cloud, SETTING_HEARTBEAT_LOST_MS) ? DEVICE_SUSPECT
                                                                                 : now;
    case HEALTH_HEARTBEAT_BACK:
        return was_silent ? DEVICE_HEALTHY : now;
    case HEALTH_REPAIRED:
        return DEVICE_RETEST;
    case HEALTH_RETEST_PASSED:
        return DEVICE_HEALTHY;
    case HEALTH_RETEST_FAILED:
        return DEVICE_CORDONED;
    default:
        return DEVICE_SUSPECT; // heat, a link, and whatever a later reporter may say
    }
}

// What is worse already stays: a suspect report does not lift a cordon.
static enum device_state no_better(enum device_state now, enum device_state want)
{
    bool lifts = want == DEVICE_SUSPECT && now != DEVICE_HEALTHY;
    bool same = want == DEVICE_CORDONED && now == DEVICE_REPAIR;
    return lifts || same ? now : want;
}

// One of the node's devices, or the node, went out of sale in this window already.
static bool counted(const struct cloud *cloud, const struct node *node, int64_t window_us)
{
    for (int32_t i = HEALTH_WHOLE; i < (int32_t)node->devices; i++) {
        const struct health *row = health_of(&cloud->inventory, node->id, i);
        if (row && row->state >= DEVICE_CORDONED && row->since_us >= window_us)
            return true;
    }
    return false;
}

// At most one node, or so many permille of the pool, in a window: more at once is rather the
// fault of whoever reports. What exceeds it stays suspect.
static bool breaker_lets(const struct cloud *cloud, const struct node *node, int32_t index,
                         int64_t time_us, int64_t *ret_from_us)
{
    const struct pool *pool = pool_for(&cloud->inventory, node, index);
    int64_t window_us = cloud_setting(cloud, SETTING_HEALTH_WINDOW_MS) * MS_US;
    *ret_from_us = 0;
    if (!pool)
        return true;
    bool goes_on = pool->window_us && time_us - pool->window_us < window_us;
    if (goes_on && counted(cloud, node, pool->window_us))
        return true;
    int64_t most = pool->nodes * cloud_setting(cloud, SETTING_CORDON_PERMILLE) / 1000;
    most = most < 1 ? 1 : most;
    *ret_from_us = goes_on ? pool->window_us : time_us;
    return !goes_on || pool->cordoned < most;
}

static const char *report_fault(const struct node *node, const struct health_report *report)
{
    bool of_node = report->kind == HEALTH_HEARTBEAT_LOST || report->kind == HEALTH_HEARTBEAT_BACK;
    bool of_device = report->kind == HEALTH_XID || report->kind == HEALTH_ECC_CORRECTED ||
                     report->kind == HEALTH_ECC_UNCORRECTED;
    if (report->kind >= HEALTH_KIND_COUNT || report->kind == HEALTH_EMPTIED)
        return "kind";
    if (report->index < HEALTH_WHOLE || report->index >= (int64_t)node->devices ||
        (of_node && report->index != HEALTH_WHOLE) || (of_device && report->index == HEALTH_WHOLE))
        return "index";
    if (report->detail < 0)
        return "detail";
    return text_valid(report->source, sizeof report->source) ? NULL : "source";
}

static void health_event(const struct cloud *cloud, const struct input *input,
                         const struct node *node, struct event *event)
{
    const struct health_report *report = &input->health;
    struct health_changed *fact = &event->health_changed;
    event->kind = EVENT_HEALTH_CHANGED;
    *fact = (struct health_changed){.node = report->node,
                                    .index = report->index,
                                    .kind = report->kind,
                                    .detail = report->detail};
    text_fill(fact->source, report->source, sizeof fact->source);
    if (report->kind == HEALTH_ECC_CORRECTED)
        count_corrected(cloud, report, input->time_us, fact);
    enum device_state now = state_now(cloud, report);
    enum device_state want = no_better(now, state_wanted(cloud, report, fact, now));
    if (want == DEVICE_CORDONED && now < DEVICE_CORDONED &&
        !breaker_lets(cloud, node, report->index, input->time_us, &fact->breaker_from_us)) {
        fact->breaker_from_us = 0;
        want = DEVICE_SUSPECT;
    }
    fact->state = want;
}

static bool emptied_event(const struct cloud *cloud, const struct node *node, int32_t index,
                          struct event *event)
{
    const struct health *row = health_of(&cloud->inventory, node->id, index);
    if (!row || row->state != DEVICE_CORDONED || !is_empty(cloud, node, index))
        return false;
    event->kind = EVENT_HEALTH_CHANGED;
    event->health_changed = (struct health_changed){
        .node = node->id, .index = index, .state = DEVICE_REPAIR, .kind = HEALTH_EMPTIED};
    return true;
}

// What can be said only of something that is in trouble, or back from it.
static bool out_of_turn(const struct cloud *cloud, const struct health_report *report)
{
    enum device_state now = state_now(cloud, report);
    if (report->kind == HEALTH_REPAIRED)
        return now == DEVICE_HEALTHY || now == DEVICE_RETEST;
    if (report->kind == HEALTH_RETEST_PASSED)
        return now != DEVICE_RETEST && now != DEVICE_SUSPECT;
    return report->kind == HEALTH_RETEST_FAILED && now != DEVICE_RETEST && now != DEVICE_SUSPECT;
}

// True: nothing is said by it that is not known.
static bool says_nothing(const struct cloud *cloud, const struct health_report *report)
{
    if (report->kind == HEALTH_HEARTBEAT_LOST)
        return report->detail < cloud_setting(cloud, SETTING_HEARTBEAT_LOST_MS) ||
               state_now(cloud, report) != DEVICE_HEALTHY;
    return report->kind == HEALTH_HEARTBEAT_BACK && state_now(cloud, report) == DEVICE_HEALTHY;
}

bool health_report_next(const struct cloud *cloud, const struct input *input, uint32_t step,
                        struct cloud_step *ret_step)
{
    const struct health_report *report = &input->health;
    const struct node *node = table_get(&cloud->inventory.nodes, report->node);
    if (step > 0)
        return node && emptied_event(cloud, node, report->index, &ret_step->event);
    struct principal by;
    if (!who(cloud, input, &by, ret_step) || !may(&by, ACTION_OPERATE, 0, ret_step))
        return false;
    if (!node)
        return refuse(ret_step, ANSWER_NOT_FOUND);
    const char *field = report_fault(node, report);
    if (field)
        return bad_field(ret_step, field);
    if (out_of_turn(cloud, report))
        return refuse(ret_step, ANSWER_WRONG_STATE);
    if (!table_has_room(&cloud->inventory.health))
        return refuse(ret_step, ANSWER_FULL);
    ret_step->subject = node->id;
    if (says_nothing(cloud, report))
        return false;
    health_event(cloud, input, node, &ret_step->event);
    return true;
}

static bool emptied_on(const struct cloud *cloud, const struct node *node, struct event *event)
{
    if (node->health == DEVICE_HEALTHY && device_set_count(&node->healthy) == node->devices)
        return false;
    for (int32_t i = HEALTH_WHOLE; i < (int32_t)node->devices; i++)
        if (emptied_event(cloud, node, i, event))
            return true;
    return false;
}

bool emptied_next(const struct cloud *cloud, struct event *ret_event)
{
    uint64_t id = cloud_house(cloud)->emptied;
    const struct lease *lease = cloud_lease(cloud, id);
    if (!lease || cloud->index->emptied_seen == id)
        return false;
    for (uint32_t i = 0; i <= lease->parts; i++) {
        struct lease_run run = lease_run_at(&cloud->market, lease, i);
        for (uint32_t n = 0; n < run.count; n++)
            if (emptied_on(cloud, table_get(&cloud->inventory.nodes, run.node + n), ret_event))
                return true;
    }
    cloud->index->emptied_seen = id; // nothing is left of it
    return false;
}

enum { MAINTENANCE_DAYS_MAX = 366 };

static bool maintenance_new(const struct cloud *cloud, const struct input *input,
                            struct cloud_step *ret_step)
{
    const struct maintenance_new *new = &input->maintenance;
    const struct node *node = table_get(&cloud->inventory.nodes, new->node);
    int64_t from_us = new->from_us > input->time_us ? new->from_us : input->time_us;
    if (!node)
        return refuse(ret_step, ANSWER_NOT_FOUND);
    if (node->state == NODE_RETIRED)
        return refuse(ret_step, ANSWER_WRONG_STATE);
    if (from_us - input->time_us > MAINTENANCE_DAYS_MAX * DAY_US)
        return bad_field(ret_step, "from");
    if (new->until_us <= from_us || new->until_us - from_us > MAINTENANCE_DAYS_MAX * DAY_US)
        return bad_field(ret_step, "until");
    if (!table_has_room(&cloud->inventory.maintenances))
        return refuse(ret_step, ANSWER_FULL);
    ret_step->event.kind = EVENT_MAINTENANCE_SET;
    ret_step->event.maintenance_set = (struct maintenance_set){
        .maintenance = cloud->inventory.maintenances.last_id + 1,
        .node = new->node,
        .from_us = from_us,
        .until_us = new->until_us,
    };
    return true;
}

bool maintenance_decide(const struct cloud *cloud, const struct input *input, uint32_t step,
                        struct cloud_step *ret_step)
{
    struct principal by;
    if (step > 0 || !who(cloud, input, &by, ret_step) || !may(&by, ACTION_OPERATE, 0, ret_step))
        return false;
    bool found = false;
    if (input->kind == INPUT_MAINTENANCE_NEW) {
        found = maintenance_new(cloud, input, ret_step);
    } else if (table_get(&cloud->inventory.maintenances, input->id)) {
        ret_step->event.kind = EVENT_MAINTENANCE_ENDED;
        ret_step->event.maintenance_ended.maintenance = input->id;
        found = true;
    } else {
        refuse(ret_step, ANSWER_NOT_FOUND);
    }
    if (found)
        ret_step->subject = event_subject(&ret_step->event);
    return found;
}

// A job that its own time limit ends within the notice is left alone.
static bool must_go(const struct cloud *cloud, const struct job *job, int64_t time_us)
{
    int64_t limit_us, end_us;
    if (!job || (job->state != JOB_STARTING && job->state != JOB_RUNNING))
        return false;
    if (job->state == JOB_STARTING || job->run_ms_max == 0 ||
        __builtin_mul_overflow(job->run_ms_max, MS_US, &limit_us) ||
        __builtin_add_overflow(job->started_us, limit_us, &end_us))
        return true;
    return end_us > time_us + cloud_setting(cloud, SETTING_STOP_GRACE_MS) * MS_US;
}

// What still runs on the node when somebody comes to work on it, one job a step.
static bool vacate_next(const struct cloud *cloud, uint64_t node, int64_t time_us,
                        struct event *ret_event)
{
    for (const struct lease *lease = NULL;
         (lease = lease_on_node(&cloud->market, node, lease ? lease->id : UINT64_MAX));) {
        if (!must_go(cloud, cloud_job(cloud, lease->job), time_us))
            continue;
        ret_event->kind = EVENT_JOB_STOPPING;
        ret_event->job_stopping =
            (struct job_stopping){.job = lease->job,
                                  .grace_ms = cloud_setting(cloud, SETTING_STOP_GRACE_MS),
                                  .reason = REASON_MAINTENANCE};
        return true;
    }
    return false;
}

bool maintenance_next(const struct cloud *cloud, int64_t time_us, struct event *ret_event)
{
    const struct maintenance *row = maintenance_due(&cloud->inventory, time_us);
    if (!row)
        return false;
    if (row->started || row->until_us <= time_us) {
        ret_event->kind = EVENT_MAINTENANCE_ENDED;
        ret_event->maintenance_ended.maintenance = row->id;
        return true;
    }
    if (vacate_next(cloud, row->node, time_us, ret_event))
        return true;
    ret_event->kind = EVENT_MAINTENANCE_STARTED;
    ret_event->maintenance_started.maintenance = row->id;
    return true;
}
