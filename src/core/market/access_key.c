#include "base/must.h"
#include "core/market/market_index.h"
#include <string.h>

const char *key_state_text(enum key_state state)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {KEY_STATES(X)};
#undef X
    must(state < KEY_STATE_COUNT);
    return texts[state];
}

const struct access_key *key_with_hmac(const struct market *market, const digest *hmac)
{
    const struct access_key *found = NULL;
    uint64_t hash = hmac_hash(hmac), id;
    for (uint32_t cursor = 0; (id = id_map_next(&market->index->keys, hash, &cursor));) {
        const struct access_key *key = table_get(&market->keys, id);
        if (digest_same(key->hmac, *hmac))
            found = key;
    }
    return found;
}

bool key_usable(const struct access_key *key, int64_t time_us)
{
    return key->state == KEY_ACTIVE && (key->expires_us == 0 || time_us < key->expires_us);
}

void key_apply_added(struct market *market, const struct key_added *fact, int64_t time_us)
{
    must(table_get(&market->accounts, fact->account));
    must(fact->role > ROLE_NONE && fact->role < ROLE_COUNT);
    struct access_key *key = table_add(&market->keys, fact->key);
    key->account = fact->account;
    key->created_us = time_us;
    key->expires_us = fact->expires_us;
    key->hmac = fact->hmac;
    memcpy(key->label, fact->label, sizeof key->label);
    key->role = fact->role;
    key->state = KEY_ACTIVE;
    market_index_key(market, key);
}

void key_apply_revoked(struct market *market, const struct key_revoked *fact)
{
    struct access_key *key = table_get(&market->keys, fact->key);
    must(key);
    key->state = KEY_REVOKED;
}
