#include "core/market/market_index.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

static void *grown(void *memory, size_t count, size_t size)
{
    memory = realloc(memory, count * size);
    must(memory);
    return memory;
}

static uint32_t slot_of(const struct id_map *map, uint64_t hash)
{
    return (uint32_t)(hash * 0x9e3779b97f4a7c15 >> 32) & map->mask;
}

static void id_map_grow(struct id_map *map)
{
    struct id_map old = *map;
    uint32_t slots = old.id ? (old.mask + 1) * 2 : 16;
    map->mask = slots - 1;
    map->used = 0;
    map->hash = calloc(slots, sizeof *map->hash);
    map->id = calloc(slots, sizeof *map->id);
    must(map->hash && map->id);
    for (uint32_t i = 0; old.id && i <= old.mask; i++)
        if (old.id[i])
            id_map_add(map, old.hash[i], old.id[i]);
    free(old.hash);
    free(old.id);
}

void id_map_add(struct id_map *map, uint64_t hash, uint64_t id)
{
    must(id > 0);
    if (!map->id || map->used * 2 > map->mask)
        id_map_grow(map);
    uint32_t at = slot_of(map, hash);
    while (map->id[at])
        at = (at + 1) & map->mask;
    map->hash[at] = hash;
    map->id[at] = id;
    map->used++;
}

uint64_t id_map_next(const struct id_map *map, uint64_t hash, uint32_t *cursor)
{
    while (map->id) {
        uint32_t at = (slot_of(map, hash) + (*cursor)++) & map->mask;
        if (!map->id[at])
            return 0;
        if (map->hash[at] == hash)
            return map->id[at];
    }
    return 0;
}

void id_map_set(struct id_map *map, uint64_t hash, uint64_t id)
{
    uint32_t cursor = 0;
    if (!id_map_next(map, hash, &cursor)) {
        id_map_add(map, hash, id);
        return;
    }
    map->id[(slot_of(map, hash) + cursor - 1) & map->mask] = id;
}

uint64_t slug_hash(str slug) // FNV-1a
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < slug.len; i++)
        hash = (hash ^ (uint8_t)slug.ptr[i]) * 0x100000001b3;
    return hash;
}

uint64_t hmac_hash(const digest *hmac)
{
    uint64_t hash;
    memcpy(&hash, hmac->bytes, sizeof hash);
    return hash;
}

uint64_t price_hash(uint64_t chip, uint32_t class, uint32_t currency)
{
    must(chip <= CHIP_ID_MAX && class < 256 && currency < 256);
    return chip << 16 | (uint64_t) class << 8 | currency;
}

void market_index_account(struct market *market, const struct account *account)
{
    struct market_index *index = market->index;
    id_map_add(&index->slugs, slug_hash(str_from(account->slug)), account->id);
    if (market->accounts.high <= index->account_room)
        return;
    uint32_t room = index->account_room ? index->account_room * 2 : 64;
    while (room < market->accounts.high)
        room *= 2;
    index->loosened = grown(index->loosened, room, sizeof *index->loosened);
    index->listed = grown(index->listed, room / 64, sizeof *index->listed);
    memset(index->listed + index->account_room / 64, 0, (room - index->account_room) / 8);
    index->account_room = room;
}

void market_index_key(struct market *market, const struct access_key *key)
{
    id_map_add(&market->index->keys, hmac_hash(&key->hmac), key->id);
}

void market_index_price(struct market *market, const struct price *price)
{
    market->index->generation++;
    if (price->until_us == 0)
        id_map_set(&market->index->prices, price_hash(price->chip, price->class, price->currency),
                   price->id);
}

void market_loosen(struct market *market, const struct account *account)
{
    struct market_index *index = market->index;
    uint32_t place = table_place(&market->accounts, account);
    uint64_t bit = UINT64_C(1) << place % 64;
    if (index->listed[place / 64] & bit)
        return;
    index->listed[place / 64] |= bit;
    index->loosened[index->loosened_count++] = account->id;
}

uint64_t market_generation(const struct market *market)
{
    return market->index->generation;
}

uint64_t market_take_loosened(const struct market *market)
{
    struct market_index *index = market->index;
    if (index->loosened_count == 0)
        return 0;
    uint64_t id = index->loosened[--index->loosened_count];
    uint32_t place = table_place(&market->accounts, table_get(&market->accounts, id));
    index->listed[place / 64] &= ~(UINT64_C(1) << place % 64);
    return id;
}
