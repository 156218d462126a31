#include "base/real.h"
#include "base/rng.h"
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static double from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void check(uint64_t bits, const char *want)
{
    struct buf out;
    buf_init(&out, 100);
    real_text(from_bits(bits), &out);
    assert_string_equal(buf_cstr(&out), want);
    buf_finish(&out);
}

// RFC 8785, appendix B, and the edges where plain digits turn to exponents.
static void numbers_are_written_as_ecmascript_does(void **state)
{
    (void)state;
    static const struct {
        uint64_t bits;
        const char *text;
    } cases[] = {
        {0x0000000000000000, "0"                        },
        {0x8000000000000000, "0"                        },
        {0x0000000000000001, "5e-324"                   },
        {0x8000000000000001, "-5e-324"                  },
        {0x7fefffffffffffff, "1.7976931348623157e+308"  },
        {0xffefffffffffffff, "-1.7976931348623157e+308" },
        {0x4340000000000000, "9007199254740992"         },
        {0xc340000000000000, "-9007199254740992"        },
        {0x4430000000000000, "295147905179352830000"    },
        {0x44b52d02c7e14af5, "9.999999999999997e+22"    },
        {0x44b52d02c7e14af6, "1e+23"                    },
        {0x44b52d02c7e14af7, "1.0000000000000001e+23"   },
        {0x444b1ae4d6e2ef4e, "999999999999999700000"    },
        {0x444b1ae4d6e2ef4f, "999999999999999900000"    },
        {0x444b1ae4d6e2ef50, "1e+21"                    },
        {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"     },
        {0x3eb0c6f7a0b5ed8d, "0.000001"                 },
        {0x41b3de4355555553, "333333333.3333332"        },
        {0x41b3de4355555554, "333333333.33333325"       },
        {0x41b3de4355555555, "333333333.3333333"        },
        {0x41b3de4355555556, "333333333.3333334"        },
        {0x41b3de4355555557, "333333333.33333343"       },
        {0xbecbf647612f3696, "-0.0000033333333333333333"},
        {0x43143ff3c1cb0959, "1424953923781206.2"       },
        {0x3d30000000000000, "5.684341886080802e-14"    }, // 2^-44: 16 digits, but not the nearest
        {0x0010000000000000, "2.2250738585072014e-308"  },
        {0x000fffffffffffff, "2.225073858507201e-308"   },
        {0x3fb999999999999a, "0.1"                      },
        {0x3ff8000000000000, "1.5"                      },
        {0x4059000000000000, "100"                      },
        {0x3e45798ee2308c3a, "1e-8"                     }
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(cases[i].bits, cases[i].text);
}

// What is written reads back to the same bits, and no text with one digit less does.
static void texts_read_back_and_are_the_shortest(void **state)
{
    (void)state;
    struct rng rng = {.state = 42};
    struct buf out;
    buf_init(&out, 100);
    for (int i = 0; i < 20000; i++) {
        double value = from_bits(rng_next(&rng)), back;
        if (i % 4 == 0)
            value = from_bits((uint64_t)rng_below(&rng, 2047) << 52); // powers of two
        if (i % 4 == 1)
            value = (double)rng_between(&rng, -1000000, 1000000) / 1000;
        if (!__builtin_isfinite(value) || value == 0)
            continue;
        buf_clear(&out);
        real_text(value, &out);
        assert_true(real_parse(buf_str(&out), &back));
        assert_memory_equal(&value, &back, sizeof value);
        int digits = 0, zeros = 0; // significant ones
        for (size_t at = 0; at < out.len && out.ptr[at] != 'e'; at++) {
            bool digit = out.ptr[at] >= '0' && out.ptr[at] <= '9';
            zeros = digit && out.ptr[at] == '0' ? zeros + 1 : digit ? 0 : zeros;
            digits += digit && (digits > 0 || out.ptr[at] != '0');
        }
        digits -= zeros;
        char shorter[64];
        snprintf(shorter, sizeof shorter, "%.*e", digits > 1 ? digits - 2 : 0, value);
        assert_true(digits == 1 || strtod(shorter, NULL) != value);
    }
    buf_finish(&out);
}

static void texts_that_are_no_number_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",    "-",   "+1",    ".5",  "1.",    "01",     "-01",
        "1e",  "1e+", "1.e3",  "0x1", "1e3 ",  " 1",     "1,5",
        "NaN", "inf", "1e5.5", "--1", "1e400", "-1e309", "1.7976931348623159e308"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        double value = 7;
        if (real_parse(str_from(bad[i]), &value))
            fail_msg("%s was taken", bad[i]);
        assert_true(value == 7);
    }
}

static double parse(const char *text)
{
    double value;
    assert_true(real_parse(str_from(text), &value));
    return value;
}

static void long_and_far_numbers_are_read_exactly(void **state)
{
    (void)state;
    assert_true(parse("9007199254740993.0") == 9007199254740992.0); // halfway: to even
    assert_true(parse("9007199254740993.00000000000000000000000000001") == 9007199254740994.0);
    assert_true(parse("0.000000000000000000000000000000000001e36") == 1.0);
    assert_true(parse("1e-400") == 0);
    assert_true(parse("0e99999999999999999999") == 0);
    assert_true(parse("1e-99999999999999999999") == 0);
    assert_true(parse("2.2250738585072011e-308") == 0x0.fffffffffffffp-1022);
    char text[2001];
    memset(text, '0', sizeof text - 1);
    text[0] = '1';
    memcpy(text + 1990, "e-1989", 7); // 1 and 1,989 zeros
    assert_true(parse(text) == 1.0);
}

// A locale with a decimal comma, where the machine has one, changes nothing.
static void the_locale_does_not_matter(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "C.UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        setlocale(LC_ALL, names[i]); // absent: the one before stays
        check(0x41b3de4355555554, "333333333.33333325");
        assert_true(parse("333333333.33333325") == from_bits(0x41b3de4355555554));
    }
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_as_ecmascript_does),
        cmocka_unit_test(texts_read_back_and_are_the_shortest),
        cmocka_unit_test(texts_that_are_no_number_are_refused),
        cmocka_unit_test(long_and_far_numbers_are_read_exactly),
        cmocka_unit_test(the_locale_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
