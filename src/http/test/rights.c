// Who may do what, asked of every row of the table of routes: a new route cannot be forgotten.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/instant.h"
#include "base/json.h"
#include "http/route.h"
#include "http/test/test_house.h"
#include <stdio.h>
#include <string.h>

static struct test_house house;

// acme has one of everything: job-1, a key, leases, an invoice.
static int open_house(void **state)
{
    (void)state;
    test_house_open(&house);
    test_house_serve(&house);
    struct test_reply reply = test_ask(&house, "POST", "/api/v1/jobs", house.user.text, "",
                                       "{\"devices\":4,\"argv\":[\"x\"]}");
    assert_int_equal(reply.status, 201);
    test_reply_finish(&reply);
    test_house_report(&house, 1, ATTEMPT_STARTED, 0);
    house.time_us += 2 * HOUR_US;
    test_house_report(&house, 1, ATTEMPT_ENDED, 3600000);
    reply = test_ask(&house, "POST", "/api/v1/reservations", house.admin.text, "",
                     "{\"account\":\"acme\",\"devices\":1,\"start\":\"2027-01-01T00:00:00Z\","
                     "\"end\":\"2027-06-01T00:00:00Z\"}");
    assert_int_equal(reply.status, 201);
    test_reply_finish(&reply);
    reply = test_ask(&house, "POST", "/api/v1/accounts/acme/invoices", house.admin.text, "",
                     "{\"month\":\"2026-11\",\"early\":true}");
    assert_int_equal(reply.status, 201);
    test_reply_finish(&reply);
    return 0;
}

static int close_house(void **state)
{
    (void)state;
    test_house_close(&house);
    return 0;
}

// The route's path with a thing of acme's in it.
static const char *path_of(const struct route *route)
{
    static char path[256];
    static const struct {
        const char *thing, *id;
    } things[] = {
        {"job",         "job-1"        },
        {"account",     "acme"         },
        {"node",        "node-1"       },
        {"key",         "key-3"        },
        {"invoice",     "invoice-1"    },
        {"reservation", "reservation-1"}
    };
    str thing = route_thing(route);
    snprintf(path, sizeof path, "%s", route->path);
    for (size_t i = 0; i < sizeof things / sizeof things[0]; i++) {
        if (!str_is(thing, str_from(things[i].thing)))
            continue;
        const char *rest = strchr(route->path, '}') + 1;
        size_t head = (size_t)(strchr(route->path, '{') - route->path);
        snprintf(path, sizeof path, "%.*s%s%s", (int)head, route->path, things[i].id, rest);
        thing = S("");
    }
    assert_int_equal(thing.len, 0); // a new kind of thing wants a row above
    return path;
}

static int status_of(const struct route *route, const char *key)
{
    const char *body = route->method == METHOD_GET ? NULL : route->example ? route->example : "{}";
    struct test_reply reply =
        test_ask(&house, method_text(route->method), path_of(route), key, "", body);
    if (reply.status >= 400 && reply.status != 503) {
        const struct json *root = NULL;
        struct arena arena;
        arena_init(&arena, 1 << 20);
        assert_true(json_read(buf_str(&reply.body), 1 << 20, &arena, &root, NULL));
        static const char *const names[] = {"code", "message", "field", "fix"};
        for (int i = 0; i < 4; i++)
            assert_non_null(json_member(root, str_from(names[i])));
        arena_finish(&arena);
    }
    test_reply_finish(&reply);
    return reply.status;
}

static void want(const struct route *route, const char *key, const char *who, int status)
{
    int got = status_of(route, key);
    if (got != status)
        fail_msg("%s %s as %s: %d, want %d", method_text(route->method), route->path, who, got,
                 status);
}

static void without_a_good_key_nothing_opens(void **state)
{
    (void)state;
    struct secret unknown = secret_random();
    for (uint32_t i = 0; i < route_count; i++) {
        if (routes[i].open) {
            want(&routes[i], NULL, "nobody", 200);
            continue;
        }
        want(&routes[i], NULL, "nobody", 401);
        want(&routes[i], unknown.text, "a stranger", 401);
        want(&routes[i], "tk_", "half a key", 401);
    }
}

static void a_reader_changes_nothing(void **state)
{
    (void)state;
    uint64_t size = test_house_size(&house);
    for (uint32_t i = 0; i < route_count; i++)
        if (routes[i].method != METHOD_GET)
            want(&routes[i], house.reader.text, "a reader", 403);
    assert_int_equal(test_house_size(&house), size);
}

static bool only_for_the_house(const struct route *route)
{
    return route->action == ACTION_READ_ALL || route->action == ACTION_MANAGE ||
           route->action == ACTION_OPERATE;
}

static void what_is_the_house_s_is_not_a_user_s(void **state)
{
    (void)state;
    uint64_t size = test_house_size(&house);
    for (uint32_t i = 0; i < route_count; i++) {
        if (routes[i].open || !only_for_the_house(&routes[i]))
            continue;
        want(&routes[i], house.user.text, "a user", 403);
        if (routes[i].action == ACTION_MANAGE)
            want(&routes[i], house.operator.text, "an operator", 403);
    }
    assert_int_equal(test_house_size(&house), size);
}

