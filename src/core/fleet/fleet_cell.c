#include "core/fleet/fleet_cell.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

static void seats_add(struct fleet *fleet, struct seats *seats, uint32_t seat)
{
    if (seat / 64 >= seats->words)
        seats->word =
            fleet_grown(fleet, seats->word, &seats->words, seat / 64 + 1, sizeof *seats->word);
    seats->word[seat / 64] |= UINT64_C(1) << seat % 64;
    seats->used++;
}

static void seats_remove(struct seats *seats, uint32_t seat)
{
    seats->word[seat / 64] &= ~(UINT64_C(1) << seat % 64);
    seats->used--;
}

static void count_enter(struct fleet *fleet, struct cell *cell, enum fleet_room room,
                        uint32_t count, uint32_t place)
{
    struct count_set *set = &cell->set[room][count];
    set->bits[place / 64] |= UINT64_C(1) << place % 64;
    set->summary |= (uint16_t)(1U << place / 64);
    struct pool_room *all = &cell->pool->room[room];
    all->members[count]++;
    if (set->members++)
        return;
    seats_add(fleet, &all->blocks[count], cell->seat);
    all->any[count / 64] |= UINT64_C(1) << count % 64;
}

static void count_leave(struct cell *cell, enum fleet_room room, uint32_t count, uint32_t place)
{
    struct count_set *set = &cell->set[room][count];
    uint64_t bits = set->bits[place / 64] &= ~(UINT64_C(1) << place % 64);
    if (!bits)
        set->summary &= (uint16_t) ~(1U << place / 64);
    struct pool_room *all = &cell->pool->room[room];
    all->members[count]--;
    if (--set->members)
        return;
    set->cpu_most = set->memory_most = INT64_MIN;
    seats_remove(&all->blocks[count], cell->seat);
    if (!all->blocks[count].used)
        all->any[count / 64] &= ~(UINT64_C(1) << count % 64);
}

static void raise_to(struct count_set *set, int64_t cpu_milli, int64_t memory_mib)
{
    set->cpu_most = cpu_milli > set->cpu_most ? cpu_milli : set->cpu_most;
    set->memory_most = memory_mib > set->memory_most ? memory_mib : set->memory_most;
}

// One more or one less rack of the cell has so many whole nodes.
static void rack_enter(struct fleet *fleet, struct cell *cell, uint32_t whole)
{
    if (cell->whole_racks[whole]++)
        return;
    seats_add(fleet, &cell->pool->racks[whole], cell->seat);
    cell->pool->rack_any[whole / 64] |= UINT64_C(1) << whole % 64;
}

static void rack_leave(struct cell *cell, uint32_t whole)
{
    if (--cell->whole_racks[whole])
        return;
    seats_remove(&cell->pool->racks[whole], cell->seat);
    if (!cell->pool->racks[whole].used)
        cell->pool->rack_any[whole / 64] &= ~(UINT64_C(1) << whole % 64);
}

static void rack_whole_set(struct fleet *fleet, struct cell *cell, uint32_t rack_seat,
                           uint32_t whole)
{
    uint32_t before = cell->rack_whole[rack_seat];
    if (before)
        rack_leave(cell, before);
    cell->rack_whole[rack_seat] = (uint8_t)whole;
    if (whole)
        rack_enter(fleet, cell, whole);
}

static void cell_racks(struct fleet *fleet, struct cell *cell, uint32_t racks)
{
    if (racks > cell->rack_room)
        cell->rack_whole = fleet_grown(fleet, cell->rack_whole, &cell->rack_room, racks, 1);
}

static void sets_grow(struct fleet *fleet, struct cell *cell, uint32_t top)
{
    for (int room = 0; room < ROOM_KINDS; room++) {
        struct count_set *sets = fleet_zeroed(fleet, top + 1, sizeof *sets);
        uint32_t old = cell->set[room] ? cell->top + 1 : 0;
        if (old)
            memcpy(sets, cell->set[room], old * sizeof *sets);
        for (uint32_t i = old; i <= top; i++)
            sets[i].cpu_most = sets[i].memory_most = INT64_MIN;
        fleet->bytes -= (int64_t)(old * sizeof *sets);
        free(cell->set[room]);
        cell->set[room] = sets;
    }
    cell->top = top;
}

static void pool_tops(struct pool *pool)
{
    pool->top = 0;
    pool->tops_differ = false;
    const struct cell *one = NULL;
    for (uint32_t seat = 0; seat < pool->cells_room; seat++) {
        const struct cell *cell = pool->cell[seat];
        if (!cell)
            continue;
        pool->tops_differ |= one && cell->top != one->top;
        pool->top = cell->top > pool->top ? cell->top : pool->top;
        one = cell;
    }
}

void cell_top(struct fleet *fleet, struct cell *cell, uint32_t top)
{
    if (top <= cell->top)
        return;
    const struct fleet_block *block = &fleet->blocks[cell->block];
    for (uint32_t seat = 0; seat < cell->rack_room; seat++) // nobody is whole any more
        rack_whole_set(fleet, cell, seat, 0);
    cell_racks(fleet, cell, block->racks);
    sets_grow(fleet, cell, top);
    pool_tops(cell->pool);
}

static struct pool *pool_for(struct fleet *fleet, uint32_t site_place, uint32_t chip)
{
    struct fleet_site *site = &fleet->sites[site_place];
    if (!site->pool[chip]) {
        site->pool[chip] = fleet_zeroed(fleet, 1, sizeof **site->pool);
        site->pool[chip]->site = site_place;
        site->pool[chip]->chip = chip;
        site->chips |= UINT64_C(1) << chip;
        fleet->chips |= UINT64_C(1) << chip;
    }
    return site->pool[chip];
}

