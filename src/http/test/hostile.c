// Malformed and hostile requests: refused with a reason, never a crash, nothing changed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/json.h"
#include "base/must.h"
#include "http/route.h"
#include "http/test/test_house.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct test_house house;

static int open_house(void **state)
{
    (void)state;
    test_house_open(&house);
    house.config.body_bytes_max = 64 * 1024;
    test_house_serve(&house);
    return 0;
}

static int close_house(void **state)
{
    (void)state;
    test_house_close(&house);
    return 0;
}

// Sends bytes as they are; the status of the first reply, 0 when the connection just closed.
static int raw(const char *bytes, size_t size)
{
    struct test_reply reply;
    int connection = test_connect(&house);
    test_send(connection, bytes, size);
    test_receive(connection, false, &reply);
    test_reply_finish(&reply);
    close(connection);
    return reply.status;
}

static int raw_path(const char *path)
{
    char text[8192];
    int size = snprintf(text, sizeof text,
                        "GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n",
                        path, house.admin.text);
    return raw(text, (size_t)size);
}

static void paths_are_taken_as_they_are_or_not_at_all(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "/api/v1/../v1/jobs",  "/api//v1/jobs",     "/api/v1/jobs/",  "/api/v1/%6aobs",
        "/api/v1/jobs/%2e%2e", "/api/v1/jobs/..",   "/api/v1/jobs/.", "/api/v1/jobs/job-1%00",
        "/api/v1/jobs;a=b",    "/api/v1/jobs/a\\b", "/api/v1/jobs/*", "/api/v1/jobs/job-1/../x",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (raw_path(bad[i]) != 400)
            fail_msg("%s: %d", bad[i], raw_path(bad[i]));
    static const char *const unknown[] = {
        "/",
        "/api",
        "/api/v1",
        "/api/v1/job",
        "/API/v1/jobs",
        "/api/v1/jobs/job-1/x",
        "/api/v1/jobs/17",
        "/api/v1/jobs/job-01",
        "/api/v1/jobs/job--1",
        "/api/v1/jobs/job-0",
        "/api/v1/jobs/job-99999999999999999999",
        "/api/v1/jobs/account-1",
        "/api/v1/jobs/job-18446744073709551615",
    };
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        if (raw_path(unknown[i]) != 404)
            fail_msg("%s: %d", unknown[i], raw_path(unknown[i]));
    char *path = malloc(6000);
    memset(path, 'a', 5999);
    path[0] = '/';
    path[5999] = 0;
    assert_int_equal(raw_path(path), 414);
    free(path);
}

static void queries_are_strict(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "/api/v1/jobs?limit=0",
        "/api/v1/jobs?limit=-1",
        "/api/v1/jobs?limit=1001",
        "/api/v1/jobs?limit=1&limit=2",
        "/api/v1/jobs?limit=",
        "/api/v1/jobs?limit=1x",
        "/api/v1/jobs?after=key-1",
        "/api/v1/jobs?limits=1",
        "/api/v1/jobs?state=done%00",
        "/api/v1/jobs?state=%zz",
        "/api/v1/jobs?state=%ff",
        "/api/v1/jobs?state=finished",
        "/api/v1/jobs?%00=1",
        "/api/v1/jobs?limit=9223372036854775808",
        "/api/v1/jobs?a",
        "/api/v1/journal?after=-2",
        "/api/v1/whoami?x=1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (raw_path(bad[i]) != 400)
            fail_msg("%s: %d", bad[i], raw_path(bad[i]));
    assert_int_equal(raw_path("/api/v1/jobs?sta%74e=do%6Ee&"), 200);
}

static int raw_headers(const char *line, const char *headers, const char *body)
{
    char text[4096];
    int size = snprintf(text, sizeof text, "%s\r\nAuthorization: Bearer %s\r\n%s\r\n%s", line,
                        house.admin.text, headers, body);
    return raw(text, (size_t)size);
}

