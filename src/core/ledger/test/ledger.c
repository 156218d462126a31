#include "base/rng.h"
#include "core/ledger/ledger.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void open_book(struct ledger *ledger, uint64_t id, uint64_t owner, enum book_role role,
                      commodity unit)
{
    struct book_opened fact = {.book = id, .owner = owner, .role = role, .commodity = unit};
    ledger_open(ledger, &fact);
}

static bool text_is(commodity unit, str expect)
{
    struct buf buf;
    buf_init(&buf, 100);
    commodity_text(unit, &buf);
    bool same = str_is(buf_str(&buf), expect);
    buf_finish(&buf);
    return same;
}

static void a_commodity_has_one_text(void **state)
{
    (void)state;
    assert_true(text_is(commodity_money(CURRENCY_JPY), S("JPY")));
    assert_true(text_is(commodity_money(CURRENCY_USD), S("USD")));
    assert_true(text_is(commodity_device_ms(2), S("device_ms:chip-2")));
    assert_true(text_is(commodity_energy(), S("J")));
    const str texts[] = {S("JPY"), S("USD"), S("device_ms:chip-16777215"), S("J")};
    for (uint32_t i = 0; i < 4; i++) {
        commodity unit;
        assert_true(commodity_parse(texts[i], &unit));
        assert_true(text_is(unit, texts[i]));
    }
    const str wrong[] = {S(""),     S("j"),   S("device_ms:chip-0"),  S("device_ms:chip-16777216"),
                         S("JPY "), S("EUR"), S("device_ms:chip-02"), S("device_ms:chip-")};
    for (uint32_t i = 0; i < 8; i++) {
        commodity unit = 77;
        assert_false(commodity_parse(wrong[i], &unit));
        assert_int_equal(unit, 77);
    }
    assert_int_equal(commodity_kind_of(commodity_device_ms(9)), COMMODITY_DEVICE_MS);
    assert_int_equal(commodity_detail(commodity_device_ms(9)), 9);
}

static void a_role_has_one_text(void **state)
{
    (void)state;
    enum book_role role = BOOK_TAX;
    for (uint32_t i = 0; i < BOOK_ROLE_COUNT; i++) {
        assert_true(book_role_parse(str_from(book_role_text((enum book_role)i)), &role));
        assert_int_equal(role, i);
    }
    assert_false(book_role_parse(S("debts"), &role));
}

enum { OWNERS = 5, COMMODITIES = 4, BOOKS = OWNERS * BOOK_ROLE_COUNT * COMMODITIES, STEPS = 50000 };

static commodity commodity_at(uint32_t i)
{
    return i == 0   ? commodity_money(CURRENCY_JPY)
           : i == 1 ? commodity_money(CURRENCY_USD)
           : i == 2 ? commodity_energy()
                    : commodity_device_ms(1);
}

// Books in an order that mixes their keys: the id is the place in a plain array.
static uint64_t open_all(struct ledger *ledger)
{
    uint64_t id = 0;
    for (uint32_t role = 0; role < BOOK_ROLE_COUNT; role++)
        for (uint64_t owner = 0; owner < OWNERS; owner++)
            for (uint32_t i = 0; i < COMMODITIES; i++)
                open_book(ledger, ++id, owner, (enum book_role)role, commodity_at(i));
    return id;
}

// Random transfers, kept in a list; a recount walks the list once for each book. Nothing of it is
// shared with the ledger.
static void balances_are_what_a_plain_recount_gives(void **state)
{
    (void)state;
    static struct transfer list[STEPS];
    struct ledger ledger;
    struct rng rng = {.state = 42};
    ledger_init(&ledger);
    assert_int_equal(open_all(&ledger), BOOKS);
    for (uint32_t i = 0; i < STEPS; i++) {
        uint32_t debit = (uint32_t)rng_below(&rng, BOOKS);
        uint32_t credit = (debit + COMMODITIES * (1 + (uint32_t)rng_below(&rng, 40))) % BOOKS;
        list[i] = (struct transfer){debit + 1, credit + 1, 1 + rng_below(&rng, 1 << 30)};
        assert_true(ledger_fits(&ledger, &list[i], 1));
        ledger_post(&ledger, &list[i], 1);
    }
    for (uint64_t book = 1; book <= BOOKS; book++) {
        __int128 balance = 0;
        for (uint32_t i = 0; i < STEPS; i++)
            balance += (list[i].debit == book ? list[i].amount : 0) -
                       (list[i].credit == book ? list[i].amount : 0);
        assert_true(balance == ledger_balance(&ledger, book));
    }
    commodity unit;
    int64_t difference;
    assert_true(ledger_check(&ledger, &unit, &difference));
    ledger_finish(&ledger);
}

