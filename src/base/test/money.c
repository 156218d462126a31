#include "base/money.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static void prices_keep_their_scale(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
        uint32_t scale;
    } good[] = {
        {"0",                    0,         0 },
        {"12",                   12,        0 },
        {"-12.50",               -1250,     2 },
        {"0.0000000001",         1,         10},
        {"-0.01",                -1,        2 },
        {"0.00",                 0,         2 },
        {"922337203.6854775807", INT64_MAX, 10},
        {"-9223372036854775808", INT64_MIN, 0 }
    };
    static const char *const bad[] = {"",
                                      "-",
                                      ".",
                                      ".5",
                                      "1.",
                                      "01",
                                      "+1",
                                      "1e3",
                                      "-0",
                                      "-0.00",
                                      "1 ",
                                      " 1",
                                      "1,000",
                                      "1.2.3",
                                      "1.-2",
                                      "0.00000000001",
                                      "--1",
                                      "9223372036854775808",
                                      "922337203.6854775808",
                                      "0x1"};
    struct buf out;
    buf_init(&out, 100);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        decimal number;
        assert_true(decimal_parse(str_from(good[i].text), 10, &number));
        assert_int_equal(number.value, good[i].value);
        assert_int_equal(number.scale, good[i].scale);
        buf_clear(&out);
        decimal_text(number, &out);
        assert_string_equal(buf_cstr(&out), good[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        decimal number = {77, 7};
        assert_false(decimal_parse(str_from(bad[i]), 10, &number));
        assert_true(number.value == 77 && number.scale == 7);
    }
    decimal number;
    assert_false(decimal_parse(S("1.234"), 2, &number));
    buf_finish(&out);
}

static void amounts_name_their_currency(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum currency currency;
        int64_t minor;
    } good[] = {
        {"\u00a5450",       CURRENCY_JPY, 450    },
        {"\uffe5450",       CURRENCY_JPY, 450    },
        {"JPY 450",         CURRENCY_JPY, 450    },
        {"$12.34",          CURRENCY_USD, 1234   },
        {"USD 12.3",        CURRENCY_USD, 1230   },
        {"12.34",           CURRENCY_USD, 1234   },
        {"\u00a51,234,567", CURRENCY_JPY, 1234567},
        {"-$1,000.05",      CURRENCY_USD, -100005},
        {"USD -7",          CURRENCY_USD, -700   },
        {"\u00a50",         CURRENCY_JPY, 0      }
    };
    static const char *const bad[] = {"",       "\u00a5",    "\u00a51.5", "JPY450",
                                      "$1.234", "EUR 1",     "$ 1",       "$1,23",
                                      "$,123",  "$1234,567", "$1,234,",   "$12,345,6",
                                      "--$1",   "-$-1",      "$1.2,3",    "$1 ",
                                      "USD  1", "$0,123",    "usd 1",     "$92233720368547758.08"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        enum currency currency;
        int64_t minor;
        assert_true(money_parse(str_from(good[i].text), CURRENCY_USD, &currency, &minor));
        assert_int_equal(currency, good[i].currency);
        assert_int_equal(minor, good[i].minor);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        enum currency currency = CURRENCIES;
        int64_t minor = 77;
        if (money_parse(str_from(bad[i]), CURRENCY_USD, &currency, &minor))
            fail_msg("%s was taken", bad[i]);
        assert_true(currency == CURRENCIES && minor == 77);
    }
    enum currency currency;
    assert_true(currency_parse(S("USD"), &currency));
    assert_int_equal(currency, CURRENCY_USD);
    assert_false(currency_parse(S("usd"), &currency));
}

static void text_of_an_amount_reads_back(void **state)
{
    (void)state;
    struct rng rng = {.state = 3};
    struct buf out;
    buf_init(&out, 100);
    money_text(CURRENCY_JPY, -1234567, &out);
    assert_string_equal(buf_cstr(&out), "-\u00a51,234,567");
    for (int i = 0; i < 20000; i++) {
        enum currency want = (enum currency)rng_below(&rng, CURRENCIES), currency;
        int64_t amount = (int64_t)rng_next(&rng) >> rng_below(&rng, 64), minor;
        if (amount == INT64_MIN)
            continue;
        buf_clear(&out);
        money_text(want, amount, &out);
        assert_true(money_parse(buf_str(&out), want, &currency, &minor));
        assert_int_equal(minor, amount);
        assert_int_equal(currency, want);
        buf_clear(&out);
        money_decimal(want, amount, &out);
        assert_true(money_parse(buf_str(&out), want, &currency, &minor));
        assert_int_equal(minor, amount);
    }
    buf_finish(&out);
}

