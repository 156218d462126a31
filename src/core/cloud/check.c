// Every invariant by recount: those of the rooms, and those that hold between them.
#include "base/must.h"
#include "core/cloud/cloud_state.h"
#include <inttypes.h>

// What the ledger says was supplied of a chip is what its capacity row says was posted.
static bool check_capacity(const struct cloud *cloud, struct err *err)
{
    uint32_t cursor = 0;
    for (const struct capacity *row; (row = table_step(&cloud->inventory.capacities, &cursor));) {
        int64_t posted_ms = 0;
        for (int i = 0; i < CAPACITY_STATE_COUNT; i++)
            posted_ms += row->posted_ms[i];
        uint64_t supply =
            ledger_find(&cloud->ledger, row->id, BOOK_SUPPLY, commodity_device_ms(row->id));
        if (-ledger_balance(&cloud->ledger, supply) != posted_ms)
            return err_set(err,
                           "chip-%" PRIu64 ": the ledger supplied %" PRId64
                           " device-ms, its capacity says %" PRId64,
                           row->id, -ledger_balance(&cloud->ledger, supply), posted_ms);
    }
    return true;
}

// An account's unbilled balance is what was posted for it and stands on no invoice yet.
static bool check_unbilled(const struct cloud *cloud, struct err *err)
{
    uint32_t cursor = 0;
    for (const struct account *account; (account = table_step(&cloud->market.accounts, &cursor));) {
        for (enum currency currency = 0; currency < CURRENCIES; currency++) {
            int64_t open = 0;
            uint32_t at = 0;
            for (const struct rated *rated; (rated = table_step(&cloud->billing.rated, &at));) {
                const struct price *price = table_get(&cloud->market.prices, rated->price);
                if (rated->account == account->id && !rated->invoice &&
                    price->currency == (uint32_t)currency)
                    open += rated->posted;
            }
            uint64_t book =
                ledger_find(&cloud->ledger, account->id, BOOK_UNBILLED, commodity_money(currency));
            int64_t balance = ledger_balance(&cloud->ledger, book);
            if (balance != open)
                return err_set(err,
                               "account-%" PRIu64 ": unbilled %" PRId64 " in the ledger, %" PRId64
                               " in its open rows",
                               account->id, balance, open);
        }
    }
    return true;
}

// What was posted as used is the device time of what was metered, never more.
static bool check_used(const struct cloud *cloud, struct err *err)
{
    uint32_t cursor = 0;
    for (const struct meter_row *row; (row = table_step(&cloud->meter.rows, &cursor));) {
        const struct lease *lease = cloud_lease(cloud, row->id);
        if (!lease || row->used_taken > lease_device_ms(lease, row->ran_ms))
            return err_set(err, "lease-%" PRIu64 ": %" PRId64 " device-ms were posted as used",
                           row->id, row->used_taken);
    }
    return true;
}

bool cloud_check(const struct cloud *cloud, struct err *err)
{
    commodity which;
    int64_t difference;
    uint64_t id;
    if (!ledger_check(&cloud->ledger, &which, &difference))
        return err_set(err, "ledger: commodity %u is off by %" PRId64, which, difference);
    if (!inventory_check(&cloud->inventory, cloud_time_us(cloud), &id))
        return err_set(err, "inventory: chip-%" PRIu64 " does not add up", id);
    if (!market_check(&cloud->market, &cloud->inventory, &id))
        return err_set(err, "market: lease-%" PRIu64 " breaks an invariant", id);
    if (!sched_check(&cloud->sched, &cloud->market, &id))
        return err_set(err, "sched: job-%" PRIu64 " breaks an invariant", id);
    if (!reservations_check(&cloud->sched, &id))
        return err_set(err, "sched: reservation-%" PRIu64 " breaks an invariant", id);
    if (!meter_check(&cloud->meter, &id))
        return err_set(err, "meter: lease-%" PRIu64 " breaks an invariant", id);
    if (!billing_check(&cloud->billing, &cloud->market, &id))
        return err_set(err, "billing: rated-%" PRIu64 " breaks an invariant", id);
    if (!curtail_tree_check(cloud, &cloud->index->curtail))
        return err_set(err, "power: the tree is not what the leases and nodes take");
    return check_used(cloud, err) && check_capacity(cloud, err) && check_unbilled(cloud, err);
}
