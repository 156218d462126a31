// The API through real sockets: a day in the life of a house, and each answer held against the
// table of its reply.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/instant.h"
#include "http/route.h"
#include "http/test/test_house.h"
#include <stdio.h>
#include <string.h>

static struct test_house house;
static struct arena arena;

static int open_house(void **state)
{
    (void)state;
    test_house_open(&house);
    test_house_serve(&house);
    arena_init(&arena, 64 << 20);
    return 0;
}

static int close_house(void **state)
{
    (void)state;
    test_house_close(&house);
    arena_finish(&arena);
    return 0;
}

static const struct json *parse(const struct test_reply *reply)
{
    const struct json *root = NULL;
    struct err err;
    if (!json_read(buf_str(&reply->body), 16 << 20, &arena, &root, &err))
        fail_msg("%s: %s", err.text, reply->head);
    return root;
}

// Every member is a row of the table and every row a member, of its kind.
static void check_object(const struct json *object, const struct reply_field *fields, bool whole);

static bool kind_is(const struct json *value, const char *type)
{
    switch (value->kind) {
    case JSON_TEXT:
        return strcmp(type, "string") == 0;
    case JSON_INTEGER:
        return strcmp(type, "integer") == 0;
    case JSON_TRUE:
    case JSON_FALSE:
        return strcmp(type, "boolean") == 0;
    case JSON_OBJECT:
        return strcmp(type, "object") == 0;
    case JSON_ARRAY:
        return strcmp(type, "array") == 0;
    case JSON_NULL:
    case JSON_REAL:
        break;
    }
    return false;
}

static void check_row(const struct json *value, const struct reply_field *row)
{
    if (value->kind == JSON_NULL) {
        if (!row->nullable)
            fail_msg("%s is null", row->name);
        return;
    }
    if (row->form != REPLY_ANY && !kind_is(value, reply_form_type(row->form)))
        fail_msg("%s is of kind %d", row->name, (int)value->kind);
    if (row->form == REPLY_OBJECT)
        check_object(value, row->of, true);
    for (const struct json *item = row->form == REPLY_LIST ? value->first : NULL; item;
         item = item->next)
        check_object(item, row->of, true);
}

static uint32_t rows_of(const struct reply_field *fields)
{
    uint32_t count = 0;
    for (const struct reply_field *row = fields; row->name; row++)
        count += strcmp(row->name, "*") == 0 ? rows_of(row->of) : 1;
    return count;
}

static void check_object(const struct json *object, const struct reply_field *fields, bool whole)
{
    assert_int_equal(object->kind, JSON_OBJECT);
    for (const struct reply_field *row = fields; row->name; row++) {
        if (strcmp(row->name, "*") == 0) {
            check_object(object, row->of, false);
            continue;
        }
        const struct json *value = json_member(object, str_from(row->name));
        if (!value)
            fail_msg("%s is missing", row->name);
        check_row(value, row);
    }
    if (whole)
        assert_int_equal(object->count, rows_of(fields));
}

static const struct route *route_of(const char *method, const char *path)
{
    enum method known = METHOD_GET;
    while (strcmp(method, method_text(known)) != 0)
        known++;
    str thing, only = str_from(path), query;
    uint32_t allowed;
    str_cut(only, '?', &only, &query);
    const struct route *route = route_match(known, only, &thing, &allowed);
    assert_non_null(route);
    return route;
}

// Asks with this key, wants this status, and holds the reply against the route's table.
static const struct json *ask_with(const char *key, const char *method, const char *path,
                                   const char *body, int status)
{
    struct test_reply reply = test_ask(&house, method, path, key, "", body);
    if (reply.status != status)
        fail_msg("%s %s: %d, want %d: %.*s", method, path, reply.status, status,
                 STR(buf_str(&reply.body)));
    const struct json *root = parse(&reply);
    test_reply_finish(&reply);
    const struct route *route = route_of(method, path);
    if (status < 400 && route->reply && strcmp(route->reply->name, "…") != 0)
        check_object(root, route->reply, true);
    return root;
}

static const struct json *ask(const char *method, const char *path, const char *body, int status)
{
    return ask_with(house.admin.text, method, path, body, status);
}

static str text_of(const struct json *object, const char *name)
{
    str text = S("");
    struct err err;
    if (!json_get_text(object, str_from(name), &text, &err))
        fail_msg("%s", err.text);
    return text;
}

static void assert_text(const struct json *object, const char *name, const char *want)
{
    str text = text_of(object, name);
    if (!str_is(text, str_from(want)))
        fail_msg("%s is %.*s, want %s", name, STR(text), want);
}

static const struct json *items(const struct json *page)
{
    const struct json *list = json_member(page, S("items"));
    assert_non_null(list);
    return list;
}

