// lookup.h - from a key of four numbers to a number: the caches beside tables.
//
// Tables find rows by id. Where a room asks by something else (owner, role and commodity of a
// book) it keeps a lookup beside its table, made anew from the rows when they were loaded. There
// is no removal: a key is given another value instead.
//
//   Owner      whoever called lookup_init, until lookup_finish
//   Invariant  a cache: no result may depend on the order inside, so none can be walked
//   Refusal    none
//   Fault      none (no memory: must)
#pragma once
#include <stdint.h>

struct lookup_key {
    uint64_t word[4];
};

struct lookup {
    struct lookup_slot *slots; // open addressing, at most half full
    uint32_t used, mask;
};

void lookup_init(struct lookup *lookup);
void lookup_finish(struct lookup *lookup); // accepts a zeroed lookup
void lookup_clear(struct lookup *lookup);
uint64_t lookup_get(const struct lookup *lookup, struct lookup_key key);       // 0: no such key
void lookup_put(struct lookup *lookup, struct lookup_key key, uint64_t value); // value > 0
