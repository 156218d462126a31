#include "core/ledger/ledger.h"
#include "base/lookup.h"
#include "base/must.h"
#include <stdlib.h>

enum { BOOKS_MAX = 1 << 24, DETAIL_SHIFT = 8 };

// The index caches where a book is; the table has the truth.
struct ledger_index {
    struct lookup by_key; // (owner, role, commodity) -> book id
};

static struct lookup_key key_of(uint64_t owner, uint32_t role, commodity unit)
{
    return (struct lookup_key){
        {owner, role, unit, 0}
    };
}

static commodity commodity_make(enum commodity_kind kind, uint64_t detail)
{
    must(detail <= UINT32_MAX >> DETAIL_SHIFT);
    return (commodity)detail << DETAIL_SHIFT | kind;
}

commodity commodity_money(enum currency currency)
{
    must(currency < CURRENCIES);
    return commodity_make(COMMODITY_MONEY, currency);
}

commodity commodity_device_ms(uint64_t chip)
{
    must(chip > 0);
    return commodity_make(COMMODITY_DEVICE_MS, chip);
}

commodity commodity_energy(void)
{
    return commodity_make(COMMODITY_ENERGY_J, 0);
}

enum commodity_kind commodity_kind_of(commodity unit)
{
    return (enum commodity_kind)(unit & ((1u << DETAIL_SHIFT) - 1));
}

uint32_t commodity_detail(commodity unit)
{
    return unit >> DETAIL_SHIFT;
}

static const str device_ms_head = {"device_ms:chip-", 15};

void commodity_text(commodity unit, struct buf *out)
{
    switch (commodity_kind_of(unit)) {
    case COMMODITY_MONEY:
        buf_add(out, currency_code((enum currency)commodity_detail(unit)));
        return;
    case COMMODITY_DEVICE_MS:
        buf_add(out, device_ms_head);
        buf_u64(out, commodity_detail(unit));
        return;
    case COMMODITY_ENERGY_J:
        buf_byte(out, 'J');
        return;
    }
    must(false); // a kind nobody knows
}

bool commodity_parse(str text, commodity *ret_commodity)
{
    enum currency currency;
    uint64_t chip;
    if (currency_parse(text, &currency)) {
        *ret_commodity = commodity_money(currency);
        return true;
    }
    if (str_is(text, S("J"))) {
        *ret_commodity = commodity_energy();
        return true;
    }
    if (!str_starts(text, device_ms_head) ||
        !str_to_u64(str_skip(text, device_ms_head.len), &chip) || chip == 0 ||
        chip > UINT32_MAX >> DETAIL_SHIFT)
        return false;
    *ret_commodity = commodity_device_ms(chip);
    return true;
}

const char *book_role_text(enum book_role role)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {BOOK_ROLES(X)};
#undef X
    must(role < BOOK_ROLE_COUNT);
    return texts[role];
}

bool book_role_parse(str text, enum book_role *ret_role)
{
    for (uint32_t role = 0; role < BOOK_ROLE_COUNT; role++) {
        if (str_is(text, str_from(book_role_text((enum book_role)role)))) {
            *ret_role = (enum book_role)role;
            return true;
        }
    }
    return false;
}

void ledger_init(struct ledger *ledger)
{
    *ledger = (struct ledger){0};
    table_init(&ledger->books, sizeof(struct book), BOOKS_MAX);
    ledger->index = calloc(1, sizeof *ledger->index);
    must(ledger->index);
    lookup_init(&ledger->index->by_key);
}

void ledger_finish(struct ledger *ledger)
{
    table_finish(&ledger->books);
    if (ledger->index)
        lookup_finish(&ledger->index->by_key);
    free(ledger->index);
    *ledger = (struct ledger){0};
}

void ledger_reindex(struct ledger *ledger)
{
    uint32_t cursor = 0;
    lookup_clear(&ledger->index->by_key);
    for (const struct book *book; (book = table_step(&ledger->books, &cursor));)
        lookup_put(&ledger->index->by_key, key_of(book->owner, book->role, book->commodity),
                   book->id);
}