static void the_house_says_what_it_is(void **state)
{
    (void)state;
    struct test_reply reply = test_ask(&house, "GET", "/healthz", NULL, "", NULL);
    assert_int_equal(reply.status, 200);
    assert_string_equal(test_header(&reply, "X-Content-Type-Options"), "nosniff");
    assert_null(test_header(&reply, "Access-Control-Allow-Origin"));
    test_reply_finish(&reply);
    assert_text(ask("GET", "/api/v1/whoami", NULL, 200), "role", "admin");
    assert_text(ask_with(house.reader.text, "GET", "/api/v1/whoami", NULL, 200), "slug", "acme");
    const struct json *about = ask("GET", "/api/v1/house", NULL, 200);
    assert_text(about, "engine", "virtual");
    assert_int_equal(json_member(about, S("engine_limits"))->count, 2);
    assert_int_equal(items(ask("GET", "/api/v1/nodes", NULL, 200))->count, 1);
    assert_text(ask("GET", "/api/v1/nodes/n1", NULL, 200), "id", "node-1");
    assert_int_equal(items(ask("GET", "/api/v1/devices", NULL, 200))->count, 4);
    assert_int_equal(items(ask("GET", "/api/v1/chips", NULL, 200))->count, 1);
    assert_int_equal(items(ask("GET", "/api/v1/settings", NULL, 200))->count, SETTING_COUNT);
    ask("GET", "/api/v1/nodes/n2", NULL, 404);
}

static void accounts_and_keys_are_made(void **state)
{
    (void)state;
    const struct json *account =
        ask("POST", "/api/v1/accounts",
            "{\"slug\":\"gamma\",\"name\":\"ガンマ\",\"parent\":\"acme\"}", 201);
    assert_text(account, "id", "account-4");
    assert_text(account, "parent", "account-2");
    ask("POST", "/api/v1/accounts", "{\"slug\":\"gamma\",\"name\":\"again\"}", 409);
    account =
        ask("POST", "/api/v1/accounts/gamma/limits", "{\"devices\":2,\"month\":\"¥50,000\"}", 200);
    assert_text(json_member(account, S("month_max")), "amount", "50000");
    account = ask("POST", "/api/v1/accounts/account-4/limits", "{\"devices\":null}", 200);
    assert_int_equal(json_member(account, S("devices_max"))->kind, JSON_NULL);
    assert_text(json_member(account, S("month_max")), "amount", "50000");
    const struct json *key =
        ask("POST", "/api/v1/keys", "{\"account\":\"gamma\",\"role\":\"user\"}", 201);
    char secret[64], path[64];
    assert_true(str_copy(text_of(key, "secret"), secret, sizeof secret));
    assert_true(secret_valid(str_from(secret)));
    assert_text(ask_with(secret, "GET", "/api/v1/whoami", NULL, 200), "slug", "gamma");
    snprintf(path, sizeof path, "/api/v1/keys/%.*s", STR(text_of(key, "id")));
    assert_text(ask("DELETE", path, NULL, 200), "state", "revoked");
    ask_with(secret, "GET", "/api/v1/whoami", NULL, 401);
    ask("GET", "/api/v1/accounts", NULL, 200);
    ask("GET", "/api/v1/keys?account=gamma", NULL, 200);
}

static void prices_operator_and_settings_are_set(void **state)
{
    (void)state;
    const struct json *price =
        ask("POST", "/api/v1/prices", "{\"chip\":\"cpu-core\",\"per_device_hour\":\"5.25\"}", 201);
    assert_text(price, "per_device_hour", "5.25");
    ask("POST", "/api/v1/prices", "{\"chip\":\"no-such\",\"per_device_hour\":\"5\"}", 422);
    assert_text(ask("POST", "/api/v1/operator",
                    "{\"name\":\"Tatara KK\",\"tax_id\":\"T7000012050002\"}", 200),
                "name", "Tatara KK");
    ask("GET", "/api/v1/operator", NULL, 200);
    ask("POST", "/api/v1/settings", "{\"key\":\"stop_grace_ms\",\"value\":5000}", 200);
    ask("POST", "/api/v1/settings", "{\"key\":\"stop_grace_ms\",\"value\":-1}", 400);
    assert_text(ask("POST", "/api/v1/settings", "{\"key\":\"stop_grace\",\"value\":5}", 400), "fix",
                "did you mean stop_grace_ms?");
    ask("GET", "/api/v1/prices?in_force=true", NULL, 200);
}

