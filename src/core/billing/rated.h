// rated.h - quantities become money: one row for each price an account used in a month.
//
// Rating telescopes: posting = round(f(cumulative quantity of the period)) - already posted, per
// account, contract, price and month of the account's zone. However a quantity is split, repeated
// by mistake and taken back, or reordered, the postings add up to the same.
//
// A row is open until an invoice takes it; then the row never changes again, and what comes later
// opens a new row that continues it: base_quantity and base_posted carry the closed rows before.
//
//   Owner      struct billing owns the table
//   Invariant  for each row: base_posted + posted = round(f(base_quantity + quantity)); at most
//              one row of a key is open, and it is the newest
//   Refusal    none
//   Fault      rated_posting: false when a sum leaves int64; nothing has changed
#pragma once
#include "base/instant.h"
#include "core/market/market.h"
#include <stdbool.h>
#include <stdint.h>

struct billing;

enum { DEVICE_HOUR_MS = 3600 * 1000 }; // prices are per device-hour, quantities device-ms

struct rated {
    uint64_t id, account, contract, price;
    uint64_t invoice;         // 0: open; else the invoice that closed it
    uint64_t corrects;        // 0, or the issued invoice of the same month that this row corrects
    int64_t quantity, posted; // device-ms and minor units of this row
    int64_t base_quantity, base_posted; // of the closed rows before it
    uint32_t period, reserved;          // month
};
_Static_assert(sizeof(struct rated) == 88, "no padding");

// Facts.
struct rated_opened {
    uint64_t rated, account, contract, price, corrects;
    int64_t base_quantity, base_posted;
    uint32_t period, reserved;
};
struct rated_added { // quantity joins a row and amount is posted for it
    uint64_t rated;
    int64_t quantity, amount;
    uint64_t lease; // whose quantity it is
    int64_t ran_ms; // run time of that lease that is rated now
};

// The open row for this key, NULL when it must be opened first.
const struct rated *rated_open_row(const struct billing *billing, uint64_t account,
                                   uint64_t contract, uint64_t price, month period);
// The fact that opens it: a first row, or one that continues a closed one.
struct rated_opened rated_plan(const struct billing *billing, uint64_t account, uint64_t contract,
                               uint64_t price, month period, uint64_t new_id);
// What adding a quantity (it may be negative) posts now. False on overflow.
bool rated_posting(const struct rated *rated, const struct price *price, int64_t quantity,
                   int64_t *ret_minor);
// Posted for an account in a month, open and closed rows together, in its currency.
int64_t billing_spent(const struct billing *billing, uint64_t account, month period);

void rated_apply_opened(struct billing *billing, const struct rated_opened *fact);
void rated_apply_added(struct billing *billing, const struct rated_added *fact);
