#include "core/fleet/fleet_find.h"
#include "base/must.h"
#include "core/fleet/fleet_cell.h"
#include "core/fleet/fleet_gang.h"
#include "core/fleet/fleet_score.h"
#include "core/fleet/fleet_use.h"
#include "core/fleet/power_tree.h"
#include <string.h>

uint64_t query_classes(const struct query *query, const struct pool *pool)
{
    return query->shape.classes ? query->shape.classes[pool->site] : ~UINT64_C(0);
}

bool query_permits_all(const struct query *query, const struct pool *pool)
{
    return !(pool->classes & ~query_classes(query, pool));
}

device_set query_devices(const struct query *query, uint32_t node)
{
    const struct node_house *house = &query->fleet->houses[node];
    if (query->shape.room == ROOM_BUILT)
        return house->built;
    const struct node_row *row = &query->fleet->rows[node];
    device_set devices =
        query->shape.room == ROOM_OPEN ? fleet_open_of(query->fleet, node) : house->sellable;
    if (query->locked && row->flags & NODE_WINDOWS) {
        device_set locked = windows_lock(house, &query->shape);
        for (int i = 0; i < 4; i++)
            devices.bits[i] &= ~locked.bits[i];
    }
    return devices;
}

// CPU, memory and watts of the machine.
static bool query_machine(const struct query *query, uint32_t node)
{
    const struct fleet_shape *shape = &query->shape;
    const struct node_row *row = &query->fleet->rows[node];
    const struct node_house *house = &query->fleet->houses[node];
    bool open = shape->room == ROOM_OPEN;
    if (shape->cpu_milli && (open ? row->cpu_milli : house->cpu_milli) < shape->cpu_milli)
        return false;
    if (shape->memory_mib && (open ? row->memory_mib : house->memory_mib) < shape->memory_mib)
        return false;
    int64_t watts = open ? house->watts : 0;
    return !shape->watts || !house->cap_w || watts <= house->cap_w - shape->watts;
}

bool query_node(const struct query *query, uint32_t node)
{
    const struct fleet_shape *shape = &query->shape;
    if (!query_machine(query, node))
        return false;
    if (query->bounded && shape->devices &&
        query->fleet->houses[node].device_memory_mib < shape->device_memory_mib)
        return false;
    if (!query->locked || !(query->fleet->rows[node].flags & NODE_WINDOWS))
        return true;
    device_set devices = query_devices(query, node);
    return device_set_count(&devices) >= shape->devices;
}

bool query_shares(const struct query *query, uint32_t node)
{
    return query_machine(query, node) &&
           query_line(query, query->fleet->racks[query->fleet->houses[node].rack].line);
}

bool query_line(const struct query *query, uint32_t line)
{
    if (!query->powered || line == FLEET_NONE)
        return true;
    struct line_memo *memo = &query->fleet->lines[line];
    if (memo->search != query->fleet->searches) {
        const struct power_load load = {line, query->shape.watts};
        memo->search = query->fleet->searches;
        memo->has = power_has(query->fleet->power, &load, &query->span);
    }
    return memo->has;
}

bool query_fed(const struct query *query, const struct cell *cell)
{
    const struct fleet_block *block = &query->fleet->blocks[cell->block];
    if (!query->powered)
        return true;
    for (uint32_t i = 0; i < block->lines; i++)
        if (query_line(query, block->line[i]))
            return true;
    return false;
}

bool query_beyond(const struct query *query, const struct count_set *set)
{
    const struct fleet_shape *shape = &query->shape;
    return (shape->cpu_milli && set->cpu_most < shape->cpu_milli) ||
           (shape->memory_mib && set->memory_most < shape->memory_mib);
}

bool query_mask(const struct query *query, const struct cell *cell, const uint64_t *bits,
                uint64_t *ret_mask)
{
    uint64_t permitted = query_classes(query, cell->pool), any = 0;
    if (!(cell->classes & permitted))
        return false;
    if (!(cell->classes & ~permitted)) {
        memcpy(ret_mask, bits, BLOCK_WORDS * sizeof *bits);
        return true;
    }
    uint64_t mask[BLOCK_WORDS] = {0};
    for (uint64_t left = cell->classes & permitted; left; left &= left - 1) {
        const uint64_t *class = cell->class_bits[__builtin_ctzll(left)];
        for (int i = 0; i < BLOCK_WORDS; i++)
            mask[i] |= class[i];
    }
    for (int i = 0; i < BLOCK_WORDS; i++)
        any |= ret_mask[i] = mask[i] & bits[i];
    return any;
}