static void check_job_and_log(void)
{
    const struct json *job = ask_with(house.user.text, "GET", "/api/v1/jobs/job-1", NULL, 200);
    assert_text(job, "state", "done");
    assert_int_equal(json_member(job, S("code"))->integer, 3);
    assert_int_equal(json_member(job, S("device_ms"))->integer, 7200000);
    assert_text(json_member(job, S("share")), "exact", "10.5");
    assert_true(str_is(json_member(job, S("argv"))->first->text, S("echo")));
    assert_true(str_is(json_member(job, S("env_names"))->first->text, S("TOKEN")));
    struct test_reply reply =
        test_ask(&house, "GET", "/api/v1/jobs/job-1", house.admin.text, "", NULL);
    assert_null(memmem(reply.body.ptr, reply.body.len, "geheim", 6));
    test_reply_finish(&reply);
    reply = test_ask(&house, "GET", "/api/v1/jobs/job-1/log?offset=1", house.user.text, "", NULL);
    assert_int_equal(reply.status, 200);
    assert_true(str_is(buf_str(&reply.body), S("ello\n")));
    assert_string_equal(test_header(&reply, "X-Next-Offset"), "6");
    assert_string_equal(test_header(&reply, "X-Ended"), "true");
    test_reply_finish(&reply);
    ask_with(house.user.text, "GET", "/api/v1/jobs/job-1/why", NULL, 200);
    ask_with(house.user.text, "POST", "/api/v1/jobs/job-1/stop", "{}", 409);
}

static void check_bill(void)
{
    const char *user = house.user.text;
    const struct json *balance = ask_with(user, "GET", "/api/v1/accounts/acme/balance", NULL, 200);
    assert_true(json_member(balance, S("books"))->count >= 3);
    assert_text(json_member(json_member(balance, S("month")), S("spent")), "amount", "11");
    ask_with(user, "GET", "/api/v1/accounts/acme/balance?at=2026-11-22", NULL, 200);
    ask_with(user, "GET", "/api/v1/accounts/acme/balance?at=2020-01-01", NULL, 400);
    const struct json *bill =
        ask_with(user, "GET", "/api/v1/accounts/acme/bill?month=2026-11", NULL, 200);
    assert_text(bill, "total", "12");
    ask_with(user, "GET", "/api/v1/accounts/acme/bill?month=2026-10", NULL, 409);
    bill = ask("POST", "/api/v1/accounts/acme/invoices", "{\"month\":\"2026-11\",\"early\":true}",
               201);
    assert_text(bill, "id", "invoice-1");
    struct test_reply reply =
        test_ask(&house, "GET", "/api/v1/invoices/invoice-1", user, "Accept: text/plain\r\n", NULL);
    assert_int_equal(reply.status, 200);
    assert_non_null(memmem(reply.body.ptr, reply.body.len, "適格請求書", 15));
    test_reply_finish(&reply);
    reply = test_ask(&house, "GET", "/api/v1/invoices/invoice-1", user,
                     "Accept: application/pdf\r\n", NULL);
    assert_int_equal(reply.status, 406);
    test_reply_finish(&reply);
    ask("GET", "/api/v1/invoices?account=acme", NULL, 200);
}

static void a_job_runs_and_is_billed(void **state)
{
    (void)state;
    const struct json *job =
        ask_with(house.user.text, "POST", "/api/v1/jobs",
                 "{\"devices\":2,\"argv\":[\"echo\",\"hello\"],\"name\":\"first\","
                 "\"env\":{\"TOKEN\":\"geheim\"},\"time_limit_ms\":7200000}",
                 201);
    assert_text(job, "id", "job-1");
    assert_text(job, "state", "starting");
    assert_text(job, "device_set", "0-1");
    assert_int_equal(test_house_report(&house, 1, ATTEMPT_STARTED, 0), ANSWER_OK);
    test_house_output(&house, 1, 1, ENGINE_STDOUT, "hello\n");
    test_house_output_ends(&house, 1, 1);
    house.time_us += 2 * HOUR_US;
    assert_int_equal(test_house_report(&house, 1, ATTEMPT_ENDED, 3600000), ANSWER_OK);
    check_job_and_log();
    ask("GET", "/api/v1/leases", NULL, 200);
    check_bill();
}

static void lists_come_in_pages(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        ask("POST", "/api/v1/jobs", "{\"devices\":4,\"argv\":[\"true\"]}", 201);
    const struct json *page = ask("GET", "/api/v1/jobs?limit=2", NULL, 200);
    assert_int_equal(items(page)->count, 2);
    assert_text(page, "next", "job-2");
    page = ask("GET", "/api/v1/jobs?limit=1000&after=job-2", NULL, 200);
    assert_int_equal(items(page)->count, 4);
    assert_int_equal(json_member(page, S("next"))->kind, JSON_NULL);
    page = ask("GET", "/api/v1/jobs?state=queued", NULL, 200);
    assert_int_equal(items(page)->count, 4);
    const struct json *why = ask("GET", "/api/v1/jobs/job-6/why", NULL, 200);
    assert_int_equal(json_member(why, S("ahead"))->count, 3);
    assert_text(ask("POST", "/api/v1/jobs/job-6/stop", NULL, 200), "state", "done");
    page = ask("GET", "/api/v1/journal?limit=3", NULL, 200);
    assert_int_equal(items(page)->count, 3);
    assert_int_equal(json_member(page, S("next"))->integer, 2);
    page = ask("GET", "/api/v1/journal?after=2&limit=1", NULL, 200);
    assert_int_equal(json_member(items(page)->first, S("seq"))->integer, 3);
}

