#include "core/sched/search.h"
#include "base/must.h"
#include "core/sched/promise.h"
#include "core/sched/sched_index.h"
#include <string.h>

static uint64_t price_of(const struct search *search, uint64_t chip)
{
    const struct price *price =
        price_for(search->market, chip, search->class, search->account->currency);
    return price ? price->id : 0;
}

// The chips that the shape allows and that have a price, as the index names them.
static uint64_t chips_of(const struct search *search)
{
    uint64_t chips = 0;
    uint32_t cursor = 0;
    for (const struct chip *chip; (chip = table_step(&search->inventory->chips, &cursor));)
        if (shape_allows(&search->shape, chip->id) &&
            (!search->account || price_of(search, chip->id)))
            chips |= placing_chips(search->inventory, chip->id);
    return chips;
}

// The plan's places as nodes: runs of consecutive ids.
static void take_plan(const struct search *search, const struct fleet_plan *plan,
                      struct placement *placement)
{
    const struct inventory *inventory = search->inventory;
    struct lease_run *runs = placing_scratch(inventory, plan->nodes * sizeof *runs);
    uint32_t count = 0;
    for (uint32_t i = 0; i < plan->runs; i++) {
        const struct fleet_run *run = &plan->run[i];
        for (uint32_t place = run->node; place < run->node + run->count; place++) {
            uint64_t node = placing_node(inventory, place);
            struct lease_run *last = count ? &runs[count - 1] : NULL;
            if (last && last->node + last->count == node &&
                memcmp(&last->devices, &run->devices, sizeof run->devices) == 0)
                last->count++;
            else
                runs[count++] = (struct lease_run){node, run->devices, 1, 0};
        }
    }
    placement->node = runs->node;
    placement->devices = runs->devices;
    placement->count = runs->count;
    placement->nodes = plan->nodes;
    placement->runs = count - 1;
    placement->run = runs + 1;
}

// Of each node: the most that any of these chips would be promised.
static int64_t watts_of(const struct search *search, uint64_t chips)
{
    int64_t most = 0;
    uint32_t cursor = 0;
    for (const struct chip *chip;
         search->job && (chip = table_step(&search->inventory->chips, &cursor));) {
        if (!(chips & placing_chips(search->inventory, chip->id)))
            continue;
        int64_t watts = promise_node_w(chip, &search->shape, (enum job_power)search->job->power,
                                       search->shape.nodes);
        most = watts > most ? watts : most;
    }
    return most;
}

bool search_node(const struct search *search, enum fleet_room room, struct placement *ret_placement)
{
    const struct shape *shape = &search->shape;
    struct fleet *fleet = placing_fleet(search->inventory);
    bool priced = shape->devices > 0; // CPU alone has no price and asks for no chip
    struct fleet_shape wanted = {.chips = priced ? chips_of(search) : 0,
                                 .nodes = shape->nodes,
                                 .devices = shape->devices,
                                 .milli = shape->milli,
                                 .slices = shape->slices,
                                 .cpu_milli = shape->cpu_milli,
                                 .memory_mib = shape->memory_mib,
                                 .device_memory_mib = shape->device_memory_mib,
                                 .together = (enum fleet_level)shape->together,
                                 .must = shape->together_must,
                                 .spread = (enum fleet_level)shape->spread,
                                 .from_us = search->from_us,
                                 .until_us = search->until_us ? search->until_us : 1,
                                 .owner = search->reservation,
                                 .classes =
                                     rule_mask(search->rules, search->inventory, search->require),
                                 .room = room};
    // Only reserved work asks for its watts up to its end: others can be held when a cap comes.
    bool firm = search->job && search->job->class == LEASE_RESERVED;
    wanted.watts = watts_of(search, wanted.chips);
    wanted.watts_until_us = firm ? 0 : search->from_us + 1;
    struct fleet_plan plan;
    if ((priced && !wanted.chips) || !fleet_find(fleet, &wanted, &plan))
        return false;
    uint32_t chip_place = fleet_node_chip(fleet, plan.run->node);
    const struct chip *chip = table_at(&search->inventory->chips, chip_place);
    struct placement placement = {.chip = chip->id};
    placement.price = search->account && priced ? price_of(search, chip->id) : 0;
    take_plan(search, &plan, &placement);
    if (search->job)
        placement.watts =
            promise_node_w(chip, shape, (enum job_power)search->job->power, shape->nodes);
    *ret_placement = placement;
    return true;
}

bool search_priced(const struct search *search)
{
    must(search->account);
    if (search->shape.devices == 0)
        return true;
    if (search->shape.chips[0] && !search->shape.chips[1])
        return price_of(search, search->shape.chips[0]);
    uint32_t cursor = 0;
    for (const struct chip *chip; (chip = table_step(&search->inventory->chips, &cursor));)
        if (shape_allows(&search->shape, chip->id) && price_of(search, chip->id) &&
            placing_devices_max(search->inventory, ROOM_BUILT, chip->id))
            return true;
    return false;
}

// Until when a job would run that begins now; without a limit: for ever.
static int64_t runs_until(const struct place_view *view, const struct job *job)
{
    int64_t limit_us, until_us;
    if (job->run_ms_max == 0 || __builtin_mul_overflow(job->run_ms_max, 1000, &limit_us) ||
        __builtin_add_overflow(view->time_us, limit_us, &until_us))
        return INT64_MAX;
    return until_us;
}

struct search search_for(const struct place_view *view, const struct job *job)
{
    return (struct search){
        view->inventory,
        view->market,
        table_get(&view->market->accounts, job->account),
        job->shape,
        (enum lease_class)job->class,
        runs_until(view, job),
        &view->sched->index->rules,
        job_require(view->sched, job),
        job->reservation,
        view->time_us,
        job,
    };
}
