// Reservations: who may book and cancel, and what follows from time and from the house's state.
#include "base/must.h"
#include "core/cloud/command_check.h"
#include "core/sched/reserve.h"
#include "core/sched/sched_index.h"
#include <stdlib.h>

enum { RESERVATION_DAYS_MAX = 3 * 366, NODES_A_RESERVATION_MAX = 1 << 14 };

static const char *reservation_wrong(const struct reservation_new *new, int64_t time_us,
                                     int64_t lead_us)
{
    const struct shape *shape = &new->shape;
    const char *field = shape_wrong(shape);
    if (!text_valid(new->name, sizeof new->name))
        return "name";
    if (field)
        return field;
    if (shape->devices == 0)
        return "devices";
    if (shape->nodes > NODES_A_RESERVATION_MAX)
        return "nodes";
    if (shape_normal(*shape).milli != MILLI_WHOLE)
        return "milli";
    if (new->start_us &&
        (new->start_us < time_us || new->start_us - time_us > RESERVATION_DAYS_MAX *DAY_US))
        return "start";
    int64_t start_us = new->start_us ? new->start_us : time_us;
    if (new->end_us <= start_us + lead_us || new->end_us - start_us > RESERVATION_DAYS_MAX * DAY_US)
        return "end";
    return NULL;
}

static struct reserve_ask reservation_ask(const struct cloud *cloud,
                                          const struct reservation_new *new, int64_t time_us)
{
    int64_t start_us = new->start_us > time_us ? new->start_us : time_us;
    return (struct reserve_ask){
        .shape = shape_normal(new->shape),
        .from_us = start_us,
        .until_us = new->end_us,
        .lead_us = cloud_setting(cloud, SETTING_STOP_GRACE_MS) * MS_US,
    };
}

bool cloud_reservation_earliest(const struct cloud *cloud, const struct reservation_new *new,
                                int64_t time_us, int64_t *ret_us)
{
    struct reserve_ask ask = reservation_ask(cloud, new, time_us);
    struct place_view view = place_view_at(cloud, time_us);
    if (reservation_wrong(new, time_us, ask.lead_us))
        return false;
    return reserve_earliest(&view, &ask, ret_us);
}

// Keeps the runs until their events are given.
static void keep_plan(const struct cloud *cloud, const struct placement *placement)
{
    struct placing_plan *plan = &cloud->index->booking;
    if (placement->runs + 1 > plan->room) {
        plan->room = placement->runs + 1;
        plan->runs = realloc(plan->runs, plan->room * sizeof *plan->runs);
        must(plan->runs);
    }
    plan->runs[0] = (struct lease_run){placement->node, placement->devices, placement->count, 0};
    for (uint32_t i = 0; i < placement->runs; i++)
        plan->runs[i + 1] = placement->run[i];
    plan->count = placement->runs + 1;
    plan->lease = 0; // runs that were told
}

// The next of the runs of the reservation that is being booked; false: all were told.
static bool part_next(const struct cloud *cloud, struct event *event)
{
    struct placing_plan *plan = &cloud->index->booking;
    const struct reservation *row =
        reservation_get(&cloud->sched, cloud->sched.reservations.last_id);
    struct lease_part_added *fact = &event->reservation_part;
    uint32_t told = 0, at = 0;
    if (!row || row->state != RESERVATION_BOOKED || row->bound == row->shape.nodes)
        return false;
    while (told < row->bound)
        told += plan->runs[at++].count;
    event->kind = EVENT_RESERVATION_PART;
    *fact = (struct lease_part_added){.lease = row->id};
    while (fact->count < LEASE_RUNS_MAX && at < plan->count)
        fact->runs[fact->count++] = plan->runs[at++];
    return true;
}

static void booked_event(const struct cloud *cloud, const struct reservation_new *new,
                         const struct reserve_ask *ask, struct event *event)
{
    struct reservation_booked *fact = &event->reservation_booked;
    event->kind = EVENT_RESERVATION_BOOKED;
    *fact = (struct reservation_booked){
        .reservation = cloud->sched.reservations.last_id + 1,
        .account = new->account,
        .shape = ask->shape,
        .start_us = ask->from_us,
        .end_us = ask->until_us,
        .lead_us = ask->lead_us,
    };
    fact->shape.nodes = ask->shape.nodes == 1 ? 0 : ask->shape.nodes;
    fact->shape.milli = 0;
    text_fill(fact->name, new->name, sizeof fact->name);
}

