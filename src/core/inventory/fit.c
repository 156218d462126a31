#include "core/inventory/fit.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

enum { NODES_FIRST = 64, NO_WORD = UINT32_MAX };

struct fit_set { // one allocation: nodes, words of nodes, words of words
    uint64_t *level[3];
};

struct fit_chip {
    uint16_t *count[FIT_KINDS]; // by node place
    struct fit_set set[FIT_KINDS][DEVICE_SET_MAX];
    uint32_t sets[FIT_KINDS]; // sets made so far: 1 .. sets devices
    uint32_t sum;             // while a node is counted
    bool taken;
};

struct fit_index {
    struct fit_chip **chips; // by place in the chip table
    uint32_t chip_count, node_room;
    int64_t *mib[FIT_KINDS];   // by node place; SELLABLE and BUILT are the same array
    int64_t *bound[FIT_KINDS]; // by 64 places: no node of them has more
    uint64_t generation[FIT_KINDS];
};

static void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    must(memory);
    return memory;
}

static uint32_t level_words(uint32_t node_room, int level)
{
    uint32_t words = node_room / 64;
    for (int i = 0; i < level; i++)
        words = (words + 63) / 64;
    return words;
}

static void set_make(struct fit_set *set, uint32_t node_room)
{
    size_t words = 0;
    for (int i = 0; i < 3; i++)
        words += level_words(node_room, i);
    uint64_t *bits = zeroed(words, sizeof *bits);
    for (int i = 0; i < 3; i++) {
        set->level[i] = bits;
        bits += level_words(node_room, i);
    }
}

static void set_add(struct fit_set *set, uint32_t place)
{
    for (int i = 0; i < 3; i++, place /= 64) {
        uint64_t before = set->level[i][place / 64];
        set->level[i][place / 64] = before | UINT64_C(1) << place % 64;
        if (before)
            return;
    }
}

static void set_remove(struct fit_set *set, uint32_t place)
{
    for (int i = 0; i < 3; i++, place /= 64) {
        uint64_t after = set->level[i][place / 64] & ~(UINT64_C(1) << place % 64);
        set->level[i][place / 64] = after;
        if (after)
            return;
    }
}

// The first word of nodes at or after `word` that is not empty.
static uint32_t set_word(const struct fit_set *set, uint32_t word, uint32_t node_room)
{
    if (word >= level_words(node_room, 0))
        return NO_WORD;
    uint32_t up = word / 64;
    uint64_t bits = set->level[1][up] & ~UINT64_C(0) << word % 64;
    if (bits)
        return up * 64 + (uint32_t)__builtin_ctzll(bits);
    up++;
    for (uint32_t top = up / 64; top < level_words(node_room, 2); top++) {
        bits = set->level[2][top];
        if (top == up / 64)
            bits &= ~UINT64_C(0) << up % 64;
        if (!bits)
            continue;
        up = top * 64 + (uint32_t)__builtin_ctzll(bits);
        return up * 64 + (uint32_t)__builtin_ctzll(set->level[1][up]);
    }
    return NO_WORD;
}

static struct fit_chip *chip_of(const struct inventory *inventory, uint64_t id)
{
    const struct chip *chip = table_get(&inventory->chips, id);
    return chip ? inventory->index->chips[table_place(&inventory->chips, chip)] : NULL;
}

static struct fit_chip *chip_make(uint32_t node_room)
{
    struct fit_chip *chip = zeroed(1, sizeof *chip);
    for (int kind = 0; kind < FIT_KINDS; kind++)
        chip->count[kind] = zeroed(node_room, sizeof *chip->count[kind]);
    return chip;
}

static void chip_free(struct fit_chip *chip)
{
    for (int kind = 0; kind < FIT_KINDS; kind++) {
        free(chip->count[kind]);
        for (uint32_t i = 0; i < chip->sets[kind]; i++)
            free(chip->set[kind][i].level[0]);
    }
    free(chip);
}

static void count_set(struct fit_index *index, struct fit_chip *chip, enum fit_kind kind,
                      uint32_t place, uint32_t count)
{
    uint32_t before = chip->count[kind][place];
    while (chip->sets[kind] < count)
        set_make(&chip->set[kind][chip->sets[kind]++], index->node_room);
    for (uint32_t n = before; n < count; n++)
        set_add(&chip->set[kind][n], place);
    for (uint32_t n = count; n < before; n++)
        set_remove(&chip->set[kind][n], place);
    chip->count[kind][place] = (uint16_t)count;
}

