// log_api.h - the output of jobs: pages of raw bytes, and following it live.
//
//   Owner      nobody
//   Invariant  whoever may see a job may see its output, nobody else
//   Refusal    in exchange->refusal
//   Fault      none
#pragma once
#include "http/exchange.h"

extern const struct field log_query[], log_follow_query[];
enum view log_view(struct exchange *exchange, const struct cloud *cloud);
bool log_finish(struct exchange *exchange);
bool log_follow_prepare(struct exchange *exchange);
bool log_follow_finish(struct exchange *exchange);