static int64_t charge(int64_t quantity, int64_t per, int64_t value, uint32_t scale,
                      enum currency currency)
{
    int64_t minor;
    assert_true(money_charge(quantity, per, (decimal){value, scale}, currency, &minor));
    return minor;
}

static void a_half_goes_away_from_zero(void **state)
{
    (void)state;
    assert_int_equal(charge(1, 2, 1, 0, CURRENCY_JPY), 1);
    assert_int_equal(charge(-1, 2, 1, 0, CURRENCY_JPY), -1);
    assert_int_equal(charge(1, 2, -1, 0, CURRENCY_JPY), -1);
    assert_int_equal(charge(-1, 2, -1, 0, CURRENCY_JPY), 1);
    assert_int_equal(charge(49, 100, 1, 0, CURRENCY_JPY), 0);
    assert_int_equal(charge(5, 1, 5, 1, CURRENCY_JPY), 3); // 2.5
    assert_int_equal(charge(1, 1, 4999999999, 10, CURRENCY_JPY), 0);
    assert_int_equal(charge(1, 1, 5000000000, 10, CURRENCY_JPY), 1);
    assert_int_equal(charge(1, 1, 125, 3, CURRENCY_USD), 13); // 12.5 cents
    assert_int_equal(charge(1, 3, 1, 0, CURRENCY_USD), 33);
    assert_int_equal(charge(3600000, 3600000, 235, 2, CURRENCY_USD),
                     235); // an hour of milliseconds
}

static void products_are_exact_in_128_bits(void **state)
{
    (void)state;
    int64_t minor = 77;
    assert_int_equal(charge(INT64_MAX, INT64_MAX, INT64_MAX, 0, CURRENCY_JPY), INT64_MAX);
    assert_int_equal(charge(INT64_MIN, 1, 1, 0, CURRENCY_JPY), INT64_MIN);
    assert_int_equal(charge(INT64_MAX, INT64_MAX, INT64_MIN, 0, CURRENCY_JPY), INT64_MIN);
    assert_int_equal(charge(INT64_MAX, 1, 10000000000, 10, CURRENCY_JPY), INT64_MAX);
    assert_int_equal(charge(INT64_MAX, INT64_MAX, INT64_MAX / 100, 0, CURRENCY_USD),
                     INT64_MAX / 100 * 100);
    assert_false(money_charge(INT64_MIN, 1, (decimal){-1, 0}, CURRENCY_JPY, &minor));
    assert_false(money_charge(INT64_MAX, 1, (decimal){2, 0}, CURRENCY_JPY, &minor));
    assert_false(money_charge(INT64_MAX, 1, (decimal){INT64_MAX, 0}, CURRENCY_USD, &minor));
    assert_false(money_charge(INT64_MAX, 1, (decimal){1, 0}, CURRENCY_USD, &minor));
    assert_int_equal(minor, 77);
}

// What is posted is the rounded total minus what was posted before, so any split of the quantity
// comes to the same sum.
static void a_split_quantity_costs_the_same(void **state)
{
    (void)state;
    struct rng rng = {.state = 42};
    for (int round = 0; round < 2000; round++) {
        decimal price = {rng_between(&rng, -1000000, 1000000), (uint32_t)rng_below(&rng, 11)};
        enum currency currency = (enum currency)rng_below(&rng, CURRENCIES);
        int64_t per = rng_between(&rng, 1, 3600000), quantity = 0, posted = 0;
        for (int64_t parts = rng_between(&rng, 1, 30); parts > 0; parts--) {
            quantity += rng_between(&rng, -1000, 100000);
            posted += charge(quantity, per, price.value, price.scale, currency) - posted;
        }
        assert_int_equal(posted, charge(quantity, per, price.value, price.scale, currency));
    }
}

