#include "core/fleet/fleet_gang.h"
#include "base/must.h"
#include "core/fleet/fleet_cell.h"
#include <stdlib.h>
#include <string.h>

static int most_first(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    if (a->most != b->most)
        return a->most > b->most ? -1 : 1;
    return (a->cell->block > b->cell->block) - (a->cell->block < b->cell->block);
}

static int least_first(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    if (a->most != b->most)
        return a->most < b->most ? -1 : 1;
    return (a->cell->block > b->cell->block) - (a->cell->block < b->cell->block);
}

// The cells of a pool with at least so many nodes, by counts; gives the sum.
static uint32_t candidates_add(const struct query *query, const struct pool *pool, uint32_t least)
{
    struct scratch *scratch = &query->fleet->scratch;
    uint32_t sum = 0;
    scratch->candidates =
        fleet_grown(query->fleet, scratch->candidates, &scratch->candidate_room,
                    scratch->candidate_count + pool->cells, sizeof *scratch->candidates);
    for (uint32_t seat = 0; seat < pool->cells_room; seat++) {
        struct cell *cell = pool->cell[seat];
        uint32_t most = cell ? cell_most(query, cell) : 0;
        if (!most || most < least)
            continue;
        scratch->candidates[scratch->candidate_count++] = (struct candidate){cell, most};
        sum += most;
    }
    return sum;
}

// Fewer nodes than that are not enough, whatever else is asked.
static bool pool_has(const struct query *query, const struct pool *pool)
{
    uint32_t nodes = 0;
    for (uint32_t count = query->shape.devices; count <= pool->top; count++)
        nodes += pool->room[query->shape.room].members[count];
    return nodes >= query->shape.nodes;
}

// A block on one line that has no headroom for all of them.
static bool block_short(const struct query *query, const struct cell *cell)
{
    const struct fleet_block *block = &query->fleet->blocks[cell->block];
    return block->lines == 1 && !solve_line(query, block->line[0], query->shape.nodes);
}

static bool pool_block(const struct query *query, const struct pool *pool)
{
    struct scratch *scratch = &query->fleet->scratch;
    scratch_clear(query->fleet);
    candidates_add(query, pool, query->shape.nodes);
    qsort(scratch->candidates, scratch->candidate_count, sizeof *scratch->candidates, least_first);
    for (uint32_t i = 0; i < scratch->candidate_count; i++) {
        scratch->pick_count = scratch->part_count = 0;
        if (block_short(query, scratch->candidates[i].cell) ||
            !pick_add(query, scratch->candidates[i].cell) ||
            scratch->picks[0].total < query->shape.nodes)
            continue;
        parts_add(query, 0);
        if (solve_parts(query, scratch->parts, scratch->part_count, query->shape.nodes))
            return true;
    }
    return false;
}

// Of those with enough for the rest the first of the least full.
static void last_arrange(struct candidate *candidates, uint32_t count, uint32_t left)
{
    uint32_t last = 0;
    for (uint32_t i = 1; i < count && candidates[i].most >= left; i++)
        if (candidates[i].most < candidates[last].most)
            last = i;
    struct candidate swap = candidates[0];
    candidates[0] = candidates[last];
    candidates[last] = swap;
}

// Blocks with most room first, the last one as it fits best; more of them only when headroom or
// what else is asked makes that necessary.
static bool candidates_solve(const struct query *query, uint32_t sum)
{
    struct scratch *scratch = &query->fleet->scratch;
    uint32_t nodes = query->shape.nodes, total = 0;
    bool arranged = false, spreads = query_spreads(query); // then groups stay together
    if (sum < nodes)
        return false;
    if (!spreads)
        qsort(scratch->candidates, scratch->candidate_count, sizeof *scratch->candidates,
              most_first);
    for (uint32_t i = 0; i < scratch->candidate_count; i++) {
        struct candidate *candidate = &scratch->candidates[i];
        if (!spreads && !arranged && total < nodes && candidate->most >= nodes - total) {
            last_arrange(candidate, scratch->candidate_count - i, nodes - total);
            arranged = true;
        }
        if (!pick_add(query, candidate->cell))
            continue;
        total += scratch->picks[scratch->pick_count - 1].total;
        parts_add(query, scratch->pick_count - 1);
        if (total >= nodes && query->plain && !query->powered && !spreads)
            break;
    }
    return solve_parts(query, scratch->parts, scratch->part_count, nodes);
}

static bool pool_site(const struct query *query, const struct pool *pool)
{
    scratch_clear(query->fleet);
    return candidates_solve(query, candidates_add(query, pool, 1));
}

static bool all_sites(const struct query *query, uint32_t chip)
{
    const struct fleet *fleet = query->fleet;
    uint32_t sum = 0;
    scratch_clear(query->fleet);
    for (uint32_t site = 0; site < fleet->site_count; site++)
        if (fleet->sites[site].pool[chip])
            sum += candidates_add(query, fleet->sites[site].pool[chip], 1);
    return candidates_solve(query, sum);
}

static bool at_level(const struct query *query, enum fleet_level level, uint32_t chip)
{
    const struct fleet *fleet = query->fleet;
    if (level == LEVEL_ANY)
        return all_sites(query, chip);
    for (uint32_t site = 0; site < fleet->site_count; site++) {
        const struct pool *pool = fleet->sites[site].pool[chip];
        if (!pool || !pool_has(query, pool) || !(pool->classes & query_classes(query, pool)))
            continue;
        if (level == LEVEL_RACK    ? pool_rack(query, pool)
            : level == LEVEL_BLOCK ? pool_block(query, pool)
                                   : pool_site(query, pool))
            return true;
    }
    return false;
}

bool gang_find(const struct query *query, struct fleet_plan *ret_plan)
{
    const struct fleet_shape *shape = &query->shape;
    int level = query_spreads(query) ? (int)shape->spread - 1 : LEVEL_RACK;
    int widest = shape->must ? (int)shape->together : LEVEL_ANY;
    for (; level >= widest; level--) {
        if ((level == LEVEL_RACK && shape->nodes > FLEET_RACK_NODES_MAX) ||
            (level == LEVEL_BLOCK && shape->nodes > FLEET_BLOCK_NODES_MAX))
            continue;
        for (uint64_t left = query->chips; left; left &= left - 1) {
            if (!at_level(query, (enum fleet_level)level, (uint32_t)__builtin_ctzll(left)))
                continue;
            if (query->fleet->scratch.pick_count)
                plan_picks(query);
            *ret_plan = (struct fleet_plan){query->fleet->scratch.run_count, shape->nodes,
                                            query->fleet->scratch.runs};
            return true;
        }
    }
    return false;
}
