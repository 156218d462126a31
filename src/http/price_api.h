// price_api.h - prices: what a device-hour costs, and since when.
//
//   Owner      nobody
//   Invariant  a price never changes: a new one ends the one before
//   Refusal    in exchange->refusal
//   Fault      none
#pragma once
#include "http/exchange.h"

extern const struct field price_list_query[], price_new_fields[];
extern const struct reply_field reply_price[], reply_price_page[];

enum view price_list_view(struct exchange *exchange, const struct cloud *cloud);
bool price_new_prepare(struct exchange *exchange);
enum view price_answer_view(struct exchange *exchange, const struct cloud *cloud);
