#include "core/fleet/fleet_score.h"
#include "base/must.h"
#include "core/fleet/fleet_use.h"
#include "core/fleet/frag.h"

static struct frag_device share_left(const struct share *share, int64_t memory_mib)
{
    int64_t left_mib = memory_mib - share->memory_mib;
    struct frag_device device = {
        .milli = (uint16_t)(FLEET_MILLI_WHOLE - share->milli),
        .slices = (uint16_t)(share->slices ? FLEET_SLICES_WHOLE - share->slices : 0),
        .memory_mib = (int32_t)(left_mib > 0 ? left_mib : 0)};
    if (share->slices && !device.slices) // cut up: what milli remain are no share
        device.milli = 0;
    return device;
}

static void read_node(void *context, uint32_t node, struct frag_state *ret_state)
{
    const struct fleet *fleet = context;
    const struct node_row *row = &fleet->rows[node];
    const struct node_house *house = &fleet->houses[node];
    const device_set open = fleet_open_of(fleet, node);
    int64_t memory_mib = house->device_memory_mib;
    memory_mib = memory_mib < INT32_MAX ? memory_mib : INT32_MAX;
    ret_state->chip = row->cell->pool->chip;
    ret_state->cpu_milli = row->cpu_milli > 0 ? row->cpu_milli : 0;
    ret_state->memory_mib = row->memory_mib > 0 ? row->memory_mib : 0;
    ret_state->devices = 0;
    for (uint32_t i = device_set_next(&house->sellable, 0); i < DEVICE_SET_MAX;
         i = device_set_next(&house->sellable, i + 1)) {
        while (ret_state->devices <= i)
            ret_state->device[ret_state->devices++] = (struct frag_device){0};
        if (device_set_has(&open, i))
            ret_state->device[i] =
                (struct frag_device){FLEET_MILLI_WHOLE, FLEET_SLICES_WHOLE, (int32_t)memory_mib};
        else if (i < house->share_room && house->shares[i].milli)
            ret_state->device[i] = share_left(&house->shares[i], memory_mib);
    }
}

// What only this search forbids: classes, watts, other owners' windows.
static bool allow(void *context, uint32_t node, device_set *devices)
{
    const struct query *query = context;
    const struct node_house *house = &query->fleet->houses[node];
    const struct node_row *row = &query->fleet->rows[node];
    if (!(query_classes(query, row->cell->pool) >> house->class & 1) || !query_shares(query, node))
        return false;
    if (query->locked && row->flags & NODE_WINDOWS) {
        device_set locked = windows_lock(house, &query->shape);
        for (int i = 0; i < 4; i++)
            devices->bits[i] &= ~locked.bits[i];
    }
    return true;
}

void fleet_typical(struct fleet *fleet, const struct typical *table, uint32_t count)
{
    if (!fleet->frag) {
        fleet->frag = frag_create(read_node, fleet);
        for (uint32_t node = 0; node < fleet->node_count; node++)
            frag_touch(fleet->frag, node);
    }
    frag_typical(fleet->frag, table, count);
}

void fleet_policy(struct fleet *fleet, enum fleet_policy policy)
{
    fleet->policy = policy;
}

int64_t fleet_fragmentation(struct fleet *fleet)
{
    return fleet->frag ? frag_fragmentation(fleet->frag) : 0;
}

bool score_find(const struct query *query, struct fleet_plan *ret_plan)
{
    struct scratch *scratch = &query->fleet->scratch;
    bool free = !query->shape.classes && !query->shape.watts && !query->locked;
    struct query asked = *query;
    struct frag_ask ask = {&asked.shape, query->fleet->policy, free ? NULL : allow, &asked};
    struct frag_choice choice;
    if (!frag_find(query->fleet->frag, &ask, &choice))
        return false;
    scratch->one = (struct fleet_run){choice.node, 1, choice.devices};
    *ret_plan = (struct fleet_plan){1, 1, &scratch->one};
    return true;
}
