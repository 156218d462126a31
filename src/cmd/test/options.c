#include "cmd/options.h"
#include "base/instant.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

// clang-format off
static const struct option table[] = {
    {"devices", OPTION_INTEGER, "N", "h", .min = 1, .max = 256},
    {"memory", OPTION_MEMORY, "SIZE", "h"},
    {"time", OPTION_DURATION, "TIME", "h"},
    {"month", OPTION_MONTH, "MONTH", "h"},
    {"at", OPTION_TIME, "TIME", "h"},
    {"limit", OPTION_MONEY, "MONEY", "h"},
    {"price", OPTION_PRICE, "PRICE", "h"},
    {"role", OPTION_CHOICE, "ROLE", "h", .choices = "user|reader"},
    {"env", OPTION_PAIR, "A=b", "h", .repeated = true},
    {"name", OPTION_TEXT, "NAME", "a name", .required = true},
    {"json", OPTION_FLAG, .help = "h"},
    {.name = NULL},
};
// clang-format on
static const struct option_tables tables = {
    {table, NULL}
};

static bool read_words(struct options *options, struct err *err, const char *const *words)
{
    static char *arguments[32];
    int count = 0;
    while (words[count]) {
        arguments[count] = (char *)words[count];
        count++;
    }
    arguments[count] = NULL;
    return options_read(&tables, count, arguments, options, err);
}
#define READ(...) read_words(&options, &err, (const char *const[]){__VA_ARGS__, NULL})

static void both_forms_of_a_value_are_read(void **state)
{
    (void)state;
    struct options options;
    struct err err;
    assert_true(READ("--devices", "3", "--memory=512MiB", "job-1", "--json"));
    assert_int_equal(options_number(&options, "devices", 0), 3);
    assert_int_equal(options_number(&options, "memory", 0), INT64_C(512) << 20);
    assert_true(options_flag(&options, "json"));
    assert_int_equal(options.word_count, 1);
    assert_string_equal(options.words[0], "job-1");
    assert_false(options.has_rest);
    assert_int_equal(options_number(&options, "time", -7), -7);
    assert_null(options_text(&options, "name"));
    assert_true(READ("--name=")); // empty, and not what follows
    assert_string_equal(options_text(&options, "name"), "");
}

static void what_follows_two_dashes_is_kept_word_by_word(void **state)
{
    (void)state;
    struct options options;
    struct err err;
    assert_true(READ("--json", "--", "sh", "--devices", "--", "-c"));
    assert_true(options.has_rest);
    assert_int_equal(options.rest_count, 4);
    assert_string_equal(options.rest[1], "--devices");
    assert_string_equal(options.rest[2], "--");
    assert_null(options.rest[4]);
    assert_null(options_find(&options, "devices"));
    assert_true(READ("--"));
    assert_true(options.has_rest);
    assert_int_equal(options.rest_count, 0);
    assert_true(READ("-")); // a word: standard input
    assert_string_equal(options.words[0], "-");
}

static void a_wrong_word_names_the_nearest_right_one(void **state)
{
    (void)state;
    struct options options;
    struct err err;
    assert_false(READ("--devces", "3"));
    assert_non_null(strstr(err.text, "no option '--devces'; did you mean '--devices'?"));
    assert_false(READ("--qqqqqqqq"));
    assert_null(strstr(err.text, "did you mean"));
    assert_false(READ("-d", "3"));
    assert_non_null(strstr(err.text, "options are long words"));
    assert_false(READ("--role=usr"));
    assert_non_null(strstr(err.text, "'usr' is not one of user|reader"));
}

static void wrong_values_say_what_is_wanted(void **state)
{
    (void)state;
    static const struct {
        const char *word, *says;
    } cases[] = {
        {"--devices=0",               "0 is outside 1 to 256"  },
        {"--devices=257",             "257 is outside 1 to 256"},
        {"--devices=two",             "is not a whole number"  },
        {"--devices=",                "is not a whole number"  },
        {"--devices",                 "wants a whole number"   },
        {"--memory=512",              "has no unit"            },
        {"--memory=512MB",            "such as 512MiB"         },
        {"--memory=-1MiB",            "such as 512MiB"         },
        {"--memory=9999999999999TiB", "such as 512MiB"         },
        {"--time=10",                 "is not a duration"      },
        {"--month=2026-13",           "is not a month"         },
        {"--at=yesterday",            "is not a time"          },
        {"--limit=many",              "is not an amount"       },
        {"--price=-1",                "is not a price"         },
        {"--env==x",                  "is not a pair"          },
        {"--env=x",                   "is not a pair"          },
        {"--json=1",                  "takes no value"         },
    };
    struct options options;
    struct err err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_false(READ(cases[i].word));
        if (!strstr(err.text, cases[i].says))
            fail_msg("%s: '%s'", cases[i].word, err.text);
    }
}

