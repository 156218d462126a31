// curtail_api.h - curtailments: which sites may take fewer watts, and until when.
//
//   Owner      nobody
//   Invariant  everybody with a key sees them; operators make them
//   Refusal    in exchange->refusal
//   Fault      none
#pragma once
#include "http/exchange.h"

extern const struct field curtail_list_query[], curtail_new_fields[];
extern const struct reply_field reply_curtailment[], reply_curtailment_page[];

enum view curtail_list_view(struct exchange *exchange, const struct cloud *cloud);
bool curtail_new_prepare(struct exchange *exchange);
enum view curtail_answer_view(struct exchange *exchange, const struct cloud *cloud);