static void memory_set(struct fit_index *index, enum fit_kind kind, uint32_t place, int64_t mib)
{
    index->mib[kind][place] = mib;
    if (index->bound[kind][place / 64] < mib)
        index->bound[kind][place / 64] = mib;
}

static bool counts_as(enum fit_kind kind, const struct node *node, uint32_t index)
{
    if (kind == FIT_OPEN)
        return device_set_has(&node->open, index);
    if (kind == FIT_SELLABLE)
        return node_standing(node) == NODE_READY && device_set_has(&node->healthy, index);
    return node->state != NODE_RETIRED;
}

static uint32_t count_of(enum fit_kind kind, const struct node *node)
{
    if (kind == FIT_OPEN)
        return device_set_count(&node->open);
    if (kind == FIT_SELLABLE)
        return node_standing(node) == NODE_READY ? device_set_count(&node->healthy) : 0;
    return node->state != NODE_RETIRED ? node->devices : 0;
}

// Counts of one node for each of its chips: first added up, then taken over chip by chip.
static void recount(struct inventory *inventory, const struct node *node, enum fit_kind kind)
{
    struct fit_index *index = inventory->index;
    uint32_t place = table_place(&inventory->nodes, node);
    if (node->chip) {
        count_set(index, chip_of(inventory, node->chip), kind, place, count_of(kind, node));
        return;
    }
    for (uint32_t i = 0; i < node->devices; i++)
        chip_of(inventory, device_chip(inventory, node, i))->sum += counts_as(kind, node, i);
    for (uint32_t i = 0; i < node->devices; i++) {
        struct fit_chip *chip = chip_of(inventory, device_chip(inventory, node, i));
        if (chip->taken)
            continue;
        chip->taken = true;
        count_set(index, chip, kind, place, chip->sum);
    }
    for (uint32_t i = 0; i < node->devices; i++) {
        struct fit_chip *chip = chip_of(inventory, device_chip(inventory, node, i));
        chip->taken = false;
        chip->sum = 0;
    }
}

static void recount_open(struct inventory *inventory, const struct node *node)
{
    struct fit_index *index = inventory->index;
    uint32_t place = table_place(&inventory->nodes, node);
    recount(inventory, node, FIT_OPEN);
    memory_set(index, FIT_OPEN, place, node->memory_mib - node->memory_leased_mib);
}

static void recount_all(struct inventory *inventory, const struct node *node)
{
    recount_open(inventory, node);
    recount(inventory, node, FIT_SELLABLE);
    recount(inventory, node, FIT_BUILT);
    uint32_t place = table_place(&inventory->nodes, node);
    memory_set(inventory->index, FIT_SELLABLE, place, node->memory_mib);
}

static void build(struct inventory *inventory, uint32_t node_room)
{
    struct fit_index *index = inventory->index;
    index->node_room = node_room;
    index->mib[FIT_OPEN] = zeroed(node_room, sizeof(int64_t));
    index->mib[FIT_SELLABLE] = index->mib[FIT_BUILT] = zeroed(node_room, sizeof(int64_t));
    index->bound[FIT_OPEN] = zeroed(node_room / 64, sizeof(int64_t));
    index->bound[FIT_SELLABLE] = index->bound[FIT_BUILT] = zeroed(node_room / 64, sizeof(int64_t));
    uint32_t cursor = 0;
    while (table_step(&inventory->chips, &cursor))
        fit_chip_added(inventory);
    cursor = 0;
    for (const struct node *node; (node = table_step(&inventory->nodes, &cursor));)
        recount_all(inventory, node);
}

static void clear(struct fit_index *index)
{
    for (uint32_t i = 0; i < index->chip_count; i++)
        chip_free(index->chips[i]);
    free(index->chips);
    index->chips = NULL;
    index->chip_count = 0;
    free(index->mib[FIT_OPEN]);
    free(index->mib[FIT_BUILT]);
    free(index->bound[FIT_OPEN]);
    free(index->bound[FIT_BUILT]);
}

static uint32_t room_for(uint32_t nodes)
{
    uint32_t node_room = NODES_FIRST;
    while (node_room < nodes)
        node_room *= 2;
    return node_room;
}

void fit_create(struct inventory *inventory)
{
    inventory->index = zeroed(1, sizeof *inventory->index);
    build(inventory, room_for(inventory->nodes.high));
}

void fit_destroy(struct inventory *inventory)
{
    if (!inventory->index)
        return;
    clear(inventory->index);
    free(inventory->index);
    inventory->index = NULL;
}

