// journal_api.h - the journal: pages of events, following it live, exporting it.
//
//   Owner      nobody
//   Invariant  only durable lines are shown, as they are kept, to the byte
//   Refusal    in exchange->refusal
//   Fault      the journal cannot be read: unavailable
#pragma once
#include "http/exchange.h"

extern const struct field journal_query[], journal_follow_query[], journal_export_query[];
extern const struct reply_field reply_journal[];

bool journal_finish(struct exchange *exchange);
bool journal_follow_prepare(struct exchange *exchange);
bool journal_follow_finish(struct exchange *exchange);
bool journal_export_finish(struct exchange *exchange);
