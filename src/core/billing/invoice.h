// invoice.h - frozen statements: invoices and their lines, as they were issued.
//
// The first invoice of an account's month is ordinary and closes the month; what is posted for the
// month later becomes a correction or, when it gives money back, a return. Names, prices and tax
// are copied when issued. Lines of one invoice have consecutive ids.
//
//   Owner      struct billing owns the tables
//   Invariant  subtotals = sums of the lines by tax rate = sums of the postings of the rows it
//              closed; one rounding of tax per rate; an issued invoice and its lines never change
//   Refusal    none: bill.h says whether there is anything to issue
//   Fault      none
#pragma once
#include "base/instant.h"
#include <stdint.h>

struct billing;

#define INVOICE_KINDS(X)                \
    X(INVOICE_ORDINARY, "invoice")      \
    X(INVOICE_CORRECTION, "correction") \
    X(INVOICE_RETURN, "return")
#define X(name, text) name,
enum invoice_kind { INVOICE_KINDS(X) INVOICE_KIND_COUNT };
#undef X
const char *invoice_kind_text(enum invoice_kind kind);

enum { INVOICE_RATES_MAX = 4 };

struct invoice {
    uint64_t id, account;
    uint64_t corrects; // the ordinary invoice of the month, 0: this is it
    int64_t issued_us;
    int64_t subtotal[INVOICE_RATES_MAX], tax[INVOICE_RATES_MAX]; // per tax rate, highest first
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

// Facts.
struct invoice_line_added { // before invoice_issued, in the same commit
    struct invoice_line line;
};
struct invoice_issued { // closes the rated rows of its lines
    struct invoice invoice;
};

// The issued invoices of an account's month, oldest first, and the lines of an invoice in order:
// the first after id `after`, NULL when there is none.
const struct invoice *invoice_next(const struct billing *billing, uint64_t account, month period,
                                   uint64_t after);
const struct invoice_line *invoice_line_next(const struct billing *billing, uint64_t invoice,
                                             uint64_t after);

void invoice_apply_line(struct billing *billing, const struct invoice_line_added *fact);
void invoice_apply_issued(struct billing *billing, const struct invoice_issued *fact,
                          int64_t time_us);
