// key_table.h - access keys for rooms that must answer fast: a copy that follows the commits.
//
// The turning thread renews it after every commit that touched a key, so what it says was true at
// the last commit; while no commit ends nothing can change.
//
//   Owner      live
//   Invariant  holds exactly the active keys of the durable state
//   Refusal    find false: no such key, revoked or expired
//   Fault      none (no memory: must)
//   Threads    renew: the turning thread; find: any
#pragma once
#include "core/cloud/cloud.h"
#include <pthread.h>

struct key_table {
    pthread_rwlock_t lock;
    struct key_entry *entries; // by the first bytes of the HMAC
    uint32_t count, room;
};

void key_table_init(struct key_table *table);
void key_table_finish(struct key_table *table);
void key_table_renew(struct key_table *table, const struct cloud *cloud);
bool key_table_find(struct key_table *table, const digest *hmac, int64_t time_us,
                    struct principal *ret_principal);
