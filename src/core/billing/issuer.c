#include "core/billing/issuer.h"
#include "base/money.h"
#include "base/must.h"
#include "core/billing/billing.h"
#include <string.h>

enum { ISSUER_ID = 1 };

const struct issuer *issuer_get(const struct billing *billing)
{
    return table_get(&billing->issuers, ISSUER_ID);
}

void issuer_apply_set(struct billing *billing, const struct issuer_set *fact)
{
    must(fact->rounding <= ROUND_CEILING);
    struct issuer *issuer = table_get(&billing->issuers, ISSUER_ID);
    if (!issuer)
        issuer = table_add(&billing->issuers, ISSUER_ID);
    memcpy(issuer->name, fact->name, sizeof issuer->name);
    memcpy(issuer->tax_id, fact->tax_id, sizeof issuer->tax_id);
    issuer->rounding = fact->rounding;
}
