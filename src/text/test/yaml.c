#include "text/yaml.h"
#include "base/instant.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char *const stores[] = {"sqlite", "memory", NULL};
// clang-format off
static const struct yaml_key keys[] = {
    {.path = "listen", .type = YAML_TEXT, .required = true, .min = 1, .max = 20,
     .doc = "HOST:PORT"},
    {.path = "store", .type = YAML_CHOICE, .choices = stores},
    {.path = "notice", .type = YAML_DURATION, .min = SECOND_US, .max = HOUR_US},
    {.path = "since", .type = YAML_INSTANT},
    {.path = "share", .type = YAML_DECIMAL},
    {.path = "secure", .type = YAML_BOOL},
    {.path = "memory", .type = YAML_SIZE, .min = 1 << 20, .max = INT64_C(1) << 40},
    {.path = "budget", .type = YAML_MONEY, .min = 1, .max = 1000000},
    {.path = "limits", .type = YAML_OBJECT},
    {.path = "limits.requests", .type = YAML_INTEGER, .required = true, .min = 1, .max = 1000},
    {.path = "tags", .type = YAML_TEXTS},
    {.path = "ports", .type = YAML_INTEGERS, .min = 1, .max = 65535},
    {.path = "nodes", .type = YAML_OBJECTS, .min = 1, .max = 3},
    {.path = "nodes.name", .type = YAML_TEXT, .required = true},
    {.path = "nodes.devices", .type = YAML_INTEGER, .min = 1, .max = 256},
    {.path = "nodes.labels", .type = YAML_LABELS},
};
// clang-format on
static const struct yaml_schema schema = {keys, sizeof keys / sizeof keys[0]};

struct read {
    struct arena arena;
    struct yaml_report report;
    const struct yaml_value *root;
};

static void read_limited(struct read *read, const char *text, size_t limit)
{
    arena_init(&read->arena, limit);
    yaml_report_init(&read->report);
    read->root = yaml_read(&schema, "a.yaml", str_from(text), &read->arena, &read->report);
    assert_true((read->root != NULL) == (read->report.count == 0));
}

static void read(struct read *read, const char *text)
{
    read_limited(read, text, 1 << 20);
}

static void finish(struct read *read)
{
    arena_finish(&read->arena);
    yaml_report_finish(&read->report);
}

static const char *const whole = "# a cloud\n"
                                 "listen: 127.0.0.1:7470\n"
                                 "store: memory\n"
                                 "notice: 90s\n"
                                 "since: 2026-11-21T09:00:00+09:00\n"
                                 "share: -12.50\n"
                                 "secure: true\n"
                                 "memory: 512MiB\n"
                                 "budget: \xc2\xa5"
                                 "50,000\n"
                                 "limits: {requests: 12}\n"
                                 "tags: [a, \"b: c\"]\n"
                                 "ports: [1, 65535]\n"
                                 "nodes:\n"
                                 "  - name: n1\n"
                                 "    devices: 8\n"
                                 "    labels: {rack: r1, \"zone\": '7'}\n"
                                 "  - name: 'yes'\n";

static void every_type_is_read(void **state)
{
    (void)state;
    struct read r;
    read(&r, whole);
    assert_string_equal(buf_cstr(&r.report.text), "");
    assert_true(str_is(yaml_text(r.root, "listen", S("")), S("127.0.0.1:7470")));
    assert_int_equal(yaml_integer(r.root, "store", 0), 1);
    assert_int_equal(yaml_integer(r.root, "notice", 0), 90 * SECOND_US);
    int64_t since;
    assert_true(instant_parse(S("2026-11-21T00:00:00Z"), &since));
    assert_int_equal(yaml_integer(r.root, "since", 0), since);
    assert_int_equal(yaml_get(r.root, "share")->number.value, -1250);
    assert_int_equal(yaml_get(r.root, "share")->number.scale, 2);
    assert_true(yaml_bool(r.root, "secure", false));
    assert_int_equal(yaml_integer(r.root, "memory", 0), 512 << 20);
    assert_int_equal(yaml_integer(r.root, "budget", 0), 50000);
    assert_int_equal(yaml_get(r.root, "budget")->currency, CURRENCY_JPY);
    assert_int_equal(yaml_integer(yaml_get(r.root, "limits"), "requests", 0), 12);
    const struct yaml_value *tags = yaml_get(r.root, "tags");
    assert_int_equal(tags->count, 2);
    assert_true(str_is(tags->first->next->text, S("b: c")));
    assert_int_equal(yaml_get(r.root, "ports")->first->next->integer, 65535);
    const struct yaml_value *nodes = yaml_get(r.root, "nodes");
    assert_int_equal(nodes->count, 2);
    assert_int_equal(yaml_integer(nodes->first, "devices", 1), 8);
    assert_int_equal(yaml_integer(nodes->first->next, "devices", 1), 1);
    assert_true(str_is(yaml_text(nodes->first->next, "name", S("")), S("yes")));
    const struct yaml_value *labels = yaml_get(nodes->first, "labels");
    assert_true(str_is(yaml_text(labels, "zone", S("")), S("7")));
    assert_int_equal(yaml_get(nodes->first, "devices")->line, 15);
    assert_int_equal(yaml_get(nodes->first, "devices")->column, 14);
    finish(&r);
}

