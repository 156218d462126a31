// market_index.h - finds accounts by slug, keys by HMAC and prices by what they are for.
//
// Inside the room only. Open addressing from a 64-bit hash to an id; who looks up compares the
// row, so a hash that two rows share costs a step and never a wrong answer. Nothing iterates it.
//
//   Owner      struct market; a function of its tables
//   Invariant  every account, key and price in force is found
//   Refusal    none
//   Fault      none (no memory: must)
#pragma once
#include "core/market/market.h"
#include "core/market/node_leases.h"

struct id_map {
    uint64_t *hash, *id; // id 0: an empty slot
    uint32_t used, mask;
};

struct market_index {
    struct id_map slugs, keys, prices;
    struct node_leases node_leases;
    uint64_t generation;
    uint64_t *loosened; // accounts to be looked at again, by order of arrival
    uint64_t *listed;   // bits by place of the account: it stands in `loosened`
    uint32_t loosened_count, account_room;
};

void id_map_add(struct id_map *map, uint64_t hash, uint64_t id);
void id_map_set(struct id_map *map, uint64_t hash, uint64_t id); // replaces what was there
// The ids under a hash one after another; `cursor` starts at 0. 0: no more.
uint64_t id_map_next(const struct id_map *map, uint64_t hash, uint32_t *cursor);

#define CHIP_ID_MAX ((UINT64_C(1) << 48) - 1)

uint64_t slug_hash(str slug);
uint64_t hmac_hash(const digest *hmac);
uint64_t price_hash(uint64_t chip, uint32_t class, uint32_t currency); // exact

void market_index_account(struct market *market, const struct account *account);
void market_index_key(struct market *market, const struct access_key *key);
void market_index_lease(struct market *market, const struct lease *lease);
void market_index_price(struct market *market, const struct price *price);
void market_loosen(struct market *market, const struct account *account);
