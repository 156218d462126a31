#include "live/key_table.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

struct key_entry {
    digest hmac;
    struct principal principal;
    int64_t expires_us;
};

void key_table_init(struct key_table *table)
{
    *table = (struct key_table){0};
    pthread_rwlock_init(&table->lock, NULL);
}

void key_table_finish(struct key_table *table)
{
    free(table->entries);
    pthread_rwlock_destroy(&table->lock);
}

static int by_hmac(const void *a, const void *b)
{
    return memcmp(((const struct key_entry *)a)->hmac.bytes,
                  ((const struct key_entry *)b)->hmac.bytes, sizeof(digest));
}

void key_table_renew(struct key_table *table, const struct cloud *cloud)
{
    pthread_rwlock_wrlock(&table->lock);
    table->count = 0;
    uint32_t cursor = 0;
    for (const struct access_key *key; (key = table_step(&cloud->market.keys, &cursor));) {
        if (key->state != KEY_ACTIVE)
            continue;
        if (table->count == table->room) {
            table->room = table->room ? table->room * 2 : 16;
            table->entries = realloc(table->entries, table->room * sizeof *table->entries);
            must(table->entries);
        }
        table->entries[table->count++] = (struct key_entry){
            key->hmac, {key->id, key->account, (enum role)key->role},
             key->expires_us
        };
    }
    if (table->count)
        qsort(table->entries, table->count, sizeof *table->entries, by_hmac);
    pthread_rwlock_unlock(&table->lock);
}

// The first entry whose leading 8 bytes are not lower; HMACs are secret only as a whole, so the
// search may look at their heads, and the rest is compared in constant time.
static uint32_t lower_bound(const struct key_table *table, const digest *hmac)
{
    uint32_t low = 0, high = table->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (memcmp(table->entries[middle].hmac.bytes, hmac->bytes, 8) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool key_table_find(struct key_table *table, const digest *hmac, int64_t time_us,
                    struct principal *ret_principal)
{
    bool found = false;
    pthread_rwlock_rdlock(&table->lock);
    for (uint32_t i = lower_bound(table, hmac);
         !found && i < table->count && memcmp(table->entries[i].hmac.bytes, hmac->bytes, 8) == 0;
         i++) {
        const struct key_entry *entry = &table->entries[i];
        found = digest_same(entry->hmac, *hmac) &&
                (entry->expires_us == 0 || time_us < entry->expires_us);
        if (found)
            *ret_principal = entry->principal;
    }
    pthread_rwlock_unlock(&table->lock);
    return found;
}