static void all_mistakes_come_in_one_pass_with_their_places(void **state)
{
    (void)state;
    struct read r;
    read(&r, "lisen: x\n"
             "store: sqllite\n"
             "notice: 2h\n"
             "share: 1e3\n"
             "secure: yes\n"
             "memory: 5\n"
             "budget: 450\n"
             "limits: [1]\n"
             "tags: one\n"
             "ports: [0, x]\n"
             "nodes:\n"
             "  - devices: 0\n"
             "  - name:\n"
             "    name: n2\n"
             "    rack: r1\n"
             "  - {name: a}\n"
             "  - {name: b}\n");
    assert_string_equal(
        buf_cstr(&r.report.text),
        "a.yaml:1:1: no such key \"lisen\"; did you mean \"listen\"?\n"
        "a.yaml:2:8: \"store\": want one of sqlite, memory, not \"sqllite\"; did you mean sqlite?\n"
        "a.yaml:3:9: \"notice\": \"2h\" is outside 1.000 s to 1 h 00 min\n"
        "a.yaml:4:8: \"share\": want a decimal number without quotes, such as 1.25, not \"1e3\"\n"
        "a.yaml:5:9: \"secure\": want true or false, without quotes, not \"yes\"\n"
        "a.yaml:6:9: \"memory\": \"5\" is outside 1MiB to 1TiB\n"
        "a.yaml:7:9: \"budget\": want an amount with its currency, such as \xc2\xa5"
        "450 or USD 12.34, not \"450\"\n"
        "a.yaml:8:9: \"limits\": want keys and values, not a list\n"
        "a.yaml:9:7: \"tags\": want a list of texts, not \"one\"\n"
        "a.yaml:10:9: \"ports\": \"0\" is outside 1 to 65535\n"
        "a.yaml:10:12: \"ports\": want a whole number without quotes, not \"x\"\n"
        "a.yaml:12:14: \"nodes.devices\": \"0\" is outside 1 to 256\n"
        "a.yaml:12:5: the key \"nodes.name\" is missing\n"
        "a.yaml:13:10: \"nodes.name\": has no value: want a text, or leave the key out\n"
        "a.yaml:14:5: \"name\" stands here twice\n"
        "a.yaml:15:5: no such key \"rack\" in nodes\n"
        "a.yaml:12:3: \"nodes\": 4 of them, want 1 to 3\n"
        "a.yaml:1:1: the key \"listen\" is missing: HOST:PORT\n");
    assert_int_equal(r.report.count, 18);
    finish(&r);
}

static void what_is_not_plain_yaml_is_refused(void **state)
{
    (void)state;
    // clang-format off
    static const char *const cases[][2] = {
        {"listen: &a x\n",
         "a.yaml:1:9: \"listen\": an anchor (&) is not taken: leave it out\n"},
        {"listen: x\nlimits: {<<: {requests: 1}, requests: 2}\n",
         "a.yaml:2:10: a merge key (<<) is not taken: write the keys out\n"},
        {"listen: !!str x\n",
         "a.yaml:1:9: \"listen\": a tag (!) is not taken: leave it out\n"},
        {"listen: x\n? [a, b]\n: {c: d}\nstore: memory\n",
         "a.yaml:2:3: a key must be a word\n"},
        {"listen: x\n---\nlisten: y\n",
         "a.yaml:2:1: a second document: one file holds one\n"},
        {"listen: x\nrequests: 5\nlimits: {requests: 1, store: memory}\n",
         "a.yaml:2:1: no such key \"requests\" here; there is \"limits.requests\"\n"
         "a.yaml:3:23: no such key \"store\" here; there is \"store\"\n"},
        {"- listen\n", "a.yaml:1:1: want keys and values, not a list\n"},
        {"x\n", "a.yaml:1:1: want keys and values, not \"x\"\n"},
        {"", "a.yaml:1:1: the key \"listen\" is missing: HOST:PORT\n"},
        {"listen: x\nlimits: {requests: \"8\"}\n",
         "a.yaml:2:20: \"limits.requests\": want a whole number without quotes, not \"8\"\n"},
        {"listen: \"a\\0b\"\n",
         "a.yaml:1:9: \"listen\": want a text, not \"a\\u0000b\"\n"},
    };
    // clang-format on
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct read r;
        read(&r, cases[i][0]);
        assert_string_equal(buf_cstr(&r.report.text), cases[i][1]);
        finish(&r);
    }
}

