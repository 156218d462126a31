#include "core/sched/place.h"
#include "base/must.h"
#include "core/sched/sched_index.h"
#include "core/sched/search.h"

bool place_find(const struct inventory *inventory, const struct shape *shape,
                struct placement *ret_placement)
{
    return search_node(&(struct search){.inventory = inventory, .shape = *shape}, ROOM_OPEN,
                       ret_placement);
}

// The most devices of the shape's chip (of any chip) on one node.
static uint32_t devices_max(const struct inventory *inventory, const struct shape *shape)
{
    uint32_t most = 0, cursor = 0;
    for (const struct chip *chip; (chip = table_step(&inventory->chips, &cursor));) {
        uint32_t count = placing_devices_max(inventory, ROOM_BUILT, chip->id);
        if (shape_allows(shape, chip->id) && count > most)
            most = count;
    }
    return most;
}

// What the house as it is built has too little of; FITS: nothing.
static enum place_verdict too_much(const struct search *search, uint32_t devices_most)
{
    const struct shape *shape = &search->shape;
    struct search bare = *search;
    struct placement placement;
    bare.shape.memory_mib = bare.shape.cpu_milli = 0;
    if (shape->devices > devices_most)
        return PLACE_TOO_MANY;
    if (!search_node(&bare, ROOM_BUILT, &placement)) {
        if (shape->nodes > 1)
            return PLACE_TOO_MANY_NODES;
        return shape->milli < MILLI_WHOLE ? PLACE_NO_SHARES : PLACE_TOO_MANY;
    }
    bare.shape.cpu_milli = shape->cpu_milli;
    if (!search_node(&bare, ROOM_BUILT, &placement))
        return PLACE_TOO_MUCH_CPU;
    return search_node(search, ROOM_BUILT, &placement) ? PLACE_FITS : PLACE_TOO_MUCH_MEMORY;
}

enum place_verdict place_feasible(const struct place_ask *ask, const struct shape *shape)
{
    must(!shape_wrong(shape) && shape->nodes >= 1 && shape->milli >= 1);
    const struct account *account = ask->account;
    struct search search = {.inventory = ask->inventory,
                            .market = ask->market,
                            .account = account,
                            .shape = *shape,
                            .class = ask->class,
                            .rules = &ask->sched->index->rules};
    struct placement placement;
    uint32_t most = devices_max(ask->inventory, shape);
    if (most == 0 && shape->devices > 0)
        return PLACE_NO_SUCH_CHIP;
    if (!search_priced(&search))
        return PLACE_NO_PRICE;
    if (account->devices_max != NO_LIMIT &&
        (shape_milli(shape) + MILLI_WHOLE - 1) / MILLI_WHOLE > account->devices_max)
        return PLACE_OVER_LIMIT;
    enum place_verdict wants = too_much(&search, most);
    if (wants != PLACE_FITS)
        return wants;
    search.require = ask->require;
    if (ask->require.len && !search_node(&search, ROOM_BUILT, &placement))
        return PLACE_FORBIDDEN;
    return search_node(&search, ROOM_OPEN, &placement) ? PLACE_FITS : PLACE_BUSY;
}

// One question of whose turn it is.
struct ask {
    const struct place_view *view;
    struct queue *queue;
    struct horizon *horizon;
    enum hold hold;             // of the job that was looked at last
    uint64_t found;             // whom the placement is for
    struct placement placement; // what was found last, as long as nothing else was searched
};

// A place for the job now; a placement lasts until the next search.
static bool find(struct ask *ask, const struct job *job)
{
    struct search search = search_for(ask->view, job);
    ask->found = 0;
    if (!search_node(&search, ROOM_OPEN, &ask->placement))
        return false;
    ask->found = ask->placement.job = job->id;
    return true;
}