static void methods_and_headers_are_checked(void **state)
{
    (void)state;
    struct test_reply reply = test_ask(&house, "PUT", "/api/v1/jobs", house.admin.text, "", NULL);
    assert_int_equal(reply.status, 405);
    assert_string_equal(test_header(&reply, "Allow"), "GET, HEAD, POST");
    test_reply_finish(&reply);
    reply = test_ask(&house, "OPTIONS", "/api/v1/jobs", NULL, "Origin: http://evil\r\n", NULL);
    assert_int_equal(reply.status, 405);
    assert_null(test_header(&reply, "Access-Control-Allow-Origin"));
    test_reply_finish(&reply);
    reply = test_ask(&house, "HEAD", "/api/v1/jobs", house.admin.text, "", NULL);
    assert_int_equal(reply.status, 200);
    test_reply_finish(&reply);
    reply = test_ask(&house, "HEAD", "/api/v1/journal/follow", house.admin.text, "", NULL);
    assert_int_equal(reply.status, 405);
    test_reply_finish(&reply);

    static const char get[] = "GET /api/v1/whoami HTTP/1.1";
    assert_int_equal(raw_headers(get, "Host: localhost:7470\r\n", ""), 200);
    assert_int_equal(raw_headers(get, "Host: [::1]:7470\r\n", ""), 200);
    assert_int_equal(raw_headers(get, "Host: evil.example\r\n", ""), 421);
    assert_int_equal(raw_headers(get, "Host: localhost.evil\r\n", ""), 421);
    assert_int_equal(raw_headers(get, "", ""), 400);
    assert_int_equal(raw_headers(get, "Host: localhost\r\nHost: localhost\r\n", ""), 400);
    assert_int_equal(raw_headers(get, "Host: localhost\r\nAuthorization: Bearer x\r\n", ""), 400);
    assert_int_equal(
        raw_headers("POST /api/v1/jobs HTTP/1.1",
                    "Host: localhost\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n", "{}"),
        415);
    assert_int_equal(raw_headers("POST /api/v1/jobs HTTP/1.1",
                                 "Host: localhost\r\nIdempotency-Key: a b\r\n"
                                 "Content-Length: 2\r\n",
                                 "{}"),
                     400);
    assert_int_equal(raw_headers(get, "Host: localhost\r\nContent-Length: 2\r\n", "{}"), 400);
}

// Two lengths: whoever stands in front may have read another request than we do.
static void smuggling_is_refused(void **state)
{
    (void)state;
    static const char post[] = "POST /api/v1/jobs HTTP/1.1";
    static const char *const headers[] = {
        "Host: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Host: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Host: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n",
        "Host: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Host: localhost\r\nContent-Length: +5\r\n",
        "Host: localhost\r\nContent-Length: 0x5\r\n",
        "Host: localhost\r\nContent-Length: -5\r\n",
        "Host: localhost\r\nContent-Length: 99999999999999999999999\r\n",
    };
    uint64_t size = test_house_size(&house);
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        int status = raw_headers(post, headers[i], "0\r\n\r\nGET /api/v1/whoami HTTP/1.1\r\n\r\n");
        if (status != 400 && status != 413 && status != 0)
            fail_msg("%s: %d", headers[i], status);
    }
    assert_int_equal(test_house_size(&house), size);
}

