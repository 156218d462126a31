#include "core/fleet/fleet.h"
#include "base/must.h"
#include "core/fleet/fleet_cell.h"
#include "core/fleet/frag.h"
#include "core/fleet/power_tree.h"
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 64 };

void *fleet_zeroed(struct fleet *fleet, size_t count, size_t size)
{
    void *memory = calloc(count, size);
    must(memory);
    fleet->bytes += (int64_t)(count * size);
    return memory;
}

void *fleet_grown(struct fleet *fleet, void *items, uint32_t *room, uint32_t count, size_t size)
{
    uint32_t more = *room ? *room : 1;
    while (more < count)
        more *= 2;
    if (more == *room)
        return items;
    items = realloc(items, more * size);
    must(items);
    memset((char *)items + *room * size, 0, (more - *room) * size);
    fleet->bytes += (int64_t)((more - *room) * size);
    *room = more;
    return items;
}

void fleet_touch(struct fleet *fleet, uint32_t node)
{
    if (fleet->frag)
        frag_touch(fleet->frag, node);
}

struct fleet *fleet_create(void)
{
    struct fleet *fleet = calloc(1, sizeof *fleet);
    must(fleet);
    fleet->bytes = sizeof *fleet;
    fleet->power = power_tree_create();
    return fleet;
}

void fleet_destroy(struct fleet *fleet)
{
    if (!fleet)
        return;
    for (uint32_t i = 0; i < fleet->node_count; i++) {
        free(fleet->houses[i].shares);
        free(fleet->houses[i].windows);
    }
    for (uint32_t i = 0; i < fleet->site_count; i++) {
        free(fleet->sites[i].block);
        for (int chip = 0; chip < FLEET_CHIPS_MAX; chip++)
            if (fleet->sites[i].pool[chip])
                pool_free(fleet->sites[i].pool[chip]);
    }
    for (uint32_t i = 0; i < fleet->block_count; i++) {
        free(fleet->blocks[i].node);
        free(fleet->blocks[i].rack);
        free(fleet->blocks[i].line);
    }
    free(fleet->sites);
    free(fleet->blocks);
    free(fleet->racks);
    free(fleet->rows_memory);
    free(fleet->houses);
    free(fleet->lines);
    free(fleet->scratch.runs);
    free(fleet->scratch.picks);
    free(fleet->scratch.parts);
    free(fleet->scratch.candidates);
    frag_destroy(fleet->frag);
    power_tree_destroy(fleet->power);
    free(fleet);
}

uint32_t fleet_site_add(struct fleet *fleet)
{
    fleet->sites = fleet_grown(fleet, fleet->sites, &fleet->site_room, fleet->site_count + 1,
                               sizeof *fleet->sites);
    return fleet->site_count++;
}

uint32_t fleet_block_add(struct fleet *fleet, uint32_t site_place)
{
    must(site_place < fleet->site_count);
    fleet->blocks = fleet_grown(fleet, fleet->blocks, &fleet->block_room, fleet->block_count + 1,
                                sizeof *fleet->blocks);
    struct fleet_site *site = &fleet->sites[site_place];
    site->block =
        fleet_grown(fleet, site->block, &site->room, site->blocks + 1, sizeof *site->block);
    site->block[site->blocks] = fleet->block_count;
    fleet->blocks[fleet->block_count] =
        (struct fleet_block){.site = site_place, .seat = site->blocks++};
    return fleet->block_count++;
}

static void line_note(struct fleet *fleet, struct fleet_block *block, uint32_t line)
{
    for (uint32_t i = 0; i < block->lines; i++)
        if (block->line[i] == line)
            return;
    block->line =
        fleet_grown(fleet, block->line, &block->line_room, block->lines + 1, sizeof *block->line);
    block->line[block->lines++] = line;
    if (line != FLEET_NONE)
        fleet->lines =
            fleet_grown(fleet, fleet->lines, &fleet->line_room, line + 1, sizeof *fleet->lines);
}

uint32_t fleet_rack_add(struct fleet *fleet, uint32_t block_place, uint32_t feeder_a,
                        uint32_t feeder_b)
{
    must(block_place < fleet->block_count);
    must(fleet->blocks[block_place].racks < FLEET_BLOCK_NODES_MAX);
    must(feeder_a != FLEET_NONE || feeder_b == FLEET_NONE);
    fleet->racks = fleet_grown(fleet, fleet->racks, &fleet->rack_room, fleet->rack_count + 1,
                               sizeof *fleet->racks);
    struct fleet_block *block = &fleet->blocks[block_place];
    block->rack =
        fleet_grown(fleet, block->rack, &block->rack_room, block->racks + 1, sizeof *block->rack);
    block->rack[block->racks] = fleet->rack_count;
    struct fleet_rack *rack = &fleet->racks[fleet->rack_count];
    *rack = (struct fleet_rack){
        .block = block_place, .seat = block->racks++, .first = FLEET_NONE, .line = FLEET_NONE};
    if (feeder_a != FLEET_NONE)
        rack->line = power_line(fleet->power, feeder_a, feeder_b);
    line_note(fleet, block, rack->line);
    if (rack->line != FLEET_NONE) {
        struct line_memo *memo = &fleet->lines[rack->line];
        fleet->nested_known = memo->used ? fleet->nested_known : 0;
        memo->feeder_a = feeder_a;
        memo->feeder_b = feeder_b;
        memo->used = true;
    }
    return fleet->rack_count++;
}

