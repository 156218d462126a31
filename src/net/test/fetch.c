#include "net/fetch.h"
#include "loopback.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static const struct address_guard open_guard = {.open = true};
static char url_text[256];

static str url_of(const struct loopback *server, const char *path)
{
    snprintf(url_text, sizeof url_text, "http://127.0.0.1:%d%s", server->port, path);
    return str_from(url_text);
}

static const char hello_page[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Two:  b \r\n"
                                 "Content-Length: 5\r\n\r\nhello";

static void a_reply_comes_back_whole(void **state)
{
    (void)state;
    struct loopback server = {.pages = {{.path = "/a?key=1", .bytes = hello_page}},
                              .page_count = 1};
    loopback_start(&server);
    const struct fetch_header headers[] = {
        {S("Authorization"), S("Bearer x")},
        {S("X-Empty"),       S("")        }
    };
    const struct fetch_request request = {.url = url_of(&server, "/a?key=1"),
                                          .method = S("POST"),
                                          .body = S("{\"a\":1}"),
                                          .headers = headers,
                                          .header_count = 2,
                                          .guard = &open_guard};
    struct fetch_reply reply;
    struct err err;
    assert_true(fetch_run(&request, &reply, &err));
    assert_int_equal(FETCH_DONE, reply.end);
    assert_int_equal(200, reply.status);
    assert_int_equal(5, reply.body_bytes);
    assert_true(str_is(buf_str(&reply.body), S("hello")));
    str value;
    assert_true(fetch_head_find(buf_str(&reply.head), S("x-two"), &value));
    assert_true(str_is(value, S("b")));
    assert_false(fetch_head_find(buf_str(&reply.head), S("x-three"), &value));
    fetch_reply_finish(&reply);
    loopback_stop(&server);
    assert_non_null(strstr(server.head, "POST /a?key=1 HTTP/1.1\r\n"));
    assert_non_null(strstr(server.head, "\r\nAuthorization: Bearer x\r\n"));
    assert_non_null(strstr(server.head, "\r\nX-Empty:\r\n"));
    assert_non_null(strstr(server.head, "\r\nContent-Length: 7\r\n"));
    assert_null(strstr(server.head, "Content-Type"));
}

static void expect_end(const struct fetch_request *request, enum fetch_end end, const char *text)
{
    struct fetch_reply reply;
    struct err err = {""};
    bool good = fetch_run(request, &reply, &err);
    if (reply.end != end)
        fail_msg("%.*s ended %s (%s), want %s", STR(request->url), fetch_end_text(reply.end),
                 err.text, fetch_end_text(end));
    assert_int_equal(good, end == FETCH_DONE || end == FETCH_STOPPED);
    if (!good && !strstr(err.text, text))
        fail_msg("\"%s\" does not say \"%s\"", err.text, text);
    fetch_reply_finish(&reply);
}

static void what_is_not_a_request_is_not_sent(void **state)
{
    (void)state;
    static const struct {
        const char *url, *text;
    } rows[] = {
        {"",                                  "url"           },
        {"ftp://example.com/",                "neither"       },
        {"file:///etc/passwd",                "neither"       },
        {"gopher://127.0.0.1:70/_x",          "neither"       },
        {"http://a b/",                       "printable"     },
        {"http://a/\r\nX: y",                 "printable"     },
        {"http://user:password@example.com/", "password"      },
        {"http://user@example.com/",          "user"          },
        {"http://",                           "cannot be read"},
        {"http://example.com:99999/",         "cannot be read"},
        {"http://[::1/",                      "cannot be read"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_end(&(struct fetch_request){.url = str_from(rows[i].url), .guard = &open_guard},
                   FETCH_BAD_REQUEST, rows[i].text);
    const struct fetch_header bad[] = {
        {S("X"),   S("a\r\nEvil: b")},
        {S("X Y"), S("a")           }
    };
    for (uint32_t i = 0; i < 2; i++)
        expect_end(&(struct fetch_request){.url = S("http://example.com/"),
                                           .headers = &bad[i],
                                           .header_count = 1},
                   FETCH_BAD_REQUEST, "headers");
    expect_end(&(struct fetch_request){.url = S("http://example.com/"), .method = S("GE T")},
               FETCH_BAD_REQUEST, "method");
    expect_end(&(struct fetch_request){.url = S("http://example.com/"), .total_ms_max = -1},
               FETCH_BAD_REQUEST, "deadline");
}

// An '@' behind the host is no password.
static void an_at_sign_in_the_path_is_fine(void **state)
{
    (void)state;
    struct err err;
    const struct fetch_request request = {.url = S("https://example.com/@a?b=c@d")};
    assert_true(fetch_request_check(&request, &err));
}

static void addresses_that_are_not_public_are_refused(void **state)
{
    (void)state;
    struct loopback server = {.pages = {{.path = "/", .bytes = hello_page}}, .page_count = 1};
    loopback_start(&server);
    expect_end(&(struct fetch_request){.url = url_of(&server, "/")}, FETCH_REFUSED, "loopback");
    char text[64];
    static const char *const hosts[] = {
        "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1", "0.0.0.0"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        snprintf(text, sizeof text, "http://%s:%d/", hosts[i], server.port);
        expect_end(&(struct fetch_request){.url = str_from(text), .total_ms_max = 5000},
                   FETCH_REFUSED, "allow it by name");
    }
    assert_int_equal(0, server.connections);

    const str names[] = {S("127.0.0.1")};
    const struct address_guard named = {.names = names, .name_count = 1};
    expect_end(&(struct fetch_request){.url = url_of(&server, "/"), .guard = &named}, FETCH_DONE,
               "");
    snprintf(text, sizeof text, "http://localhost:%d/", server.port);
    expect_end(&(struct fetch_request){.url = str_from(text), .guard = &named}, FETCH_REFUSED,
               "localhost");
    loopback_stop(&server);
}

static void a_redirect_is_judged_like_a_first_request(void **state)
{
    (void)state;
    struct loopback server = {0},
                    other = {.pages = {{.path = "/in", .bytes = hello_page}}, .page_count = 1};
    loopback_start(&other);
    char away[256], unnamed[256];
    snprintf(away, sizeof away,
             "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/in\r\n"
             "Content-Length: 3\r\n\r\nbye",
             other.port);
    snprintf(unnamed, sizeof unnamed,
             "HTTP/1.1 302 Found\r\nLocation: http://localhost:%d/in\r\nContent-Length: 0\r\n\r\n",
             other.port);
    const struct page pages[] = {
        {.path = "/away",    .bytes = away                                                       },
        {.path = "/unnamed", .bytes = unnamed                                                    },
        {.path = "/here",    .bytes = "HTTP/1.1 307 X\r\nLocation: /hello\r\n\r\n"               },
        {.path = "/hello",   .bytes = hello_page                                                 },
        {.path = "/round",   .bytes = "HTTP/1.1 301 X\r\nLocation: /round\r\n\r\n"               },
        {.path = "/file",    .bytes = "HTTP/1.1 301 X\r\nLocation: file:///etc/passwd\r\n\r\n"   },
        {.path = "/user",    .bytes = "HTTP/1.1 301 X\r\nLocation: http://a:b@127.0.0.1/\r\n\r\n"},
    };
    memcpy(server.pages, pages, sizeof pages);
    server.page_count = sizeof pages / sizeof *pages;
    loopback_start(&server);

    char name[64];
    snprintf(name, sizeof name, "127.0.0.1:%d", server.port);
    const str names[] = {str_from(name)};
    const struct address_guard named = {.names = names, .name_count = 1};
    struct fetch_request request = {.guard = &named, .redirects_max = 3};
    request.url = url_of(&server, "/here");
    expect_end(&request, FETCH_DONE, "");
    request.url = url_of(&server, "/away"); // the same host, but not the named port
    expect_end(&request, FETCH_REFUSED, "loopback");
    request.url = url_of(&server, "/unnamed");
    expect_end(&request, FETCH_REFUSED, "localhost");
    request.url = url_of(&server, "/round");
    expect_end(&request, FETCH_REFUSED, "more than 3 redirects");
    request.url = url_of(&server, "/file");
    expect_end(&request, FETCH_REFUSED, "neither");
    request.url = url_of(&server, "/user");
    expect_end(&request, FETCH_REFUSED, "password");
    assert_int_equal(0, other.connections);
    loopback_stop(&server);
    loopback_stop(&other);
}

static void a_redirect_away_takes_no_secret_along(void **state)
{
    (void)state;
    struct loopback server = {0},
                    other = {.pages = {{.path = "/in", .bytes = hello_page}}, .page_count = 1};
    loopback_start(&other);
    char away[256];
    snprintf(away, sizeof away, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/in\r\n\r\n",
             other.port);
    server.pages[0] = (struct page){.path = "/away", .bytes = away};
    server.page_count = 1;
    loopback_start(&server);
    const struct fetch_header headers[] = {
        {S("X-Api-Key"),     S("secret")       },
        {S("Authorization"), S("Bearer secret")},
        {S("Accept"),        S("text/plain")   }
    };
    struct fetch_request request = {.url = url_of(&server, "/away"),
                                    .guard = &open_guard,
                                    .headers = headers,
                                    .header_count = 3,
                                    .redirects_max = 1};
    expect_end(&request, FETCH_DONE, "");
    assert_non_null(strstr(server.head, "secret"));
    assert_null(strstr(other.head, "secret"));
    assert_non_null(strstr(other.head, "Accept: text/plain"));

    // Not followed: without leave, and for a method that changes something.
    struct fetch_reply reply;
    struct err err;
    request.redirects_max = 0;
    request.url = url_of(&server, "/away");
    assert_true(fetch_run(&request, &reply, &err));
    assert_int_equal(302, reply.status);
    fetch_reply_finish(&reply);
    request.redirects_max = 1;
    request.method = S("POST");
    assert_true(fetch_run(&request, &reply, &err));
    assert_int_equal(302, reply.status);
    fetch_reply_finish(&reply);
    assert_int_equal(1, other.requests);
    loopback_stop(&server);
    loopback_stop(&other);
}

static void a_server_that_hangs_meets_the_deadline(void **state)
{
    (void)state;
    struct loopback server = {
        .pages = {{.path = "/silent", .bytes = "H", .hang = true},
                  {.path = "/half",
                   .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
                   .hang = true}},
        .page_count = 2
    };
    loopback_start(&server);
    struct fetch_request request = {.guard = &open_guard, .total_ms_max = 60};
    request.url = url_of(&server, "/silent");
    expect_end(&request, FETCH_DEADLINE, "60 ms");
    request.url = url_of(&server, "/half");
    expect_end(&request, FETCH_DEADLINE, "60 ms");
    request.total_ms_max = 0;
    request.idle_ms_max = 40;
    expect_end(&request, FETCH_DEADLINE, "no byte for 40 ms");
    loopback_stop(&server);
}

static void a_body_over_its_limit_is_cut_with_an_error(void **state)
{
    (void)state;
    struct loopback server = {
        .pages = {{.path = "/said", .bytes = hello_page},
                  {.path = "/unsaid", .bytes = "HTTP/1.1 200 OK\r\n\r\nhello"},
                  {.path = "/bad", .bytes = "HTTP/1.1 500 No\r\n\r\nhello"}},
        .page_count = 3
    };
    static char long_head[FETCH_HEAD_MAX + 4096];
    int at = snprintf(long_head, sizeof long_head, "HTTP/1.1 200 OK\r\n");
    while (at < FETCH_HEAD_MAX + 1024)
        at += snprintf(long_head + at, sizeof long_head - (size_t)at, "A: %0900d\r\n", 1);
    snprintf(long_head + at, sizeof long_head - (size_t)at, "\r\nhello");
    server.pages[server.page_count++] = (struct page){.path = "/head", .bytes = long_head};
    loopback_start(&server);
    static const char *const paths[] = {"/said", "/unsaid", "/bad"};
    for (size_t i = 0; i < 3; i++) {
        struct fetch_request request = {.guard = &open_guard, .url = url_of(&server, paths[i])};
        request.reply_bytes_max = 5;
        expect_end(&request, FETCH_DONE, "");
        request.reply_bytes_max = 4;
        expect_end(&request, FETCH_TOO_LARGE, "over 4 bytes");
    }
    expect_end(&(struct fetch_request){.guard = &open_guard, .url = url_of(&server, "/head")},
               FETCH_TOO_LARGE, "headers");
    loopback_stop(&server);
}

// What a stream saw, and when it is to stop.
struct seen {
    struct buf body;
    int32_t status;
    size_t stop_at;
    int asked, ask_max;
};

static void see_start(void *context, int32_t status, str head)
{
    struct seen *seen = context;
    str value;
    seen->status = status;
    assert_true(fetch_head_find(head, S("transfer-encoding"), &value));
}

static enum fetch_flow see_body(void *context, str bytes)
{
    struct seen *seen = context;
    assert_int_equal(200, seen->status);
    buf_add(&seen->body, bytes);
    return seen->body.len >= seen->stop_at ? FETCH_STOP : FETCH_GO_ON;
}

static bool see_time(void *context)
{
    struct seen *seen = context;
    return ++seen->asked < seen->ask_max;
}

static const char chunked_page[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                   "5\r\nhello\r\n1\r\n,\r\n6\r\n world\r\n0\r\n\r\n";

static void chunks_are_streamed_in_order(void **state)
{
    (void)state;
    struct loopback server = {
        .pages = {{.path = "/chunks", .bytes = chunked_page},
                  {.path = "/endless",
                   .bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                   .hang = true},
                  {.path = "/error",
                   .bytes = "HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n"
                            "\r\n2\r\n{}\r\n0\r\n\r\n"}},
        .page_count = 3
    };
    loopback_start(&server);
    struct seen seen = {.stop_at = 100, .ask_max = 1000};
    buf_init(&seen.body, 4096);
    struct fetch_request request = {.guard = &open_guard,
                                    .url = url_of(&server, "/chunks"),
                                    .reply_bytes_max = INT64_MAX,
                                    .on_start = see_start,
                                    .on_body = see_body,
                                    .keep_on = see_time,
                                    .context = &seen};
    expect_end(&request, FETCH_DONE, "");
    assert_true(str_is(buf_str(&seen.body), S("hello, world")));

    buf_clear(&seen.body);
    seen.stop_at = 5;
    request.url = url_of(&server, "/endless");
    expect_end(&request, FETCH_STOPPED, "");
    assert_true(str_is(buf_str(&seen.body), S("hello")));

    buf_clear(&seen.body);
    seen = (struct seen){.body = seen.body, .stop_at = 100, .ask_max = 5};
    expect_end(&request, FETCH_STOPPED, "");

    // The body of a refusal is kept whole instead of streamed.
    buf_clear(&seen.body);
    request.url = url_of(&server, "/error");
    seen.asked = -1000;
    struct fetch_reply reply;
    struct err err;
    assert_true(fetch_run(&request, &reply, &err));
    assert_int_equal(404, reply.status);
    assert_true(str_is(buf_str(&reply.body), S("{}")));
    assert_int_equal(0, seen.body.len);
    fetch_reply_finish(&reply);
    buf_finish(&seen.body);
    loopback_stop(&server);
}

// The reply is cut after each byte n, by a reset and by a plain close: whole or broken, never a
// short reply that looks whole.
static void a_reply_cut_at_any_byte_is_broken(void **state)
{
    (void)state;
    static const char *const pages[] = {hello_page, chunked_page};
    for (size_t which = 0; which < 4; which++) {
        struct loopback server = {.page_count = 1};
        const char *page = pages[which / 2];
        loopback_start(&server);
        for (size_t n = 1; n < strlen(page); n++) {
            server.pages[0] =
                (struct page){.path = "/", .bytes = page, .length = n, .reset = which % 2 == 0};
            struct fetch_request request = {.guard = &open_guard, .url = url_of(&server, "/")};
            struct fetch_reply reply;
            struct err err;
            bool good = fetch_run(&request, &reply, &err);
            // The last line end of a chunked reply says nothing new.
            bool whole = which / 2 == 1 && n >= strlen(page) - 2;
            if (good && !whole)
                fail_msg("page %zu cut at %zu looked whole", which, n);
            if (!good)
                assert_int_equal(FETCH_BROKEN, reply.end);
            fetch_reply_finish(&reply);
        }
        loopback_stop(&server);
    }
}

static void a_unix_socket_is_reached_by_path(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "/tmp/tatara-fetch-test-%d.sock", (int)getpid());
    struct loopback server = {
        .unix_path = path,
        .pages = {{.path = "/x", .bytes = hello_page},
                  {.path = "/away",
                   .bytes = "HTTP/1.1 302 X\r\nLocation: http://169.254.169.254/\r\n\r\n"}},
        .page_count = 2
    };
    loopback_start(&server);
    struct fetch_request request = {.url = S("http://tatara/x"), .unix_socket = str_from(path)};
    expect_end(&request, FETCH_DONE, "");
    assert_non_null(strstr(server.head, "Host: tatara\r\n"));
    request.url = S("http://tatara/away");
    request.redirects_max = 1;
    expect_end(&request, FETCH_REFUSED, "unix socket");
    loopback_stop(&server);
    request.url = S("http://tatara/x");
    expect_end(&request, FETCH_UNREACHABLE, "tatara/x");
}

static void nobody_listening_is_unreachable(void **state)
{
    (void)state;
    struct loopback server = {0};
    loopback_start(&server);
    loopback_stop(&server);
    expect_end(
        &(struct fetch_request){.url = url_of(&server, "/secret?key=hidden"), .guard = &open_guard},
        FETCH_UNREACHABLE, "/secret: unreachable");
}

// A proxy in the environment is not asked.
static void the_environment_names_no_proxy(void **state)
{
    (void)state;
    struct loopback server = {.pages = {{.path = "/a", .bytes = hello_page}}, .page_count = 1};
    struct loopback proxy = {0};
    loopback_start(&server);
    loopback_start(&proxy);
    char text[64];
    snprintf(text, sizeof text, "http://127.0.0.1:%d", proxy.port);
    setenv("http_proxy", text, 1);
    setenv("all_proxy", text, 1);
    struct fetch_request request = {.url = url_of(&server, "/a"), .guard = &open_guard};
    expect_end(&request, FETCH_DONE, "");
    assert_int_equal(0, proxy.connections);
    request.proxy_from_environment = true;
    expect_end(&request, FETCH_BROKEN, "");
    assert_int_equal(1, proxy.connections);
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    loopback_stop(&server);
    loopback_stop(&proxy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_comes_back_whole),
        cmocka_unit_test(what_is_not_a_request_is_not_sent),
        cmocka_unit_test(an_at_sign_in_the_path_is_fine),
        cmocka_unit_test(addresses_that_are_not_public_are_refused),
        cmocka_unit_test(a_redirect_is_judged_like_a_first_request),
        cmocka_unit_test(a_redirect_away_takes_no_secret_along),
        cmocka_unit_test(a_server_that_hangs_meets_the_deadline),
        cmocka_unit_test(a_body_over_its_limit_is_cut_with_an_error),
        cmocka_unit_test(chunks_are_streamed_in_order),
        cmocka_unit_test(a_reply_cut_at_any_byte_is_broken),
        cmocka_unit_test(a_unix_socket_is_reached_by_path),
        cmocka_unit_test(nobody_listening_is_unreachable),
        cmocka_unit_test(the_environment_names_no_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
