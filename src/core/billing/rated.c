#include "core/billing/rated.h"
#include "base/must.h"
#include "core/billing/billing.h"
#include "core/billing/billing_index.h"

const struct rated *rated_open_row(const struct billing *billing, uint64_t account,
                                   uint64_t contract, uint64_t price, month period)
{
    const struct rated *newest =
        billing_newest_row(billing, rated_key(account, contract, price, period));
    return newest && newest->invoice == 0 ? newest : NULL;
}

struct rated_opened rated_plan(const struct billing *billing, uint64_t account, uint64_t contract,
                               uint64_t price, month period, uint64_t new_id)
{
    const struct rated *closed =
        billing_newest_row(billing, rated_key(account, contract, price, period));
    struct rated_opened plan = {.rated = new_id,
                                .account = account,
                                .contract = contract,
                                .price = price,
                                .period = period};
    if (!closed) { // nothing to continue; but the month may be closed, by other prices
        plan.corrects = billing_first_invoice(billing, account, period);
        return plan;
    }
    must(closed->invoice != 0);
    plan.corrects = closed->invoice;
    plan.base_quantity = closed->base_quantity + closed->quantity; // both fitted when posted
    plan.base_posted = closed->base_posted + closed->posted;
    return plan;
}

bool rated_posting(const struct rated *rated, const struct price *price, int64_t quantity,
                   int64_t *ret_minor)
{
    must(rated->price == price->id);
    int64_t own, cumulative, charge, posted, minor, posted_after;
    decimal per_hour = {price->value, price->scale};
    if (__builtin_add_overflow(rated->quantity, quantity, &own) ||
        __builtin_add_overflow(rated->base_quantity, own, &cumulative) ||
        !money_charge(cumulative, DEVICE_HOUR_MS, per_hour, (enum currency)price->currency,
                      &charge) ||
        __builtin_add_overflow(rated->base_posted, rated->posted, &posted) ||
        __builtin_sub_overflow(charge, posted, &minor) ||
        __builtin_add_overflow(rated->posted, minor, &posted_after))
        return false;
    *ret_minor = minor;
    return true;
}

int64_t billing_spent(const struct billing *billing, uint64_t account, month period)
{
    const struct billing_month *monthly = billing_month_find(billing, account, period);
    return monthly ? monthly->spent : 0;
}

void rated_apply_opened(struct billing *billing, const struct rated_opened *fact)
{
    must(!rated_open_row(billing, fact->account, fact->contract, fact->price, fact->period));
    struct rated *rated = table_add(&billing->rated, fact->rated);
    rated->account = fact->account;
    rated->contract = fact->contract;
    rated->price = fact->price;
    rated->corrects = fact->corrects;
    rated->base_quantity = fact->base_quantity;
    rated->base_posted = fact->base_posted;
    rated->period = fact->period;
    billing_index_rated(billing, rated);
}

void rated_apply_added(struct billing *billing, const struct rated_added *fact)
{
    struct rated *rated = table_get(&billing->rated, fact->rated);
    must(rated && rated->invoice == 0);
    struct billing_month *monthly = billing_month_find(billing, rated->account, rated->period);
    bool over = __builtin_add_overflow(rated->quantity, fact->quantity, &rated->quantity) ||
                __builtin_add_overflow(rated->posted, fact->amount, &rated->posted) ||
                __builtin_add_overflow(monthly->spent, fact->amount, &monthly->spent);
    must(!over); // rated_posting and ledger_fits were asked before
}
