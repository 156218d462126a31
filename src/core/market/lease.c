#include "base/must.h"
#include "core/market/market_index.h"

const char *lease_state_text(enum lease_state state)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {LEASE_STATES(X)};
#undef X
    must(state < LEASE_STATE_COUNT);
    return texts[state];
}

const char *lease_class_text(enum lease_class class)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {LEASE_CLASSES(X)};
#undef X
    must(class < LEASE_CLASS_COUNT);
    return texts[class];
}

void lease_apply_opened(struct market *market, struct inventory *inventory,
                        const struct leased *fact, int64_t time_us)
{
    struct account *account = table_get(&market->accounts, fact->account);
    int64_t count = device_set_count(&fact->devices);
    must(account && count > 0 && fact->class < LEASE_CLASS_COUNT);
    must(table_get(&market->prices, fact->price));
    struct lease *lease = table_add(&market->leases, fact->lease);
    lease->account = fact->account;
    lease->contract = fact->contract;
    lease->job = fact->job;
    lease->node = fact->node;
    lease->price = fact->price;
    lease->start_us = time_us;
    lease->memory_mib = fact->memory_mib;
    lease->devices = fact->devices;
    lease->class = fact->class;
    lease->state = LEASE_ACTIVE;
    account->devices_leased += count;
    node_lease(inventory, lease->node, &lease->devices, lease->memory_mib, lease->id, time_us);
}

void lease_apply_ended(struct market *market, struct inventory *inventory,
                       const struct lease_ended *fact, int64_t time_us)
{
    struct lease *lease = table_get(&market->leases, fact->lease);
    must(lease && lease->state != LEASE_ENDED && time_us >= lease->start_us);
    lease->end_us = time_us;
    lease->state = LEASE_ENDED;
    struct account *account = table_get(&market->accounts, lease->account);
    account->devices_leased -= device_set_count(&lease->devices);
    must(account->devices_leased >= 0);
    market_loosen(market, account);
    node_release(inventory, lease->node, &lease->devices, lease->memory_mib, time_us);
}

void lease_apply_dropped(struct market *market, const struct lease_dropped *fact)
{
    const struct lease *lease = table_get(&market->leases, fact->lease);
    must(lease && lease->state == LEASE_ENDED);
    table_remove(&market->leases, fact->lease);
}
