// Typical shapes: counted, at most so many, and the old ones fade.
#include "base/rng.h"
#include "core/sched/usual_shape.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static int64_t count_of(const struct table *rows, uint32_t devices)
{
    uint32_t cursor = 0;
    for (const struct usual_shape *row; (row = table_step(rows, &cursor));)
        if (row->devices == devices)
            return row->count;
    return 0;
}

static void take(struct table *rows, uint32_t devices, int64_t memory_mib)
{
    struct shape shape = {.devices = devices, .memory_mib = memory_mib};
    shape = shape_normal(shape);
    usual_shape_take(rows, &shape);
}

static void like_shapes_are_one_row(void **state)
{
    (void)state;
    struct table rows;
    table_init(&rows, sizeof(struct usual_shape), USUAL_SHAPES_MAX * 2);
    for (int i = 0; i < 30; i++)
        take(&rows, 1 + (uint32_t)(i % 3), 0);
    assert_int_equal(rows.used, 3);
    assert_int_equal(count_of(&rows, 2), 10);
    take(&rows, 2, 5); // other memory: another shape
    assert_int_equal(rows.used, 4);
    table_finish(&rows);
}

static void there_are_never_too_many_and_the_rarest_goes(void **state)
{
    (void)state;
    struct table rows;
    struct rng rng = {.state = 42};
    table_init(&rows, sizeof(struct usual_shape), USUAL_SHAPES_MAX * 2);
    for (int i = 0; i < 100000; i++) {
        bool usual = rng_below(&rng, 10) != 0;
        take(&rows, usual ? 8 : 1 + (uint32_t)rng_below(&rng, 200), 0);
        assert_true(rows.used <= USUAL_SHAPES_MAX);
    }
    int64_t sum = 0;
    uint32_t cursor = 0;
    for (const struct usual_shape *row; (row = table_step(&rows, &cursor));) {
        assert_true(row->count >= 1);
        sum += row->count;
    }
    assert_true(sum <= USUAL_SHAPES_WEIGHT);
    assert_true(count_of(&rows, 8) > sum * 8 / 10); // what comes often stays in front
    table_finish(&rows);
}

static void what_no_longer_comes_fades(void **state)
{
    (void)state;
    struct table rows;
    table_init(&rows, sizeof(struct usual_shape), USUAL_SHAPES_MAX * 2);
    for (int i = 0; i < 1000; i++)
        take(&rows, 4, 0);
    for (int i = 0; i < 20 * USUAL_SHAPES_WEIGHT; i++)
        take(&rows, 1, 0);
    assert_int_equal(count_of(&rows, 4), 0);
    assert_int_equal(rows.used, 1);
    table_finish(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(like_shapes_are_one_row),
        cmocka_unit_test(there_are_never_too_many_and_the_rarest_goes),
        cmocka_unit_test(what_no_longer_comes_fades),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
