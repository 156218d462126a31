#include "base/lookup.h"
#include "base/must.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct lookup_slot {
    struct lookup_key key;
    uint64_t value; // 0: the slot is empty
};

enum { SLOTS_MIN = 64 };

static void slots_make(struct lookup *lookup, uint32_t count)
{
    lookup->slots = calloc(count, sizeof *lookup->slots);
    must(lookup->slots);
    lookup->mask = count - 1;
    lookup->used = 0;
}

void lookup_init(struct lookup *lookup)
{
    slots_make(lookup, SLOTS_MIN);
}

void lookup_finish(struct lookup *lookup)
{
    free(lookup->slots);
    *lookup = (struct lookup){0};
}

void lookup_clear(struct lookup *lookup)
{
    free(lookup->slots);
    slots_make(lookup, SLOTS_MIN);
}

static bool same(const struct lookup_key *a, const struct lookup_key *b)
{
    return a->word[0] == b->word[0] && a->word[1] == b->word[1] && a->word[2] == b->word[2] &&
           a->word[3] == b->word[3];
}

// Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4), one word after the other.
static struct lookup_slot *slot_of(const struct lookup *lookup, const struct lookup_key *key)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < 4; i++) {
        hash = (hash ^ key->word[i]) * 0x9e3779b97f4a7c15;
        hash ^= hash >> 32;
    }
    uint32_t at = (uint32_t)hash & lookup->mask;
    while (lookup->slots[at].value && !same(&lookup->slots[at].key, key))
        at = (at + 1) & lookup->mask;
    return &lookup->slots[at];
}

uint64_t lookup_get(const struct lookup *lookup, struct lookup_key key)
{
    return slot_of(lookup, &key)->value;
}

static void grow(struct lookup *lookup)
{
    struct lookup_slot *old = lookup->slots;
    uint32_t count = lookup->mask + 1;
    must(count <= UINT32_MAX / 2);
    slots_make(lookup, count * 2);
    for (uint32_t i = 0; i < count; i++) {
        if (!old[i].value)
            continue;
        *slot_of(lookup, &old[i].key) = old[i];
        lookup->used++;
    }
    free(old);
}

void lookup_put(struct lookup *lookup, struct lookup_key key, uint64_t value)
{
    must(value > 0);
    struct lookup_slot *slot = slot_of(lookup, &key);
    if (!slot->value) {
        if ((uint64_t)(lookup->used + 1) * 2 > lookup->mask) {
            grow(lookup);
            slot = slot_of(lookup, &key);
        }
        lookup->used++;
    }
    *slot = (struct lookup_slot){key, value};
}