static void values_have_their_units(void **state)
{
    (void)state;
    struct options options;
    struct err err;
    assert_true(READ("--memory=1024KiB", "--time=90s", "--month=2026-11", "--at=2026-11-21"));
    assert_int_equal(options_number(&options, "memory", 0), 1 << 20);
    assert_int_equal(options_number(&options, "time", 0), 90 * SECOND_US);
    assert_int_equal(options_number(&options, "month", 0), 2026 * 12 + 10);
    assert_int_equal(options_number(&options, "at", 0), INT64_C(1795219200) * SECOND_US);
    assert_true(READ("--time=0s"));
    assert_int_equal(options_number(&options, "time", 9), 0);
}

static void money_knows_whether_it_named_its_currency(void **state)
{
    (void)state;
    struct options options;
    struct err err;
    assert_true(READ("--limit=¥50,000"));
    assert_true(options_find(&options, "limit")->has_currency);
    assert_int_equal(options_number(&options, "limit", 0), 50000);
    assert_true(READ("--limit=USD 12.50"));
    assert_int_equal(options_find(&options, "limit")->currency, CURRENCY_USD);
    assert_int_equal(options_number(&options, "limit", 0), 1250);
    assert_true(READ("--limit=50000"));
    assert_false(options_find(&options, "limit")->has_currency);
    assert_int_equal(options_number(&options, "limit", 0), 50000);
    assert_true(READ("--price=¥0.5"));
    assert_string_equal(options_text(&options, "price"), "0.5");
    assert_int_equal(options_find(&options, "price")->currency, CURRENCY_JPY);
    assert_true(READ("--price=7"));
    assert_false(options_find(&options, "price")->has_currency);
}

static void only_what_may_be_repeated_is(void **state)
{
    (void)state;
    struct options options;
    struct err err;
    assert_true(READ("--env", "A=1", "--env=B=2=3"));
    assert_int_equal(options.count, 2);
    assert_string_equal(options.values[1].text, "B=2=3");
    assert_false(READ("--devices=1", "--devices=2"));
    assert_non_null(strstr(err.text, "given twice"));
}

static void a_required_option_is_missed_by_name(void **state)
{
    (void)state;
    struct options options;
    struct err err;
    assert_true(READ("--json"));
    assert_false(options_complete(&tables, &options, &err));
    assert_non_null(strstr(err.text, "--name NAME is missing: a name"));
    assert_true(READ("--name", "x"));
    assert_true(options_complete(&tables, &options, &err));
}

static void more_than_fits_is_a_fault(void **state)
{
    (void)state;
    static char *arguments[2 * OPTION_VALUES_MAX + 3];
    struct options options;
    struct err err;
    for (int i = 0; i <= OPTION_VALUES_MAX; i++)
        arguments[i] = (char *)"--env=A=b";
    assert_true(options_read(&tables, OPTION_VALUES_MAX, arguments, &options, &err));
    assert_false(options_read(&tables, OPTION_VALUES_MAX + 1, arguments, &options, &err));
    for (int i = 0; i <= OPTION_WORDS_MAX; i++)
        arguments[i] = (char *)"word";
    assert_true(options_read(&tables, OPTION_WORDS_MAX, arguments, &options, &err));
    assert_false(options_read(&tables, OPTION_WORDS_MAX + 1, arguments, &options, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_of_a_value_are_read),
        cmocka_unit_test(what_follows_two_dashes_is_kept_word_by_word),
        cmocka_unit_test(a_wrong_word_names_the_nearest_right_one),
        cmocka_unit_test(wrong_values_say_what_is_wanted),
        cmocka_unit_test(values_have_their_units),
        cmocka_unit_test(money_knows_whether_it_named_its_currency),
        cmocka_unit_test(only_what_may_be_repeated_is),
        cmocka_unit_test(a_required_option_is_missed_by_name),
        cmocka_unit_test(more_than_fits_is_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
