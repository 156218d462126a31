// The jobs of a reservation, on its nodes and nowhere else: the oldest first that fits.
#include "base/must.h"
#include "core/inventory/placing.h"
#include "core/inventory/rack.h"
#include "core/inventory/site.h"
#include "core/fleet/power_tree.h"
#include "core/sched/promise.h"
#include "core/sched/reserve.h"
#include "core/sched/rule_mask.h"
#include "core/sched/sched_index.h"
#include <stdlib.h>
#include <string.h>

struct room { // what a bound node has for a job
    uint64_t node;
    device_set devices; // the lowest that are enough
    uint32_t spare;     // more than it needs
    bool fits, chosen;
};

static device_set lowest(const device_set *from, uint32_t count)
{
    device_set chosen = {0};
    for (uint32_t i = 0; count; i++, count--) {
        i = device_set_next(from, i);
        must(i < DEVICE_SET_MAX);
        device_set_add(&chosen, i);
    }
    return chosen;
}

static void room_of(const struct inventory *inventory, const struct reservation_part *part,
                    const struct job *job, str require, struct room *room)
{
    const struct node *node = table_get(&inventory->nodes, part->node);
    const struct shape *shape = &job->shape;
    device_set open = part->devices;
    for (int i = 0; i < 4; i++)
        open.bits[i] &= node->open.bits[i];
    uint32_t count = device_set_count(&open);
    *room = (struct room){.node = part->node};
    room->fits = node->state == NODE_READY && count >= shape->devices &&
                 node->cpu_milli - node->cpu_leased_milli >= shape->cpu_milli &&
                 node->memory_mib - node->memory_leased_mib >= shape->memory_mib;
    if (room->fits && require.len)
        room->fits = rule_mask_permits(inventory, require, node_site(inventory, node), node->class);
    if (!room->fits)
        return;
    room->devices = lowest(&open, shape->devices);
    room->spare = count - shape->devices;
}

// The site, block or rack of a node as a number; every machine without one is its own.
static uint64_t place_of(const struct inventory *inventory, uint64_t id, uint32_t level)
{
    const struct node *node = table_get(&inventory->nodes, id);
    const struct rack *rack = table_get(&inventory->racks, node->rack);
    if (level == TOGETHER_ANY)
        return 0;
    if (level == TOGETHER_NODE || !rack)
        return id;
    return level == TOGETHER_SITE ? rack->site : level == TOGETHER_BLOCK ? rack->block : rack->id;
}

// Whether a chosen node stands in the same place.
static bool taken(const struct inventory *inventory, const struct room *rooms, uint32_t count,
                  uint64_t node, uint32_t level)
{
    for (uint32_t i = 0; i < count; i++)
        if (rooms[i].chosen &&
            place_of(inventory, rooms[i].node, level) == place_of(inventory, node, level))
            return true;
    return false;
}

// Marks as many as the job needs in the place of the anchor, those with the least to spare first.
static bool choose(const struct inventory *inventory, const struct shape *shape, struct room *rooms,
                   uint32_t count, uint32_t anchor)
{
    uint32_t level = shape->together_must ? shape->together : TOGETHER_ANY;
    uint64_t place = place_of(inventory, rooms[anchor].node, level);
    for (uint32_t i = 0; i < count; i++)
        rooms[i].chosen = false;
    for (uint32_t n = 0; n < shape->nodes; n++) {
        struct room *best = NULL;
        for (uint32_t i = 0; i < count; i++) {
            struct room *room = &rooms[i];
            if (!room->fits || room->chosen || (best && room->spare >= best->spare) ||
                place_of(inventory, room->node, level) != place ||
                (shape->spread && taken(inventory, rooms, count, room->node, shape->spread)))
                continue;
            best = room;
        }
        if (!best)
            return false;
        best->chosen = true;
    }
    return true;
}

static void fill(const struct room *rooms, uint32_t count, struct lease_run *runs,
                 struct placement *placement)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct room *room = &rooms[i];
        struct lease_run *last = used ? &runs[used - 1] : NULL;
        if (!room->chosen)
            continue;
        if (last && last->node + last->count == room->node &&
            memcmp(&last->devices, &room->devices, sizeof room->devices) == 0)
            last->count++;
        else
            runs[used++] = (struct lease_run){room->node, room->devices, 1, 0};
        placement->nodes++;
    }
    placement->node = runs->node;
    placement->devices = runs->devices;
    placement->count = runs->count;
    placement->runs = used - 1;
    placement->run = runs + 1;
}

