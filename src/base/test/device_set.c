#include "base/device_set.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

// Random sets held against an array of bool, and their text read back.
static void a_set_is_what_was_put_in(void **state)
{
    (void)state;
    struct rng rng = {.state = 42};
    struct buf out;
    buf_init(&out, 4000);
    for (int round = 0; round < 500; round++) {
        bool expect[DEVICE_SET_MAX] = {0};
        device_set set = {0}, again, other = {0};
        uint32_t count = 0, next = 0;
        for (int64_t i = rng_below(&rng, 400); i > 0; i--) {
            uint32_t low = (uint32_t)rng_below(&rng, DEVICE_SET_MAX);
            bool add = rng_below(&rng, 3);
            for (uint32_t j = low; j < DEVICE_SET_MAX && j < low + 5; j++) {
                expect[j] = add;
                if (add)
                    device_set_add(&set, j);
                else
                    device_set_remove(&set, j);
            }
        }
        for (uint32_t i = 0; i < DEVICE_SET_MAX; i++) {
            assert_int_equal(device_set_has(&set, i), expect[i]);
            count += expect[i];
            for (next = i; next < DEVICE_SET_MAX && !expect[next]; next++) {
            }
            assert_int_equal(device_set_next(&set, i), next);
        }
        assert_int_equal(device_set_count(&set), count);
        assert_int_equal(device_set_next(&set, DEVICE_SET_MAX), DEVICE_SET_MAX);
        uint32_t one = (uint32_t)rng_below(&rng, DEVICE_SET_MAX);
        device_set_add(&other, one);
        assert_int_equal(device_set_meets(&set, &other), expect[one]);
        buf_clear(&out);
        device_set_text(&set, &out);
        assert_true(device_set_parse(buf_str(&out), &again));
        assert_memory_equal(&set, &again, sizeof set);
    }
    buf_finish(&out);
}

static void only_canonical_text_is_taken(void **state)
{
    (void)state;
    static const char *const good[] = {"", "0", "255", "0-255", "0-1,3,5-7", "62-65,127-128"};
    static const char *const bad[] = {"256", "0-256", "1-0",  "1-1", "0,1",   "0-1,2",   "1,0",
                                      "0,0", ",",     "0,",   ",0",  "0,,2",  "-1",      "0-",
                                      "-",   "00",    "0 ,2", "a",   "0-1-2", "0-3,2-5", "+1"};
    struct buf out;
    buf_init(&out, 4000);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        device_set set;
        assert_true(device_set_parse(str_from(good[i]), &set));
        buf_clear(&out);
        device_set_text(&set, &out);
        assert_string_equal(buf_cstr(&out), good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        device_set set =
                       {
                           {7, 7, 7, 7}
        },
                   before = set;
        if (device_set_parse(str_from(bad[i]), &set))
            fail_msg("%s was taken", bad[i]);
        assert_memory_equal(&set, &before, sizeof set);
    }
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_is_what_was_put_in),
        cmocka_unit_test(only_canonical_text_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
