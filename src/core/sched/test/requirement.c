// Rules of jobs: one row a text, found again after a reindex, gone with its last use.
#include "base/rng.h"
#include "core/sched/requirement.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { TEXTS = 40 };

static void uses_are_those_of_a_plain_count(void **state)
{
    (void)state;
    struct table rows;
    struct lookup lookup;
    struct rng rng = {.state = 42};
    int64_t uses[TEXTS] = {0};
    uint64_t ids[TEXTS] = {0};
    table_init(&rows, sizeof(struct requirement), 1 << 16);
    lookup_init(&lookup);
    for (int i = 0; i < 20000; i++) {
        int at = (int)rng_below(&rng, TEXTS);
        char text[32];
        snprintf(text, sizeof text, "country=C%d", at);
        if (rng_below(&rng, 2)) {
            uint64_t id = requirement_take(&rows, &lookup, text);
            assert_true(uses[at] == 0 || id == ids[at]);
            ids[at] = id;
            uses[at]++;
        } else if (uses[at]) {
            requirement_give(&rows, ids[at]);
            uses[at]--;
        }
        if (i % 1000 == 0)
            requirements_reindex(&rows, &lookup);
        const struct requirement *row = table_get(&rows, ids[at]);
        assert_int_equal(row ? row->uses : 0, uses[at]);
        assert_true(!row || strcmp(row->text, text) == 0);
    }
    uint32_t live = 0;
    for (int i = 0; i < TEXTS; i++)
        live += uses[i] > 0;
    assert_int_equal(rows.used, live);
    assert_int_equal(requirement_take(&rows, &lookup, ""), 0);
    requirement_give(&rows, 0);
    table_finish(&rows);
    lookup_finish(&lookup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uses_are_those_of_a_plain_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
