// nodes_api.h - many nodes by name in one request, looked through as a whole before any is added.
//
// A node that is there already and is what the request says is skipped, so that the same request
// may be sent again. One that is there and differs is a problem, as is everything the core would
// refuse. With `check` nothing is added and every problem is listed, each with its place in the
// list; without, nothing is added when there is any problem.
//
//   Owner      the exchange's arena has the list while it is decided
//   Invariant  all of the list that is not there yet is added, or none
//   Refusal    without `check`: the first problem
//   Fault      none
#pragma once
#include "http/exchange.h"

extern const struct field nodes_new_fields[];
extern const struct reply_field reply_nodes_new[];

void nodes_new_look(struct exchange *exchange, const struct cloud *cloud);
bool nodes_new_prepare(struct exchange *exchange);
enum view nodes_new_view(struct exchange *exchange, const struct cloud *cloud);
