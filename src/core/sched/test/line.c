#include "core/sched/line.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { IDS = 40000, STEPS = 100000 };

static bool waits[IDS + 1];

static int64_t counted_before(uint64_t id)
{
    int64_t count = 0;
    for (uint64_t i = 0; i < id && i <= IDS; i++)
        count += waits[i];
    return count;
}

static uint64_t beside(uint64_t id, int step)
{
    for (int64_t i = (int64_t)id + step; i > 0 && i <= IDS; i += step)
        if (waits[i])
            return (uint64_t)i;
    return 0;
}

// A window of waiting ids that moves up, with a few left far behind, against plain bytes.
static void a_place_in_line_is_what_counting_gives(void **state)
{
    (void)state;
    struct line line = {0};
    struct rng rng = {.state = 42};
    int64_t top = 100;
    for (int i = 0; i < STEPS; i++) {
        top += i % 3 == 0 && top < IDS;
        uint64_t id =
            (uint64_t)(rng_below(&rng, 20) ? rng_between(&rng, top > 5000 ? top - 5000 : 1, top)
                                           : rng_between(&rng, 1, top));
        if (waits[id])
            line_remove(&line, id);
        else if (rng_below(&rng, 3) == 0)
            line_add(&line, id);
        else
            continue;
        waits[id] = !waits[id];
        uint64_t asked = (uint64_t)rng_between(&rng, 0, i % 5 ? top : IDS);
        assert_int_equal(line_previous(&line, asked), beside(asked, -1));
        assert_int_equal(line_next(&line, asked), beside(asked, 1));
        if (i % 64 == 0)
            assert_int_equal(line_before(&line, asked), counted_before(asked));
    }
    for (uint64_t id = 1; id <= IDS; id++)
        if (waits[id])
            line_remove(&line, id);
    assert_int_equal(line_before(&line, IDS * 2), 0);
    assert_int_equal(line_next(&line, 0), 0);
    assert_int_equal(line_previous(&line, IDS * 2), 0);
    line_finish(&line);
}

static void an_empty_line_has_nobody(void **state)
{
    (void)state;
    struct line line = {0};
    assert_int_equal(line_before(&line, 1), 0);
    assert_int_equal(line_previous(&line, 1), 0);
    assert_int_equal(line_next(&line, 0), 0);
    line_finish(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_line_has_nobody),
        cmocka_unit_test(a_place_in_line_is_what_counting_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
