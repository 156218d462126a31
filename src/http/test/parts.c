// The parts that need no server: keys, rates, names, hosts, paths, fields, refusals.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/rng.h"
#include "http/body.h"
#include "http/config.h"
#include "http/limiter.h"
#include "http/metrics.h"
#include "http/names.h"
#include "http/query.h"
#include "http/route.h"
#include "http/secret.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void a_key_finds_each_slip_of_the_hand(void **state)
{
    (void)state;
    struct secret secret = secret_random(), other = secret_random();
    assert_int_equal(strlen(secret.text), SECRET_LENGTH);
    assert_true(secret_valid(str_from(secret.text)));
    assert_string_not_equal(secret.text, other.text);
    for (size_t i = 0; i < SECRET_LENGTH; i++) {
        struct secret slip = secret;
        slip.text[i] = slip.text[i] == 'A' ? 'B' : 'A';
        assert_false(secret_valid(str_from(slip.text)));
    }
    assert_false(secret_valid((str){secret.text, SECRET_LENGTH - 1}));
}

static void the_same_request_makes_the_same_key(void **state)
{
    (void)state;
    uint8_t house[32] = {1}, elsewhere[32] = {2}, request[16] = {3}, next[16] = {4};
    struct secret first = secret_derived(house, request, 2);
    assert_true(secret_valid(str_from(first.text)));
    assert_string_equal(first.text, secret_derived(house, request, 2).text);
    assert_string_not_equal(first.text, secret_derived(house, request, 3).text);
    assert_string_not_equal(first.text, secret_derived(house, next, 2).text);
    assert_string_not_equal(first.text, secret_derived(elsewhere, request, 2).text);
    digest a = secret_hmac(house, str_from(first.text));
    digest b = secret_hmac(elsewhere, str_from(first.text));
    assert_false(digest_same(a, b));
}

// Never more than the rate over any second plus one burst, against a plain count.
static void a_bucket_gives_its_rate_and_no_more(void **state)
{
    (void)state;
    struct limiter *limiter = malloc(sizeof *limiter);
    limiter_init(limiter, 50, 9);
    struct rng rng = {.state = 42};
    int64_t now_ms = 1000, taken = 0, start_ms = now_ms;
    uint32_t retry_s = 0;
    for (int i = 0; i < 20000; i++) {
        now_ms += rng_below(&rng, 5);
        taken += limiter_take(limiter, 7, now_ms, &retry_s);
        assert_true(taken <= 50 + (now_ms - start_ms) * 50 / 1000 + 1);
    }
    assert_true(taken >= (now_ms - start_ms) * 50 / 1000 - 1); // and no less, when asked often
    assert_int_equal(retry_s, 1);
    assert_true(limiter_take(limiter, 8, now_ms, &retry_s)); // another one's bucket is full
    for (int i = 0; i < 49; i++)
        limiter_take(limiter, 8, now_ms, &retry_s);
    assert_false(limiter_take(limiter, 8, now_ms, &retry_s));
    assert_true(limiter_take(limiter, 8, now_ms + 20, &retry_s));
    limiter_finish(limiter);
    limiter_init(limiter, 0, 9);
    for (int i = 0; i < 1000; i++)
        assert_true(limiter_take(limiter, 7, 0, &retry_s));
    limiter_finish(limiter);
    free(limiter);
}

static void names_are_remembered_each_for_its_kind(void **state)
{
    (void)state;
    struct names *names = malloc(sizeof *names);
    char text[16];
    names_init(names);
    names_keep(names, NAME_ACCOUNT, S("acme"), 7);
    assert_int_equal(names_find(names, NAME_ACCOUNT, S("acme")), 7);
    assert_int_equal(names_find(names, NAME_CHIP, S("acme")), 0);
    assert_int_equal(names_find(names, NAME_ACCOUNT, S("acm")), 0);
    for (uint64_t i = 1; i <= 5000; i++) { // more than it holds: it forgets, it never confuses
        snprintf(text, sizeof text, "a%llu", (unsigned long long)i);
        names_keep(names, NAME_ACCOUNT, str_from(text), i);
    }
    for (uint64_t i = 1; i <= 5000; i++) {
        snprintf(text, sizeof text, "a%llu", (unsigned long long)i);
        uint64_t id = names_find(names, NAME_ACCOUNT, str_from(text));
        assert_true(id == 0 || id == i);
    }
    names_finish(names);
    free(names);
}