static void books_are_found_also_after_a_reindex(void **state)
{
    (void)state;
    struct ledger ledger;
    ledger_init(&ledger);
    assert_int_equal(ledger_find(&ledger, 1, BOOK_USED, commodity_energy()), 0);
    open_all(&ledger);
    for (uint32_t round = 0; round < 2; round++) {
        uint64_t id = 0;
        for (uint32_t role = 0; role < BOOK_ROLE_COUNT; role++)
            for (uint64_t owner = 0; owner < OWNERS; owner++)
                for (uint32_t i = 0; i < COMMODITIES; i++)
                    assert_int_equal(
                        ledger_find(&ledger, owner, (enum book_role)role, commodity_at(i)), ++id);
        assert_int_equal(ledger_find(&ledger, OWNERS, BOOK_SUPPLY, commodity_energy()), 0);
        ledger_reindex(&ledger);
    }
    assert_int_equal(ledger_balance(&ledger, 0), 0);
    ledger_finish(&ledger);
}

static void totals_past_int64_are_told_before_they_happen(void **state)
{
    (void)state;
    struct ledger ledger;
    ledger_init(&ledger);
    open_book(&ledger, 1, 1, BOOK_REVENUE, commodity_money(CURRENCY_JPY));
    open_book(&ledger, 2, 1, BOOK_UNBILLED, commodity_money(CURRENCY_JPY));
    open_book(&ledger, 3, 2, BOOK_UNBILLED, commodity_money(CURRENCY_JPY));
    struct transfer most = {2, 1, INT64_MAX - 5};
    assert_true(ledger_fits(&ledger, &most, 1));
    ledger_post(&ledger, &most, 1);
    assert_int_equal(ledger_balance(&ledger, 1), -(INT64_MAX - 5));
    // Each alone fits, both together do not: on the credit side of book 1 ...
    struct transfer both[2] = {
        {3, 1, 3},
        {2, 1, 3}
    };
    assert_true(ledger_fits(&ledger, both, 1));
    assert_true(ledger_fits(&ledger, both + 1, 1));
    assert_false(ledger_fits(&ledger, both, 2));
    // ... and totals are what counts, not balances: giving back does not make room.
    struct transfer back = {1, 2, 100}, more = {2, 1, 6};
    assert_true(ledger_fits(&ledger, &back, 1));
    ledger_post(&ledger, &back, 1);
    assert_false(ledger_fits(&ledger, &more, 1));
    struct transfer unopened = {90, 91, INT64_MAX};
    assert_true(ledger_fits(&ledger, &unopened, 1));
    ledger_finish(&ledger);
}

static void a_check_names_the_commodity_that_is_off(void **state)
{
    (void)state;
    struct ledger ledger;
    ledger_init(&ledger);
    open_all(&ledger);
    struct transfer transfer = {1, 1 + COMMODITIES, 10};
    ledger_post(&ledger, &transfer, 1);
    commodity unit = 0;
    int64_t difference = 0;
    assert_true(ledger_check(&ledger, &unit, &difference));
    struct book *joules = table_get(&ledger.books, 3);
    joules->credit += 4;
    assert_false(ledger_check(&ledger, &unit, &difference));
    assert_int_equal(unit, commodity_energy());
    assert_int_equal(difference, -4);
    ledger_finish(&ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_commodity_has_one_text),
        cmocka_unit_test(a_role_has_one_text),
        cmocka_unit_test(balances_are_what_a_plain_recount_gives),
        cmocka_unit_test(books_are_found_also_after_a_reindex),
        cmocka_unit_test(totals_past_int64_are_told_before_they_happen),
        cmocka_unit_test(a_check_names_the_commodity_that_is_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
