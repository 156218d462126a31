// key_api.h - access keys: made here, shown once, revoked.
//
//   Owner      nobody
//   Invariant  a secret is in the reply to its making and nowhere else; the same Idempotency-Key
//              gives the same secret again
//   Refusal    in exchange->refusal
//   Fault      none
#pragma once
#include "http/exchange.h"

extern const struct field key_list_query[], key_new_fields[];
extern const struct reply_field reply_key[], reply_key_page[], reply_key_new[];

enum view key_list_view(struct exchange *exchange, const struct cloud *cloud);
bool key_new_prepare(struct exchange *exchange);
enum view key_new_view(struct exchange *exchange, const struct cloud *cloud);
bool key_revoke_prepare(struct exchange *exchange);
enum view key_revoke_view(struct exchange *exchange, const struct cloud *cloud);