static void beyond_loopback_only_in_safety(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        bool tls, proxy, good;
    } rows[] = {
        {"127.0.0.1",       false, false, true },
        {"127.9.9.9",       false, false, true },
        {"::1",             false, false, true },
        {"0.0.0.0",         false, false, false},
        {"0.0.0.0",         true,  false, true },
        {"0.0.0.0",         false, true,  true },
        {"::",              false, false, false},
        {"10.0.0.1",        false, false, false},
        {"localhost",       false, false, false},
        {"128.0.0.1",       false, false, false},
        {"",                false, false, false},
        {"::ffff:10.0.0.1", false, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_config config = http_config_default();
        struct err err = {.text = ""};
        config.address = rows[i].address;
        config.tls_certificate = rows[i].tls ? "pem" : NULL;
        config.tls_key = rows[i].tls ? "pem" : NULL;
        config.behind_proxy = rows[i].proxy;
        if (http_config_check(&config, &err) != rows[i].good)
            fail_msg("%s: %s", rows[i].address, err.text);
    }
    struct http_config half = http_config_default();
    half.tls_key = "pem";
    assert_false(http_config_check(&half, NULL));
}

static void hosts_are_those_of_this_machine(void **state)
{
    (void)state;
    static const char *const more[] = {"tatara.lan", NULL};
    struct http_config config = http_config_default();
    config.host_names = more;
    static const char *const good[] = {"localhost", "LOCALHOST:7470", "127.0.0.1:1",    "[::1]",
                                       "[::1]:80",  "tatara.lan",     "Tatara.LAN:7470"};
    static const char *const bad[] = {"",
                                      "evil",
                                      "localhost.evil",
                                      "127.0.0.2",
                                      "[::1",
                                      "[::1]x",

                                      "localhost:x",
                                      "localhost:99999",
                                      "::1",
                                      "localhost:1:2",
                                      "local",
                                      "127.0.0.1.evil:80"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!http_host_known(&config, str_from(good[i])))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (http_host_known(&config, str_from(bad[i])))
            fail_msg("%s", bad[i]);
}

static void routes_are_found_exactly(void **state)
{
    (void)state;
    str thing;
    uint32_t allowed;
    const struct route *route =
        route_match(METHOD_GET, S("/api/v1/jobs/job-17/log"), &thing, &allowed);
    assert_non_null(route);
    assert_string_equal(route->path, "/api/v1/jobs/{job}/log");
    assert_true(str_is(thing, S("job-17")));
    assert_null(route_match(METHOD_DELETE, S("/api/v1/jobs"), &thing, &allowed));
    assert_int_equal(allowed, 1u << METHOD_GET | 1u << METHOD_POST);
    assert_null(route_match(METHOD_GET, S("/api/v1/jobs/"), &thing, &allowed));
    assert_null(route_match(METHOD_GET, S("/api/v1/jobs/a/b"), &thing, &allowed));
    assert_int_equal(allowed, 0);
    assert_true(path_is_sane(S("/")) && path_is_sane(S("/a.b/c~d_e-f")));
    static const char *const insane[] = {"",     "a",         "//",      "/a//b", "/a/",
                                         "/.",   "/..",       "/a/../b", "/a b",  "/a%41",
                                         "/a?b", "/\xc3\xa4", "/a\n"};
    for (size_t i = 0; i < sizeof insane / sizeof insane[0]; i++)
        if (path_is_sane(str_from(insane[i])))
            fail_msg("%s", insane[i]);
    assert_false(path_is_sane((str){"/a\0b", 4}));
}

static const struct field fields[] = {
    FIELD(.name = "count", .form = FIELD_INTEGER, .required = true, .min = 1, .max = 9, .doc = ""),
    FIELD(.name = "label", .form = FIELD_TEXT, .nullable = true, .min = 1, .max = 4, .doc = ""),
    FIELD(.name = "words", .form = FIELD_TEXTS, .max = 2, .doc = ""),
    {0},
};

static const char *body_code(const char *text, struct value *values)
{
    static struct refusal refusal;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    refusal = (struct refusal){.code = "ok"};
    body_read(fields, str_from(text), &arena, values, &refusal);
    arena_finish(&arena);
    return refusal.code;
}