static enum backfill_look look(void *context, const struct backfill_job *waiting, int64_t time_us)
{
    struct ask *ask = context;
    const struct place_view *view = ask->view;
    const struct job *job = table_get(&view->sched->jobs, waiting->id);
    must(job && job->state == JOB_QUEUED);
    ask->hold = queue_limits(view, table_at(&view->market->accounts, waiting->account), job);
    if (ask->hold != HOLD_READY)
        return LOOK_HELD;
    if (find(ask, job)) {
        bool disturbs = horizon_disturbs(ask->horizon, ask->placement.chip, waiting, time_us);
        return disturbs ? LOOK_BLOCKED : LOOK_FITS;
    }
    struct search search = search_for(view, job);
    struct placement placement;
    if (search_node(&search, ROOM_SELLABLE, &placement))
        return LOOK_BLOCKED;
    ask->hold = HOLD_STUCK;
    return LOOK_HELD;
}

// Of the chips it may use, the one that is free first. None: it closes them all.
static bool keep(void *context, const struct backfill_job *waiting, int64_t time_us,
                 int64_t *ret_us)
{
    struct ask *ask = context;
    const struct inventory *inventory = ask->view->inventory;
    const struct job *job = table_get(&ask->view->sched->jobs, waiting->id);
    struct horizon_kept kept = {.job = job->id, .amount = waiting->amount, .shape = job->shape};
    uint32_t cursor = 0;
    for (const struct chip *chip; (chip = table_step(&inventory->chips, &cursor));) {
        int64_t at_us;
        if (!shape_allows(&job->shape, chip->id) ||
            !horizon_fit(ask->horizon, inventory, chip->id, waiting, time_us, &at_us) ||
            (kept.chip && at_us >= kept.from_us))
            continue;
        kept.chip = chip->id;
        kept.from_us = at_us;
    }
    if (__builtin_add_overflow(kept.from_us, waiting->run_us, &kept.until_us))
        kept.until_us = UNTIL_EVER;
    horizon_keep(ask->horizon, &kept);
    *ret_us = kept.from_us;
    return kept.chip;
}

static void unkeep(void *context, const struct backfill_job *waiting)
{
    struct ask *ask = context;
    horizon_unkeep(ask->horizon, waiting->id);
}

static void held(void *context, const struct backfill_job *waiting)
{
    struct ask *ask = context;
    queue_hold(ask->queue, waiting->account, ask->hold);
}

static bool holds(void *context, const struct backfill_job *waiting)
{
    struct ask *ask = context;
    const struct place_view *view = ask->view;
    return queue_limits(view, table_at(&view->market->accounts, waiting->account),
                        table_get(&view->sched->jobs, waiting->id)) != HOLD_READY;
}

// Changes whenever a search that found nothing may find something.
static uint64_t grown(const struct place_view *view)
{
    return market_generation(view->market) + placing_generation(view->inventory, ROOM_OPEN) +
           placing_generation(view->inventory, ROOM_SELLABLE);
}

enum place_turn place_turn(const struct place_view *view, const struct job **ret_job,
                           struct placement *ret_placement)
{
    struct sched_index *index = view->sched->index;
    struct ask ask = {.view = view, .queue = &index->queue, .horizon = &index->horizon};
    queue_refresh(ask.queue, view);
    if (!ask.queue->backfill)
        return PLACE_TURN_NONE;
    struct backfill_house house = {&ask, look, keep, unkeep, held, holds};
    const struct backfill_job *waiting;
    enum backfill_turn turn =
        backfill_next(ask.queue->backfill, &house, view->time_us, grown(view), &waiting);
    if (turn == BACKFILL_NONE)
        return PLACE_TURN_NONE;
    *ret_job = table_get(&view->sched->jobs, waiting->id);
    if (turn == BACKFILL_BLOCKED)
        return PLACE_TURN_BLOCKED;
    if (ask.found != waiting->id) // others were searched for since; nothing has been taken
        must(find(&ask, *ret_job));
    *ret_placement = ask.placement;
    return PLACE_TURN_FITS;
}

bool place_next(const struct place_view *view, struct placement *ret_placement)
{
    const struct job *job;
    return place_turn(view, &job, ret_placement) == PLACE_TURN_FITS;
}