struct cell *cell_for(struct fleet *fleet, uint32_t block_place, uint32_t chip)
{
    const struct fleet_block *block = &fleet->blocks[block_place];
    struct pool *pool = pool_for(fleet, block->site, chip);
    if (block->seat >= pool->cells_room)
        pool->cell =
            fleet_grown(fleet, pool->cell, &pool->cells_room, block->seat + 1, sizeof *pool->cell);
    struct cell *cell = pool->cell[block->seat];
    if (cell)
        return cell;
    cell = pool->cell[block->seat] = fleet_zeroed(fleet, 1, sizeof *cell);
    cell->pool = pool;
    cell->block = block_place;
    cell->seat = block->seat;
    sets_grow(fleet, cell, 0);
    pool->cells++;
    pool_tops(pool);
    return cell;
}

void cell_free(struct cell *cell)
{
    for (int room = 0; room < ROOM_KINDS; room++)
        free(cell->set[room]);
    for (int class = 0; class < FLEET_CLASSES_MAX; class ++)
        free(cell->class_bits[class]);
    free(cell->rack_whole);
    free(cell);
}

void pool_free(struct pool *pool)
{
    for (uint32_t seat = 0; seat < pool->cells_room; seat++)
        if (pool->cell[seat])
            cell_free(pool->cell[seat]);
    for (int room = 0; room < ROOM_KINDS; room++)
        for (int count = 0; count < COUNTS; count++)
            free(pool->room[room].blocks[count].word);
    for (int whole = 0; whole < RACK_COUNTS; whole++)
        free(pool->racks[whole].word);
    free(pool->cell);
    free(pool);
}

void cell_node_add(struct fleet *fleet, uint32_t node)
{
    struct node_row *row = &fleet->rows[node];
    const struct node_house *house = &fleet->houses[node];
    struct cell *cell = row->cell;
    cell->nodes++;
    cell_racks(fleet, cell, fleet->blocks[cell->block].racks);
    for (enum fleet_room room = 0; room < ROOM_KINDS; room++) {
        count_enter(fleet, cell, room, 0, row->place);
        raise_to(&cell->set[room][0], house->cpu_milli, house->memory_mib);
    }
    if (house->device_memory_mib > cell->device_memory_most)
        cell->device_memory_most = house->device_memory_mib;
    cell_class(fleet, node, FLEET_NONE, house->class);
}

static void class_bits_make(struct fleet *fleet, struct cell *cell, uint32_t class)
{
    if (cell->class_bits[class])
        return;
    uint64_t *bits = fleet_zeroed(fleet, BLOCK_WORDS, sizeof *bits);
    cell->class_bits[class] = bits;
    const struct fleet_block *block = &fleet->blocks[cell->block];
    for (uint32_t place = 0; place < block->nodes; place++)
        if (fleet->rows[block->node[place]].cell == cell &&
            fleet->houses[block->node[place]].class == class)
            bits[place / 64] |= UINT64_C(1) << place % 64;
}

static bool class_empty(const uint64_t *bits)
{
    for (int i = 0; i < BLOCK_WORDS; i++)
        if (bits[i])
            return false;
    return true;
}

// From two classes on each has its bits; once made they are kept.
void cell_class(struct fleet *fleet, uint32_t node, uint32_t from, uint32_t to)
{
    struct cell *cell = fleet->rows[node].cell;
    uint32_t place = fleet->rows[node].place;
    uint64_t bit = UINT64_C(1) << place % 64;
    uint64_t had = cell->classes;
    cell->classes |= UINT64_C(1) << to;
    cell->pool->classes |= cell->classes;
    bool several = cell->classes & (cell->classes - 1);
    if (!several && !cell->class_bits[to])
        return;
    for (uint64_t left = had | cell->classes; left; left &= left - 1)
        class_bits_make(fleet, cell, (uint32_t)__builtin_ctzll(left));
    cell->class_bits[to][place / 64] |= bit;
    if (from == FLEET_NONE || from == to)
        return;
    cell->class_bits[from][place / 64] &= ~bit;
    if (class_empty(cell->class_bits[from]))
        cell->classes &= ~(UINT64_C(1) << from);
}

void cell_open(struct fleet *fleet, struct node_row *row, uint32_t before)
{
    cell_move(fleet, row, ROOM_OPEN, before, row->count);
}

void cell_move(struct fleet *fleet, struct node_row *row, enum fleet_room room, uint32_t before,
               uint32_t after)
{
    struct cell *cell = row->cell;
    if (before != after) {
        count_leave(cell, room, before, row->place);
        count_enter(fleet, cell, room, after, row->place);
    }
    if (room != ROOM_OPEN)
        return;
    raise_to(&cell->set[room][after], row->cpu_milli, row->memory_mib);
    if (before == after || cell->top == 0)
        return;
    if (before == cell->top)
        rack_whole_set(fleet, cell, row->rack_seat, cell->rack_whole[row->rack_seat] - 1U);
    if (after == cell->top)
        rack_whole_set(fleet, cell, row->rack_seat, cell->rack_whole[row->rack_seat] + 1U);
}

void cell_raise(struct fleet *fleet, uint32_t node)
{
    const struct node_row *row = &fleet->rows[node];
    const struct node_house *house = &fleet->houses[node];
    raise_to(&row->cell->set[ROOM_OPEN][row->count], row->cpu_milli, row->memory_mib);
    uint32_t sellable = device_set_count(&house->sellable), built = device_set_count(&house->built);
    raise_to(&row->cell->set[ROOM_SELLABLE][sellable], house->cpu_milli, house->memory_mib);
    raise_to(&row->cell->set[ROOM_BUILT][built], house->cpu_milli, house->memory_mib);
}
