// fleet_state.h - what struct fleet consists of.
//
// Inside the room only. A node is two rows: node_row is what a search and a lease touch, node_house
// is what it is. A pool is the nodes of one chip in one site, a cell those in one block. In each
// kind of room a cell has for every device count the set of its nodes with exactly so many, and a
// pool has for every count the blocks whose set is not empty: best fit is a few
// count-trailing-zeros. The bounds of a count_set are upper bounds: raised when a node comes or
// gets more, made exact when a search has passed the set in vain.
//
//   Owner      struct fleet
//   Invariant  as fleet_check recounts it
//   Refusal    none
//   Fault      none
#pragma once
#include "core/fleet/fleet.h"

enum {
    COUNTS = DEVICE_SET_MAX + 1,
    COUNT_WORDS = (COUNTS + 63) / 64,
    BLOCK_WORDS = FLEET_BLOCK_NODES_MAX / 64,
    RACK_COUNTS = FLEET_RACK_NODES_MAX + 1,
};

enum node_flag {
    NODE_TWINS = 1,   // shares CPU, memory and watts with others
    NODE_SHARED = 2,  // has share rows
    NODE_WINDOWS = 4, // has reserved windows
    NODE_STUCK = 8,   // something taken of it is not sellable
    NODE_CAPPED = 16, // its watts are counted
    NODE_WIDE = 32,   // has or had devices from 64 on
};

struct node_row {
    uint64_t open; // sellable and wholly free, of the first 64 devices
    struct cell *cell;
    int32_t cpu_milli, memory_mib; // free, of the machine; may be below 0 after it shrank
    uint16_t place, rack_seat;     // in its block
    uint16_t count, flags;         // of all that is open; enum node_flag
};
_Static_assert(sizeof(struct node_row) == 32, "two in a line of the cache");

struct node_house {
    uint64_t open_more[3];         // of the devices from 64 on
    device_set stuck;              // taken and not sellable; what else is taken is not open
    device_set sellable;           // and built
    device_set built, healthy;     // healthy: as its owner told, built or not
    int64_t cpu_milli, memory_mib; // all of it
    int64_t device_memory_mib, cap_w, watts;
    uint32_t rack, next_in_rack, class;
    uint32_t twin;        // the next of the ring of twins; itself: none
    struct share *shares; // by device index; NULL: none
    struct fleet_window *windows;
    uint32_t share_room, shared_devices, window_count, window_room;
};

struct share {              // of one device
    uint16_t milli, slices; // taken
    uint32_t reserved;
    int64_t memory_mib;
};

struct count_set {
    uint64_t bits[BLOCK_WORDS]; // by place in the block
    uint16_t summary, members;  // words that are not 0; bits
    uint32_t reserved;
    int64_t cpu_most, memory_most; // no member has more
};

struct cell {
    struct pool *pool;
    uint32_t block, seat;
    uint32_t top; // the most devices a node has had: sets are 0 .. top
    uint32_t nodes;
    uint64_t classes; // of its nodes; several: class_bits
    int64_t device_memory_most;
    struct count_set *set[ROOM_KINDS];
    uint64_t *class_bits[FLEET_CLASSES_MAX]; // by place; NULL: no node, or the only class
    uint64_t windowed[BLOCK_WORDS], shared[BLOCK_WORDS];
    uint32_t windowed_nodes, shared_nodes;
    uint16_t whole_racks[RACK_COUNTS]; // how many racks have so many nodes with `top` open devices
    uint8_t *rack_whole;               // by rack seat: nodes with `top` open devices
    uint32_t rack_room;
};

struct seats { // a set of block seats
    uint64_t *word;
    uint32_t words, used;
};

struct pool_room {
    uint64_t any[COUNT_WORDS]; // counts that some node has
    struct seats blocks[COUNTS];
    uint32_t members[COUNTS];
};

struct pool {
    uint32_t site, chip, cells_room, cells;
    struct cell **cell;    // by block seat; NULL: no such chip there
    uint64_t classes;      // of its nodes, now or once
    uint32_t shared_nodes; // with share rows in use
    uint32_t top;          // the most of its cells
    bool tops_differ;      // then racks are counted by search
    uint64_t rack_any[2];  // numbers of whole nodes that some rack has
    struct seats racks[RACK_COUNTS];
    struct pool_room room[ROOM_KINDS];
};

struct fleet_site {
    uint32_t *block;
    uint32_t blocks, room;
    uint64_t chips; // with a pool
    struct pool *pool[FLEET_CHIPS_MAX];
};

