#include "core/market/market.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void a_tax_id_has_the_right_first_digit(void **state)
{
    (void)state;
    assert_true(tax_id_valid(S("T7000012050002"))); // the National Tax Agency's own
    assert_true(tax_id_valid(S("T8700110005901"))); // the worked example of its rule
    assert_false(tax_id_valid(S("T7000012050003")));
    assert_false(tax_id_valid(S("T700001205000")));
    assert_false(tax_id_valid(S("T70000120500022")));
    assert_false(tax_id_valid(S("7000012050002")));
    assert_false(tax_id_valid(S("t7000012050002")));
    assert_false(tax_id_valid(S("T700001205000 ")));
    assert_false(tax_id_valid(S("")));
    for (int first = 0; first < 10; first++) { // one first digit fits, never 0
        char text[15];
        snprintf(text, sizeof text, "T%d000000000000", first);
        assert_int_equal(tax_id_valid(str_from(text)), first == 9);
    }
}

static void a_slug_begins_with_a_letter(void **state)
{
    (void)state;
    assert_true(account_slug_valid(S("acme")));
    assert_true(account_slug_valid(S("a-1")));
    assert_true(account_slug_valid(S("abcdefghijklmnopqrstuvwxyz12345")));
    assert_false(account_slug_valid(S("abcdefghijklmnopqrstuvwxyz123456")));
    assert_false(account_slug_valid(S("")));
    assert_false(account_slug_valid(S("1a")));
    assert_false(account_slug_valid(S("-a")));
    assert_false(account_slug_valid(S("Acme")));
    assert_false(account_slug_valid(S("a b")));
    assert_false(account_slug_valid(S("a\0b")));
}

static void add(struct market *market, uint64_t id)
{
    struct account_added fact = {.account = id};
    snprintf(fact.slug, sizeof fact.slug, "acme-%d", (int)id);
    account_apply_added(market, &fact, 1000);
}

static void accounts_are_found_by_slug_also_after_a_reindex(void **state)
{
    (void)state;
    enum { ACCOUNTS = 1000 };
    struct market market;
    market_init(&market);
    assert_null(account_with_slug(&market, S("acme-1")));
    for (uint64_t id = 1; id <= ACCOUNTS; id++)
        add(&market, id);
    for (int round = 0; round < 2; round++) {
        for (uint64_t id = 1; id <= ACCOUNTS; id++) {
            const struct account *account = table_get(&market.accounts, id);
            assert_ptr_equal(account_with_slug(&market, str_from(account->slug)), account);
            assert_int_equal(account->devices_max, NO_LIMIT);
        }
        assert_null(account_with_slug(&market, S("acme")));
        assert_null(account_with_slug(&market, S("")));
        market_reindex(&market);
    }
    market_finish(&market);
}

// Limits loosen once, however often they are set, until someone has looked.
static void loosened_accounts_are_told_once(void **state)
{
    (void)state;
    struct market market;
    market_init(&market);
    assert_int_equal(market_take_loosened(&market), 0);
    for (uint64_t id = 1; id <= 100; id++)
        add(&market, id);
    for (int i = 0; i < 5; i++) {
        limit_apply_set(&market, &(struct limit_set){7, i, NO_LIMIT, 0});
        limit_apply_set(&market, &(struct limit_set){100, i, 5, 0});
    }
    uint64_t sum = market_take_loosened(&market) + market_take_loosened(&market);
    assert_int_equal(sum, 107);
    assert_int_equal(market_take_loosened(&market), 0);
    limit_apply_set(&market, &(struct limit_set){7, 1, NO_LIMIT, 0});
    assert_int_equal(market_take_loosened(&market), 7);
    market_finish(&market);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tax_id_has_the_right_first_digit),
        cmocka_unit_test(a_slug_begins_with_a_letter),
        cmocka_unit_test(accounts_are_found_by_slug_also_after_a_reindex),
        cmocka_unit_test(loosened_accounts_are_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
