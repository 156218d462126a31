#include "text/suggest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const str words[] = {
    {"account", 7},
    {"job",     3},
    {"journal", 7},
    {"key",     3},
    {"up",      2}
};

static str suggest(const char *wrong)
{
    return suggest_word(str_from(wrong), words, sizeof words / sizeof words[0]);
}

static void the_nearest_word_is_given_when_it_is_near(void **state)
{
    (void)state;
    assert_true(str_is(suggest("acount"), S("account")));
    assert_true(str_is(suggest("acc"), S("account")));     // a head of it
    assert_true(str_is(suggest("jounral"), S("journal"))); // letters swapped
    assert_true(str_is(suggest("jobs"), S("job")));
    assert_true(str_is(suggest("jbo"), S("job")));
    assert_int_equal(suggest("zzzzzz").len, 0);
    assert_int_equal(suggest("a").len, 0); // one letter is near to everything
    assert_int_equal(suggest("").len, 0);
    assert_int_equal(suggest_word(S("job"), words, 0).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_word_is_given_when_it_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
