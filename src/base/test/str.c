#include "base/rng.h"
#include "base/str.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void views_compare_by_bytes(void **state)
{
    (void)state;
    assert_true(str_is(S(""), (str){0}));
    assert_true(str_is(str_from(NULL), S("")));
    assert_false(str_is(S("a"), S("b")));
    assert_false(str_is(S("a"), S("ab")));
    assert_true(str_order(S("a"), S("ab")) < 0 && str_order(S("ab"), S("a")) > 0);
    assert_true(str_order(S("a\xff"), S("ab")) > 0);
    assert_int_equal(str_order(S("x"), S("x")), 0);
    assert_int_equal(str_order((str){0}, (str){0}), 0);
    assert_true(str_starts(S("abc"), S("ab")) && str_starts(S("abc"), (str){0}));
    assert_false(str_starts(S("a"), S("ab")));
    assert_true(str_ends(S("abc"), S("bc")) && str_ends(S("abc"), S("abc")));
    assert_true(str_ends((str){0}, (str){0}));
    assert_false(str_ends(S("c"), S("bc")));
}

static void views_are_cut(void **state)
{
    (void)state;
    str head = S("before"), rest = S("before");
    assert_false(str_cut(S("abc"), ',', &head, &rest));
    assert_false(str_cut((str){0}, ',', &head, &rest));
    assert_true(str_is(head, S("before")) && str_is(rest, S("before")));
    assert_true(str_cut(S("a,b,c"), ',', &head, &rest));
    assert_true(str_is(head, S("a")) && str_is(rest, S("b,c")));
    assert_true(str_cut(S(","), ',', &head, &rest));
    assert_true(head.len == 0 && rest.len == 0);
    assert_true(str_is(str_trim(S(" \t a b\r\n ")), S("a b")));
    assert_int_equal(str_trim(S(" \n ")).len, 0);
    assert_int_equal(str_trim((str){0}).len, 0);
    assert_true(str_is(str_skip(S("abc"), 1), S("bc")));
    assert_int_equal(str_skip(S("abc"), 3).len, 0);
    assert_int_equal(str_skip(S("abc"), SIZE_MAX).len, 0);
}

static void integers_have_one_text_each(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      "01",
                                      "00",
                                      "-0",
                                      "-01",
                                      " 1",
                                      "1 ",
                                      "1a",
                                      "0x1",
                                      "--1",
                                      "1.0",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999"};
    int64_t value = 77;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(str_to_i64(str_from(bad[i]), &value));
    assert_false(str_to_i64((str){"1\0", 2}, &value));
    assert_int_equal(value, 77);
    assert_true(str_to_i64(S("-9223372036854775808"), &value) && value == INT64_MIN);
    assert_true(str_to_i64(S("9223372036854775807"), &value) && value == INT64_MAX);
    assert_true(str_to_i64(S("0"), &value) && value == 0);
    uint64_t size = 77;
    assert_false(str_to_u64(S("18446744073709551616"), &size));
    assert_false(str_to_u64(S("-1"), &size));
    assert_int_equal(size, 77);
    assert_true(str_to_u64(S("18446744073709551615"), &size) && size == UINT64_MAX);
    struct rng rng = {.state = 4};
    for (int i = 0; i < 20000; i++) {
        char text[32];
        int64_t want = (int64_t)rng_next(&rng) >> rng_below(&rng, 64);
        snprintf(text, sizeof text, "%lld", (long long)want);
        assert_true(str_to_i64(str_from(text), &value) && value == want);
    }
}

// Every code point by itself, and every sequence of two bytes against a plain reading of the rule.
static void utf8_is_exactly_rfc_3629(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x120000; code++) {
        char bytes[4];
        size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        uint32_t left = code;
        for (size_t i = size; i > 1; i--, left >>= 6)
            bytes[i - 1] = (char)(0x80 | (left & 0x3f));
        static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
        bytes[0] = (char)(leads[size] | left);
        bool is_character = code < 0x110000 && (code < 0xd800 || code > 0xdfff);
        uint32_t found = 0;
        assert_int_equal(str_is_utf8((str){bytes, size}), is_character);
        assert_int_equal(str_character((str){bytes, size}, &found), is_character ? size : 0);
        assert_int_equal(found, is_character ? code : 0);
        assert_false(size > 1 && str_is_utf8((str){bytes, size - 1}));
    }
    for (int first = 0; first < 256; first++) {
        for (int second = 0; second < 256; second++) {
            char bytes[2] = {(char)first, (char)second};
            bool two = first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf;
            assert_int_equal(str_is_utf8((str){bytes, 2}), two || (first < 128 && second < 128));
        }
    }
    assert_false(str_is_utf8(S("\xe0\x80\xaf")) || str_is_utf8(S("\xf0\x80\x80\xaf"))); // overlong
    uint32_t found = 7;
    assert_int_equal(str_character((str){0}, &found), 0);
    assert_int_equal(found, 7);
}

static void copies_fit_or_are_refused(void **state)
{
    (void)state;
    char bytes[4] = "xyz";
    assert_false(str_copy(S("abcd"), bytes, sizeof bytes));
    assert_false(str_copy((str){"a\0b", 3}, bytes, sizeof bytes));
    assert_string_equal(bytes, "xyz");
    assert_true(str_copy(S("abc"), bytes, sizeof bytes));
    assert_string_equal(bytes, "abc");
    assert_true(str_copy((str){0}, bytes, sizeof bytes));
    assert_string_equal(bytes, "");
}

// By the definition, recursively: for short words over two letters.
static uint32_t distance(str a, str b)
{
    if (a.len == 0 || b.len == 0)
        return (uint32_t)(a.len + b.len);
    uint32_t replace = distance(str_skip(a, 1), str_skip(b, 1)) + (a.ptr[0] != b.ptr[0]);
    uint32_t remove = distance(str_skip(a, 1), b) + 1, insert = distance(a, str_skip(b, 1)) + 1;
    uint32_t least = replace < remove ? replace : remove;
    return least < insert ? least : insert;
}

static void distance_counts_the_edits(void **state)
{
    (void)state;
    assert_int_equal(str_distance(S("kitten"), S("sitting")), 3);
    assert_int_equal(str_distance(S(""), S("abc")), 3);
    char longest[65];
    memset(longest, 'a', sizeof longest);
    assert_int_equal(str_distance((str){longest, 64}, (str){longest, 64}), 0);
    assert_int_equal(str_distance((str){longest, 65}, (str){longest, 64}), 64);
    struct rng rng = {.state = 2};
    for (int i = 0; i < 2000; i++) {
        char words[2][6];
        str views[2];
        for (int j = 0; j < 2; j++) {
            views[j] = (str){words[j], (size_t)rng_below(&rng, 6)};
            for (size_t k = 0; k < views[j].len; k++)
                words[j][k] = (char)('a' + rng_below(&rng, 2));
        }
        assert_int_equal(str_distance(views[0], views[1]), distance(views[0], views[1]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_compare_by_bytes),      cmocka_unit_test(views_are_cut),
        cmocka_unit_test(integers_have_one_text_each), cmocka_unit_test(utf8_is_exactly_rfc_3629),
        cmocka_unit_test(copies_fit_or_are_refused),   cmocka_unit_test(distance_counts_the_edits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