// Whether the power tree carries the watts of all that are chosen.
static bool fed(const struct place_view *view, const struct job *job, const struct room *rooms,
                uint32_t count, int64_t watts)
{
    const struct inventory *inventory = view->inventory;
    struct power_load *loads = calloc(count, sizeof *loads);
    struct power_span span = {view->time_us, view->time_us + 1, false};
    uint32_t used = 0;
    must(loads);
    if (job->class == LEASE_RESERVED)
        span.until_us = reservation_get(view->sched, job->reservation)->end_us;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t line = placing_line(inventory, table_get(&inventory->nodes, rooms[i].node));
        if (rooms[i].chosen && line != FLEET_NONE)
            loads[used++] = (struct power_load){line, watts};
    }
    bool fits = used == 0 || watts == 0 ||
                power_fits(fleet_power(placing_fleet(inventory)), loads, used, &span);
    free(loads);
    return fits;
}

static uint64_t chip_of(const struct sched *sched, const struct inventory *inventory,
                        const struct reservation *row)
{
    const struct reservation_part *part = reservation_part_at(sched, row, 0);
    return device_chip(inventory, table_get(&inventory->nodes, part->node),
                       device_set_next(&part->devices, 0));
}

static bool place_job(const struct place_view *view, const struct reservation *row,
                      const struct job *job, struct placement *ret_placement)
{
    const struct account *account = table_get(&view->market->accounts, job->account);
    uint64_t chip = chip_of(view->sched, view->inventory, row);
    const struct price *price =
        price_for(view->market, chip, (enum lease_class)job->class, account->currency);
    bool devices = job->shape.devices > 0;
    if (queue_limits(view, account, job) != HOLD_READY || (devices && !price))
        return false;
    size_t each = sizeof(struct room) + sizeof(struct lease_run);
    struct room *rooms = placing_scratch(view->inventory, row->bound * each);
    struct lease_run *runs = (struct lease_run *)(rooms + row->bound);
    str require = job_require(view->sched, job);
    for (uint32_t i = 0; i < row->bound; i++)
        room_of(view->inventory, reservation_part_at(view->sched, row, i), job, require, &rooms[i]);
    const struct chip *kind = table_get(&view->inventory->chips, devices ? chip : 0);
    int64_t watts = promise_node_w(kind, &job->shape, (enum job_power)job->power, job->shape.nodes);
    uint64_t tried = 0;
    uint32_t level = job->shape.together_must ? job->shape.together : TOGETHER_ANY;
    for (uint32_t i = 0; i < row->bound; i++) {
        uint64_t place = place_of(view->inventory, rooms[i].node, level);
        if (i > 0 && place == tried)
            continue;
        tried = place;
        if (!choose(view->inventory, &job->shape, rooms, row->bound, i) ||
            !fed(view, job, rooms, row->bound, watts))
            continue;
        *ret_placement = (struct placement){.job = job->id,
                                            .chip = devices ? chip : 0,
                                            .watts = watts,
                                            .price = devices ? price->id : 0};
        fill(rooms, row->bound, runs, ret_placement);
        return true;
    }
    return false;
}

bool reserve_place(const struct place_view *view, struct placement *ret_placement)
{
    uint32_t cursor = 0;
    if (view->sched->index->reserve.waiting == 0)
        return false;
    for (const struct reservation *row; (row = table_step(&view->sched->reservations, &cursor));) {
        if (row->state != RESERVATION_ACTIVE || row->waiting == 0 ||
            view->time_us >= reservation_stop_us(row))
            continue;
        const struct account *account = table_get(&view->market->accounts, row->account);
        const struct job *job;
        for (uint64_t id = account->queue_first; id; id = job->queue_next) {
            job = table_get(&view->sched->jobs, id);
            if (job->reservation == row->id && place_job(view, row, job, ret_placement))
                return true;
        }
    }
    return false;
}

enum place_verdict reserve_feasible(const struct sched *sched, const struct inventory *inventory,
                                    const struct reservation *row, const struct shape *shape)
{
    if (shape->milli < MILLI_WHOLE)
        return PLACE_NO_SHARES;
    if (shape->devices > row->shape.devices)
        return PLACE_TOO_MANY;
    if (shape->nodes > row->shape.nodes)
        return PLACE_TOO_MANY_NODES;
    return shape_allows(shape, chip_of(sched, inventory, row)) ? PLACE_FITS : PLACE_NO_SUCH_CHIP;
}
