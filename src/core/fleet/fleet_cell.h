// fleet_cell.h - the sets of one chip in one block, and the pool above them.
//
// Inside the room only: who has changed a node calls cell_recount.
//
//   Owner      the pools of struct fleet
//   Invariant  a node stands in exactly one count_set of each kind of room
//   Refusal    none
//   Fault      none (no memory: must)
#pragma once
#include "core/fleet/fleet_state.h"

struct cell *cell_for(struct fleet *fleet, uint32_t block, uint32_t chip); // made on first need
void cell_free(struct cell *cell);
void pool_free(struct pool *pool);

void cell_node_add(struct fleet *fleet, uint32_t node); // its rows are filled, its devices are none
void cell_class(struct fleet *fleet, uint32_t node, uint32_t from, uint32_t to);
// Its open count was `before`; its row has the new set. The fast one: OPEN only.
void cell_open(struct fleet *fleet, struct node_row *row, uint32_t before);
// Its devices of a kind of room were `before` in number and are `after`.
void cell_move(struct fleet *fleet, struct node_row *row, enum fleet_room room, uint32_t before,
               uint32_t after);
// The node has more CPU or memory than before: the bounds of its sets go up.
void cell_raise(struct fleet *fleet, uint32_t node);
void cell_top(struct fleet *fleet, struct cell *cell, uint32_t top); // sets up to so many devices

static inline uint32_t seats_next(const struct seats *seats, uint32_t from) // FLEET_NONE: no more
{
    for (uint32_t word = from / 64; word < seats->words; word++) {
        uint64_t bits = seats->word[word];
        if (word == from / 64)
            bits &= ~UINT64_C(0) << from % 64;
        if (bits)
            return word * 64 + (uint32_t)__builtin_ctzll(bits);
    }
    return FLEET_NONE;
}
