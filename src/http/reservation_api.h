// reservation_api.h - reservations: devices that are an account's alone for a time.
//
//   Owner      nobody
//   Invariant  none beyond the rows
//   Refusal    in exchange->refusal
//   Fault      none
#pragma once
#include "http/exchange.h"

extern const struct field reservation_new_fields[], reservation_list_query[], earliest_query[];
extern const struct reply_field reply_reservation[], reply_reservation_page[], reply_earliest[];

bool reservation_new_prepare(struct exchange *exchange);
bool reservation_cancel_prepare(struct exchange *exchange);
enum view reservation_answer_view(struct exchange *exchange, const struct cloud *cloud);
enum view reservation_list_view(struct exchange *exchange, const struct cloud *cloud);
enum view reservation_show_view(struct exchange *exchange, const struct cloud *cloud);
enum view earliest_view(struct exchange *exchange, const struct cloud *cloud);
