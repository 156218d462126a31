#include "engine/local/spec.h"
#include "base/buf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct arena arena;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, SPEC_ARENA_MAX);
    err.text[0] = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_finish(&arena);
    return 0;
}

static void everything_is_taken_as_it_stands(void **state)
{
    struct spec spec;
    (void)state;
    assert_true(spec_parse(S("{\"argv\":[\"sh\",\"-c\",\"\"],\"env\":{\"A\":\"b=c\",\"D\":\"\"},"
                             "\"directory\":\"a/..b/c\",\"rootfs\":\"/images/one\"}"),
                           &arena, &spec, &err));
    assert_int_equal(spec.argv_count, 3);
    assert_string_equal(spec.argv[0], "sh");
    assert_string_equal(spec.argv[2], "");
    assert_null(spec.argv[3]);
    assert_int_equal(spec.env_count, 2);
    assert_string_equal(spec.env[0], "A=b=c");
    assert_string_equal(spec.env[1], "D=");
    assert_null(spec.env[2]);
    assert_string_equal(spec.directory, "a/..b/c");
    assert_string_equal(spec.rootfs, "/images/one");
}

static void only_argv_is_needed(void **state)
{
    struct spec spec;
    (void)state;
    assert_true(spec_parse(S("{\"argv\":[\"x\"]}"), &arena, &spec, &err));
    assert_int_equal(spec.env_count, 0);
    assert_null(spec.env[0]);
    assert_string_equal(spec.directory, "");
    assert_string_equal(spec.rootfs, "");
}

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"",                                                 "job"      },
        {"[]",                                               "object"   },
        {"{}",                                               "argv"     },
        {"{\"argv\":\"sh\"}",                                "argv"     },
        {"{\"argv\":[]}",                                    "argv"     },
        {"{\"argv\":[\"\"]}",                                "argv[0]"  },
        {"{\"argv\":[\"a\",7]}",                             "argv[1]"  },
        {"{\"argv\":[\"a\",\"b\\u0000c\"]}",                 "argv[1]"  },
        {"{\"argv\":[\"a\"],\"argv\":[\"b\"]}",              "twice"    },
        {"{\"argv\":[\"a\"],\"arg\":[]}",                    "unknown"  },
        {"{\"argv\":[\"a\"],\"env\":[]}",                    "env"      },
        {"{\"argv\":[\"a\"],\"env\":{\"\":\"x\"}}",          "env"      },
        {"{\"argv\":[\"a\"],\"env\":{\"A=\":\"x\"}}",        "env"      },
        {"{\"argv\":[\"a\"],\"env\":{\"A\\u0000\":\"\"}}",   "env"      },
        {"{\"argv\":[\"a\"],\"env\":{\"A\":1}}",             "env.A"    },
        {"{\"argv\":[\"a\"],\"directory\":7}",               "directory"},
        {"{\"argv\":[\"a\"],\"directory\":\"..\"}",          "directory"},
        {"{\"argv\":[\"a\"],\"directory\":\"a/../../b\"}",   "directory"},
        {"{\"argv\":[\"a\"],\"directory\":\"/a/..\"}",       "directory"},
        {"{\"argv\":[\"a\"],\"rootfs\":\"images/one\"}",     "absolute" },
        {"{\"argv\":[\"a\"],\"rootfs\":\"/images/../etc\"}", "rootfs"   },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct spec spec = {.argv_count = 77};
        if (spec_parse(str_from(cases[i].text), &arena, &spec, &err))
            fail_msg("taken: %s", cases[i].text);
        if (!strstr(err.text, cases[i].says))
            fail_msg("\"%s\" does not say %s", err.text, cases[i].says);
        assert_int_equal(spec.argv_count, 77); // untouched
    }
}

static bool takes(uint32_t arguments, size_t size)
{
    struct buf text;
    struct spec spec;
    char *filler = malloc(size + 1);
    memset(filler, 'x', size);
    buf_init(&text, 4 << 20);
    buf_add(&text, S("{\"argv\":["));
    for (uint32_t i = 0; i < arguments; i++) {
        buf_add(&text, i ? S(",\"") : S("\""));
        buf_add(&text, (str){filler, size});
        buf_add(&text, S("\""));
    }
    buf_add(&text, S("]}"));
    bool ok = spec_parse(buf_str(&text), &arena, &spec, &err);
    buf_finish(&text);
    free(filler);
    arena_reset(&arena);
    return ok;
}

static void limits_hold_to_the_last_one(void **state)
{
    (void)state;
    assert_true(takes(SPEC_ARGUMENTS_MAX, 1));
    assert_false(takes(SPEC_ARGUMENTS_MAX + 1, 1));
    assert_true(takes(1, SPEC_TEXT_MAX));
    assert_false(takes(1, SPEC_TEXT_MAX + 1));
    assert_true(takes(8, 120000));
    assert_false(takes(9, 120000)); // more than 1 MiB in all
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(everything_is_taken_as_it_stands),
        CASE(only_argv_is_needed),
        CASE(what_is_wrong_is_named),
        CASE(limits_hold_to_the_last_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
