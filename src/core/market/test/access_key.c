#include "core/market/market.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static digest hmac_like(uint8_t first, uint8_t last)
{
    digest hmac = {{first}};
    hmac.bytes[31] = last;
    return hmac;
}

static void add(struct market *market, uint64_t id, digest hmac, int64_t expires_us)
{
    struct key_added fact = {
        .key = id, .account = 1, .expires_us = expires_us, .hmac = hmac, .role = ROLE_USER};
    key_apply_added(market, &fact, 1000);
}

// Digests that begin alike share a slot and must still be told apart.
static void keys_are_found_by_all_of_their_hmac(void **state)
{
    (void)state;
    struct market market;
    market_init(&market);
    account_apply_added(&market, &(struct account_added){.account = 1, .slug = "a"}, 1000);
    for (uint64_t id = 1; id <= 200; id++)
        add(&market, id, hmac_like((uint8_t)(id % 3), (uint8_t)id), 0);
    for (int round = 0; round < 2; round++) {
        for (uint64_t id = 1; id <= 200; id++) {
            digest hmac = hmac_like((uint8_t)(id % 3), (uint8_t)id);
            const struct access_key *key = key_with_hmac(&market, &hmac);
            assert_int_equal(key->id, id);
        }
        digest none = hmac_like(1, 201), zero = {{0}};
        assert_null(key_with_hmac(&market, &none));
        assert_null(key_with_hmac(&market, &zero));
        market_reindex(&market);
    }
    market_finish(&market);
}

static void a_key_ends_when_it_expires_or_is_revoked(void **state)
{
    (void)state;
    struct market market;
    market_init(&market);
    account_apply_added(&market, &(struct account_added){.account = 1, .slug = "a"}, 1000);
    add(&market, 1, hmac_like(1, 1), 0);
    add(&market, 2, hmac_like(1, 2), 5000);
    const struct access_key *forever = table_get(&market.keys, 1);
    const struct access_key *brief = table_get(&market.keys, 2);
    assert_true(key_usable(forever, INT64_MAX));
    assert_true(key_usable(brief, 4999));
    assert_false(key_usable(brief, 5000));
    key_apply_revoked(&market, &(struct key_revoked){1});
    assert_false(key_usable(forever, 1001));
    digest hmac = hmac_like(1, 1);
    assert_ptr_equal(key_with_hmac(&market, &hmac), forever); // found, so that it can be named
    market_finish(&market);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_found_by_all_of_their_hmac),
        cmocka_unit_test(a_key_ends_when_it_expires_or_is_revoked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
