// ledger.h - books, double entry, many commodities; nothing else.
//
// A book is an account of one owner, in one role and one commodity. A transfer takes an amount
// from the credit side of one book to the debit side of another in the same commodity, so debits
// equal credits by construction; ledger_check counts them all the same. Balance = debits - credits:
// what an asset or a use has is positive, what a source or an income has given is negative.
//
//   device time   supply(chip) -> idle(chip) | closed(chip) | faulty(chip) | dark(chip)
//                 supply(chip) -> used(account) | held(account)          [device-ms of that chip]
//   energy        energy_source(0) -> energy_used(account)               [J]
//   money         revenue(chip) -> unbilled(account); at the invoice unbilled(account) ->
//                 receivable(account) and tax(0) -> receivable(account)  [minor units]
//
//   Owner      struct ledger owns its table and its index (a cache of the table)
//   Invariant  for each commodity the sum of debits equals the sum of credits, after every transfer
//   Refusal    none
//   Fault      none here: ledger_fits says beforehand whether totals stay within int64
#pragma once
#include "base/buf.h"
#include "base/money.h"
#include "base/str.h"
#include "base/table.h"
#include <stdbool.h>
#include <stdint.h>

// What a book counts: a kind in the low 8 bits and, above it, which currency or chip.
typedef uint32_t commodity;
enum commodity_kind { COMMODITY_MONEY = 1, COMMODITY_DEVICE_MS, COMMODITY_ENERGY_J };
commodity commodity_money(enum currency currency);
commodity commodity_device_ms(uint64_t chip);
commodity commodity_energy(void);
enum commodity_kind commodity_kind_of(commodity unit);
uint32_t commodity_detail(commodity unit); // currency or chip
// "JPY", "device_ms:chip-2", "J": the form in events and in the API.
void commodity_text(commodity unit, struct buf *out);
bool commodity_parse(str text, commodity *ret_commodity);

#define BOOK_ROLES(X)                      \
    X(BOOK_SUPPLY, "supply")               \
    X(BOOK_IDLE, "idle")                   \
    X(BOOK_CLOSED, "closed")               \
    X(BOOK_FAULTY, "faulty")               \
    X(BOOK_DARK, "dark")                   \
    X(BOOK_USED, "used")                   \
    X(BOOK_HELD, "held")                   \
    X(BOOK_ENERGY_SOURCE, "energy_source") \
    X(BOOK_ENERGY_USED, "energy_used")     \
    X(BOOK_REVENUE, "revenue")             \
    X(BOOK_UNBILLED, "unbilled")           \
    X(BOOK_RECEIVABLE, "receivable")       \
    X(BOOK_TAX, "tax")
#define X(name, text) name,
enum book_role { BOOK_ROLES(X) BOOK_ROLE_COUNT };
#undef X
const char *book_role_text(enum book_role role);
bool book_role_parse(str text, enum book_role *ret_role);

struct book {
    uint64_t id;
    uint64_t owner; // account or chip by role, 0: the house
    int64_t debit, credit;
    uint32_t role, commodity;
};
_Static_assert(sizeof(struct book) == 40, "no padding");

// Fact: a book exists from now on.
struct book_opened {
    uint64_t book, owner;
    uint32_t role, commodity;
};

struct transfer {
    uint64_t debit, credit; // books of one commodity
    int64_t amount;         // > 0
};

struct ledger {
    struct table books;
    struct ledger_index *index; // (owner, role, commodity) -> book id
};

void ledger_init(struct ledger *ledger);
void ledger_finish(struct ledger *ledger);
void ledger_reindex(struct ledger *ledger); // after rows were loaded from a snapshot

uint64_t ledger_find(const struct ledger *ledger, uint64_t owner, enum book_role role,
                     commodity unit);                               // 0: not open yet
int64_t ledger_balance(const struct ledger *ledger, uint64_t book); // 0 for book 0
// Would these totals stay within int64? Books that are not open yet count as empty.
bool ledger_fits(const struct ledger *ledger, const struct transfer *transfers, uint32_t count);

void ledger_open(struct ledger *ledger, const struct book_opened *fact);
void ledger_post(struct ledger *ledger, const struct transfer *transfers, uint32_t count);

// Debits equal credits in every commodity; false names the first that does not.
bool ledger_check(const struct ledger *ledger, commodity *ret_commodity, int64_t *ret_difference);