static void grew(struct fit_index *index, bool house)
{
    index->generation[FIT_OPEN]++;
    index->generation[FIT_SELLABLE] += house;
    index->generation[FIT_BUILT] += house;
}

void fit_rebuild(struct inventory *inventory)
{
    clear(inventory->index);
    build(inventory, room_for(inventory->nodes.high));
    grew(inventory->index, true);
}

void fit_node_added(struct inventory *inventory)
{
    struct fit_index *index = inventory->index;
    if (inventory->nodes.high > index->node_room) {
        clear(index);
        build(inventory, index->node_room * 2);
    }
}

void fit_chip_added(struct inventory *inventory)
{
    struct fit_index *index = inventory->index;
    uint32_t count = index->chip_count + 1;
    index->chips = realloc(index->chips, count * sizeof(struct fit_chip *));
    must(index->chips);
    index->chips[index->chip_count] = chip_make(index->node_room);
    index->chip_count = count;
}

void fit_node_changed(struct inventory *inventory, const struct node *node)
{
    recount_all(inventory, node);
    grew(inventory->index, true);
}

void fit_node_leased(struct inventory *inventory, const struct node *node)
{
    recount_open(inventory, node);
}

void fit_node_released(struct inventory *inventory, const struct node *node)
{
    recount_open(inventory, node);
    grew(inventory->index, false);
}

static void tighten(struct fit_index *index, enum fit_kind kind, uint32_t word)
{
    const int64_t *mib = index->mib[kind] + (size_t)word * 64;
    int64_t most = mib[0];
    for (int i = 1; i < 64; i++)
        most = mib[i] > most ? mib[i] : most;
    index->bound[kind][word] = most;
}

static const struct fit_set *set_for(const struct inventory *inventory,
                                     const struct fit_query *query)
{
    must(query->devices >= 1 && query->kind < FIT_KINDS);
    const struct fit_chip *chip = chip_of(inventory, query->chip);
    if (!chip || query->devices > chip->sets[query->kind])
        return NULL;
    return &chip->set[query->kind][query->devices - 1];
}

static bool stays_open(const struct node *node, int64_t until_us)
{
    return until_us == 0 || node->closes_us == 0 || until_us <= node->closes_us;
}

const struct node *fit_first(const struct inventory *inventory, const struct fit_query *query)
{
    struct fit_index *index = inventory->index;
    const struct fit_set *set = set_for(inventory, query);
    if (!set)
        return NULL;
    const int64_t *mib = index->mib[query->kind];
    for (uint32_t word = set_word(set, 0, index->node_room); word != NO_WORD;
         word = set_word(set, word + 1, index->node_room)) {
        if (index->bound[query->kind][word] < query->memory_mib)
            continue;
        for (uint64_t bits = set->level[0][word]; bits; bits &= bits - 1) {
            uint32_t place = word * 64 + (uint32_t)__builtin_ctzll(bits);
            const struct node *node = table_at(&inventory->nodes, place);
            if (mib[place] >= query->memory_mib && stays_open(node, query->until_us))
                return node;
        }
        tighten(index, query->kind, word);
    }
    return NULL;
}

int64_t fit_memory_max(const struct inventory *inventory, const struct fit_query *query)
{
    const struct fit_index *index = inventory->index;
    const struct fit_set *set = set_for(inventory, query);
    int64_t most = 0;
    if (!set)
        return most;
    for (uint32_t word = set_word(set, 0, index->node_room); word != NO_WORD;
         word = set_word(set, word + 1, index->node_room)) {
        if (index->bound[query->kind][word] <= most)
            continue;
        for (uint64_t bits = set->level[0][word]; bits; bits &= bits - 1) {
            uint32_t place = word * 64 + (uint32_t)__builtin_ctzll(bits);
            if (index->mib[query->kind][place] > most)
                most = index->mib[query->kind][place];
        }
    }
    return most;
}

uint32_t fit_devices_max(const struct inventory *inventory, enum fit_kind kind, uint64_t id)
{
    const struct fit_chip *chip = chip_of(inventory, id);
    uint32_t most = chip ? chip->sets[kind] : 0;
    while (most && set_word(&chip->set[kind][most - 1], 0, inventory->index->node_room) == NO_WORD)
        most--;
    return most;
}

uint64_t fit_generation(const struct inventory *inventory, enum fit_kind kind)
{
    return inventory->index->generation[kind];
}
