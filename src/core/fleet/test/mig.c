#include "core/fleet/mig.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void profiles_are_found_by_name(void **state)
{
    (void)state;
    assert_null(mig_profile(S("5g")));
    assert_int_equal(mig_profile(S("1g.2x"))->memory_slices, 2);
    assert_int_equal(mig_memory_mib(mig_profile(S("3g")), 81920), 40960);
}

// What fits by slices fits by milli, for every pair and for seven of the smallest.
static void slices_and_milli_agree(void **state)
{
    (void)state;
    uint32_t count;
    const struct mig_profile *rows = mig_profiles(&count);
    assert_int_equal(count, 6);
    for (uint32_t i = 0; i < count; i++) {
        assert_ptr_equal(mig_profile(rows[i].name), &rows[i]);
        for (uint32_t k = 0; k < count; k++)
            if (rows[i].slices + rows[k].slices <= MIG_SLICES)
                assert_true(mig_milli(rows[i].slices) + mig_milli(rows[k].slices) <= 1000);
    }
    assert_int_equal(mig_milli(7), 1000);
    assert_true(7 * mig_milli(1) <= 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profiles_are_found_by_name),
        cmocka_unit_test(slices_and_milli_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
