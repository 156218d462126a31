#include "base/must.h"
#include "core/fleet/fleet_cell.h"
#include "core/fleet/fleet_gang.h"

// The rack with the fewest nodes that are enough, over one pool: the cell and the rack's seat.
static struct cell *best_rack(const struct query *query, const struct pool *pool,
                              uint32_t *ret_seat)
{
    struct scratch *scratch = &query->fleet->scratch;
    struct cell *best = NULL;
    uint32_t nodes = query->shape.nodes, fewest = FLEET_NONE;
    for (uint32_t seat = 0; seat < pool->cells_room && fewest > nodes; seat++) {
        scratch_clear(query->fleet);
        struct cell *cell = pool->cell[seat];
        if (!cell || cell_most(query, cell) < nodes || !pick_add(query, cell))
            continue;
        parts_add(query, 0);
        for (uint32_t i = 0; i < scratch->part_count; i++) {
            struct rack_part *part = &scratch->parts[i];
            if (part->count < nodes || part->count >= fewest || !solve_parts(query, part, 1, nodes))
                continue;
            best = cell;
            *ret_seat = part->seat;
            fewest = part->count;
        }
    }
    return best;
}

// Whole nodes of a pool whose nodes are all alike: the racks are counted already.
static bool counted_racks(const struct query *query, const struct pool *pool)
{
    return query->plain && query->shape.room == ROOM_OPEN && !pool->tops_differ &&
           query->shape.devices == pool->top && pool->top && query_permits_all(query, pool);
}

// The first rack of the cell with exactly so many whole nodes and headroom for the gang.
static uint32_t counted_rack(const struct query *query, const struct cell *cell, uint32_t whole)
{
    const struct fleet *fleet = query->fleet;
    const struct fleet_block *block = &fleet->blocks[cell->block];
    uint32_t bad_line = FLEET_NONE;
    if (!query_fed(query, cell))
        return FLEET_NONE;
    for (uint32_t seat = 0; seat < cell->rack_room; seat++) {
        if (cell->rack_whole[seat] != whole)
            continue;
        uint32_t line = fleet->racks[block->rack[seat]].line;
        if (line != FLEET_NONE && line == bad_line)
            continue;
        if (solve_line(query, line, query->shape.nodes))
            return seat;
        bad_line = line;
    }
    return FLEET_NONE;
}

// The lowest whole nodes of the rack are the plan.
static void plan_rack(const struct query *query, struct cell *cell, uint32_t seat)
{
    struct fleet *fleet = query->fleet;
    const struct fleet_rack *rack = &fleet->racks[fleet->blocks[cell->block].rack[seat]];
    scratch_clear(fleet);
    uint32_t left = query->shape.nodes;
    for (uint32_t node = rack->first; left; node = fleet_rack_next(fleet, rack, node)) {
        if (fleet->rows[node].cell != cell || fleet->rows[node].count != cell->top)
            continue;
        device_set open = fleet_open_of(fleet, node);
        run_add(fleet, node, &open);
        left--;
    }
}

static bool pool_counted(const struct query *query, const struct pool *pool)
{
    for (uint32_t word = query->shape.nodes / 64; word < 2; word++) {
        uint64_t wholes = pool->rack_any[word];
        if (word == query->shape.nodes / 64)
            wholes &= ~UINT64_C(0) << query->shape.nodes % 64;
        for (; wholes; wholes &= wholes - 1) {
            uint32_t whole = word * 64 + (uint32_t)__builtin_ctzll(wholes);
            const struct seats *blocks = &pool->racks[whole];
            for (uint32_t seat = 0; (seat = seats_next(blocks, seat)) != FLEET_NONE; seat++) {
                uint32_t rack = counted_rack(query, pool->cell[seat], whole);
                if (rack == FLEET_NONE)
                    continue;
                plan_rack(query, pool->cell[seat], rack);
                return true;
            }
        }
    }
    return false;
}

bool pool_rack(const struct query *query, const struct pool *pool)
{
    struct scratch *scratch = &query->fleet->scratch;
    uint32_t seat = 0;
    if (counted_racks(query, pool))
        return pool_counted(query, pool);
    struct cell *cell = best_rack(query, pool, &seat);
    scratch_clear(query->fleet);
    if (!cell)
        return false;
    must(pick_add(query, cell));
    parts_add(query, 0);
    for (uint32_t i = 0; i < scratch->part_count; i++)
        if (scratch->parts[i].seat == seat)
            return solve_parts(query, &scratch->parts[i], 1, query->shape.nodes);
    return false;
}
