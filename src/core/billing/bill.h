// bill.h - the invoice that would be issued now: its rows, lines and totals.
//
// A bill takes the open rows of an account's month that have a quantity, in id order. Tax is
// rounded once per rate, by the issuer's rule. An invoice has room for INVOICE_RATES_MAX rates:
// rows of a further rate stay open for the next invoice of the month.
//
// The kind follows from the month: ordinary when it had no invoice; else a correction, or a return
// when the sum without tax is below zero.
//
//   Owner      nobody: functions of the state
//   Invariant  bill_draft counts exactly the rows that bill_next_row gives
//   Refusal    bill_draft: false when there is nothing to invoice, or a total leaves int64
//   Fault      none
#pragma once
#include "core/billing/invoice.h"
#include "core/billing/rated.h"
#include "core/market/market.h"

// The next row of the bill for (account, month), after row `after`. NULL: no more.
const struct rated *bill_next_row(const struct billing *billing, const struct market *market,
                                  uint64_t account, month period, uint64_t after);
// Its line, with ids of line and invoice left 0.
struct invoice_line bill_line(const struct market *market, const struct inventory *inventory,
                              const struct rated *rated);
// Totals, kind and names; lines counted; id and issued_us left 0.
bool bill_draft(const struct billing *billing, const struct market *market, uint64_t account,
                month period, struct invoice *ret_invoice);
