#include "base/codec.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void hex_is_strict(void **state)
{
    (void)state;
    uint8_t bytes[4] = {0}, want[4] = {0x00, 0x7f, 0xa0, 0xff};
    char text[8];
    hex_encode(want, 4, text);
    assert_memory_equal(text, "007fa0ff", 8);
    assert_true(hex_decode(S("007fa0ff"), bytes, 4));
    assert_memory_equal(bytes, want, 4);
    static const char *const bad[] = {"",         "007fa0f",  "007fa0ff0", "007fa0ff00",
                                      "007FA0FF", "007fa0fg", "007fa0f ",  "0x7fa0ff"};
    memset(bytes, 7, sizeof bytes);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(hex_decode(str_from(bad[i]), bytes, 4));
    assert_memory_equal(bytes, "\7\7\7\7", 4);
    assert_true(hex_decode(S(""), bytes, 0));
}

// Each of the 256 characters in each of both places: digits in lower case count, nothing else.
static void hex_has_sixteen_digits(void **state)
{
    (void)state;
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < 512; i++) {
        char text[2] = {'7', '7'};
        uint8_t byte;
        text[i % 2] = (char)(i / 2);
        const char *digit = memchr(digits, i / 2, 16);
        assert_int_equal(hex_decode((str){text, 2}, &byte, 1), digit != NULL);
        if (digit)
            assert_int_equal(byte, i % 2 ? 0x70 + (digit - digits) : 0x07 + 16 * (digit - digits));
    }
}

// RFC 4648, section 10.
static void base64_has_the_standards_vectors(void **state)
{
    (void)state;
    static const char *const vectors[][3] = {
        {"",             "",         ""        },
        {"f",            "Zg==",     "Zg"      },
        {"fo",           "Zm8=",     "Zm8"     },
        {"foo",          "Zm9v",     "Zm9v"    },
        {"foob",         "Zm9vYg==", "Zm9vYg"  },
        {"fooba",        "Zm9vYmE=", "Zm9vYmE" },
        {"foobar",       "Zm9vYmFy", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "+/+/",     "-_-_"    },
    };
    struct buf out;
    buf_init(&out, 100);
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const uint8_t *bytes = (const uint8_t *)vectors[i][0];
        size_t size = strlen(vectors[i][0]);
        base64_encode(bytes, size, &out);
        buf_byte(&out, ' ');
        base64url_encode(bytes, size, &out);
        str plain, url;
        assert_true(str_cut(buf_str(&out), ' ', &plain, &url));
        assert_true(str_is(plain, str_from(vectors[i][1])));
        assert_true(str_is(url, str_from(vectors[i][2])));
        buf_clear(&out);
        assert_true(base64_decode(str_from(vectors[i][1]), &out));
        assert_true(base64url_decode(str_from(vectors[i][2]), &out));
        assert_int_equal(out.len, 2 * size);
        assert_memory_equal(out.ptr, bytes, size);
        buf_clear(&out);
    }
    buf_finish(&out);
}

static void base64_refuses_every_second_text_of_a_value(void **state)
{
    (void)state;
    static const char *const plain[] = {
        "Z",        "Zg",       "Zg=",    "Zg===", "Zh==",  "Zm9=", "====", "Zm9v=",
        "Zm9v====", "Zg==Zg==", "Zm9v\n", "Zm-v",  "Zm9vZ", "=m9v", "Z=9v"};
    static const char *const url[] = {"Z", "Zg==", "Zh", "Zm9", "Zm8=", "Zm9vZ", "Zm+v", "Zm 9v"};
    struct buf out;
    buf_init(&out, 100);
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (base64_decode(str_from(plain[i]), &out))
            fail_msg("%s was taken", plain[i]);
    for (size_t i = 0; i < sizeof url / sizeof url[0]; i++)
        if (base64url_decode(str_from(url[i]), &out))
            fail_msg("%s was taken", url[i]);
    assert_int_equal(out.len, 0);
    buf_finish(&out);
}

// Random texts over the alphabet: what decodes, encodes back to the very same text.
static void what_decodes_is_canonical(void **state)
{
    (void)state;
    static const char letters[] = "ABCQYgwxz0189+/=";
    struct rng rng = {.state = 5};
    struct buf bytes, again;
    buf_init(&bytes, 100);
    buf_init(&again, 100);
    int taken = 0;
    for (int i = 0; i < 50000; i++) {
        char text[12];
        size_t size = (size_t)rng_below(&rng, (int64_t)sizeof text);
        for (size_t j = 0; j < size; j++)
            text[j] = letters[rng_below(&rng, (int64_t)sizeof letters - 1)];
        buf_clear(&bytes);
        buf_clear(&again);
        if (!base64_decode((str){text, size}, &bytes))
            continue;
        taken++;
        base64_encode((const uint8_t *)bytes.ptr, bytes.len, &again);
        assert_true(str_is(buf_str(&again), (str){text, size}));
    }
    assert_true(taken > 1000);
    buf_finish(&bytes);
    buf_finish(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_is_strict),
        cmocka_unit_test(hex_has_sixteen_digits),
        cmocka_unit_test(base64_has_the_standards_vectors),
        cmocka_unit_test(base64_refuses_every_second_text_of_a_value),
        cmocka_unit_test(what_decodes_is_canonical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
