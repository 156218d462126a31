#include "core/fleet/fleet_pick.h"
#include "base/must.h"
#include "core/fleet/fleet_cell.h"
#include <stdlib.h>
#include <string.h>

// The nodes of a cell that pass everything but headroom; gives how many.
static uint32_t cell_mask(const struct query *query, const struct cell *cell, uint64_t *ret_mask)
{
    uint64_t any[BLOCK_WORDS] = {0};
    uint32_t total = 0;
    for (uint32_t count = query->shape.devices; count <= cell->top; count++) {
        const struct count_set *set = &cell->set[query->shape.room][count];
        if (!set->members || query_beyond(query, set))
            continue;
        for (int i = 0; i < BLOCK_WORDS; i++)
            any[i] |= set->bits[i];
    }
    if (!query_mask(query, cell, any, ret_mask))
        return 0;
    for (uint32_t word = 0; word < BLOCK_WORDS; word++) {
        for (uint64_t left = query->plain ? 0 : ret_mask[word]; left; left &= left - 1) {
            uint32_t place = word * 64 + (uint32_t)__builtin_ctzll(left);
            if (!query_node(query, fleet_place_node(query->fleet, cell, place)))
                ret_mask[word] &= ~(UINT64_C(1) << place % 64);
        }
        total += bits_count(ret_mask[word]);
    }
    return total;
}

// At most so many nodes pass: by counts alone.
uint32_t cell_most(const struct query *query, const struct cell *cell)
{
    uint32_t most = 0;
    for (uint32_t count = query->shape.devices; count <= cell->top; count++)
        most += cell->set[query->shape.room][count].members;
    return most;
}

static uint32_t range_count(const uint64_t *mask, uint32_t from, uint32_t count)
{
    uint32_t shift = from % 64;
    uint64_t low = mask[from / 64] >> shift;
    if (shift && from / 64 + 1 < BLOCK_WORDS)
        low |= mask[from / 64 + 1] << (64 - shift);
    if (count < 64)
        low &= (UINT64_C(1) << count) - 1; // a rack has at most 64 nodes
    return bits_count(low);
}

static uint32_t rack_count(const struct fleet *fleet, const struct fleet_rack *rack,
                           const uint64_t *mask)
{
    if (!rack->scattered)
        return range_count(mask, rack->from, rack->nodes);
    uint32_t count = 0;
    for (uint32_t node = rack->first; node != FLEET_NONE; node = fleet_rack_next(fleet, rack, node))
        count += (uint32_t)(mask[fleet->rows[node].place / 64] >> fleet->rows[node].place % 64) & 1;
    return count;
}

// The cell as a pick with its mask and total; false when it has nothing.
bool pick_add(const struct query *query, struct cell *cell)
{
    struct fleet *fleet = query->fleet;
    struct scratch *scratch = &fleet->scratch;
    scratch->picks = fleet_grown(fleet, scratch->picks, &scratch->pick_room,
                                 scratch->pick_count + 1, sizeof *scratch->picks);
    struct pick *pick = &scratch->picks[scratch->pick_count];
    if (!cell_most(query, cell) || !query_fed(query, cell))
        return false;
    pick->cell = cell;
    pick->total = cell_mask(query, cell, pick->mask);
    scratch->pick_count += pick->total > 0;
    return pick->total > 0;
}

static uint32_t group_of(const struct query *query, const struct pick *pick)
{
    if (query->shape.spread == LEVEL_SITE)
        return pick->cell->pool->site;
    return query->shape.spread == LEVEL_BLOCK ? pick->cell->block : FLEET_NONE;
}

