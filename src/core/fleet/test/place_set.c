#include "core/fleet/place_set.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>
#include <cmocka.h>

enum { PLACES = 20000 };

static void compare(const struct place_set *set, const bool *in, struct rng *rng)
{
    uint32_t from = (uint32_t)rng_below(rng, PLACES), at = from;
    while (at < PLACES && !in[at])
        at++;
    assert_int_equal(place_set_next(set, from), at == PLACES ? PLACE_NONE : at);
}

// The set grows over the border of list and bits and falls back, three times.
static void it_is_what_a_plain_array_says(void **state)
{
    (void)state;
    static bool in[PLACES];
    struct rng rng = {.state = 11};
    struct place_set set = {0};
    uint32_t count = 0;
    for (int step = 0; step < 60000; step++) {
        bool grow = step / 10000 % 2 == 0;
        uint32_t place = (uint32_t)rng_below(&rng, step < 20000 ? PLACES / 8 : PLACES);
        if (!grow && rng_below(&rng, 8)) {
            place = place_set_next(&set, place);
            if (place == PLACE_NONE)
                continue;
        }
        if (in[place])
            place_set_remove(&set, place);
        else if (grow || rng_below(&rng, 4) == 0)
            place_set_add(&set, place);
        else
            continue;
        in[place] = !in[place];
        count += in[place] ? 1U : -1U;
        assert_int_equal(set.count, count);
        compare(&set, in, &rng);
    }
    for (uint32_t place; (place = place_set_next(&set, 0)) != PLACE_NONE;) {
        assert_true(in[place]);
        in[place] = false;
        place_set_remove(&set, place);
    }
    for (uint32_t place = 0; place < PLACES; place++)
        assert_false(in[place]);
    place_set_finish(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_what_a_plain_array_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
