#include "client/call.h"
#include "client/test/script.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

// Without a length: the end of the connection ends the body.
#define HEAD(status, type) \
    "HTTP/1.1 " status "\r\nContent-Type: " type "\r\nConnection: close\r\n\r\n"
#define JSON_OK HEAD("200 OK", "application/json") "{\"a\":1}"
#define REFUSED                       \
    HEAD("422 X", "application/json") \
    "{\"code\":\"over_limit\",\"field\":\"devices\",\"fix\":\"ask\",\"message\":\"no\"}"
#define BUSY                          \
    HEAD("503 X", "application/json") \
    "{\"code\":\"unavailable\",\"message\":\"not just now\"}"

static struct script script;
static struct connection connection;

static int start(void **state)
{
    (void)state;
    script = (struct script){0};
    script_start(&script);
    connection = (struct connection){.key = "tk_secret", .url_from = "--url"};
    snprintf(connection.url, sizeof connection.url, "http://127.0.0.1:%d", script.port);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    script_stop(&script);
    return 0;
}

static void say(const char *reply)
{
    script.replies[script.count++] = reply;
}

// The value of a header in request n; empty when absent.
static str sent(uint32_t n, const char *name)
{
    const char *line = strcasestr(script.heads[n], name);
    if (!line)
        return S("");
    line += strlen(name);
    return str_trim((str){line, strcspn(line, "\r\n")});
}

static void a_get_gives_its_json(void **state)
{
    (void)state;
    struct call call = {.path = S("/api/v1/jobs?limit=1")};
    struct call_answer answer;
    struct err err;
    say(JSON_OK);
    assert_true(call_run(&connection, &call, &answer, &err));
    assert_int_equal(answer.end, CALL_OK);
    assert_int_equal(json_member(answer.json, S("a"))->integer, 1);
    assert_true(strncmp(script.heads[0], "GET /api/v1/jobs?limit=1 HTTP", 29) == 0);
    assert_true(str_is(sent(0, "\r\nauthorization:"), S("Bearer tk_secret")));
    assert_true(str_is(sent(0, "\r\nidempotency-key:"), S("")));
    call_answer_finish(&answer);
}

static void a_refusal_is_read_and_not_tried_again(void **state)
{
    (void)state;
    struct call call = {.method = S("POST"), .path = S("/x"), .body = S("{}")};
    struct call_answer answer;
    struct err err;
    say(REFUSED);
    say(JSON_OK);
    assert_false(call_run(&connection, &call, &answer, &err));
    assert_int_equal(answer.end, CALL_REFUSED);
    assert_int_equal(answer.status, 422);
    assert_true(str_is(answer.refusal.code, S("over_limit")));
    assert_true(str_is(answer.refusal.field, S("devices")));
    assert_true(str_is(answer.refusal.fix, S("ask")));
    assert_string_equal(err.text, "no");
    assert_int_equal(script.connections, 1);
    call_answer_finish(&answer);
}

// The connection breaks before an answer, then the server is busy: the same key each time.
static void a_broken_call_is_sent_again_under_the_same_key(void **state)
{
    (void)state;
    struct call call = {.method = S("POST"), .path = S("/x"), .body = S("{\"b\":2}")};
    struct call_answer answer;
    struct err err;
    say("");
    say(BUSY);
    say(JSON_OK);
    assert_true(call_run(&connection, &call, &answer, &err));
    assert_int_equal(script.connections, 3);
    str key = sent(0, "\r\nidempotency-key:");
    assert_int_equal(key.len, 32);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(str_is(sent(i, "\r\nidempotency-key:"), key));
        assert_true(str_ends(str_from(script.heads[i]), S("{\"b\":2}")));
    }
    call_answer_finish(&answer);
    say(JSON_OK);
    assert_true(call_run(&connection, &call, &answer, &err));
    assert_false(str_is(sent(3, "\r\nidempotency-key:"), key)); // another command, another key
    call_answer_finish(&answer);
}

static void attempts_are_bounded(void **state)
{
    (void)state;
    struct call call = {.path = S("/x")};
    struct call_answer answer;
    struct err err;
    for (int i = 0; i < CALL_ATTEMPTS_MAX + 2; i++)
        say(BUSY);
    assert_false(call_run(&connection, &call, &answer, &err));
    assert_int_equal(answer.end, CALL_UNAVAILABLE);
    assert_int_equal(script.connections, CALL_ATTEMPTS_MAX);
    assert_string_equal(err.text, "not just now");
    call_answer_finish(&answer);
}

static void nobody_there_is_said_at_once_with_what_to_do(void **state)
{
    (void)state;
    struct call call = {.path = S("/x")};
    struct call_answer answer;
    struct err err;
    struct connection nowhere = connection;
    snprintf(nowhere.url, sizeof nowhere.url, "http://127.0.0.1:1");
    assert_false(call_run(&nowhere, &call, &answer, &err));
    assert_int_equal(answer.end, CALL_NO_SERVER);
    assert_non_null(strstr(err.text, "no server answers at http://127.0.0.1:1 (from --url)"));
    assert_non_null(strstr(err.text, "tatara up"));
    call_answer_finish(&answer);
}

static void what_is_no_answer_of_this_api_is_said(void **state)
{
    (void)state;
    struct call call = {.path = S("/x")};
    struct call_answer answer;
    struct err err;
    say(HEAD("200 OK", "application/json") "{\"a\"");
    assert_false(call_run(&connection, &call, &answer, &err));
    assert_int_equal(answer.end, CALL_BROKEN);
    assert_non_null(strstr(err.text, "not JSON"));
    call_answer_finish(&answer);
    say(HEAD("404 X", "text/html") "nope");
    assert_false(call_run(&connection, &call, &answer, &err));
    assert_int_equal(answer.end, CALL_BROKEN);
    assert_non_null(strstr(err.text, "is that a tatara server?"));
    call_answer_finish(&answer);
}

static bool collect(void *context, str bytes)
{
    buf_add(context, bytes);
    return true;
}

static void a_body_may_be_taken_as_it_comes(void **state)
{
    (void)state;
    struct buf body;
    buf_init(&body, 100);
    struct call call = {.path = S("/x"), .on_body = collect, .context = &body};
    struct call_answer answer;
    struct err err;
    say(HEAD("200 OK", "application/octet-stream") "hello");
    assert_true(call_run(&connection, &call, &answer, &err));
    assert_true(str_is(buf_str(&body), S("hello")));
    call_answer_finish(&answer);
    say(REFUSED);
    assert_false(call_run(&connection, &call, &answer, &err));
    assert_true(str_is(answer.refusal.code, S("over_limit")));
    call_answer_finish(&answer);
    buf_finish(&body);
}

static void a_path_value_is_escaped(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 100);
    call_escape(&out, S("a/b c?é~-._"));
    assert_true(str_is(buf_str(&out), S("a%2Fb%20c%3F%C3%A9~-._")));
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_get_gives_its_json, start, stop),
        cmocka_unit_test_setup_teardown(a_refusal_is_read_and_not_tried_again, start, stop),
        cmocka_unit_test_setup_teardown(a_broken_call_is_sent_again_under_the_same_key, start,
                                        stop),
        cmocka_unit_test_setup_teardown(attempts_are_bounded, start, stop),
        cmocka_unit_test_setup_teardown(nobody_there_is_said_at_once_with_what_to_do, start, stop),
        cmocka_unit_test_setup_teardown(what_is_no_answer_of_this_api_is_said, start, stop),
        cmocka_unit_test_setup_teardown(a_body_may_be_taken_as_it_comes, start, stop),
        cmocka_unit_test(a_path_value_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