struct fleet_block {
    uint32_t site, seat, nodes, racks, rack_room, node_room;
    uint32_t first; // node; the others follow one by one, unless it is
    bool scattered;
    uint32_t *node; // by place
    uint32_t *rack; // by rack seat
    uint32_t *line; // each once, FLEET_NONE among them
    uint32_t lines, line_room;
};

struct fleet_rack {
    uint32_t block, seat;
    uint32_t line;               // of the power tree; FLEET_NONE: not fed by it
    uint32_t first, last, nodes; // its nodes are a list
    uint32_t from;               // place of the first
    bool scattered;              // its places are not from .. from + nodes - 1
};

struct pick { // what a cell has for a gang, and what is chosen of it
    struct cell *cell;
    uint32_t total;
    uint64_t mask[BLOCK_WORDS], chosen[BLOCK_WORDS];
};

struct rack_part {       // what a rack has for a gang
    uint32_t pick, seat; // in its block
    uint32_t count, line;
    uint32_t chosen,
        group; // of which only one node may be chosen; FLEET_NONE: as many as there are
};

struct candidate { // a cell that may have room, by counts alone
    struct cell *cell;
    uint32_t most;
};

struct line_memo { // whether it has headroom for one node, in the search of that number
    uint64_t search;
    uint32_t feeder_a, feeder_b;
    bool has, used;
};

struct scratch {    // of one search
    uint32_t tries; // left for the exact search of fleet_solve.c
    struct fleet_run one;
    struct fleet_run *runs;
    uint32_t run_count, run_room;
    struct pick *picks;
    struct rack_part *parts;
    struct candidate *candidates;
    uint32_t pick_count, pick_room, part_count, part_room, candidate_count, candidate_room;
};

struct fleet {
    struct fleet_site *sites;
    struct fleet_block *blocks;
    struct fleet_rack *racks;
    struct node_row *rows; // aligned to the cache's lines inside `rows_memory`
    void *rows_memory;
    struct node_house *houses;
    uint32_t site_count, block_count, rack_count, node_count;
    uint32_t site_room, block_room, rack_room, node_room;
    uint64_t chips; // of all sites
    uint64_t generation[ROOM_KINDS];
    uint64_t window_count, capped; // windows; nodes with a cap of watts
    struct power_tree *power;
    struct frag *frag; // scoring; NULL: off
    enum fleet_policy policy;
    struct scratch scratch;
    struct line_memo *lines; // by line of the power tree
    uint64_t searches;
    uint32_t line_room;
    uint32_t nested_known; // 1 + the lines for which `nested` was found (fleet_lines.c)
    bool nested;
    int64_t bytes;
};

// A node has changed: its class is found anew when it is asked for.
void fleet_touch(struct fleet *fleet, uint32_t node);

// Memory that is counted in fleet->bytes.
void *fleet_zeroed(struct fleet *fleet, size_t count, size_t size);
// Room for `count` items of `size` behind `items`: doubled, the new part zeroed.
void *fleet_grown(struct fleet *fleet, void *items, uint32_t *room, uint32_t count, size_t size);

static inline device_set fleet_open_of(const struct fleet *fleet, uint32_t node)
{
    const struct node_row *row = &fleet->rows[node];
    device_set open = {{row->open}};
    for (int i = 1; i < 4 && row->flags & NODE_WIDE; i++)
        open.bits[i] = fleet->houses[node].open_more[i - 1];
    return open;
}

static inline uint64_t *fleet_open_word(struct fleet *fleet, uint32_t node, int word)
{
    return word ? &fleet->houses[node].open_more[word - 1] : &fleet->rows[node].open;
}

static inline const struct fleet_rack *fleet_rack_of(const struct fleet *fleet,
                                                     const struct node_row *row)
{
    return &fleet->racks[fleet->blocks[row->cell->block].rack[row->rack_seat]];
}

// The next node of a rack; FLEET_NONE behind the last.
static inline uint32_t fleet_rack_next(const struct fleet *fleet, const struct fleet_rack *rack,
                                       uint32_t node)
{
    if (rack->scattered)
        return fleet->houses[node].next_in_rack;
    if (node == rack->last)
        return FLEET_NONE;
    const struct fleet_block *block = &fleet->blocks[rack->block];
    return block->scattered ? block->node[fleet->rows[node].place + 1] : node + 1;
}

// Without the instruction the compiler calls a table; this is shorter.
static inline uint32_t bits_count(uint64_t bits)
{
    bits -= bits >> 1 & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return (uint32_t)(bits * 0x0101010101010101 >> 56);
}

static inline uint32_t fleet_place_node(const struct fleet *fleet, const struct cell *cell,
                                        uint32_t place)
{
    const struct fleet_block *block = &fleet->blocks[cell->block];
    return block->scattered ? block->node[place] : block->first + place;
}
