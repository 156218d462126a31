// bill_api.h - bills: the draft of a month, invoices as JSON and as a page of text.
//
//   Owner      nobody
//   Invariant  an invoice shown is the one that was issued, to the byte
//   Refusal    in exchange->refusal
//   Fault      none
#pragma once
#include "http/exchange.h"

extern const struct field bill_query[], invoice_new_fields[], invoice_list_query[];
extern const struct reply_field reply_invoice_page[];

bool bill_accept(struct exchange *exchange); // JSON or text?
enum view bill_view(struct exchange *exchange, const struct cloud *cloud);
bool invoice_new_prepare(struct exchange *exchange);
enum view invoice_new_view(struct exchange *exchange, const struct cloud *cloud);
enum view invoice_list_view(struct exchange *exchange, const struct cloud *cloud);
enum view invoice_show_view(struct exchange *exchange, const struct cloud *cloud);
