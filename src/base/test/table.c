#include "base/rng.h"
#include "base/table.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

struct row {
    uint64_t id, value;
};

// Random adds and removes held against a plain array; after each, order and lookups agree.
static void rows_are_found_by_id_and_stay_in_order(void **state)
{
    (void)state;
    enum { IDS = 4000 };
    static uint64_t expect[IDS + 1];
    struct table table;
    table_init(&table, sizeof(struct row), 1 << 16);
    struct rng rng = {.state = 42};
    for (uint64_t id = 1; id <= IDS; id++) {
        struct row *row = table_add(&table, id);
        row->value = expect[id] = rng_next(&rng) | 1;
        uint64_t gone = 1 + (uint64_t)rng_below(&rng, (int64_t)id);
        if (rng_below(&rng, 3) && expect[gone]) {
            table_remove(&table, gone);
            expect[gone] = 0;
        }
        if (id % 97)
            continue;
        uint32_t cursor = 0;
        for (uint64_t i = 1; i <= id; i++) {
            struct row *found = table_get(&table, i);
            assert_int_equal(found ? found->value : 0, expect[i]);
            if (expect[i])
                assert_ptr_equal(table_step(&table, &cursor), found);
            struct row *after = table_after(&table, i - 1);
            uint64_t next = i;
            while (next <= id && !expect[next])
                next++;
            assert_int_equal(after ? after->id : 0, next <= id ? next : 0);
        }
        assert_null(table_step(&table, &cursor));
    }
    table_finish(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_found_by_id_and_stay_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