static void a_body_is_read_by_its_table(void **state)
{
    (void)state;
    struct value values[FIELDS_MAX];
    assert_string_equal(body_code("{\"count\":9,\"label\":null}", values), "ok");
    assert_int_equal(values[0].integer, 9);
    assert_true(values[1].present && values[1].is_null && !values[2].present);
    assert_string_equal(body_code("{\"count\":10}", values), "bad_field");
    assert_string_equal(body_code("{\"count\":0}", values), "bad_field");
    assert_string_equal(body_code("{\"count\":null}", values), "bad_field");
    assert_string_equal(body_code("{\"count\":1.0}", values), "bad_field");
    assert_string_equal(body_code("{\"label\":\"a\"}", values), "missing_field");
    assert_string_equal(body_code("", values), "missing_field");
    assert_string_equal(body_code("{\"count\":1,\"cuont\":1}", values), "unknown_field");
    assert_string_equal(body_code("{\"count\":1,\"label\":\"\"}", values), "bad_field");
    assert_string_equal(body_code("{\"count\":1,\"label\":\"abcde\"}", values), "bad_field");
    assert_string_equal(body_code("{\"count\":1,\"label\":\"a\\n\"}", values), "bad_field");
    assert_string_equal(body_code("{\"count\":1,\"words\":[\"a\",\"b\",\"c\"]}", values),
                        "bad_field");
    assert_string_equal(body_code("{\"count\":1,\"words\":[\"a\",1]}", values), "bad_field");
    assert_string_equal(body_code("[]", values), "malformed_json");
}

static void a_query_is_read_by_its_table(void **state)
{
    (void)state;
    struct value values[FIELDS_MAX];
    struct refusal refusal = {0};
    struct arena arena;
    arena_init(&arena, 1 << 20);
    assert_true(query_read(fields, S("label=%41+b&count=3"), &arena, values, &refusal));
    assert_true(str_is(values[1].text, S("A b")));
    assert_int_equal(values[0].integer, 3);
    static const char *const bad[] = {"count=3&count=3",   "count=%3", "count=%",
                                      "count=3&x=1",       "label=a",  "count=3&label=%00",
                                      "count=3&label=%c3", "count=03", "count=+3"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (query_read(fields, str_from(bad[i]), &arena, values, &refusal))
            fail_msg("%s", bad[i]);
    arena_finish(&arena);
}

static void texts_for_people_are_plain(void **state)
{
    (void)state;
    assert_true(text_is_plain(S("溶鉱炉 and ¥5")));
    assert_false(text_is_plain(S("a\x1b[31m")));
    assert_false(text_is_plain(S("a\xe2\x80\xae"
                                 "b")));         // right-to-left override
    assert_false(text_is_plain(S("a\xc2\x85"))); // next line
    assert_false(text_is_plain(S("a\xff")));
}

static void a_cut_refusal_is_still_json(void **state)
{
    (void)state;
    struct refusal refusal;
    struct buf text;
    struct arena arena;
    const struct json *root = NULL;
    char large[1000];
    for (size_t i = 0; i + 3 < sizeof large; i += 3)
        memcpy(large + i, "炉", 3);
    large[sizeof large - 1] = 0;
    buf_init(&text, 1 << 16);
    arena_init(&arena, 1 << 20);
    for (int cut = 0; cut < 3; cut++) {
        buf_clear(&text);
        assert_false(refuse(&refusal, REFUSE_FIELD, "a", NULL, "%.*s%s", cut, "xx", large));
        refusal_json(&refusal, &text);
        struct err err;
        assert_true(json_read(buf_str(&text), 1 << 16, &arena, &root, &err));
    }
    buf_finish(&text);
    arena_finish(&arena);
}

static void a_histogram_adds_up(void **state)
{
    (void)state;
    static struct metrics metrics;
    struct buf text;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 100; i++)
        metrics_request(&metrics, METRIC_ROUTES_MAX, 404, true, i * 1000);
    metrics_text(&metrics, &text);
    const char *all = buf_cstr(&text);
    assert_non_null(strstr(all, "_bucket{kind=\"command\",le=\"0.01\"} 11\n"));
    assert_non_null(strstr(all, "_bucket{kind=\"command\",le=\"+Inf\"} 100\n"));
    assert_non_null(strstr(all, "_sum{kind=\"command\"} 4.950000\n"));
    assert_non_null(strstr(all, "{method=\"\",path=\"\",status=\"404\"} 100\n"));
    buf_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_finds_each_slip_of_the_hand),
        cmocka_unit_test(the_same_request_makes_the_same_key),
        cmocka_unit_test(a_bucket_gives_its_rate_and_no_more),
        cmocka_unit_test(names_are_remembered_each_for_its_kind),
        cmocka_unit_test(beyond_loopback_only_in_safety),
        cmocka_unit_test(hosts_are_those_of_this_machine),
        cmocka_unit_test(routes_are_found_exactly),
        cmocka_unit_test(a_body_is_read_by_its_table),
        cmocka_unit_test(a_query_is_read_by_its_table),
        cmocka_unit_test(texts_for_people_are_plain),
        cmocka_unit_test(a_cut_refusal_is_still_json),
        cmocka_unit_test(a_histogram_adds_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