// The racks of a pick, fullest first; equal ones in order.
void parts_add(const struct query *query, uint32_t pick_place)
{
    struct fleet *fleet = query->fleet;
    struct scratch *scratch = &fleet->scratch;
    const struct pick *pick = &scratch->picks[pick_place];
    const struct fleet_block *block = &fleet->blocks[pick->cell->block];
    uint32_t start[RACK_COUNTS + 1] = {0}, group = group_of(query, pick);
    uint8_t counts[FLEET_BLOCK_NODES_MAX];
    uint32_t racks = block->racks < FLEET_BLOCK_NODES_MAX ? block->racks : FLEET_BLOCK_NODES_MAX;
    for (uint32_t seat = 0; seat < racks; seat++) {
        const struct fleet_rack *rack = &fleet->racks[block->rack[seat]];
        counts[seat] = rack->nodes && query_line(query, rack->line)
                           ? (uint8_t)rack_count(fleet, rack, pick->mask)
                           : 0;
        start[FLEET_RACK_NODES_MAX - counts[seat] + 1]++;
    }
    for (uint32_t i = 1; i <= RACK_COUNTS; i++)
        start[i] += start[i - 1];
    uint32_t used = start[FLEET_RACK_NODES_MAX]; // racks with nodes
    scratch->parts = fleet_grown(fleet, scratch->parts, &scratch->part_room,
                                 scratch->part_count + used, sizeof *scratch->parts);
    for (uint32_t seat = 0; seat < racks; seat++) {
        if (!counts[seat])
            continue;
        struct rack_part *part =
            &scratch->parts[scratch->part_count + start[FLEET_RACK_NODES_MAX - counts[seat]]++];
        *part = (struct rack_part){
            pick_place, seat, counts[seat], fleet->racks[block->rack[seat]].line, 0, group};
        if (query_spreads(query))
            part->count = 1;
    }
    scratch->part_count += used;
}

void scratch_clear(struct fleet *fleet)
{
    struct scratch *scratch = &fleet->scratch;
    scratch->pick_count = scratch->part_count = scratch->run_count = 0;
    scratch->candidate_count = 0;
}

static int in_order(const void *left, const void *right)
{
    const struct pick *a = left, *b = right;
    return (a->cell->block > b->cell->block) - (a->cell->block < b->cell->block);
}

void run_add(struct fleet *fleet, uint32_t node, const device_set *devices)
{
    struct scratch *scratch = &fleet->scratch;
    struct fleet_run *last = scratch->run_count ? &scratch->runs[scratch->run_count - 1] : NULL;
    if (last && last->node + last->count == node &&
        memcmp(&last->devices, devices, sizeof *devices) == 0) {
        last->count++;
        return;
    }
    scratch->runs = fleet_grown(fleet, scratch->runs, &scratch->run_room, scratch->run_count + 1,
                                sizeof *scratch->runs);
    scratch->runs[scratch->run_count++] = (struct fleet_run){node, 1, *devices};
}

// The lowest nodes of each rack that something was chosen of.
static void choose_nodes(const struct query *query)
{
    struct fleet *fleet = query->fleet;
    struct scratch *scratch = &fleet->scratch;
    for (uint32_t i = 0; i < scratch->pick_count; i++)
        memset(scratch->picks[i].chosen, 0, sizeof scratch->picks[i].chosen);
    for (uint32_t i = 0; i < scratch->part_count; i++) {
        const struct rack_part *part = &scratch->parts[i];
        struct pick *pick = &scratch->picks[part->pick];
        uint32_t left = part->chosen;
        uint32_t rack = fleet->blocks[pick->cell->block].rack[part->seat];
        uint32_t node = fleet->racks[rack].first;
        for (; left; node = fleet_rack_next(fleet, &fleet->racks[rack], node)) {
            uint32_t place = fleet->rows[node].place;
            uint64_t bit = UINT64_C(1) << place % 64;
            if (!(pick->mask[place / 64] & bit))
                continue;
            pick->chosen[place / 64] |= bit;
            left--;
        }
    }
}

void plan_picks(const struct query *query)
{
    struct fleet *fleet = query->fleet;
    struct scratch *scratch = &fleet->scratch;
    choose_nodes(query);
    qsort(scratch->picks, scratch->pick_count, sizeof *scratch->picks, in_order);
    for (uint32_t i = 0; i < scratch->pick_count; i++) {
        const struct pick *pick = &scratch->picks[i];
        for (uint32_t word = 0; word < BLOCK_WORDS; word++)
            for (uint64_t left = pick->chosen[word]; left; left &= left - 1) {
                uint32_t place = word * 64 + (uint32_t)__builtin_ctzll(left);
                uint32_t node = fleet_place_node(fleet, pick->cell, place);
                device_set devices = query_lowest(query, node);
                run_add(fleet, node, &devices);
            }
    }
}