static struct test_reply post_as(const char *path, const char *idempotency, const char *body)
{
    return test_ask(&house, "POST", path, house.admin.text, idempotency, body);
}

static void the_same_command_again_does_nothing_twice(void **state)
{
    (void)state;
    static const char body[] = "{\"devices\":1,\"argv\":[\"true\"]}";
    struct test_reply first = post_as("/api/v1/jobs", "Idempotency-Key: a-1\r\n", body);
    assert_int_equal(first.status, 201);
    uint64_t size = test_house_size(&house);
    struct test_reply again = post_as("/api/v1/jobs", "Idempotency-Key: a-1\r\n", body);
    assert_int_equal(again.status, 201);
    assert_true(str_is(buf_str(&first.body), buf_str(&again.body)));
    assert_string_equal(test_header(&again, "Idempotency-Replayed"), "true");
    assert_int_equal(test_house_size(&house), size);
    test_reply_finish(&first);
    test_reply_finish(&again);
    again =
        post_as("/api/v1/jobs", "Idempotency-Key: a-1\r\n", "{\"devices\":2,\"argv\":[\"true\"]}");
    assert_int_equal(again.status, 422);
    test_reply_finish(&again);

    static const char key[] = "{\"role\":\"reader\"}";
    first = post_as("/api/v1/keys", "Idempotency-Key: k\r\n", key);
    again = post_as("/api/v1/keys", "Idempotency-Key: k\r\n", key);
    assert_int_equal(first.status, 201);
    assert_true(str_is(buf_str(&first.body), buf_str(&again.body)));
    test_reply_finish(&first);
    test_reply_finish(&again);
}

static void without_the_state_in_the_answer_it_is_read(void **state)
{
    (void)state;
    house.without_cloud = true;
    ask("POST", "/api/v1/jobs", "{\"devices\":1,\"argv\":[\"true\"]}", 201);
    house.without_cloud = false;
}

static void a_full_disk_is_said(void **state)
{
    (void)state;
    house.refuses = true;
    struct test_reply reply =
        test_ask(&house, "POST", "/api/v1/nodes/node-1/drain", house.admin.text, "", NULL);
    assert_int_equal(reply.status, 503);
    assert_non_null(test_header(&reply, "Retry-After"));
    test_reply_finish(&reply);
    reply = test_ask(&house, "GET", "/healthz", NULL, "", NULL);
    assert_int_equal(reply.status, 503);
    assert_text(parse(&reply), "trouble", "the disk is full");
    test_reply_finish(&reply);
    reply = test_ask(&house, "GET", "/metrics", house.admin.text, "", NULL);
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(buf_cstr(&reply.body), "tatara_journal_writable 0\n"));
    test_reply_finish(&reply);
    assert_int_equal(items(ask("GET", "/api/v1/journal?limit=1", NULL, 200))->count, 1);
    house.refuses = false;
    ask("POST", "/api/v1/nodes/node-1/drain", NULL, 200);
    assert_text(ask("POST", "/api/v1/nodes/n1/undrain", "{}", 200), "state", "ready");
}

static void figures_are_counted(void **state)
{
    (void)state;
    struct test_reply reply = test_ask(&house, "GET", "/metrics", house.admin.text, "", NULL);
    assert_int_equal(reply.status, 200);
    const char *text = buf_cstr(&reply.body);
    assert_non_null(strstr(text, "tatara_ledger_unbalanced 0\n"));
    assert_non_null(strstr(text, "tatara_devices{chip=\"cpu-core\",state=\"leased\"} 4\n"));
    assert_non_null(strstr(text, "path=\"/api/v1/jobs\",status=\"201\"}"));
    assert_non_null(strstr(text, "tatara_jobs{state=\"done\"} 2\n"));
    test_reply_finish(&reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_house_says_what_it_is),
        cmocka_unit_test(accounts_and_keys_are_made),
        cmocka_unit_test(prices_operator_and_settings_are_set),
        cmocka_unit_test(a_job_runs_and_is_billed),
        cmocka_unit_test(lists_come_in_pages),
        cmocka_unit_test(the_same_command_again_does_nothing_twice),
        cmocka_unit_test(without_the_state_in_the_answer_it_is_read),
        cmocka_unit_test(a_full_disk_is_said),
        cmocka_unit_test(figures_are_counted),
    };
    return cmocka_run_group_tests(tests, open_house, close_house);
}
