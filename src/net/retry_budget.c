#include "net/retry_budget.h"
#include "base/must.h"

enum { ONE = 1000 };

void retry_budget_init(struct retry_budget *budget, uint32_t percent, uint32_t burst)
{
    must(percent <= 100 && burst <= 1000000);
    *budget = (struct retry_budget){.milli = (int64_t)burst * ONE,
                                    .earn_milli = (int64_t)percent * ONE / 100,
                                    .milli_max = (int64_t)burst * ONE};
}

void retry_budget_earn(struct retry_budget *budget)
{
    int64_t before = __atomic_load_n(&budget->milli, __ATOMIC_RELAXED), after;
    do {
        after = before + budget->earn_milli;
        after = after < budget->milli_max ? after : budget->milli_max;
    } while (!__atomic_compare_exchange_n(&budget->milli, &before, after, true, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
}

bool retry_budget_spend(struct retry_budget *budget)
{
    int64_t before = __atomic_load_n(&budget->milli, __ATOMIC_RELAXED);
    do {
        if (before < ONE)
            return false;
    } while (!__atomic_compare_exchange_n(&budget->milli, &before, before - ONE, true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return true;
}
