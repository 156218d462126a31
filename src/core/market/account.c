#include "base/must.h"
#include "core/market/market_index.h"
#include <string.h>

static bool digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool letter(char byte)
{
    return byte >= 'a' && byte <= 'z';
}

bool account_slug_valid(str slug)
{
    if (slug.len < 1 || slug.len > 31 || !letter(slug.ptr[0]))
        return false;
    for (size_t i = 0; i < slug.len; i++)
        if (!letter(slug.ptr[i]) && !digit(slug.ptr[i]) && slug.ptr[i] != '-')
            return false;
    return true;
}

// National Tax Agency, designation of corporate numbers: P_n is the n-th digit from the right of
// the twelve behind the first, Q_n is 1 for odd n and 2 for even n.
bool tax_id_valid(str tax_id)
{
    if (tax_id.len != 14 || tax_id.ptr[0] != 'T')
        return false;
    int sum = 0;
    for (size_t i = 1; i < 14; i++)
        if (!digit(tax_id.ptr[i]))
            return false;
    for (size_t n = 1; n <= 12; n++)
        sum += (tax_id.ptr[14 - n] - '0') * (n % 2 ? 1 : 2);
    return tax_id.ptr[1] - '0' == 9 - sum % 9;
}

const struct account *account_with_slug(const struct market *market, str slug)
{
    uint64_t hash = slug_hash(slug), id;
    for (uint32_t cursor = 0; (id = id_map_next(&market->index->slugs, hash, &cursor));) {
        const struct account *account = table_get(&market->accounts, id);
        if (str_is(str_from(account->slug), slug))
            return account;
    }
    return NULL;
}

void account_apply_added(struct market *market, const struct account_added *fact, int64_t time_us)
{
    must(fact->currency < CURRENCIES);
    must(!account_with_slug(market, str_from(fact->slug)));
    struct account *account = table_add(&market->accounts, fact->account);
    account->parent = fact->parent;
    memcpy(account->slug, fact->slug, sizeof account->slug);
    memcpy(account->name, fact->name, sizeof account->name);
    memcpy(account->tax_id, fact->tax_id, sizeof account->tax_id);
    account->created_us = time_us;
    account->devices_max = account->month_minor_max = NO_LIMIT;
    account->currency = fact->currency;
    account->zone = fact->zone;
    market_index_account(market, account);
}

void limit_apply_set(struct market *market, const struct limit_set *fact)
{
    struct account *account = table_get(&market->accounts, fact->account);
    must(account && fact->devices_max >= NO_LIMIT && fact->month_minor_max >= NO_LIMIT);
    must(fact->nominal_milli >= 0);
    account->nominal_milli = fact->nominal_milli;
    account->devices_max = fact->devices_max;
    account->month_minor_max = fact->month_minor_max;
    market_loosen(market, account);
}
