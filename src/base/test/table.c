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

// Ids far apart and removed at random: the neighbours of any id, by a plain scan.
static void neighbours_are_found_across_gaps(void **state)
{
    (void)state;
    enum { ROWS = 3000 };
    static uint64_t ids[ROWS];
    struct table table;
    table_init(&table, sizeof(struct row), 1 << 14);
    struct rng rng = {.state = 5};
    uint64_t last = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        ids[i] = last += (uint64_t)rng_between(&rng, 1, 1000);
        table_add(&table, last);
    }
    for (uint32_t removed = 0; removed < ROWS - 1;) {
        uint32_t i = (uint32_t)rng_below(&rng, ROWS);
        if (!ids[i])
            continue;
        table_remove(&table, ids[i]);
        ids[i] = 0;
        removed++;
        uint64_t probe = (uint64_t)rng_below(&rng, (int64_t)last + 10), after = 0, before = 0;
        for (uint32_t j = 0; j < ROWS; j++) {
            if (ids[j] > probe && !after)
                after = ids[j];
            if (ids[j] && ids[j] < probe)
                before = ids[j];
        }
        struct row *row = table_after(&table, probe);
        assert_int_equal(row ? row->id : 0, after);
        row = table_before(&table, probe);
        assert_int_equal(row ? row->id : 0, before);
        assert_int_equal(table.used, ROWS - removed);
    }
    table_finish(&table);
    table_finish(&table);
}

// Rows come and go for ever within rows_max, since a full table closes its gaps.
static void a_table_reuses_its_room(void **state)
{
    (void)state;
    struct table table;
    table_init(&table, sizeof(struct row), 100);
    for (uint64_t id = 1; id <= 10000; id++) {
        if (id > 100)
            table_remove(&table, id - 100);
        struct row *row = table_add(&table, id);
        assert_int_equal(row->value, 0); // zeroed, whatever stood there
        row->value = id;
        if (id > 50)
            assert_int_equal(((struct row *)table_get(&table, id - 49))->value, id - 49);
    }
    assert_null(table_get(&table, 0));
    assert_null(table_get(&table, 20000));
    assert_null(table_before(&table, 0));
    table_clear(&table);
    uint32_t cursor = 0;
    assert_null(table_step(&table, &cursor));
    assert_int_equal(((struct row *)table_add(&table, 1))->value, 0);
    table_finish(&table);
}

// Memory is asked for as rows come; a table that is full says so before it must.
static void a_table_says_when_it_is_full(void **state)
{
    (void)state;
    enum { ROWS = 100000 };
    struct table table;
    table_init(&table, sizeof(struct row), ROWS);
    uint64_t id = 0;
    while (table_has_room(&table)) {
        struct row *row = table_add(&table, ++id);
        assert_int_equal(row->value, 0);
        row->value = id;
    }
    assert_int_equal(id, ROWS - ROWS / 8);
    for (; id < ROWS; id++)
        ((struct row *)table_add(&table, id + 1))->value = id + 1;
    for (uint64_t i = 1; i <= ROWS / 2; i++)
        table_remove(&table, 2 * i);
    assert_true(table_has_room(&table));
    for (uint64_t i = 0; i < ROWS / 2; i++, id++)
        ((struct row *)table_add(&table, id + 1))->value = id + 1;
    uint32_t cursor = 0, count = 0;
    for (const struct row *row; (row = table_step(&table, &cursor)); count++)
        assert_int_equal(row->value, row->id);
    assert_int_equal(count, ROWS);
    table_finish(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_found_by_id_and_stay_in_order),
        cmocka_unit_test(a_table_says_when_it_is_full),
        cmocka_unit_test(neighbours_are_found_across_gaps),
        cmocka_unit_test(a_table_reuses_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