static void bodies_have_bounds(void **state)
{
    (void)state;
    enum { LARGE = 70 * 1024 };
    char *body = malloc(LARGE + 1);
    memset(body, ' ', LARGE);
    body[LARGE] = 0;
    struct test_reply reply = test_ask(&house, "POST", "/api/v1/jobs", house.admin.text, "", body);
    assert_int_equal(reply.status, 413);
    test_reply_finish(&reply);
    free(body);

    // The same in chunks, where no length is said beforehand.
    int connection = test_connect(&house);
    char head[512];
    int size = snprintf(head, sizeof head,
                        "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                        "%s\r\nTransfer-Encoding: chunked\r\n\r\n",
                        house.admin.text);
    test_send(connection, head, (size_t)size);
    char chunk[1024 + 16];
    size = snprintf(chunk, sizeof chunk, "400\r\n");
    memset(chunk + size, ' ', 1024);
    memcpy(chunk + size + 1024, "\r\n", 2);
    for (int i = 0; i < 70; i++)
        test_send(connection, chunk, (size_t)size + 1026);
    test_send(connection, "0\r\n\r\n", 5);
    test_receive(connection, false, &reply);
    assert_int_equal(reply.status, 413);
    test_reply_finish(&reply);
    close(connection);

    char *headers = malloc(100000);
    memset(headers, 'a', 99990);
    memcpy(headers, "X-Large: ", 9);
    memcpy(headers + 99990, "\r\n", 3);
    reply = test_ask(&house, "GET", "/healthz", NULL, headers, NULL);
    assert_true(reply.status == 431 || reply.status == 413 || reply.status == 400 ||
                reply.status == 0);
    test_reply_finish(&reply);
    free(headers);
}

static void what_is_not_json_is_said_with_its_place(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{",
        "[]",
        "null",
        "\"a\"",
        "{\"devices\":1,}",
        "{\"a\":1 }x",
        "{\"devices\":1,\"devices\":2}",
        "{'devices':1}",
        "{\"devices\":01}",
        "{\"devices\":NaN}",
        "{\"devices\":1e400}",
        "\xff",
        "{\"name\":\"\\ud800\"}",
        "{\"name\":\"\x01\"}",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    };
    uint64_t size = test_house_size(&house);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct test_reply reply =
            test_ask(&house, "POST", "/api/v1/jobs", house.admin.text, "", bad[i]);
        if (reply.status != 400)
            fail_msg("%s: %d", bad[i], reply.status);
        assert_non_null(strstr(buf_cstr(&reply.body), "malformed_json"));
        test_reply_finish(&reply);
    }
    assert_int_equal(test_house_size(&house), size);
}

// Each field of each body, wrong in each way: 4xx, the field is named, nothing has changed.
static const char *const wrong[] = {
    "null",
    "true",
    "-1",
    "0.5",
    "1e3",
    "\"\"",
    "\"x\\u0000y\"",
    "\"\\u202e\"",
    "[]",
    "[1]",
    "[\"\\u0000\"]",
    "{}",
    "{\"a\":1}",
    "{\"=\":\"x\"}",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999",
    "\"-5\"",
    "\"2026-13\"",
    "\"../..\"",
    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaaaaaaaa"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
};

// The example's body with one member replaced (or added) by the wrong value.
static void body_with(const struct route *route, const char *name, const char *value,
                      struct buf *out)
{
    struct arena arena;
    const struct json *root = NULL;
    struct err err;
    arena_init(&arena, 1 << 20);
    must(json_read(str_from(route->example), 65536, &arena, &root, &err));
    struct json_out json;
    json_out_init(&json, out);
    json_object(&json);
    for (const struct json *member = root->first; member; member = member->next) {
        if (str_is(member->name, str_from(name)))
            continue;
        struct buf text;
        buf_init(&text, 65536);
        must(json_write_canonical(member, &text, &err));
        json_name(&json, member->name);
        json_raw(&json, buf_str(&text));
        buf_finish(&text);
    }
    if (value) {
        json_name(&json, str_from(name));
        json_raw(&json, str_from(value));
    }
    json_end(&json);
    arena_finish(&arena);
}

static const char *path_of(const struct route *route)
{
    static char path[128];
    snprintf(path, sizeof path, "%s", route->path);
    if (str_is(route_thing(route), S("account")))
        snprintf(path, sizeof path, "/api/v1/accounts/acme%s", strchr(route->path, '}') + 1);
    if (str_is(route_thing(route), S("node")))
        snprintf(path, sizeof path, "/api/v1/nodes/node-1%s", strchr(route->path, '}') + 1);
    return path;
}