// Against long division by hand: |quantity * price| * 10^decimals compared with twice the result.
static void a_charge_is_never_more_than_half_off(void **state)
{
    (void)state;
    struct rng rng = {.state = 9};
    for (int i = 0; i < 50000; i++) {
        int64_t quantity = rng_between(&rng, -4000000000, 4000000000);
        int64_t per = rng_between(&rng, 1, 1000000), value = rng_between(&rng, -100000, 100000);
        uint32_t scale = (uint32_t)rng_below(&rng, 11);
        enum currency currency = (enum currency)rng_below(&rng, CURRENCIES);
        __int128 divisor = per, product = (__int128)quantity * value;
        for (uint32_t d = 0; d < scale; d++)
            divisor *= 10;
        for (uint32_t d = 0; d < currency_decimals(currency); d++)
            product *= 10;
        __int128 result = charge(quantity, per, value, scale, currency);
        __int128 off = 2 * (product - result * divisor); // -divisor < off < divisor, or = on a half
        assert_true(off >= -divisor && off <= divisor);
        if (off == divisor || off == -divisor) // the exact value lies nearer to zero
            assert_true((off < 0) == (product > 0));
    }
}

static void exact_shares_show_their_digits(void **state)
{
    (void)state;
    static const struct {
        int64_t quantity, per, value;
        uint32_t scale, digits;
        const char *text;
    } cases[] = {
        {28,        1,       1,         4,  10, "0.0028"                                  },
        {1,         3,       1,         0,  4,  "0.3333"                                  },
        {2,         3,       1,         0,  4,  "0.6667"                                  },
        {-2,        3,       1,         0,  0,  "-1"                                      },
        {-1,        3,       1,         0,  0,  "0"                                       },
        {999996,    1,       1,         6,  5,  "1"                                       },
        {1999995,   1,       1,         6,  5,  "2"                                       },
        {125,       1,       1,         2,  1,  "1.3"                                     },
        {2004,      3600000, 450,       0,  10, "0.2505"                                  },
        {0,         1,       5,         0,  10, "0"                                       },
        {INT64_MIN, 1,       INT64_MIN, 0,  10, "85070591730234615865843651857942052864"  },
        {INT64_MAX, 1,       INT64_MIN, 10, 10, "-8507059173023461585662027982.1087277056"}
    };
    struct buf out;
    buf_init(&out, 100);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buf_clear(&out);
        money_exact(cases[i].quantity, cases[i].per, (decimal){cases[i].value, cases[i].scale},
                    cases[i].digits, &out);
        assert_string_equal(buf_cstr(&out), cases[i].text);
    }
    buf_finish(&out);
}

static int64_t tax(int64_t base, uint32_t permille, enum rounding rounding)
{
    int64_t minor;
    assert_true(money_tax(base, permille, rounding, &minor));
    return minor;
}

static void tax_is_rounded_once_by_the_issuers_rule(void **state)
{
    (void)state;
    assert_int_equal(tax(105 * 3, 100, ROUND_FLOOR), 31); // not 10 three times
    assert_int_equal(tax(105 * 3, 100, ROUND_HALF_UP), 32);
    assert_int_equal(tax(314, 100, ROUND_HALF_UP), 31);
    assert_int_equal(tax(311, 100, ROUND_CEILING), 32);
    assert_int_equal(tax(310, 100, ROUND_CEILING), 31);
    assert_int_equal(tax(-315, 100, ROUND_FLOOR), -31); // a return mirrors what it returns
    assert_int_equal(tax(-315, 100, ROUND_HALF_UP), -32);
    assert_int_equal(tax(-315, 100, ROUND_CEILING), -32);
    assert_int_equal(tax(1237, 80, ROUND_FLOOR), 98);
    assert_int_equal(tax(0, 100, ROUND_CEILING), 0);
    assert_int_equal(tax(INT64_MAX, 1000, ROUND_FLOOR), INT64_MAX);
    int64_t minor = 77;
    assert_false(money_tax(INT64_MAX, 1001, ROUND_FLOOR, &minor));
    assert_int_equal(minor, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prices_keep_their_scale),
        cmocka_unit_test(amounts_name_their_currency),
        cmocka_unit_test(text_of_an_amount_reads_back),
        cmocka_unit_test(a_half_goes_away_from_zero),
        cmocka_unit_test(products_are_exact_in_128_bits),
        cmocka_unit_test(a_split_quantity_costs_the_same),
        cmocka_unit_test(a_charge_is_never_more_than_half_off),
        cmocka_unit_test(exact_shares_show_their_digits),
        cmocka_unit_test(tax_is_rounded_once_by_the_issuers_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
