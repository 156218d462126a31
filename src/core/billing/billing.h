// billing.h - from quantities to money: rating, invoices, corrections, tax.
//
// Rating telescopes: posting = round(f(cumulative quantity of the period)) - already posted, per
// account, contract, price and month of the account's zone. A month whose invoice is issued is
// closed: what comes later goes to a correction row that continues the closed one and becomes a
// correction or return invoice.
//
//   Owner      struct billing owns its tables and its index (a cache)
//   Invariant  for each rated row: base_posted + posted = round(f(base + quantity)); an invoice's
//              subtotal = sum of its lines = sum of the postings of the rows it closed; an issued
//              invoice and its lines never change
//   Refusal    bill_draft says BILL_NOTHING
//   Fault      none
#pragma once
#include "base/instant.h"
#include "base/money.h"
#include "base/table.h"
#include "core/market/market.h"
#include <stdbool.h>
#include <stdint.h>

struct rated {
    uint64_t id, account, contract, price;
    uint64_t invoice;         // 0: open; else the invoice that closed it
    uint64_t corrects;        // 0, or the issued invoice of the same month this row continues
    int64_t quantity, posted; // device-ms and minor units of this row
    int64_t base_quantity, base_posted; // of the closed rows before it
    uint32_t period, reserved;          // month
};
_Static_assert(sizeof(struct rated) == 88, "no padding");

struct issuer { // one row, id 1: the operator as it stands on invoices
    uint64_t id;
    char name[96];
    char tax_id[16]; // empty: not a registered issuer
    uint32_t rounding, reserved;
};
_Static_assert(sizeof(struct issuer) == 128, "no padding");

#define INVOICE_KINDS(X)                \
    X(INVOICE_ORDINARY, "invoice")      \
    X(INVOICE_CORRECTION, "correction") \
    X(INVOICE_RETURN, "return")
#define X(name, text) name,
enum invoice_kind { INVOICE_KINDS(X) INVOICE_KIND_COUNT };
#undef X
const char *invoice_kind_text(enum invoice_kind kind);

enum { INVOICE_RATES_MAX = 4 };

struct invoice { // names frozen when issued
    uint64_t id, account;
    uint64_t corrects; // the invoice this one corrects, 0: none
    int64_t issued_us;
    int64_t subtotal[INVOICE_RATES_MAX], tax[INVOICE_RATES_MAX]; // per tax rate
    int64_t total;
    char issuer_name[96], issuer_tax_id[16], account_name[96], account_tax_id[16];
    uint32_t tax_permille[INVOICE_RATES_MAX];
    uint32_t rates, period, kind, currency, rounding, lines;
};
_Static_assert(sizeof(struct invoice) == 368, "no padding");

struct invoice_line {
    uint64_t id, invoice, rated, price, chip;
    int64_t quantity;            // device-ms
    int64_t price_value, amount; // amount in minor units, without tax
    uint32_t price_scale, class, tax_permille, reserved;
    char chip_name[32];
};
_Static_assert(sizeof(struct invoice_line) == 112, "no padding");

struct billing {
    struct table rated, invoices, lines, issuers;
    struct billing_index *index; // (account, contract, price, period) -> open rated row, and more
};

// Facts.
struct issuer_set {
    char name[96], tax_id[16];
    uint32_t rounding, reserved;
};
struct rated_opened {
    uint64_t rated, account, contract, price, corrects;
    int64_t base_quantity, base_posted;
    uint32_t period, reserved;
};
struct rated_added { // quantity joins a row and amount is posted for it
    uint64_t rated;
    int64_t quantity, amount;
};
struct invoice_line_added { // before invoice_issued, in the same commit
    struct invoice_line line;
};
struct invoice_issued { // closes the rated rows of its lines
    struct invoice invoice;
};

void billing_init(struct billing *billing);
void billing_finish(struct billing *billing);
void billing_reindex(struct billing *billing);

// The open row for this key, NULL when it must be opened first.
const struct rated *rated_open_row(const struct billing *billing, uint64_t account,
                                   uint64_t contract, uint64_t price, month period);
// The fact that opens it: a first row, or one that continues a closed month.
struct rated_opened rated_plan(const struct billing *billing, uint64_t account, uint64_t contract,
                               uint64_t price, month period, uint64_t new_id);
// What adding a quantity (it may be negative) posts now. False on overflow.
bool rated_posting(const struct rated *rated, const struct price *price, int64_t quantity,
                   int64_t *ret_minor);
// Posted for an account in a month, open and closed rows together, in its currency.
int64_t billing_spent(const struct billing *billing, uint64_t account, month period);

// The next line of the invoice that would be issued now for (account, month): rows with something
// posted, in id order, after row `after`. NULL: no more.
const struct rated *bill_next_row(const struct billing *billing, uint64_t account, month period,
                                  uint64_t after);
struct invoice_line bill_line(const struct billing *billing, const struct market *market,
                              const struct inventory *inventory, const struct rated *rated);
// Fills totals, kind, names; lines counted; ids left 0. False: nothing to invoice.
bool bill_draft(const struct billing *billing, const struct market *market,
                const struct inventory *inventory, uint64_t account, month period,
                struct invoice *ret_invoice);

void issuer_apply_set(struct billing *billing, const struct issuer_set *fact);
void rated_apply_opened(struct billing *billing, const struct rated_opened *fact);
void rated_apply_added(struct billing *billing, const struct rated_added *fact);
void invoice_apply_line(struct billing *billing, const struct invoice_line_added *fact);
void invoice_apply_issued(struct billing *billing, const struct invoice_issued *fact,
                          int64_t time_us);
bool billing_check(const struct billing *billing, const struct market *market, uint64_t *ret_rated);
