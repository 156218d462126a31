#include "core/sched/why.h"
#include "base/instant.h"
#include "base/must.h"
#include "core/sched/estimate.h"
#include "core/sched/sched_index.h"
#include "core/sched/search.h"

const char *why_rule_text(enum why_rule rule)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {WHY_RULES(X)};
#undef X
    must(rule < WHY_RULE_COUNT);
    return texts[rule];
}

static void in_line(const struct place_view *view, const struct job *job, struct why *why)
{
    const struct sched_index *index = view->sched->index;
    if (index->queue.rule.backfill) {
        why->ahead_count = WHY_AHEAD_MAX;
        why->position = backfill_position(index->queue.backfill, job->id, view->time_us, why->ahead,
                                          &why->ahead_count);
        return;
    }
    const struct line *line = &index->line;
    why->position = line_before(line, job->id) + 1;
    uint64_t ahead[WHY_AHEAD_MAX], id = job->id;
    uint32_t count = 0;
    while (count < WHY_AHEAD_MAX && (id = line_previous(line, id)))
        ahead[count++] = id;
    for (uint32_t i = 0; i < count; i++)
        why->ahead[i] = ahead[count - 1 - i];
    why->ahead_count = count;
}

static int64_t most_devices(const struct search *search, enum fleet_room room)
{
    int64_t most = 0;
    uint32_t cursor = 0;
    for (const struct chip *chip; (chip = table_step(&search->inventory->chips, &cursor));) {
        int64_t count = placing_devices_max(search->inventory, room, chip->id);
        if (shape_allows(&search->shape, chip->id) && count > most)
            most = count;
    }
    return most;
}

static int64_t most_memory(const struct search *search, enum fleet_room room)
{
    int64_t most = 0;
    uint32_t cursor = 0;
    for (const struct chip *chip; (chip = table_step(&search->inventory->chips, &cursor));) {
        if (!shape_allows(&search->shape, chip->id))
            continue;
        int64_t mib = placing_memory_max(search->inventory, room, chip->id, search->shape.devices);
        most = mib > most ? mib : most;
    }
    return most;
}

// First in line, and it does not fit.
static void blocked(const struct search *search, struct why *why)
{
    struct search bare = *search;
    struct placement placement;
    bare.shape.memory_mib = 0;
    if (!search_node(&bare, ROOM_OPEN, &placement)) {
        why->rule = WHY_NO_DEVICES;
        why->needs = search->shape.devices;
        why->free = most_devices(search, ROOM_OPEN);
        why->limit = most_devices(search, ROOM_SELLABLE);
        return;
    }
    why->rule = WHY_NO_MEMORY;
    why->needs = search->shape.memory_mib;
    why->free = most_memory(search, ROOM_OPEN);
    why->limit = most_memory(search, ROOM_SELLABLE);
}

// Waiting for others to end would not help it.
static enum why_rule stuck(const struct search *search)
{
    struct placement placement;
    if (!search_priced(search))
        return WHY_NO_PRICE;
    if (search_node(search, ROOM_BUILT, &placement))
        return WHY_NODES_CLOSED;
    struct search bare = *search;
    bare.require = (str){0};
    return search_node(&bare, ROOM_BUILT, &placement) ? WHY_FORBIDDEN : WHY_INFEASIBLE;
}

static void device_limit(const struct account *account, const struct job *head, struct why *why)
{
    int64_t left = account->devices_max - (account->milli_leased + MILLI_WHOLE - 1) / MILLI_WHOLE;
    why->rule = WHY_DEVICE_LIMIT;
    why->needs = shape_devices(&head->shape);
    why->free = left > 0 ? left : 0;
    why->limit = account->devices_max;
}

static void month_limit(const struct place_view *view, const struct account *account,
                        struct why *why)
{
    why->rule = WHY_MONTH_LIMIT;
    why->needs = view->spent_minor(view->context, account->id);
    why->limit = account->month_minor_max;
}

static void when(const struct place_view *view, const struct job *job, int64_t time_us,
                 struct why *why)
{
    if (why->rule == WHY_MONTH_LIMIT) {
        const struct account *account = table_get(&view->market->accounts, job->account);
        why->estimate_known = true;
        why->estimate_us = month_start_us(account->zone, month_at(account->zone, time_us) + 1);
        return;
    }
    struct estimate estimate = estimate_start(view, job, time_us);
    why->estimate_known = estimate.known;
    why->estimate_us = estimate.start_us;
    why->waits_for = estimate.waits_for;
}

static void waiting(const struct place_view *view, const struct job *job, struct why *why)
{
    const struct account *account = table_get(&view->market->accounts, job->account);
    const struct job *first = NULL;
    struct placement placement;
    struct search search = search_for(view, job);
    enum place_turn turn = place_turn(view, &first, &placement);
    // Asked again: a held account is not looked at when a second reason joins the first.
    const struct job *head = queue_head(view->sched, view->market, account);
    enum hold hold = queue_limits(view, account, head);
    if (hold == HOLD_READY)
        hold = queue_hold_of(&view->sched->index->queue, view->market, account);
    in_line(view, job, why);
    why->rule = WHY_BEHIND;
    if (hold == HOLD_LIMIT)
        device_limit(account, head, why);
    else if (hold == HOLD_MONTH)
        month_limit(view, account, why);
    else if (hold == HOLD_STUCK && head == job)
        why->rule = stuck(&search);
    else if (first == job && turn == PLACE_TURN_FITS)
        why->rule = WHY_NEXT;
    else if (first == job)
        blocked(&search, why);
}

// In a reservation: before its start, or until a job of it ends.
static void reserved(const struct place_view *view, const struct job *job, struct why *why)
{
    const struct reservation *row = reservation_get(view->sched, job->reservation);
    const struct account *account = table_get(&view->market->accounts, job->account);
    why->needs = shape_devices(&job->shape);
    why->limit = shape_devices(&row->shape);
    why->estimate_known = row->state == RESERVATION_BOOKED;
    why->estimate_us = why->estimate_known ? row->start_us : 0;
    why->rule = why->estimate_known ? WHY_NOT_STARTED : WHY_RESERVED_FULL;
    enum hold hold = queue_limits(view, account, job);
    if (hold == HOLD_LIMIT)
        device_limit(account, job, why);
    else if (hold == HOLD_MONTH)
        month_limit(view, account, why);
}

void why_job(const struct place_view *view, const struct job *job, int64_t time_us,
             struct why *ret_why)
{
    struct why why = {.rule = job->paused_us      ? WHY_PAUSED
                              : job->cap_permille ? WHY_CAPPED
                                                  : WHY_RUNNING};
    if (why.rule == WHY_CAPPED) {
        why.needs = MILLI_WHOLE;
        why.limit = job->cap_permille;
    }
    if (job->state == JOB_DONE)
        why.rule = WHY_DONE;
    if (job->state == JOB_QUEUED && job->reservation) {
        reserved(view, job, &why);
    } else if (job->state == JOB_QUEUED) {
        waiting(view, job, &why);
        when(view, job, time_us, &why);
    }
    *ret_why = why;
}