// By hand, because rows begin at a line of the cache.
static void rows_grow(struct fleet *fleet, uint32_t room)
{
    void *memory = calloc((size_t)room * sizeof *fleet->rows + LINE_BYTES, 1);
    must(memory);
    uintptr_t start = ((uintptr_t)memory + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    struct node_row *rows = (struct node_row *)start;
    if (fleet->node_count)
        memcpy(rows, fleet->rows, fleet->node_count * sizeof *rows);
    free(fleet->rows_memory);
    fleet->bytes += (int64_t)((room - fleet->node_room) * sizeof *rows);
    fleet->rows_memory = memory;
    fleet->rows = rows;
}

static void rack_join(struct fleet *fleet, uint32_t rack_place, uint32_t node, uint32_t place)
{
    struct fleet_rack *rack = &fleet->racks[rack_place];
    must(rack->nodes < FLEET_RACK_NODES_MAX);
    if (rack->first == FLEET_NONE) {
        rack->first = node;
        rack->from = place;
    } else {
        fleet->houses[rack->last].next_in_rack = node;
        rack->scattered |= place != rack->from + rack->nodes;
    }
    rack->last = node;
    rack->nodes++;
}

static void twins_join(struct fleet *fleet, uint32_t node, uint32_t twin)
{
    struct node_house *house = &fleet->houses[node], *other = &fleet->houses[twin];
    must(twin < node && house->rack == other->rack);
    house->twin = other->twin;
    other->twin = node;
    house->cpu_milli = other->cpu_milli;
    house->memory_mib = other->memory_mib;
    house->cap_w = other->cap_w;
    house->watts = other->watts;
    fleet->rows[node].cpu_milli = fleet->rows[twin].cpu_milli;
    fleet->rows[node].memory_mib = fleet->rows[twin].memory_mib;
    fleet->rows[node].flags |= NODE_TWINS;
    fleet->rows[twin].flags |= NODE_TWINS;
}

static uint32_t block_seat(struct fleet *fleet, uint32_t block_place, uint32_t node)
{
    struct fleet_block *block = &fleet->blocks[block_place];
    must(block->nodes < FLEET_BLOCK_NODES_MAX);
    block->node =
        fleet_grown(fleet, block->node, &block->node_room, block->nodes + 1, sizeof *block->node);
    block->node[block->nodes] = node;
    if (block->nodes == 0)
        block->first = node;
    block->scattered |= node != block->first + block->nodes;
    return block->nodes++;
}

// More than two million cores or two PiB are not told from that.
static int32_t at_most(int64_t size)
{
    must(size >= 0);
    return size < INT32_MAX ? (int32_t)size : INT32_MAX;
}

uint32_t fleet_node_add(struct fleet *fleet, const struct fleet_node *fact)
{
    must(fact->rack < fleet->rack_count && fact->chip < FLEET_CHIPS_MAX);
    must(fact->class < FLEET_CLASSES_MAX && fact->devices <= DEVICE_SET_MAX);
    uint32_t node = fleet->node_count, room = fleet->node_room;
    fleet->houses = fleet_grown(fleet, fleet->houses, &room, node + 1, sizeof *fleet->houses);
    if (room != fleet->node_room)
        rows_grow(fleet, room);
    fleet->node_room = room;
    fleet->node_count++;
    struct fleet_rack *rack = &fleet->racks[fact->rack];
    uint32_t place = block_seat(fleet, rack->block, node);
    fleet->rows[node] = (struct node_row){.cpu_milli = at_most(fact->cpu_milli),
                                          .memory_mib = at_most(fact->memory_mib),
                                          .cell = cell_for(fleet, rack->block, fact->chip),
                                          .place = (uint16_t)place,
                                          .rack_seat = (uint16_t)rack->seat};
    fleet->houses[node] = (struct node_house){.cpu_milli = at_most(fact->cpu_milli),
                                              .memory_mib = at_most(fact->memory_mib),
                                              .device_memory_mib = fact->device_memory_mib,
                                              .cap_w = fact->cap_w,
                                              .rack = fact->rack,
                                              .next_in_rack = FLEET_NONE,
                                              .class = fact->class,
                                              .twin = node};
    rack_join(fleet, fact->rack, node, place);
    if (fact->twin)
        twins_join(fleet, node, fact->twin - 1);
    if (fleet->houses[node].cap_w)
        fleet->rows[node].flags |= NODE_CAPPED;
    cell_node_add(fleet, node);
    fleet->capped += fact->cap_w > 0;
    device_set devices = {0};
    for (uint32_t i = 0; i < fact->devices; i++)
        device_set_add(&devices, i);
    fleet->houses[node].healthy = devices;
    fleet_node_built(fleet, node, &devices);
    return node;
}

static device_set both(const device_set *a, const device_set *b)
{
    device_set set;
    for (int i = 0; i < 4; i++)
        set.bits[i] = a->bits[i] & b->bits[i];
    return set;
}

// What it has has changed: the sets of all kinds of room follow.
static void devices_set(struct fleet *fleet, uint32_t node, const device_set *built,
                        const device_set *healthy)
{
    struct node_house *house = &fleet->houses[node];
    struct node_row *row = &fleet->rows[node];
    uint32_t before[ROOM_KINDS] = {row->count, device_set_count(&house->sellable),
                                   device_set_count(&house->built)};
    uint32_t now_built = device_set_count(built);
    cell_top(fleet, row->cell, now_built);
    device_set sellable = both(built, healthy);
    uint64_t stuck = 0;
    uint32_t count = 0;
    for (int i = 0; i < 4; i++) {
        uint64_t *open = fleet_open_word(fleet, node, i);
        uint64_t taken = (house->sellable.bits[i] & ~*open) | house->stuck.bits[i];
        *open = sellable.bits[i] & ~taken;
        count += bits_count(*open);
        stuck |= house->stuck.bits[i] = taken & ~sellable.bits[i];
    }
    row->flags = (uint16_t)(stuck ? row->flags | NODE_STUCK : row->flags & ~NODE_STUCK);
    house->built = *built;
    house->healthy = *healthy;
    house->sellable = sellable;
    row->count = (uint16_t)count;
    if (built->bits[1] | built->bits[2] | built->bits[3])
        row->flags |= NODE_WIDE;
    cell_move(fleet, row, ROOM_OPEN, before[ROOM_OPEN], row->count);
    cell_move(fleet, row, ROOM_SELLABLE, before[ROOM_SELLABLE], device_set_count(&house->sellable));
    cell_move(fleet, row, ROOM_BUILT, before[ROOM_BUILT], now_built);
    cell_raise(fleet, node);
    fleet_touch(fleet, node);
    for (int room = 0; room < ROOM_KINDS; room++)
        fleet->generation[room]++;
}

void fleet_node_sellable(struct fleet *fleet, uint32_t node, const device_set *devices)
{
    must(node < fleet->node_count);
    device_set built = fleet->houses[node].built;
    devices_set(fleet, node, &built, devices);
}

void fleet_node_built(struct fleet *fleet, uint32_t node, const device_set *devices)
{
    must(node < fleet->node_count);
    device_set healthy = fleet->houses[node].healthy;
    devices_set(fleet, node, devices, &healthy);
}

void fleet_node_class(struct fleet *fleet, uint32_t node, uint32_t class)
{
    must(node < fleet->node_count && class < FLEET_CLASSES_MAX);
    uint32_t from = fleet->houses[node].class;
    fleet->houses[node].class = class;
    if (from != class)
        cell_class(fleet, node, from, class);
    for (int room = 0; room < ROOM_KINDS; room++)
        fleet->generation[room]++;
}

void fleet_node_size(struct fleet *fleet, uint32_t node, int64_t cpu_milli, int64_t memory_mib)
{
    must(node < fleet->node_count);
    uint32_t at = node;
    do {
        struct node_house *house = &fleet->houses[at];
        fleet->rows[at].cpu_milli += (int32_t)(at_most(cpu_milli) - house->cpu_milli);
        fleet->rows[at].memory_mib += (int32_t)(at_most(memory_mib) - house->memory_mib);
        house->cpu_milli = at_most(cpu_milli);
        house->memory_mib = at_most(memory_mib);
        cell_raise(fleet, at);
        fleet_touch(fleet, at);
        at = house->twin;
    } while (at != node);
    for (int room = 0; room < ROOM_KINDS; room++)
        fleet->generation[room]++;
}

struct power_tree *fleet_power(struct fleet *fleet)
{
    return fleet->power;
}

uint64_t fleet_generation(const struct fleet *fleet, enum fleet_room room)
{
    return fleet->generation[room];
}

int64_t fleet_bytes(const struct fleet *fleet)
{
    return fleet->bytes + (fleet->frag ? frag_bytes(fleet->frag) : 0);
}

uint32_t fleet_nodes(const struct fleet *fleet)
{
    return fleet->node_count;
}

uint32_t fleet_node_chip(const struct fleet *fleet, uint32_t node)
{
    must(node < fleet->node_count);
    return fleet->rows[node].cell->pool->chip;
}

uint32_t fleet_node_rack(const struct fleet *fleet, uint32_t node)
{
    must(node < fleet->node_count);
    return fleet->houses[node].rack;
}

uint32_t fleet_node_block(const struct fleet *fleet, uint32_t node)
{
    must(node < fleet->node_count);
    return fleet->rows[node].cell->block;
}

uint32_t fleet_node_site(const struct fleet *fleet, uint32_t node)
{
    must(node < fleet->node_count);
    return fleet->rows[node].cell->pool->site;
}

device_set fleet_node_open(const struct fleet *fleet, uint32_t node)
{
    must(node < fleet->node_count);
    return fleet_open_of(fleet, node);
}