static bool book(const struct cloud *cloud, const struct input *input, const struct principal *by,
                 struct cloud_step *ret_step)
{
    const struct reservation_new *new = &input->reservation;
    if (!may(by, ACTION_OPERATE, 0, ret_step))
        return false;
    const struct account *account = table_get(&cloud->market.accounts, new->account);
    if (!account)
        return refuse(ret_step, ANSWER_NOT_FOUND);
    struct reserve_ask ask = reservation_ask(cloud, new, input->time_us);
    const char *field = reservation_wrong(new, input->time_us, ask.lead_us);
    if (field)
        return bad_field(ret_step, field);
    if (!table_has_room(&cloud->sched.reservations) ||
        !table_has_room(&cloud->sched.reserved_parts))
        return refuse(ret_step, ANSWER_FULL);
    struct place_ask could = {
        .inventory = &cloud->inventory,
        .market = &cloud->market,
        .sched = &cloud->sched,
        .account = account,
        .class = LEASE_ON_DEMAND,
    };
    enum answer answer = place_answer(place_feasible(&could, &ask.shape));
    if (answer != ANSWER_OK)
        return refuse(ret_step, answer);
    struct place_view view = place_view_at(cloud, input->time_us);
    struct placement placement;
    if (!reserve_find(&view, &ask, &placement))
        return refuse(ret_step, ANSWER_NOT_FREE);
    keep_plan(cloud, &placement);
    booked_event(cloud, new, &ask, &ret_step->event);
    ret_step->event.reservation_booked.key = by->key;
    return true;
}

static void ended_event(const struct reservation *row, enum reservation_state state,
                        struct event *event)
{
    event->kind = EVENT_RESERVATION_ENDED;
    event->reservation_ended = (struct reservation_ended){.reservation = row->id, .state = state};
}

static bool cancel(const struct cloud *cloud, const struct input *input, const struct principal *by,
                   struct cloud_step *ret_step)
{
    const struct reservation *row = reservation_get(&cloud->sched, input->id);
    if (!row)
        return refuse(ret_step, ANSWER_NOT_FOUND);
    if (!may(by, ACTION_RUN, row->account, ret_step))
        return false;
    if (!reservation_live(row))
        return refuse(ret_step, ANSWER_ALREADY_ENDED);
    ended_event(row, RESERVATION_CANCELLED, &ret_step->event);
    return true;
}

bool reservation_decide(const struct cloud *cloud, const struct input *input, uint32_t step,
                        struct cloud_step *ret_step)
{
    struct principal by;
    if (step > 0)
        return input->kind == INPUT_RESERVATION_NEW && part_next(cloud, &ret_step->event);
    if (!who(cloud, input, &by, ret_step))
        return false;
    bool found = input->kind == INPUT_RESERVATION_NEW ? book(cloud, input, &by, ret_step)
                                                      : cancel(cloud, input, &by, ret_step);
    if (found)
        ret_step->subject = event_subject(&ret_step->event);
    return found;
}

// A queued job of a reservation that is over waits for nothing.
static bool orphan_event(const struct cloud *cloud, const struct reservation *row,
                         struct event *event)
{
    const struct account *account = table_get(&cloud->market.accounts, row->account);
    const struct job *job = NULL;
    if (reservation_live(row) || row->waiting == 0)
        return false;
    for (uint64_t id = account->queue_first; id; id = job->queue_next) {
        job = cloud_job(cloud, id);
        if (job->reservation == row->id)
            break;
    }
    must(job && job->reservation == row->id);
    event->kind = EVENT_JOB_ENDED;
    event->job_ended = (struct job_ended){
        .job = job->id, .attempt = job->attempt, .reason = REASON_RESERVATION_ENDED};
    return true;
}

// A bound node that can no longer be sold: another in its place, or the reservation breaks.
static bool fault_event(const struct cloud *cloud, const struct place_view *view,
                        const struct reservation *row, struct event *event)
{
    struct reserve *reserve = &cloud->sched.index->reserve;
    for (uint32_t i = 0; i < row->bound; i++) {
        const struct reservation_part *part = reservation_part_at(&cloud->sched, row, i);
        enum reservation_reason reason = reserve_fault(&cloud->inventory, row, part);
        if (reason == RESERVATION_REASON_NONE)
            continue;
        if (reserve_move(view, row, i, &event->reservation_moved)) {
            event->kind = EVENT_RESERVATION_MOVED;
            return true;
        }
        if (row->state == RESERVATION_BOOKED && view->time_us < row->start_us) {
            reserve->short_of_nodes = true;
            continue;
        }
        ended_event(row, RESERVATION_BROKEN, event);
        event->reservation_ended.reason = reason;
        event->reservation_ended.node = part->node;
        return true;
    }
    return false;
}

