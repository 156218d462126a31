#include "base/buf.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void numbers_and_formats_are_added(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    assert_string_equal(buf_cstr(&buf), "");
    buf_i64(&buf, INT64_MIN);
    buf_byte(&buf, ' ');
    buf_u64(&buf, UINT64_MAX);
    buf_add(&buf, S(" x "));
    buf_add(&buf, (str){0});
    buf_i64(&buf, 0);
    buf_format(&buf, " %s-%d", "job", 18);
    assert_string_equal(buf_cstr(&buf), "-9223372036854775808 18446744073709551615 x 0 job-18");
    buf_clear(&buf);
    assert_int_equal(buf_str(&buf).len, 0);
    buf_finish(&buf);
    buf_finish(&buf); // accepts a zeroed one
}

// Numbers of every length, and those beside the powers of ten, as printf writes them.
static void numbers_are_as_printf_writes_them(void **state)
{
    (void)state;
    struct rng rng = {.state = 7};
    struct buf buf;
    char want[32];
    buf_init(&buf, 100);
    for (uint64_t power = 1, i = 0; i < 20 * 200; i++) {
        uint64_t near = i % 200 < 3 ? power - 1 + i % 200
                                    : power + (uint64_t)rng_below(&rng, (int64_t)(power / 2 + 1));
        buf_clear(&buf);
        buf_u64(&buf, near);
        snprintf(want, sizeof want, "%llu", (unsigned long long)near);
        assert_string_equal(buf_cstr(&buf), want);
        power = i % 200 == 199 && i < 19 * 200 ? power * 10 : power;
    }
    buf_finish(&buf);
}

// Every way to add, at every limit: what fits is there, what does not sets overflow for good.
static void a_limit_is_kept_to_the_byte(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < 12; limit++) {
        for (int way = 0; way < 5; way++) {
            struct buf buf;
            buf_init(&buf, limit);
            if (way == 0)
                buf_add(&buf, S("12345"));
            if (way == 1)
                buf_u64(&buf, 12345);
            if (way == 2)
                buf_format(&buf, "%d", 12345);
            char *room = way == 3 ? buf_extend(&buf, 5) : NULL;
            if (room)
                memcpy(room, "12345", 5);
            for (int i = 1; way == 4 && i <= 5; i++)
                buf_byte(&buf, (char)('0' + i));
            assert_int_equal(buf.overflow, limit < 5);
            assert_true(buf.len <= limit);
            if (limit >= 5)
                assert_string_equal(buf_cstr(&buf), "12345");
            size_t before = buf.len;
            if (buf.overflow)
                buf_byte(&buf, 'x');
            assert_int_equal(buf.len, before);
            buf_clear(&buf);
            assert_false(buf.overflow);
            buf_finish(&buf);
        }
    }
}

static void growth_keeps_what_was_there(void **state)
{
    (void)state;
    static char expect[100000];
    struct rng rng = {.state = 6};
    struct buf buf;
    buf_init(&buf, sizeof expect);
    size_t used = 0;
    while (used + 700 < sizeof expect) {
        char piece[700];
        size_t size = (size_t)rng_below(&rng, (int64_t)sizeof piece);
        memset(piece, (int)('a' + rng_below(&rng, 26)), size);
        buf_add(&buf, (str){piece, size});
        memcpy(expect + used, piece, size);
        used += size;
    }
    assert_true(str_is(buf_str(&buf), (str){expect, used}));
    assert_int_equal(buf_cstr(&buf)[used], 0);
    buf_finish(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_formats_are_added),
        cmocka_unit_test(numbers_are_as_printf_writes_them),
        cmocka_unit_test(a_limit_is_kept_to_the_byte),
        cmocka_unit_test(growth_keeps_what_was_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
