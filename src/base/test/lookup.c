#include "base/lookup.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { SIDE = 12, KEYS = SIDE * SIDE * SIDE * SIDE };

static struct lookup_key key_of(uint32_t number)
{
    return (struct lookup_key){
        {number % SIDE, number / SIDE % SIDE, number / (SIDE * SIDE) % SIDE,
         number / (SIDE * SIDE * SIDE)}
    };
}

// Keys of small numbers that share most of their words, held against a plain array.
static void a_key_has_the_value_it_was_last_given(void **state)
{
    (void)state;
    static uint64_t expect[KEYS];
    struct lookup lookup;
    struct rng rng = {.state = 42};
    lookup_init(&lookup);
    for (uint32_t i = 0; i < 2 * KEYS; i++) {
        uint32_t number = (uint32_t)rng_below(&rng, KEYS);
        assert_int_equal(lookup_get(&lookup, key_of(number)), expect[number]);
        expect[number] = 1 + (uint64_t)rng_below(&rng, 1000);
        lookup_put(&lookup, key_of(number), expect[number]);
    }
    for (uint32_t i = 0; i < KEYS; i++)
        assert_int_equal(lookup_get(&lookup, key_of(i)), expect[i]);
    lookup_clear(&lookup);
    assert_int_equal(lookup_get(&lookup, key_of(7)), 0);
    lookup_finish(&lookup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_has_the_value_it_was_last_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