// A search has passed all of the set in vain: its bounds are made exact.
static void tighten(const struct query *query, const struct cell *cell, struct count_set *set)
{
    bool open = query->shape.room == ROOM_OPEN;
    set->cpu_most = set->memory_most = INT64_MIN;
    for (uint32_t word = 0; word < BLOCK_WORDS; word++) {
        for (uint64_t left = set->bits[word]; left; left &= left - 1) {
            uint32_t place = word * 64 + (uint32_t)__builtin_ctzll(left);
            uint32_t node = fleet_place_node(query->fleet, cell, place);
            const struct node_row *row = &query->fleet->rows[node];
            const struct node_house *house = &query->fleet->houses[node];
            int64_t cpu_milli = open ? row->cpu_milli : house->cpu_milli;
            int64_t memory_mib = open ? row->memory_mib : house->memory_mib;
            set->cpu_most = cpu_milli > set->cpu_most ? cpu_milli : set->cpu_most;
            set->memory_most = memory_mib > set->memory_most ? memory_mib : set->memory_most;
        }
    }
}

static uint32_t find_in_set(const struct query *query, struct cell *cell, struct count_set *set)
{
    uint64_t mask[BLOCK_WORDS];
    if (query_beyond(query, set) || !query_fed(query, cell) ||
        !query_mask(query, cell, set->bits, mask))
        return FLEET_NONE;
    for (uint32_t word = 0; word < BLOCK_WORDS; word++) {
        for (uint64_t left = mask[word]; left; left &= left - 1) {
            uint32_t place = word * 64 + (uint32_t)__builtin_ctzll(left);
            uint32_t node = fleet_place_node(query->fleet, cell, place);
            if (!query->plain && !query_node(query, node))
                continue;
            if (!query->powered)
                return node;
            uint32_t line = fleet_rack_of(query->fleet, &query->fleet->rows[node])->line;
            if (query_line(query, line))
                return node;
        }
    }
    if (query->bounded)
        tighten(query, cell, set);
    return FLEET_NONE;
}

// Counts alone decide: the lowest bit of the lowest block.
static uint32_t find_plain(const struct query *query, const struct cell *cell,
                           const struct count_set *set)
{
    uint32_t word = (uint32_t)__builtin_ctz(set->summary);
    uint32_t place = word * 64 + (uint32_t)__builtin_ctzll(set->bits[word]);
    return fleet_place_node(query->fleet, cell, place);
}

uint32_t find_in_pool(const struct query *query, const struct pool *pool)
{
    uint64_t permitted = query_classes(query, pool);
    const struct pool_room *room = &pool->room[query->shape.room];
    if (!(pool->classes & permitted))
        return FLEET_NONE;
    for (uint32_t word = query->shape.devices / 64; word < COUNT_WORDS; word++) {
        uint64_t counts = room->any[word];
        if (word == query->shape.devices / 64)
            counts &= ~UINT64_C(0) << query->shape.devices % 64;
        for (; counts; counts &= counts - 1) {
            uint32_t count = word * 64 + (uint32_t)__builtin_ctzll(counts), seat = 0;
            const struct seats *blocks = &room->blocks[count];
            for (; (seat = seats_next(blocks, seat)) != FLEET_NONE; seat++) {
                struct cell *cell = pool->cell[seat];
                struct count_set *set = &cell->set[query->shape.room][count];
                if (query->plain && !query->powered && !(cell->classes & ~permitted))
                    return find_plain(query, cell, set);
                uint32_t node = find_in_set(query, cell, set);
                if (node != FLEET_NONE)
                    return node;
            }
        }
    }
    return FLEET_NONE;
}

uint32_t find_node(const struct query *query)
{
    for (uint64_t left = query->chips; left; left &= left - 1) {
        uint32_t chip = (uint32_t)__builtin_ctzll(left);
        for (uint32_t site = 0; site < query->fleet->site_count; site++) {
            const struct pool *pool = query->fleet->sites[site].pool[chip];
            uint32_t node = pool ? find_in_pool(query, pool) : FLEET_NONE;
            if (node != FLEET_NONE)
                return node;
        }
    }
    return FLEET_NONE;
}

