#include "core/policy/rights.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { HOUSE = ACCOUNT_HOUSE, ACME = 2, OTHER = 3 };

static enum rights_verdict ask(enum role role, uint64_t account, enum action action, uint64_t owner)
{
    return rights_check(&(struct rights_view){role, account, action, owner});
}

static void a_user_acts_in_its_own_account_only(void **state)
{
    (void)state;
    const enum action own[] = {ACTION_READ_OWN, ACTION_RUN, ACTION_MANAGE_KEYS};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        assert_int_equal(ask(ROLE_USER, ACME, own[i], ACME), RIGHTS_PERMITTED);
        assert_int_equal(ask(ROLE_USER, ACME, own[i], OTHER), RIGHTS_HIDDEN);
        assert_int_equal(ask(ROLE_USER, ACME, own[i], HOUSE), RIGHTS_HIDDEN);
        assert_int_equal(ask(ROLE_USER, ACME, own[i], 0), RIGHTS_DENIED);
    }
    assert_int_equal(ask(ROLE_USER, ACME, ACTION_READ_HOUSE, 0), RIGHTS_PERMITTED);
    assert_int_equal(ask(ROLE_USER, ACME, ACTION_READ_ALL, 0), RIGHTS_DENIED);
    assert_int_equal(ask(ROLE_USER, ACME, ACTION_OPERATE, 0), RIGHTS_DENIED);
    assert_int_equal(ask(ROLE_USER, ACME, ACTION_MANAGE, ACME), RIGHTS_DENIED);
}

static void a_reader_looks_and_does_nothing(void **state)
{
    (void)state;
    assert_int_equal(ask(ROLE_READER, ACME, ACTION_READ_OWN, ACME), RIGHTS_PERMITTED);
    assert_int_equal(ask(ROLE_READER, ACME, ACTION_READ_OWN, OTHER), RIGHTS_HIDDEN);
    assert_int_equal(ask(ROLE_READER, ACME, ACTION_RUN, ACME), RIGHTS_DENIED);
    assert_int_equal(ask(ROLE_READER, ACME, ACTION_RUN, OTHER), RIGHTS_HIDDEN);
    assert_int_equal(ask(ROLE_READER, ACME, ACTION_MANAGE_KEYS, ACME), RIGHTS_DENIED);
}

static void a_reader_of_the_house_sees_everything_and_does_nothing(void **state)
{
    (void)state;
    assert_int_equal(ask(ROLE_READER, HOUSE, ACTION_READ_OWN, ACME), RIGHTS_PERMITTED);
    assert_int_equal(ask(ROLE_READER, HOUSE, ACTION_READ_ALL, 0), RIGHTS_PERMITTED);
    assert_int_equal(ask(ROLE_READER, HOUSE, ACTION_RUN, ACME), RIGHTS_DENIED);
    assert_int_equal(ask(ROLE_READER, HOUSE, ACTION_RUN, HOUSE), RIGHTS_DENIED);
    assert_int_equal(ask(ROLE_READER, HOUSE, ACTION_OPERATE, 0), RIGHTS_DENIED);
    assert_int_equal(ask(ROLE_READER, HOUSE, ACTION_MANAGE, ACME), RIGHTS_DENIED);
}

static void keys_and_money_rules_are_the_admins(void **state)
{
    (void)state;
    assert_int_equal(ask(ROLE_OPERATOR, HOUSE, ACTION_OPERATE, 0), RIGHTS_PERMITTED);
    assert_int_equal(ask(ROLE_OPERATOR, HOUSE, ACTION_RUN, ACME), RIGHTS_PERMITTED);
    assert_int_equal(ask(ROLE_OPERATOR, HOUSE, ACTION_MANAGE, ACME), RIGHTS_DENIED);
    assert_int_equal(ask(ROLE_OPERATOR, HOUSE, ACTION_MANAGE_KEYS, ACME), RIGHTS_DENIED);
    assert_int_equal(ask(ROLE_ADMIN, HOUSE, ACTION_MANAGE_KEYS, ACME), RIGHTS_PERMITTED);
    assert_int_equal(ask(ROLE_ADMIN, HOUSE, ACTION_MANAGE, 0), RIGHTS_PERMITTED);
}

// Total over every view, also those no caller should fill; a higher role may what a lower one may;
// an empty field never gives a right that a filled one would not.
static void every_view_has_a_verdict_and_roles_only_grow(void **state)
{
    (void)state;
    for (int action = 0; action <= ACTION_COUNT; action++) {
        for (uint64_t account = 0; account <= OTHER; account++) {
            for (uint64_t owner = 0; owner <= OTHER; owner++) {
                bool lower = false;
                for (int role = 0; role < ROLE_COUNT; role++) {
                    bool may = ask(role, account, action, owner) == RIGHTS_PERMITTED;
                    assert_true(may || !lower);
                    assert_false(may && (account == 0 || role == ROLE_NONE));
                    assert_false(may && action == ACTION_COUNT);
                    lower = may;
                }
                assert_int_equal(ask(ROLE_COUNT, account, action, owner), RIGHTS_DENIED);
            }
        }
    }
}

static void roles_are_read_as_they_are_written(void **state)
{
    (void)state;
    enum role role = ROLE_READER;
    assert_true(role_parse(S("admin"), &role));
    assert_int_equal(role, ROLE_ADMIN);
    assert_false(role_parse(S("none"), &role)); // no key has it
    assert_false(role_parse(S("Admin"), &role));
    assert_false(role_parse(S(""), &role));
    assert_int_equal(role, ROLE_ADMIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_acts_in_its_own_account_only),
        cmocka_unit_test(a_reader_looks_and_does_nothing),
        cmocka_unit_test(a_reader_of_the_house_sees_everything_and_does_nothing),
        cmocka_unit_test(keys_and_money_rules_are_the_admins),
        cmocka_unit_test(every_view_has_a_verdict_and_roles_only_grow),
        cmocka_unit_test(roles_are_read_as_they_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
