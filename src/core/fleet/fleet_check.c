#include "core/fleet/fleet_cell.h"

// What one node says about itself.
static bool check_node(const struct fleet *fleet, uint32_t node, struct err *err)
{
    const struct node_row *row = &fleet->rows[node];
    const struct node_house *house = &fleet->houses[node];
    const device_set open = fleet_open_of(fleet, node);
    for (int i = 0; i < 4; i++) {
        if (house->sellable.bits[i] != (house->built.bits[i] & house->healthy.bits[i]))
            return err_set(err, "node %u: sellable is not built and healthy", node);
        if (open.bits[i] & ~house->sellable.bits[i])
            return err_set(err, "node %u: open is not sellable", node);
        if (house->stuck.bits[i] & house->sellable.bits[i])
            return err_set(err, "node %u: what is sellable is not stuck", node);
    }
    if (row->count != device_set_count(&open))
        return err_set(err, "node %u: counts %u open devices", node, row->count);
    uint32_t shared = 0;
    for (uint32_t i = 0; i < house->share_room; i++) {
        shared += house->shares[i].milli > 0;
        if (house->shares[i].milli && device_set_has(&open, i))
            return err_set(err, "node %u: device %u is shared and open", node, i);
    }
    if (shared != house->shared_devices || (shared > 0) != ((row->flags & NODE_SHARED) > 0))
        return err_set(err, "node %u: counts %u shared devices", node, house->shared_devices);
    const struct node_house *twin = &fleet->houses[house->twin];
    const struct node_row *other = &fleet->rows[house->twin];
    if (twin->cpu_milli != house->cpu_milli || twin->memory_mib != house->memory_mib ||
        twin->watts != house->watts || other->cpu_milli != row->cpu_milli ||
        other->memory_mib != row->memory_mib)
        return err_set(err, "node %u: differs from its twin %u", node, house->twin);
    return true;
}

static bool has(const uint64_t *bits, uint32_t place)
{
    return bits[place / 64] >> place % 64 & 1;
}

// Where a node stands in the sets of its cell.
static bool check_place(const struct fleet *fleet, uint32_t node, struct err *err)
{
    const struct node_row *row = &fleet->rows[node];
    const struct node_house *house = &fleet->houses[node];
    const struct cell *cell = row->cell;
    const uint32_t counts[ROOM_KINDS] = {row->count, device_set_count(&house->sellable),
                                         device_set_count(&house->built)};
    for (int room = 0; room < ROOM_KINDS; room++) {
        for (uint32_t count = 0; count <= cell->top; count++) {
            const struct count_set *set = &cell->set[room][count];
            if (has(set->bits, row->place) != (count == counts[room]))
                return err_set(err, "node %u: wrong in the set of %u devices", node, count);
            int64_t cpu_milli = room == ROOM_OPEN ? row->cpu_milli : house->cpu_milli;
            int64_t memory_mib = room == ROOM_OPEN ? row->memory_mib : house->memory_mib;
            if (count == counts[room] &&
                (set->cpu_most < cpu_milli || set->memory_most < memory_mib))
                return err_set(err, "node %u: above the bounds of %u devices", node, count);
        }
    }
    if (has(cell->windowed, row->place) != (house->window_count > 0) ||
        has(cell->shared, row->place) != (house->shared_devices > 0))
        return err_set(err, "node %u: its marks are wrong", node);
    if (!(cell->classes >> house->class & 1) ||
        (cell->class_bits[house->class] && !has(cell->class_bits[house->class], row->place)))
        return err_set(err, "node %u: its class %u is not known", node, house->class);
    return house->device_memory_mib <= cell->device_memory_most;
}

static bool check_sets(const struct cell *cell, struct err *err)
{
    for (int room = 0; room < ROOM_KINDS; room++) {
        uint32_t sum = 0;
        for (uint32_t count = 0; count <= cell->top; count++) {
            const struct count_set *set = &cell->set[room][count];
            uint32_t members = 0, summary = 0;
            for (uint32_t i = 0; i < BLOCK_WORDS; i++) {
                members += bits_count(set->bits[i]);
                summary |= set->bits[i] ? 1U << i : 0;
            }
            if (members != set->members || summary != set->summary)
                return err_set(err, "block %u: set of %u devices", cell->block, count);
            const struct seats *seats = &cell->pool->room[room].blocks[count];
            bool seated = cell->seat / 64 < seats->words && has(seats->word, cell->seat);
            if (seated != (members > 0))
                return err_set(err, "block %u: not in the pool's set of %u", cell->block, count);
            sum += members;
        }
        if (sum != cell->nodes)
            return err_set(err, "block %u: %u of %u nodes stand", cell->block, sum, cell->nodes);
    }
    return true;
}

static bool check_racks(const struct fleet *fleet, const struct cell *cell, struct err *err)
{
    const struct fleet_block *block = &fleet->blocks[cell->block];
    uint32_t racks[RACK_COUNTS] = {0};
    for (uint32_t seat = 0; seat < block->racks; seat++) {
        const struct fleet_rack *rack = &fleet->racks[block->rack[seat]];
        uint32_t whole = 0;
        for (uint32_t node = rack->first; node != FLEET_NONE;
             node = fleet_rack_next(fleet, rack, node))
            whole += cell->top > 0 && fleet->rows[node].cell == cell &&
                     fleet->rows[node].count == cell->top;
        uint32_t says = seat < cell->rack_room ? cell->rack_whole[seat] : 0;
        if (says != whole)
            return err_set(err, "rack %u: %u whole nodes, not %u", block->rack[seat], whole, says);
        racks[whole]++;
    }
    for (uint32_t whole = 1; whole < RACK_COUNTS; whole++) {
        const struct seats *seats = &cell->pool->racks[whole];
        bool seated = cell->seat / 64 < seats->words && has(seats->word, cell->seat);
        if (racks[whole] != cell->whole_racks[whole] || seated != (racks[whole] > 0))
            return err_set(err, "block %u: racks with %u whole nodes", cell->block, whole);
    }
    return true;
}

static bool check_pool(const struct fleet *fleet, const struct pool *pool, struct err *err)
{
    for (uint32_t seat = 0; seat < pool->cells_room; seat++) {
        const struct cell *cell = pool->cell[seat];
        if (cell && (!check_sets(cell, err) || !check_racks(fleet, cell, err)))
            return false;
    }
    for (int room = 0; room < ROOM_KINDS; room++) {
        for (uint32_t count = 0; count < COUNTS; count++) {
            uint32_t members = 0, blocks = 0;
            for (uint32_t seat = 0; seat < pool->cells_room; seat++) {
                const struct cell *cell = pool->cell[seat];
                uint32_t of_it = cell && count <= cell->top ? cell->set[room][count].members : 0;
                members += of_it;
                blocks += of_it > 0;
            }
            const struct pool_room *all = &pool->room[room];
            if (members != all->members[count] || blocks != all->blocks[count].used ||
                has(all->any, count) != (members > 0))
                return err_set(err, "site %u chip %u: nodes with %u devices", pool->site,
                               pool->chip, count);
        }
    }
    return true;
}

bool fleet_check(const struct fleet *fleet, struct err *err)
{
    for (uint32_t node = 0; node < fleet->node_count; node++)
        if (!check_node(fleet, node, err) || !check_place(fleet, node, err))
            return false;
    for (uint32_t site = 0; site < fleet->site_count; site++)
        for (uint64_t left = fleet->sites[site].chips; left; left &= left - 1)
            if (!check_pool(fleet, fleet->sites[site].pool[__builtin_ctzll(left)], err))
                return false;
    return true;
}
