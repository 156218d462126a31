#include "core/sched/search.h"
#include "base/must.h"

static uint64_t price_of(const struct search *search, uint64_t chip)
{
    const struct price *price =
        price_for(search->market, chip, search->class, search->account->currency);
    return price ? price->id : 0;
}

// The node for one chip; false when there is none or it has no price.
static bool search_chip(const struct search *search, enum fit_kind kind, uint64_t chip,
                        struct placement *ret_placement)
{
    uint64_t price = search->account ? price_of(search, chip) : 0;
    if (search->account && !price)
        return false;
    const struct chip *row = table_get(&search->inventory->chips, chip);
    if (!row || row->memory_mib < search->shape.device_memory_mib)
        return false;
    struct fit_query query = {kind, chip, search->shape.devices, search->shape.memory_mib,
                              search->until_us};
    const struct node *node = fit_first(search->inventory, &query);
    if (!node)
        return false;
    *ret_placement = (struct placement){.node = node->id, .chip = chip, .price = price};
    return true;
}

bool search_node(const struct search *search, enum fit_kind kind, struct placement *ret_placement)
{
    if (search->shape.chips[0] && !search->shape.chips[1])
        return search_chip(search, kind, search->shape.chips[0], ret_placement);
    bool found = false;
    uint32_t cursor = 0;
    for (const struct chip *chip; (chip = table_step(&search->inventory->chips, &cursor));) {
        struct placement placement;
        if (!shape_allows(&search->shape, chip->id) ||
            !search_chip(search, kind, chip->id, &placement))
            continue;
        if (!found || placement.node < ret_placement->node)
            *ret_placement = placement;
        found = true;
    }
    return found;
}

bool search_priced(const struct search *search)
{
    must(search->account);
    if (search->shape.chips[0] && !search->shape.chips[1])
        return price_of(search, search->shape.chips[0]);
    uint32_t cursor = 0;
    for (const struct chip *chip; (chip = table_step(&search->inventory->chips, &cursor));)
        if (shape_allows(&search->shape, chip->id) && price_of(search, chip->id) &&
            fit_devices_max(search->inventory, FIT_BUILT, chip->id))
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
    };
}