uint64_t ledger_find(const struct ledger *ledger, uint64_t owner, enum book_role role,
                     commodity unit)
{
    return lookup_get(&ledger->index->by_key, key_of(owner, role, unit));
}

int64_t ledger_balance(const struct ledger *ledger, uint64_t book)
{
    if (book == 0)
        return 0;
    const struct book *row = table_get(&ledger->books, book);
    must(row);
    return row->debit - row->credit; // both are within [0, INT64_MAX]
}

// What the first `count` transfers and the book's total come to on one side; false past int64.
static bool side_fits(int64_t total, const struct transfer *transfers, uint32_t count,
                      uint64_t book, bool debit)
{
    for (uint32_t i = 0; i < count; i++) {
        if ((debit ? transfers[i].debit : transfers[i].credit) == book &&
            __builtin_add_overflow(total, transfers[i].amount, &total))
            return false;
    }
    return true;
}

bool ledger_fits(const struct ledger *ledger, const struct transfer *transfers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        must(transfers[i].amount > 0);
        const struct book *debit = table_get(&ledger->books, transfers[i].debit);
        const struct book *credit = table_get(&ledger->books, transfers[i].credit);
        // A book that is not open yet has nothing in it.
        int64_t debited = debit ? debit->debit : 0, credited = credit ? credit->credit : 0;
        if (!side_fits(debited, transfers, count, transfers[i].debit, true) ||
            !side_fits(credited, transfers, count, transfers[i].credit, false))
            return false;
    }
    return true;
}

void ledger_open(struct ledger *ledger, const struct book_opened *fact)
{
    must(fact->role < BOOK_ROLE_COUNT);
    must(ledger_find(ledger, fact->owner, (enum book_role)fact->role, fact->commodity) == 0);
    struct book *book = table_add(&ledger->books, fact->book);
    book->owner = fact->owner;
    book->role = fact->role;
    book->commodity = fact->commodity;
    lookup_put(&ledger->index->by_key, key_of(fact->owner, fact->role, fact->commodity),
               fact->book);
}

void ledger_post(struct ledger *ledger, const struct transfer *transfers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct book *debit = table_get(&ledger->books, transfers[i].debit);
        struct book *credit = table_get(&ledger->books, transfers[i].credit);
        must(debit && credit && debit != credit);
        must(debit->commodity == credit->commodity);
        must(transfers[i].amount > 0);
        bool over = __builtin_add_overflow(debit->debit, transfers[i].amount, &debit->debit) ||
                    __builtin_add_overflow(credit->credit, transfers[i].amount, &credit->credit);
        must(!over); // ledger_fits was asked before
    }
}

// One commodity in the recount.
struct tally {
    commodity unit;
    __int128 difference;
};

static struct tally *tally_of(struct tally *tallies, uint32_t *count, commodity unit,
                              struct lookup *places)
{
    struct lookup_key key = {
        {unit, 0, 0, 0}
    };
    uint64_t place = lookup_get(places, key);
    if (place == 0) {
        place = ++*count;
        tallies[place - 1] = (struct tally){.unit = unit};
        lookup_put(places, key, place);
    }
    return &tallies[place - 1];
}

static int64_t saturated(__int128 value)
{
    return value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : (int64_t)value;
}

bool ledger_check(const struct ledger *ledger, commodity *ret_commodity, int64_t *ret_difference)
{
    uint32_t count = 0, cursor = 0;
    struct lookup places;
    struct tally *tallies = calloc((size_t)ledger->books.used + 1, sizeof *tallies);
    must(tallies);
    lookup_init(&places);
    for (const struct book *book; (book = table_step(&ledger->books, &cursor));)
        tally_of(tallies, &count, book->commodity, &places)->difference +=
            (__int128)book->debit - book->credit;
    bool balanced = true;
    for (uint32_t i = 0; i < count && balanced; i++) {
        if (tallies[i].difference == 0)
            continue;
        *ret_commodity = tallies[i].unit;
        *ret_difference = saturated(tallies[i].difference);
        balanced = false;
    }
    lookup_finish(&places);
    free(tallies);
    return balanced;
}
