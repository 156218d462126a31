#include "core/policy/rule.h"
#include "base/buf.h"
#include "base/rng.h"
#include <string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define ATTRIBUTE(k, v)     \
    {                       \
        {k, sizeof k - 1},  \
        {                   \
            v, sizeof v - 1 \
        }                   \
    }
static const struct rule_attribute attributes[] = {
    ATTRIBUTE("country", "JP"), ATTRIBUTE("operator", "own"), ATTRIBUTE("label", "a"),
    ATTRIBUTE("label", "b"), ATTRIBUTE("origin", "")};
static const struct rule_view view = {attributes, 5};

static bool permits(const char *rule)
{
    struct err err;
    assert_true(rule_valid(str_from(rule), &err));
    return rule_permits(str_from(rule), &view, NULL);
}

static void terms_are_held_against_what_is_stated(void **state)
{
    (void)state;
    assert_true(permits(""));
    assert_true(permits("country=JP"));
    assert_true(permits("country=US,JP operator=own"));
    assert_false(permits("country=US"));
    assert_false(permits("!country=US,JP"));
    assert_true(permits("label=a label=b"));
    assert_false(permits("!label=b"));
    assert_false(permits("origin=*")); // nobody stated it
    assert_true(permits("!origin=XX"));
    assert_false(permits("origin=* !origin=XX"));
    assert_true(permits("country=*"));
    assert_false(permits("vendor=acme"));
    str term;
    assert_false(rule_permits(S("country=JP  operator=other"), &view, &term));
    assert_true(str_is(term, S("operator=other")));
}

#define MANY "a=1 a=2 a=3 a=4 a=5 a=6 a=7 a=8 a=9 b=1 b=2 b=3 b=4 b=5 b=6 b=7 b=8"
static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *says;
    } cases[] = {
        {"country",    "\"country\": want country=value"          },
        {"country=",   "want country=value or country=value,value"},
        {"=JP",        "\"=JP\": a key is a-z"                    },
        {"Country=JP", "a key is a-z"                             },
        {"a=b,,c",     "want a=value"                             },
        {"a=b=c",      "want a=value"                             },
        {"! a=b",      "\"!\": a key is a-z"                      },
        {"a=\x01",     "want a=value"                             },
        {MANY,         "more than 16"                             },
    };
    struct err err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_false(rule_valid(str_from(cases[i].rule), &err));
        assert_non_null(strstr(err.text, cases[i].says));
    }
    char text[RULE_SIZE + 2] = "a=";
    memset(text + 2, 'x', RULE_SIZE - 3);
    assert_true(rule_valid(str_from(text), &err));
    text[RULE_SIZE - 1] = 'x';
    assert_false(rule_valid(str_from(text), &err));
    assert_non_null(strstr(err.text, "longer than 127 bytes"));
}

static void random_rule(struct rng *rng, struct buf *out)
{
    static const char *const keys[] = {"country", "label", "operator"};
    static const char *const values[] = {"JP", "US", "a", "b", "own", "*"};
    for (int64_t terms = rng_below(rng, 5); terms > 0; terms--) {
        buf_add(out, rng_below(rng, 3) ? S("  ") : S(" "));
        buf_add(out, rng_below(rng, 3) ? S("") : S("!"));
        buf_add(out, str_from(keys[rng_below(rng, 3)]));
        buf_byte(out, '=');
        int64_t count = 1 + rng_below(rng, 3);
        for (int64_t i = 0; i < count; i++) {
            buf_add(out, i ? S(",") : S(""));
            buf_add(out, str_from(values[rng_below(rng, 6)]));
        }
    }
}

static void a_canonical_rule_means_the_same(void **state)
{
    (void)state;
    struct rng rng = {.state = 7};
    int denied = 0;
    for (int round = 0; round < 2000; round++) {
        struct buf text;
        char once[RULE_SIZE], twice[RULE_SIZE];
        struct err err;
        buf_init(&text, 4096);
        random_rule(&rng, &text);
        if (rule_valid(buf_str(&text), &err)) {
            assert_true(rule_canonical(buf_str(&text), once, sizeof once));
            assert_true(rule_canonical(str_from(once), twice, sizeof twice));
            assert_string_equal(once, twice);
            bool permitted = rule_permits(buf_str(&text), &view, NULL);
            assert_int_equal(permitted, rule_permits(str_from(once), &view, NULL));
            denied += !permitted;
        }
        buf_finish(&text);
    }
    assert_in_range(denied, 200, 1900);
    char canonical[RULE_SIZE];
    assert_true(rule_canonical(S(" b=2,1,2  a=x a=x !c=y "), canonical, sizeof canonical));
    assert_string_equal(canonical, "!c=y a=x b=1,2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms_are_held_against_what_is_stated),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(a_canonical_rule_means_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
