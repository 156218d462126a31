#include "core/sched/place.h"
#include "base/must.h"
#include "core/sched/sched_index.h"
#include "core/sched/search.h"

// The lowest open devices of the chip.
static device_set choose(const struct inventory *inventory, const struct placement *placement,
                         uint32_t count)
{
    const struct node *node = table_get(&inventory->nodes, placement->node);
    device_set chosen = {0};
    for (uint32_t from = 0; count; from++) {
        from = device_set_next(&node->open, from);
        must(from < DEVICE_SET_MAX);
        if (!node->chip && device_chip(inventory, node, from) != placement->chip)
            continue;
        device_set_add(&chosen, from);
        count--;
    }
    return chosen;
}

static bool search_devices(const struct search *search, struct placement *ret_placement)
{
    struct placement placement;
    if (!search_node(search, FIT_OPEN, &placement))
        return false;
    placement.devices = choose(search->inventory, &placement, search->shape.devices);
    placement.count = placement.nodes = 1;
    *ret_placement = placement;
    return true;
}

bool place_find(const struct inventory *inventory, const struct shape *shape,
                struct placement *ret_placement)
{
    return search_devices(&(struct search){.inventory = inventory, .shape = *shape}, ret_placement);
}

// The most devices of the shape's chip (of any chip) on one node.
static uint32_t devices_max(const struct inventory *inventory, const struct shape *shape)
{
    uint32_t most = 0, cursor = 0;
    for (const struct chip *chip; (chip = table_step(&inventory->chips, &cursor));) {
        uint32_t count = fit_devices_max(inventory, FIT_BUILT, chip->id);
        if (shape_allows(shape, chip->id) && count > most)
            most = count;
    }
    return most;
}

enum place_verdict place_feasible(const struct inventory *inventory, const struct market *market,
                                  const struct account *account, const struct shape *shape,
                                  enum lease_class class)
{
    must(!shape_wrong(shape) && shape->nodes >= 1 && shape->milli >= 1);
    struct search search = {inventory, market, account, *shape, class};
    struct placement placement;
    uint32_t most = devices_max(inventory, shape);
    if (most == 0)
        return PLACE_NO_SUCH_CHIP;
    if (!search_priced(&search))
        return PLACE_NO_PRICE;
    if (account->devices_max != NO_LIMIT &&
        (shape_milli(shape) + MILLI_WHOLE - 1) / MILLI_WHOLE > account->devices_max)
        return PLACE_OVER_LIMIT;
    if (shape->nodes > 1)
        return PLACE_TOO_MANY_NODES; // the index places on one node
    if (shape->milli < MILLI_WHOLE)
        return PLACE_NO_SHARES;
    if (shape->cpu_milli)
        return PLACE_TOO_MUCH_CPU;
    search.shape.memory_mib = 0;
    if (shape->devices > most || !search_node(&search, FIT_BUILT, &placement))
        return PLACE_TOO_MANY;
    search.shape.memory_mib = shape->memory_mib;
    if (!search_node(&search, FIT_BUILT, &placement))
        return PLACE_TOO_MUCH_MEMORY;
    return search_node(&search, FIT_OPEN, &placement) ? PLACE_FITS : PLACE_BUSY;
}

// Nothing has grown since this job was found not to fit.
static bool still_blocked(const struct queue *queue, const struct place_view *view,
                          const struct job *job)
{
    return queue->blocked_job == job->id &&
           queue->blocked_market == market_generation(view->market) &&
           queue->blocked_open == fit_generation(view->inventory, FIT_OPEN);
}

static enum place_turn turn_of(const struct place_view *view, const struct job *job,
                               struct placement *ret_placement)
{
    struct queue *queue = &view->sched->index->queue;
    if (still_blocked(queue, view, job))
        return PLACE_TURN_BLOCKED;
    struct search search = search_for(view, job);
    struct placement placement;
    if (search_devices(&search, &placement)) {
        placement.job = job->id;
        *ret_placement = placement;
        return PLACE_TURN_FITS;
    }
    if (!search_node(&search, FIT_SELLABLE, &placement))
        return PLACE_TURN_NONE;
    queue->blocked_job = job->id;
    queue->blocked_market = market_generation(view->market);
    queue->blocked_open = fit_generation(view->inventory, FIT_OPEN);
    return PLACE_TURN_BLOCKED;
}

enum place_turn place_turn(const struct place_view *view, const struct job **ret_job,
                           struct placement *ret_placement)
{
    struct queue *queue = &view->sched->index->queue;
    queue_refresh(queue, view);
    for (const struct account *account; (account = queue_first(queue, view->market));) {
        const struct job *job = table_get(&view->sched->jobs, account->queue_first);
        must(job && job->state == JOB_QUEUED);
        enum hold hold = queue_limits(view, account, job);
        enum place_turn turn = PLACE_TURN_NONE;
        if (hold == HOLD_READY)
            turn = turn_of(view, job, ret_placement);
        if (turn != PLACE_TURN_NONE) {
            *ret_job = job;
            return turn;
        }
        queue_hold(queue, view->market, account, hold == HOLD_READY ? HOLD_STUCK : hold);
    }
    return PLACE_TURN_NONE;
}

bool place_next(const struct place_view *view, struct placement *ret_placement)
{
    const struct job *job;
    return place_turn(view, &job, ret_placement) == PLACE_TURN_FITS;
}