static void broken_text_says_where_and_keeps_what_came_before(void **state)
{
    (void)state;
    struct read r;
    read(&r, "lisen: x\nstore: [a, b\nnotice: 1s\n");
    assert_non_null(strstr(buf_cstr(&r.report.text), "a.yaml:1:1: no such key \"lisen\""));
    assert_non_null(strstr(buf_cstr(&r.report.text), "a.yaml:3:"));
    finish(&r);
    read(&r, "listen: x\nstore: \xff\n");
    assert_non_null(strstr(buf_cstr(&r.report.text), "UTF-8"));
    finish(&r);
    read(&r, "listen: *a\n");
    assert_int_equal(r.report.count, 1);
    finish(&r);
}

static void limits_hold(void **state)
{
    (void)state;
    struct read r;
    for (size_t limit = 0; limit < 6000; limit += 16) { // out of memory at every step
        read_limited(&r, whole, limit);
        finish(&r);
    }
    static char deep[200000];
    memset(deep, '[', sizeof deep - 1);
    memcpy(deep, "unknown: ", 9);
    read(&r, deep);
    assert_non_null(strstr(buf_cstr(&r.report.text), "a.yaml:1:41: nested deeper than 32\n"));
    finish(&r);
    char *labels = calloc(1, 40 << 10), *at = labels;
    at += snprintf(at, 100, "listen: x\nnodes:\n- name: a\n  labels:\n");
    for (int i = 0; i <= YAML_LABELS_MAX; i++)
        at += snprintf(at, 100, "    a%d: b\n", i);
    read(&r, labels);
    assert_non_null(strstr(buf_cstr(&r.report.text), "more than 1024 names"));
    assert_int_equal(r.report.count, 1);
    finish(&r);
    free(labels);
    static char wrong[4000];
    for (size_t i = 0; i + 5 < sizeof wrong; i += 5)
        memcpy(wrong + i, "x: 1\n", 5);
    read(&r, wrong);
    assert_int_equal(r.report.count, 800); // 799 unknown keys and the missing one
    assert_true(str_ends(buf_str(&r.report.text), S("a.yaml: and more mistakes\n")));
    finish(&r);
}

// Bytes of the whole file changed at random: never a crash, and no tree with a mistake.
static void damage_is_always_survived(void **state)
{
    (void)state;
    struct rng rng = {.state = 7};
    for (int i = 0; i < 3000; i++) {
        char text[1000];
        assert_true(str_copy(str_from(whole), text, sizeof text));
        for (int64_t n = rng_below(&rng, 4); n >= 0; n--) {
            static const char marks[] = "\n :-[]{}&*!|>'\"%#,?~0";
            text[rng_below(&rng, (int64_t)strlen(whole))] =
                marks[rng_below(&rng, (int64_t)sizeof marks - 1)];
        }
        struct read r;
        read(&r, text);
        finish(&r);
    }
}

static void callers_add_their_own_mistakes(void **state)
{
    (void)state;
    struct read r;
    read(&r, whole);
    yaml_wrong(&r.report, yaml_get(r.root, "store"), "%s keeps nothing", "memory");
    assert_string_equal(buf_cstr(&r.report.text), "a.yaml:3:8: \"store\": memory keeps nothing\n");
    finish(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(all_mistakes_come_in_one_pass_with_their_places),
        cmocka_unit_test(what_is_not_plain_yaml_is_refused),
        cmocka_unit_test(broken_text_says_where_and_keeps_what_came_before),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(damage_is_always_survived),
        cmocka_unit_test(callers_add_their_own_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