static bool guest_event(const struct cloud *cloud, const struct place_view *view,
                        const struct reservation *row, struct event *event)
{
    if (view->time_us < row->start_us - row->lead_us)
        return false;
    const struct job *job = reserve_guest(view, row);
    if (!job)
        return false;
    event->kind = EVENT_JOB_STOPPING;
    event->job_stopping = (struct job_stopping){
        .job = job->id,
        .grace_ms = cloud_setting(cloud, SETTING_STOP_GRACE_MS),
        .reason = REASON_PREEMPTED,
    };
    return true;
}

// What is to be done for one reservation now; else *due_us is no later than its next instant.
static bool row_event(const struct cloud *cloud, const struct place_view *view,
                      const struct reservation *row, int64_t *due_us, struct event *event)
{
    if (!reservation_live(row))
        return orphan_event(cloud, row, event);
    if (row->bound < row->shape.nodes)
        return false; // its parts are being told
    int64_t now_us = view->time_us, next_us = row->end_us;
    if (now_us >= row->end_us) {
        ended_event(row, RESERVATION_ENDED, event);
        return true;
    }
    if (fault_event(cloud, view, row, event) || guest_event(cloud, view, row, event))
        return true;
    if (row->state == RESERVATION_BOOKED && now_us >= row->start_us) {
        event->kind = EVENT_RESERVATION_STARTED;
        event->reservation_started.reservation = row->id;
        return true;
    }
    if (row->state == RESERVATION_BOOKED)
        next_us =
            now_us < row->start_us - row->lead_us ? row->start_us - row->lead_us : row->start_us;
    *due_us = next_us < *due_us ? next_us : *due_us;
    return false;
}

bool reservation_next(const struct cloud *cloud, int64_t time_us, struct event *ret_event)
{
    struct reserve *reserve = &cloud->sched.index->reserve;
    if (reserve->settled && time_us < reserve->due_us)
        return false;
    struct place_view view = place_view_at(cloud, time_us);
    int64_t due_us = INT64_MAX;
    uint32_t cursor = 0;
    reserve->short_of_nodes = false;
    for (const struct reservation *row; (row = table_step(&cloud->sched.reservations, &cursor));)
        if (row_event(cloud, &view, row, &due_us, ret_event))
            return true;
    reserve->settled = true;
    reserve->due_us = due_us;
    return false;
}

// A tick is due when a reservation is: also before the first event has settled what is known.
int64_t reservation_due_us(const struct cloud *cloud, int64_t now_us)
{
    int64_t due_us = INT64_MAX;
    uint32_t cursor = 0;
    if (cloud->sched.index->reserve.live == 0)
        return due_us;
    for (const struct reservation *row; (row = table_step(&cloud->sched.reservations, &cursor));) {
        if (!reservation_live(row))
            continue;
        int64_t next_us = row->end_us;
        if (row->state == RESERVATION_BOOKED)
            next_us = now_us < row->start_us - row->lead_us ? row->start_us - row->lead_us
                                                            : row->start_us;
        due_us = next_us < due_us ? next_us : due_us;
    }
    return due_us;
}

// What changes may leave something to do: the house, or room for a node that is looked for.
void reservations_touch(struct cloud *cloud, enum event_kind kind)
{
    struct reserve *reserve = &cloud->sched.index->reserve;
    if (reserve->live == 0)
        return;
    switch ((uint32_t)kind) {
    case EVENT_LEASED:
    case EVENT_LEASE_PART:
    case EVENT_JOB_QUEUED:
    case EVENT_JOB_PLACED:
    case EVENT_JOB_STARTED:
    case EVENT_JOB_ENDED:
    case EVENT_METERED:
    case EVENT_BOOK_OPENED:
    case EVENT_POSTED:
    case EVENT_RATED_OPENED:
    case EVENT_RATED:
    case EVENT_JOB_DROPPED:
    case EVENT_LEASE_DROPPED:
        return;
    case EVENT_JOB_STOPPING:
    case EVENT_LEASE_ENDED:
        reserve->settled = reserve->settled && !reserve->short_of_nodes;
        return;
    default:
        reserve->settled = false;
    }
}
