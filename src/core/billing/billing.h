// billing.h - the state of billing: its tables, and the check that they agree.
//
// rated.h turns quantities into postings, bill.h draws up what would be invoiced, invoice.h keeps
// what was, issuer.h says in whose name. This header holds what they share and includes them.
//
// A month whose invoice is issued is closed: what comes later goes to a row that continues the
// closed one and becomes a correction or a return.
//
//   Owner      struct billing owns its tables and its index (a cache of them)
//   Invariant  those of rated.h and invoice.h; billing_check walks them all
//   Refusal    none
//   Fault      none
#pragma once
#include "base/table.h"
#include "core/billing/bill.h"
#include "core/billing/invoice.h"
#include "core/billing/issuer.h"
#include "core/billing/rated.h"
#include "core/market/market.h"
#include <stdbool.h>
#include <stdint.h>

struct billing {
    struct table rated, invoices, lines, issuers;
    struct billing_index *index; // billing_index.h
};

void billing_init(struct billing *billing);
void billing_finish(struct billing *billing);
void billing_reindex(struct billing *billing); // after rows were loaded from a snapshot

// Every row, invoice and cache counted again; false names a rated row that is at fault (of an
// invoice that does not add up: that of its first line).
bool billing_check(const struct billing *billing, const struct market *market, uint64_t *ret_rated);