static struct query query_for(struct fleet *fleet, const struct fleet_shape *shape)
{
    struct query query = {.fleet = fleet, .shape = *shape};
    struct fleet_shape *normal = &query.shape;
    normal->nodes = shape->nodes ? shape->nodes : 1;
    if (!use_is_share(shape->milli))
        normal->milli = 0;
    if (normal->until_us <= normal->from_us)
        normal->until_us = INT64_MAX;
    must(!normal->milli || (normal->nodes == 1 && normal->devices == 1));
    must(normal->devices <= DEVICE_SET_MAX && normal->room < ROOM_KINDS);
    must(normal->cpu_milli >= 0 && normal->memory_mib >= 0 && normal->watts >= 0);
    query.chips = (shape->chips ? shape->chips : ~UINT64_C(0)) & fleet->chips;
    query.bounded = normal->cpu_milli || normal->memory_mib || normal->device_memory_mib;
    query.powered = normal->watts && power_edges(fleet->power);
    query.span = (struct power_span){
        normal->from_us, normal->watts_until_us ? normal->watts_until_us : normal->until_us,
        normal->room != ROOM_OPEN};
    query.locked = fleet->window_count && normal->room != ROOM_BUILT;
    query.plain = !query.bounded && !query.locked && !(normal->watts && fleet->capped);
    return query;
}

device_set query_lowest(const struct query *query, uint32_t node)
{
    device_set among = query_devices(query, node), lowest = {0};
    uint32_t left = query->shape.devices;
    for (int i = 0; i < 4 && left; i++)
        for (uint64_t bits = among.bits[i]; bits && left; bits &= bits - 1, left--)
            lowest.bits[i] |= bits & -bits;
    return lowest;
}

static void plan_node(const struct query *query, uint32_t node, struct fleet_plan *ret_plan)
{
    struct scratch *scratch = &query->fleet->scratch;
    scratch->one = (struct fleet_run){node, 1, query_lowest(query, node)};
    *ret_plan = (struct fleet_plan){1, 1, &scratch->one};
}

// The partly taken device with the least left that is enough, the lowest of these.
static bool find_shared(const struct query *query, const struct pool *pool,
                        struct fleet_run *ret_run, uint32_t *least)
{
    const struct fleet *fleet = query->fleet;
    bool found = false;
    for (uint32_t seat = 0; seat < pool->cells_room && pool->shared_nodes; seat++) {
        const struct cell *cell = pool->cell[seat];
        uint64_t mask[BLOCK_WORDS];
        if (!cell || !cell->shared_nodes || !query_mask(query, cell, cell->shared, mask))
            continue;
        for (uint32_t place = 0; place < FLEET_BLOCK_NODES_MAX; place++) {
            if (!(mask[place / 64] >> place % 64 & 1))
                continue;
            uint32_t node = fleet_place_node(fleet, cell, place);
            uint32_t left, device = share_best(query, node, &left);
            if (device == FLEET_NONE || left >= *least)
                continue;
            *least = left;
            *ret_run = (struct fleet_run){.node = node, .count = 1};
            device_set_add(&ret_run->devices, device);
            found = true;
        }
    }
    return found;
}

static bool find_share(const struct query *query, struct fleet_plan *ret_plan)
{
    struct scratch *scratch = &query->fleet->scratch;
    uint32_t least = UINT32_MAX;
    bool found = false;
    for (uint64_t left = query->chips; left && query->shape.room == ROOM_OPEN; left &= left - 1)
        for (uint32_t site = 0; site < query->fleet->site_count; site++) {
            const struct pool *pool = query->fleet->sites[site].pool[__builtin_ctzll(left)];
            if (pool)
                found |= find_shared(query, pool, &scratch->one, &least);
        }
    if (found)
        *ret_plan = (struct fleet_plan){1, 1, &scratch->one};
    return found;
}

bool fleet_find(struct fleet *fleet, const struct fleet_shape *shape, struct fleet_plan *ret_plan)
{
    struct query query = query_for(fleet, shape);
    fleet->searches++;
    fleet->scratch.tries = FIND_TRIES;
    if (query.shape.nodes > 1)
        return gang_find(&query, ret_plan);
    if (fleet->frag && query.shape.room == ROOM_OPEN) {
        if (score_find(&query, ret_plan))
            return true;
        if (!query.locked) // else the best device may be locked and another of the node open
            return false;
    }
    if (query.shape.milli && find_share(&query, ret_plan))
        return true;
    uint32_t node = find_node(&query);
    if (node == FLEET_NONE)
        return false;
    plan_node(&query, node, ret_plan);
    return true;
}
