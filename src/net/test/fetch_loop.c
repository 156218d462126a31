#include "net/fetch_loop.h"
#include "loopback.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const struct address_guard open_guard = {.open = true};
static const char hello_page[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
static const char busy_page[] = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy";

// Counts ends; a test waits until enough have come.
struct tally {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint32_t ends[16], all, bytes;
    uint32_t pauses; // still to be asked for
    int32_t status;
};

static void tally_begin(struct tally *tally)
{
    *tally = (struct tally){0};
    pthread_mutex_init(&tally->mutex, NULL);
    pthread_cond_init(&tally->changed, NULL);
}

static void count_end(void *context, struct fetch_reply *reply, const struct err *err)
{
    (void)err;
    struct tally *tally = context;
    pthread_mutex_lock(&tally->mutex);
    tally->ends[reply->end]++;
    tally->all++;
    tally->status = reply->status;
    pthread_cond_signal(&tally->changed);
    pthread_mutex_unlock(&tally->mutex);
}

static void wait_for(struct tally *tally, const uint32_t *number, uint32_t least)
{
    pthread_mutex_lock(&tally->mutex);
    while (*number < least)
        pthread_cond_wait(&tally->changed, &tally->mutex);
    pthread_mutex_unlock(&tally->mutex);
}

static enum fetch_flow take_or_pause(void *context, str bytes)
{
    struct tally *tally = context;
    pthread_mutex_lock(&tally->mutex);
    bool pause = tally->pauses > 0;
    if (pause)
        tally->pauses--;
    else
        tally->bytes += (uint32_t)bytes.len;
    tally->all++;
    pthread_cond_signal(&tally->changed);
    pthread_mutex_unlock(&tally->mutex);
    return pause ? FETCH_PAUSE : FETCH_GO_ON;
}

static str url_of(const struct loopback *server, const char *path, char *text, size_t size)
{
    snprintf(text, size, "http://127.0.0.1:%d%s", server->port, path);
    return str_from(text);
}

static void many_requests_end_once_each(void **state)
{
    (void)state;
    struct loopback server = {.pages = {{.path = "/a", .bytes = hello_page}}, .page_count = 1};
    loopback_start(&server);
    struct tally tally;
    tally_begin(&tally);
    char url[64];
    struct fetch_loop *loop = fetch_loop_create();
    struct fetch_request request = {.url = url_of(&server, "/a", url, sizeof url),
                                    .guard = &open_guard};
    uint64_t last = 0;
    for (uint32_t i = 0; i < 100; i++) {
        uint64_t id = fetch_loop_start(loop, &request, count_end, &tally);
        assert_true(id > last);
        last = id;
    }
    request.url = S("ftp://nowhere/");
    fetch_loop_start(loop, &request, count_end, &tally);
    wait_for(&tally, &tally.all, 101);
    assert_int_equal(100, tally.ends[FETCH_DONE]);
    assert_int_equal(1, tally.ends[FETCH_BAD_REQUEST]);
    fetch_loop_cancel(loop, last); // ended: nothing
    fetch_loop_destroy(loop);
    assert_int_equal(101, tally.all);
    assert_int_equal(100, server.requests);
    loopback_stop(&server);
}

static void what_hangs_is_cancelled_or_ends_with_its_loop(void **state)
{
    (void)state;
    struct loopback server = {.pages = {{.path = "/hang", .bytes = "H", .hang = true}},
                              .page_count = 1};
    loopback_start(&server);
    struct tally tally;
    tally_begin(&tally);
    char url[64];
    struct fetch_loop *loop = fetch_loop_create();
    struct fetch_request request = {.url = url_of(&server, "/hang", url, sizeof url),
                                    .guard = &open_guard};
    uint64_t first = fetch_loop_start(loop, &request, count_end, &tally);
    fetch_loop_start(loop, &request, count_end, &tally);
    fetch_loop_cancel(loop, first);
    wait_for(&tally, &tally.ends[FETCH_STOPPED], 1);
    assert_int_equal(1, tally.all);
    fetch_loop_destroy(loop);
    assert_int_equal(2, tally.ends[FETCH_STOPPED]);
    assert_int_equal(2, tally.all);
    loopback_stop(&server);
}

static void a_paused_stream_loses_nothing(void **state)
{
    (void)state;
    struct loopback server = {.pages = {{.path = "/a", .bytes = hello_page}}, .page_count = 1};
    loopback_start(&server);
    struct tally tally;
    tally_begin(&tally);
    tally.pauses = 3;
    char url[64];
    struct fetch_loop *loop = fetch_loop_create();
    struct fetch_request request = {.url = url_of(&server, "/a", url, sizeof url),
                                    .guard = &open_guard,
                                    .on_body = take_or_pause,
                                    .context = &tally};
    uint64_t id = fetch_loop_start(loop, &request, count_end, &tally);
    for (uint32_t asked = 1; asked <= 3; asked++) {
        wait_for(&tally, &tally.all, asked);
        assert_int_equal(0, tally.bytes);
        fetch_loop_resume(loop, id);
    }
    wait_for(&tally, &tally.ends[FETCH_DONE], 1);
    assert_int_equal(5, tally.bytes);
    fetch_loop_destroy(loop);
    loopback_stop(&server);
}

// A connection opened for one who may must not serve one who may not.
static void a_kept_connection_is_judged_again(void **state)
{
    (void)state;
    struct loopback server = {.pages = {{.path = "/a", .bytes = hello_page, .hold = true}},
                              .page_count = 1};
    loopback_start(&server);
    struct tally tally;
    tally_begin(&tally);
    char url[64];
    struct fetch_loop *loop = fetch_loop_create();
    struct fetch_request request = {.url = url_of(&server, "/a", url, sizeof url),
                                    .guard = &open_guard};
    for (uint32_t i = 1; i <= 2; i++) {
        fetch_loop_start(loop, &request, count_end, &tally);
        wait_for(&tally, &tally.all, i);
    }
    assert_int_equal(2, tally.ends[FETCH_DONE]);
    assert_int_equal(1, server.connections);
    request.guard = NULL;
    fetch_loop_start(loop, &request, count_end, &tally);
    wait_for(&tally, &tally.all, 3);
    assert_int_equal(1, tally.ends[FETCH_REFUSED]);
    assert_int_equal(2, server.requests);
    fetch_loop_destroy(loop);
    loopback_stop(&server);
}

static void run_once(const struct fetch_request *request, struct tally *tally)
{
    tally_begin(tally);
    struct fetch_loop *loop = fetch_loop_create_still();
    fetch_loop_start(loop, request, count_end, tally);
    while (fetch_loop_turn(loop, 1000) > 0)
        continue;
    fetch_loop_destroy(loop);
    assert_int_equal(1, tally->all);
}

static void what_passes_is_tried_again(void **state)
{
    (void)state;
    struct loopback server = {
        .pages = {{.path = "/busy", .bytes = hello_page, .first = busy_page, .first_count = 2},
                  {.path = "/cut", .bytes = hello_page, .first = "HTTP/1.1 2", .first_count = 2},
                  {.path = "/off", .bytes = busy_page},
                  {.path = "/bad", .bytes = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"}},
        .page_count = 4
    };
    loopback_start(&server);
    struct tally tally;
    char url[64];
    struct fetch_request request = {.guard = &open_guard, .tries_max = 3, .pause_ms_max = 1};
    static const struct {
        const char *path, *method;
        bool repeatable;
        int32_t status;
        uint32_t requests;
    } rows[] = {
        {"/busy", "GET",  false, 200, 3},
        {"/cut",  "GET",  false, 200, 3},
        {"/off",  "GET",  false, 503, 3},
        {"/bad",  "GET",  false, 500, 1},
        {"/busy", "POST", false, 503, 1},
        {"/busy", "POST", true,  200, 3},
        {"/off",  "HEAD", false, 503, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t before = server.requests;
        for (uint32_t page = 0; page < server.page_count; page++)
            server.pages[page].given = 0;
        request.url = url_of(&server, rows[i].path, url, sizeof url);
        request.method = str_from(rows[i].method);
        request.repeatable = rows[i].repeatable;
        run_once(&request, &tally);
        assert_int_equal(1, tally.ends[FETCH_DONE]);
        assert_int_equal(rows[i].status, tally.status);
        assert_int_equal(rows[i].requests, server.requests - before);
    }
    loopback_stop(&server);
}

// What the caller has seen cannot be unsaid: cut after the first byte of the body.
static void what_was_shown_is_not_tried_again(void **state)
{
    (void)state;
    struct loopback server = {
        .pages = {{.path = "/cut", .bytes = hello_page, .length = sizeof hello_page - 3}},
        .page_count = 1};
    loopback_start(&server);
    struct tally tally;
    char url[64];
    struct fetch_request request = {.guard = &open_guard,
                                    .tries_max = 3,
                                    .pause_ms_max = 1,
                                    .url = url_of(&server, "/cut", url, sizeof url),
                                    .on_body = take_or_pause};
    struct tally stream;
    tally_begin(&stream);
    request.context = &stream;
    run_once(&request, &tally);
    assert_int_equal(1, tally.ends[FETCH_BROKEN]);
    assert_int_equal(1, server.requests);
    request.on_body = NULL;
    run_once(&request, &tally);
    assert_int_equal(1, tally.ends[FETCH_BROKEN]);
    assert_int_equal(4, server.requests);
    loopback_stop(&server);
}

static void tries_stay_within_budget_and_deadline(void **state)
{
    (void)state;
    struct loopback server = {
        .pages = {{.path = "/off", .bytes = busy_page},
                  {.path = "/later",
                   .bytes = "HTTP/1.1 503 X\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"}},
        .page_count = 2
    };
    loopback_start(&server);
    struct tally tally;
    char url[64];
    struct retry_budget budget;
    retry_budget_init(&budget, 0, 2);
    struct fetch_request request = {.guard = &open_guard,
                                    .tries_max = 2,
                                    .pause_ms_max = 1,
                                    .url = url_of(&server, "/off", url, sizeof url),
                                    .budget = &budget};
    for (int i = 0; i < 5; i++)
        run_once(&request, &tally);
    assert_int_equal(5 + 2, server.requests);

    // Seven seconds are more than there is: the 503 is the answer, at once.
    request.budget = NULL;
    request.url = url_of(&server, "/later", url, sizeof url);
    request.total_ms_max = 5000;
    run_once(&request, &tally);
    assert_int_equal(503, tally.status);
    assert_int_equal(5 + 2 + 1, server.requests);
    loopback_stop(&server);
}

static void a_budget_is_earned_and_spent(void **state)
{
    (void)state;
    struct retry_budget budget;
    retry_budget_init(&budget, 10, 3);
    for (int i = 0; i < 3; i++)
        assert_true(retry_budget_spend(&budget));
    assert_false(retry_budget_spend(&budget));
    for (int i = 0; i < 9; i++)
        retry_budget_earn(&budget);
    assert_false(retry_budget_spend(&budget));
    retry_budget_earn(&budget);
    assert_true(retry_budget_spend(&budget));
    assert_false(retry_budget_spend(&budget));
    for (int i = 0; i < 1000; i++)
        retry_budget_earn(&budget);
    uint32_t spent = 0;
    while (retry_budget_spend(&budget))
        spent++;
    assert_int_equal(3, spent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_requests_end_once_each),
        cmocka_unit_test(what_hangs_is_cancelled_or_ends_with_its_loop),
        cmocka_unit_test(a_paused_stream_loses_nothing),
        cmocka_unit_test(a_kept_connection_is_judged_again),
        cmocka_unit_test(what_passes_is_tried_again),
        cmocka_unit_test(what_was_shown_is_not_tried_again),
        cmocka_unit_test(tries_stay_within_budget_and_deadline),
        cmocka_unit_test(a_budget_is_earned_and_spent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
