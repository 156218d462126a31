#include "core/fleet/place_set.h"
#include "base/must.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_MAX = 1024, BITS_MIN = 256, WORD = 64 };

static uint64_t *top_of(const struct place_set *set)
{
    return set->bits + set->words;
}

void place_set_finish(struct place_set *set)
{
    free(set->list);
    free(set->bits);
    *set = (struct place_set){0};
}

// Where a place stands in the list or would stand.
static uint32_t seat_of(const struct place_set *set, uint32_t place)
{
    uint32_t low = 0, high = set->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (set->list[set->head + middle] < place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void list_widen(struct place_set *set, bool front)
{
    if (front ? set->head > 0 : set->head + set->count < set->room)
        return;
    uint32_t room = set->count * 2 + 4, head = (room - set->count) / 2;
    uint32_t *list = malloc(room * sizeof *list);
    must(list);
    if (set->count)
        memcpy(list + head, set->list + set->head, set->count * sizeof *list);
    free(set->list);
    set->list = list;
    set->head = head;
    set->room = room;
}

// The shorter side moves.
static void list_add(struct place_set *set, uint32_t place)
{
    uint32_t seat = seat_of(set, place);
    bool front = seat < set->count - seat;
    list_widen(set, front);
    uint32_t *at = set->list + set->head + seat;
    if (front) {
        memmove(set->list + set->head - 1, set->list + set->head, seat * sizeof *at);
        set->head--;
        at--;
    } else {
        memmove(at + 1, at, (set->count - seat) * sizeof *at);
    }
    *at = place;
    set->count++;
}

static void list_remove(struct place_set *set, uint32_t place)
{
    uint32_t seat = seat_of(set, place);
    uint32_t *at = set->list + set->head + seat;
    must(seat < set->count && *at == place);
    set->count--;
    if (seat < set->count - seat) {
        memmove(set->list + set->head + 1, set->list + set->head, seat * sizeof *at);
        set->head++;
    } else {
        memmove(at, at + 1, (set->count - seat) * sizeof *at);
    }
}

// Bits for more places; those that are there are kept.
static void bits_widen(struct place_set *set, uint32_t place)
{
    if (place / WORD < set->words)
        return;
    uint32_t words = (place / WORD + place / WORD / 2 + WORD) / WORD * WORD;
    uint64_t *bits = calloc(words + words / WORD, sizeof *bits);
    must(bits);
    if (set->words) {
        memcpy(bits, set->bits, set->words * sizeof *bits);
        memcpy(bits + words, top_of(set), set->words / WORD * sizeof *bits);
    }
    free(set->bits);
    set->bits = bits;
    set->words = words;
}

static void bits_add(struct place_set *set, uint32_t place)
{
    bits_widen(set, place);
    set->bits[place / WORD] |= UINT64_C(1) << place % WORD;
    top_of(set)[place / WORD / WORD] |= UINT64_C(1) << place / WORD % WORD;
    set->count++;
}

static void bits_remove(struct place_set *set, uint32_t place)
{
    must(place / WORD < set->words && set->bits[place / WORD] >> place % WORD & 1);
    set->bits[place / WORD] &= ~(UINT64_C(1) << place % WORD);
    if (!set->bits[place / WORD])
        top_of(set)[place / WORD / WORD] &= ~(UINT64_C(1) << place / WORD % WORD);
    set->count--;
}

static void to_bits(struct place_set *set)
{
    struct place_set old = *set;
    *set = (struct place_set){0};
    bits_widen(set, old.list[old.head + old.count - 1]);
    for (uint32_t i = 0; i < old.count; i++)
        bits_add(set, old.list[old.head + i]);
    free(old.list);
}

static void to_list(struct place_set *set)
{
    struct place_set old = *set;
    *set = (struct place_set){0};
    for (uint32_t at = 0; (at = place_set_next(&old, at)) != PLACE_NONE; at++)
        list_add(set, at);
    free(old.bits);
}

void place_set_add(struct place_set *set, uint32_t place)
{
    if (!set->bits && set->count == LIST_MAX)
        to_bits(set);
    if (set->bits)
        bits_add(set, place);
    else
        list_add(set, place);
}

void place_set_remove(struct place_set *set, uint32_t place)
{
    if (!set->bits) {
        list_remove(set, place);
        return;
    }
    bits_remove(set, place);
    if (set->count < BITS_MIN)
        to_list(set);
}

uint32_t place_set_next(const struct place_set *set, uint32_t from)
{
    if (!set->bits) {
        uint32_t seat = seat_of(set, from);
        return seat < set->count ? set->list[set->head + seat] : PLACE_NONE;
    }
    uint32_t word = from / WORD;
    if (word >= set->words)
        return PLACE_NONE;
    uint64_t left = set->bits[word] & ~UINT64_C(0) << from % WORD;
    if (left)
        return word * WORD + (uint32_t)__builtin_ctzll(left);
    const uint64_t *top = top_of(set);
    for (uint32_t above = ++word / WORD; above < set->words / WORD; above++) {
        left = top[above] & (above == word / WORD ? ~UINT64_C(0) << word % WORD : ~UINT64_C(0));
        if (left) {
            word = above * WORD + (uint32_t)__builtin_ctzll(left);
            return word * WORD + (uint32_t)__builtin_ctzll(set->bits[word]);
        }
    }
    return PLACE_NONE;
}

int64_t place_set_bytes(const struct place_set *set)
{
    return (int64_t)set->room * 4 + (int64_t)(set->words + set->words / WORD) * 8;
}