static void ask_wrong(const struct route *route, const struct field *field, const char *value)
{
    struct buf body;
    buf_init(&body, 65536);
    body_with(route, field->name, value, &body);
    uint64_t size = test_house_size(&house);
    struct test_reply reply = test_ask(&house, method_text(route->method), path_of(route),
                                       house.admin.text, "", buf_cstr(&body));
    if (reply.status < 200 || reply.status >= 500 || reply.status == 401 || reply.status == 403)
        fail_msg("%s %s: %d", route->path, buf_cstr(&body), reply.status);
    if (reply.status >= 400) {
        char named[80];
        snprintf(named, sizeof named, "\"field\":\"%s\"", field->name);
        bool of_core = reply.status == 409 || reply.status == 422 || reply.status == 404;
        bool malformed = strstr(buf_cstr(&reply.body), "malformed_json") != NULL;
        if (!of_core && !malformed && !strstr(buf_cstr(&reply.body), named))
            fail_msg("%s %s: %s", route->path, buf_cstr(&body), buf_cstr(&reply.body));
        assert_int_equal(test_house_size(&house), size);
    }
    test_reply_finish(&reply);
    buf_finish(&body);
}

static void each_field_is_wrong_in_each_way(void **state)
{
    (void)state;
    uint32_t tried = 0;
    for (uint32_t i = 0; i < route_count; i++) {
        const struct route *route = &routes[i];
        if (!route->example || str_is(route_thing(route), S("job")))
            continue;
        for (const struct field *field = route->body; field->name; field++)
            for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++, tried++)
                ask_wrong(route, field, wrong[k]);
        for (const struct field *field = route->body; field->name; field++) {
            if (!field->required)
                continue;
            struct buf body;
            buf_init(&body, 65536);
            body_with(route, field->name, NULL, &body);
            struct test_reply reply = test_ask(&house, method_text(route->method), path_of(route),
                                               house.admin.text, "", buf_cstr(&body));
            assert_int_equal(reply.status, 400);
            assert_non_null(strstr(buf_cstr(&reply.body), "missing_field"));
            test_reply_finish(&reply);
            buf_finish(&body);
        }
    }
    assert_true(tried > 500);
    struct test_reply reply = test_ask(&house, "POST", "/api/v1/jobs", house.admin.text, "",
                                       "{\"device\":1,\"argv\":[\"x\"]}");
    assert_int_equal(reply.status, 400);
    assert_non_null(strstr(buf_cstr(&reply.body), "did you mean devices?"));
    test_reply_finish(&reply);
}

static void requests_in_a_row_are_answered_in_order(void **state)
{
    (void)state;
    enum { ROW = 20 };
    int connection = test_connect(&house);
    char text[512];
    for (int i = 0; i < ROW; i++) {
        bool post = i % 2 == 1;
        static const char body[] = "{\"devices\":1,\"argv\":[\"x\"]}";
        int size = snprintf(text, sizeof text,
                            "%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                            "%s\r\nContent-Length: %zu\r\n\r\n%s",
                            post ? "POST /api/v1/jobs" : "GET /api/v1/whoami", house.admin.text,
                            post ? strlen(body) : 0, post ? body : "");
        test_send(connection, text, (size_t)size);
    }
    for (int i = 0; i < ROW; i++) {
        struct test_reply reply;
        assert_true(test_receive(connection, false, &reply));
        assert_int_equal(reply.status, i % 2 == 1 ? 201 : 200);
        test_reply_finish(&reply);
    }
    close(connection);
}