// Another account's thing is answered as if it did not exist; an unknown id gives the same bytes.
static void another_account_s_things_do_not_exist(void **state)
{
    (void)state;
    uint32_t asked = 0;
    uint64_t size = test_house_size(&house);
    for (uint32_t i = 0; i < route_count; i++) {
        str thing = route_thing(&routes[i]);
        if (thing.len == 0 || str_is(thing, S("node")) || only_for_the_house(&routes[i]))
            continue;
        want(&routes[i], house.other.text, "another account", 404);
        asked++;
    }
    assert_true(asked >= 9);
    assert_int_equal(test_house_size(&house), size);
    struct test_reply theirs =
        test_ask(&house, "GET", "/api/v1/jobs/job-1", house.other.text, "", NULL);
    struct test_reply nobody_s =
        test_ask(&house, "GET", "/api/v1/jobs/job-999", house.other.text, "", NULL);
    assert_true(str_is(buf_str(&theirs.body), buf_str(&nobody_s.body)));
    test_reply_finish(&theirs);
    test_reply_finish(&nobody_s);
}

static void lists_show_only_one_s_own(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < route_count; i++) {
        const struct route *route = &routes[i];
        if (route->action != ACTION_READ_OWN || route_thing(route).len > 0)
            continue;
        struct test_reply reply = test_ask(&house, "GET", route->path, house.other.text, "", NULL);
        assert_int_equal(reply.status, 200);
        if (memmem(reply.body.ptr, reply.body.len, "account-2", 9) ||
            memmem(reply.body.ptr, reply.body.len, "acme", 4))
            fail_msg("%s shows another account's: %s", route->path, buf_cstr(&reply.body));
        test_reply_finish(&reply);
        if (field_find(route->query, S("account")) == field_count(route->query))
            continue;
        char path[128];
        static const char *const names[] = {"acme", "account-2", "nobody", "account-77"};
        for (int k = 0; k < 4; k++) {
            snprintf(path, sizeof path, "%s?account=%s", route->path, names[k]);
            reply = test_ask(&house, "GET", path, house.other.text, "", NULL);
            assert_int_equal(reply.status, 404);
            test_reply_finish(&reply);
        }
    }
}

static void nobody_acts_for_another_account(void **state)
{
    (void)state;
    static const char *const bodies[][2] = {
        {"/api/v1/jobs", "{\"account\":\"acme\",\"devices\":1,\"argv\":[\"x\"]}"},
        {"/api/v1/keys", "{\"account\":\"account-2\",\"role\":\"reader\"}"      },
    };
    uint64_t size = test_house_size(&house);
    for (int i = 0; i < 2; i++) {
        struct test_reply reply =
            test_ask(&house, "POST", bodies[i][0], house.other.text, "", bodies[i][1]);
        assert_int_equal(reply.status, 404);
        test_reply_finish(&reply);
    }
    // Nor makes a key that may do more than its own.
    struct test_reply reply =
        test_ask(&house, "POST", "/api/v1/keys", house.other.text, "", "{\"role\":\"admin\"}");
    assert_true(reply.status == 403 || reply.status == 400);
    test_reply_finish(&reply);
    reply = test_ask(&house, "POST", "/api/v1/jobs", house.other.text, "",
                     "{\"devices\":1,\"argv\":[\"x\"],\"rootfs\":\"/\"}");
    assert_int_equal(reply.status, 403);
    test_reply_finish(&reply);
    assert_int_equal(test_house_size(&house), size);
}

// Every secret of this house, held against everything a reader of all can see.
static void no_secret_is_in_a_reply(void **state)
{
    (void)state;
    const char *secrets[] = {house.admin.text, house.user.text, house.other.text};
    for (uint32_t i = 0; i < route_count; i++) {
        if (routes[i].method != METHOD_GET || routes[i].stream)
            continue;
        struct test_reply reply =
            test_ask(&house, "GET", path_of(&routes[i]), house.admin.text, "", NULL);
        for (int k = 0; k < 3 && reply.body.len > 0; k++)
            assert_null(memmem(reply.body.ptr, reply.body.len, secrets[k], SECRET_LENGTH));
        test_reply_finish(&reply);
    }
}

static void every_route_works_for_an_admin(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < route_count; i++) {
        if (routes[i].stream)
            continue;
        int status = status_of(&routes[i], house.admin.text);
        bool done_already = status == 409; // a job that ended, a month that is billed
        if (status >= 400 && !done_already)
            fail_msg("%s %s: %d", method_text(routes[i].method), routes[i].path, status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_good_key_nothing_opens),
        cmocka_unit_test(a_reader_changes_nothing),
        cmocka_unit_test(what_is_the_house_s_is_not_a_user_s),
        cmocka_unit_test(another_account_s_things_do_not_exist),
        cmocka_unit_test(lists_show_only_one_s_own),
        cmocka_unit_test(nobody_acts_for_another_account),
        cmocka_unit_test(no_secret_is_in_a_reply),
        cmocka_unit_test(every_route_works_for_an_admin),
    };
    return cmocka_run_group_tests(tests, open_house, close_house);
}
