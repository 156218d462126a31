// retry_budget.h - how many requests may be tried again, over all that go to one place.
//
// A server in trouble gets more requests from those who try again, and is in more trouble. A
// budget bounds that: each first try earns a part of a further one, each further try spends a
// whole one. So tries again never exceed `percent` of the requests, and a saved-up `burst`.
//
//   Owner      whoever speaks to that place; it must outlive the requests that point at it
//   Invariant  0 <= milli <= burst × 1,000
//   Refusal    retry_budget_spend false: do not try again
//   Fault      none
//   Threads    any
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct retry_budget {
    int64_t milli; // of one further try
    int64_t earn_milli, milli_max;
};

void retry_budget_init(struct retry_budget *budget, uint32_t percent, uint32_t burst); // full
void retry_budget_earn(struct retry_budget *budget);
bool retry_budget_spend(struct retry_budget *budget);
