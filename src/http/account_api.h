// account_api.h - accounts, their limits and their balances.
//
//   Owner      nobody
//   Invariant  an account that may not be seen is answered as if it did not exist
//   Refusal    in exchange->refusal
//   Fault      none
#pragma once
#include "http/exchange.h"

extern const struct field account_list_query[], account_new_fields[], limit_fields[],
    balance_query[];
extern const struct reply_field reply_account[], reply_account_page[], reply_balance[];

enum view account_list_view(struct exchange *exchange, const struct cloud *cloud);
enum view account_show_view(struct exchange *exchange, const struct cloud *cloud);
bool account_new_prepare(struct exchange *exchange);
enum view account_answer_view(struct exchange *exchange, const struct cloud *cloud);
void limit_look(struct exchange *exchange, const struct cloud *cloud);
bool limit_prepare(struct exchange *exchange);
bool balance_prepare(struct exchange *exchange);
enum view balance_view(struct exchange *exchange, const struct cloud *cloud);
// A currency as FIELD_CHOICE, for other tables too.
bool currency_choice(str text, uint32_t *ret_choice);
