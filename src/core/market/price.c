#include "base/must.h"
#include "core/market/market_index.h"

const struct price *price_for(const struct market *market, uint64_t chip, enum lease_class class,
                              enum currency currency)
{
    if (chip > CHIP_ID_MAX || class >= LEASE_CLASS_COUNT || currency >= CURRENCIES)
        return NULL; // asked for from outside: nobody sells that
    uint32_t cursor = 0;
    uint64_t hash = price_hash(chip, class, currency);
    return table_get(&market->prices, id_map_next(&market->index->prices, hash, &cursor));
}

void price_apply_set(struct market *market, const struct price_set *fact, int64_t time_us)
{
    must(fact->class < LEASE_CLASS_COUNT && fact->currency < CURRENCIES && fact->scale <= 10);
    must(fact->chip > 0 && fact->value >= 0);
    const struct price *before = price_for(market, fact->chip, fact->class, fact->currency);
    if (before) {
        struct price *ended = table_get(&market->prices, before->id);
        ended->until_us = time_us;
    }
    struct price *price = table_add(&market->prices, fact->price);
    price->chip = fact->chip;
    price->value = fact->value;
    price->from_us = time_us;
    price->scale = fact->scale;
    price->currency = fact->currency;
    price->class = fact->class;
    price->tax_permille = fact->tax_permille;
    market_index_price(market, price);
}
