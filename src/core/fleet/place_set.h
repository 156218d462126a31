// place_set.h - a set of node places, ascending: few as a list, many as bits.
//
// Up to a thousand places are a sorted list; a larger set is a bit for each place, with a bit above
// for each word that is not empty, so that coming and going costs the same in a set of a million.
//
//   Owner      whoever holds it; place_set_finish gives the memory back
//   Invariant  count places, none twice
//   Refusal    place_set_next PLACE_NONE: none at or behind
//   Fault      none (no memory: must)
#pragma once
#include <stdint.h>

#define PLACE_NONE UINT32_MAX

struct place_set {
    uint32_t *list; // when bits is NULL: list[head .. head + count)
    uint32_t head, count, room;
    uint32_t words; // of bits
    uint64_t *bits; // and behind them the bits above: one for each word
};

void place_set_finish(struct place_set *set);                        // accepts a zeroed one
void place_set_add(struct place_set *set, uint32_t place);           // not in it
void place_set_remove(struct place_set *set, uint32_t place);        // in it
uint32_t place_set_next(const struct place_set *set, uint32_t from); // the first >= from
int64_t place_set_bytes(const struct place_set *set);