// A header that never ends: the connection is closed though bytes keep coming.
static void slow_senders_are_sent_away(void **state)
{
    (void)state;
    http_destroy(house.http);
    uint32_t receive_ms = house.config.receive_ms;
    house.config.receive_ms = 100;
    test_house_serve(&house);
    int connection = test_connect(&house);
    static const char head[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    test_send(connection, head, sizeof head - 1);
    char byte;
    struct timeval soon = {.tv_usec = 10000};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
    ssize_t got = -1;
    errno = 0;
    int tries = 0;
    for (; tries < 1000 && got < 0 && errno != ECONNRESET; tries++) {
        errno = 0;
        test_send(connection, "a", 1);
        got = recv(connection, &byte, 1, 0);
    }
    assert_true(got == 0 || errno == ECONNRESET);
    close(connection);
    http_destroy(house.http);
    house.config.receive_ms = receive_ms;
    test_house_serve(&house);
    assert_int_equal(raw_path("/api/v1/whoami"), 200);
}

// Serves with other limits for one test.
static void serve_with(uint32_t refused_rate, uint32_t key_rate)
{
    http_destroy(house.http);
    house.config.refused_rate = refused_rate;
    house.config.key_rate = key_rate;
    test_house_serve(&house);
}

static int status_with(const char *key)
{
    struct test_reply reply = test_ask(&house, "GET", "/api/v1/whoami", key, "", NULL);
    if (reply.status == 429)
        assert_string_equal(test_header(&reply, "Retry-After"), "1");
    test_reply_finish(&reply);
    return reply.status;
}

static void rates_are_kept(void **state)
{
    (void)state;
    serve_with(1, 0);
    int guesses = 0;
    while (status_with("tk_guess") == 401)
        guesses++;
    assert_in_range(guesses, 1, 20);                     // one a second, and the first
    assert_int_equal(status_with(house.user.text), 200); // a good key is not held up by guesses
    serve_with(0, 5);
    int taken = 0;
    while (status_with(house.user.text) == 200)
        taken++;
    assert_in_range(taken, 5, 100);
    assert_int_equal(status_with(house.other.text), 200); // another key has its own rate
    serve_with(0, 0);
}

static void a_unix_socket_serves_too(void **state)
{
    (void)state;
    char path[] = "/tmp/tatara-test-XXXXXX/socket";
    path[23] = 0;
    assert_non_null(mkdtemp(path));
    path[23] = '/';
    http_destroy(house.http);
    house.config.unix_path = path;
    test_house_serve(&house);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, sizeof path);
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(connection, (struct sockaddr *)&address, sizeof address), 0);
    static const char get[] = "GET /healthz HTTP/1.1\r\nHost: anything\r\n\r\n";
    struct test_reply reply;
    test_send(connection, get, sizeof get - 1);
    assert_true(test_receive(connection, false, &reply));
    assert_int_equal(reply.status, 200);
    test_reply_finish(&reply);
    close(connection);
    http_destroy(house.http);
    assert_int_not_equal(access(path, F_OK), 0);
    path[23] = 0;
    assert_int_equal(rmdir(path), 0);
    house.config.unix_path = NULL;
    test_house_serve(&house);
}

static void garbage_is_no_request(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        "GET /healthz HTTP/1.1\nHost: localhost\n\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n Host: localhost\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int connection = test_connect(&house);
        test_send(connection, bad[i], strlen(bad[i]));
        struct timeval soon = {.tv_usec = 20000};
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
        char bytes[4096];
        while (recv(connection, bytes, sizeof bytes, 0) > 0)
            continue;
        close(connection);
    }
    assert_int_equal(raw_path("/api/v1/whoami"), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_taken_as_they_are_or_not_at_all),
        cmocka_unit_test(queries_are_strict),
        cmocka_unit_test(methods_and_headers_are_checked),
        cmocka_unit_test(smuggling_is_refused),
        cmocka_unit_test(bodies_have_bounds),
        cmocka_unit_test(what_is_not_json_is_said_with_its_place),
        cmocka_unit_test(each_field_is_wrong_in_each_way),
        cmocka_unit_test(requests_in_a_row_are_answered_in_order),
        cmocka_unit_test(slow_senders_are_sent_away),
        cmocka_unit_test(rates_are_kept),
        cmocka_unit_test(a_unix_socket_serves_too),
        cmocka_unit_test(garbage_is_no_request),
    };
    return cmocka_run_group_tests(tests, open_house, close_house);
}
