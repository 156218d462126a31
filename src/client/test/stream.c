#include "client/stream.h"
#include "client/test/script.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

// Events as one text: name|data|id, a line each.
static bool note(void *context, const struct sse_event *event)
{
    buf_format(context, "%.*s|%.*s|%.*s\n", STR(event->name), STR(event->data), STR(event->id));
    return !str_is(event->name, S("end"));
}

static const char text[] = ": heartbeat\n"
                           "id: 1,0\nevent: stdout\ndata: aGk=\n\n"
                           "data:no blank\r\ndata:  two\r\n\r\n"
                           "event: nothing\n\n"
                           "unknown: x\nretry: 5\ndata\n\n"
                           "id\nevent: stderr\rdata: cr\r\r"
                           "id: 9\nevent: end\ndata: {}\n\n";
static const char events[] = "stdout|aGk=|1,0\n"
                             "message|no blank\n two|1,0\n"
                             "message||1,0\n"
                             "stderr|cr|\n"
                             "end|{}|9\n";

// Cut in two at every place: the events are the same.
static void events_are_the_same_however_the_bytes_come(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < sizeof text - 1; cut++) {
        struct sse sse;
        struct buf seen;
        struct err err;
        bool stopped;
        sse_init(&sse);
        buf_init(&seen, 1000);
        if (sse_feed(&sse, (str){text, cut}, note, &seen, &stopped, &err))
            assert_false(sse_feed(&sse, (str){text + cut, sizeof text - 1 - cut}, note, &seen,
                                  &stopped, &err));
        assert_true(stopped);
        assert_string_equal(buf_cstr(&seen), events);
        sse_finish(&sse);
        buf_finish(&seen);
    }
}

static void an_event_beyond_the_limits_is_a_fault(void **state)
{
    (void)state;
    static char line[SSE_LINE_MAX / 2];
    struct sse sse;
    struct buf seen;
    struct err err;
    bool stopped;
    memset(line, 'x', sizeof line);
    sse_init(&sse);
    buf_init(&seen, 100);
    assert_true(sse_feed(&sse, (str){line, sizeof line}, note, &seen, &stopped, &err));
    assert_true(sse_feed(&sse, (str){line, sizeof line}, note, &seen, &stopped, &err));
    assert_false(sse_feed(&sse, S("x"), note, &seen, &stopped, &err));
    assert_false(stopped);
    assert_non_null(strstr(err.text, "a line above"));
    sse_finish(&sse);

    sse_init(&sse);
    bool good = true;
    for (int i = 0; good && i < 20; i++)
        good = sse_feed(&sse, S("data: "), note, &seen, &stopped, &err) &&
               sse_feed(&sse, (str){line, sizeof line}, note, &seen, &stopped, &err) &&
               sse_feed(&sse, S("\n"), note, &seen, &stopped, &err);
    assert_false(good);
    assert_non_null(strstr(err.text, "an event above"));
    sse_finish(&sse);
    buf_finish(&seen);
}

// --- over connections ---

#define STREAM "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

static struct script script;
static struct connection connection;

static int start(void **state)
{
    (void)state;
    script = (struct script){0};
    script_start(&script);
    connection = (struct connection){.key = "tk_secret"};
    snprintf(connection.url, sizeof connection.url, "http://127.0.0.1:%d", script.port);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    script_stop(&script);
    return 0;
}

static void a_lost_connection_is_taken_up_behind_the_last_event(void **state)
{
    (void)state;
    struct buf seen;
    struct err err;
    struct call_answer answer;
    buf_init(&seen, 1000);
    script.replies[0] = STREAM "id: 5\ndata: a\n\nid: 6\ndata: cut";
    script.replies[1] = "HTTP/1.1 503 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    script.replies[2] = STREAM "id: 6\ndata: b\n\nevent: end\ndata: c\n\n";
    script.count = 3;
    struct stream stream = {.path = S("/follow"), .take = note, .context = &seen};
    assert_int_equal(stream_run(&connection, &stream, &answer, &err), STREAM_STOPPED);
    assert_string_equal(buf_cstr(&seen), "message|a|5\nmessage|b|6\nend|c|6\n");
    assert_null(strcasestr(script.heads[0], "last-event-id"));
    assert_non_null(strcasestr(script.heads[1], "\r\nlast-event-id: 5\r\n"));
    assert_non_null(strcasestr(script.heads[2], "\r\nlast-event-id: 5\r\n"));
    call_answer_finish(&answer);
    buf_finish(&seen);
}

static void a_refused_stream_says_why(void **state)
{
    (void)state;
    struct err err;
    struct call_answer answer;
    struct buf seen;
    buf_init(&seen, 10);
    script.replies[0] = "HTTP/1.1 404 X\r\nContent-Type: application/json\r\nContent-Length: 50\r\n"
                        "Connection: close\r\n\r\n"
                        "{\"code\":\"not_found\",\"message\":\"there is no job-9\"}";
    script.count = 1;
    struct stream stream = {.path = S("/follow"), .take = note, .context = &seen};
    assert_int_equal(stream_run(&connection, &stream, &answer, &err), STREAM_REFUSED);
    assert_int_equal(answer.status, 404);
    assert_string_equal(err.text, "there is no job-9");
    assert_int_equal(script.connections, 1);
    call_answer_finish(&answer);
    buf_finish(&seen);
}

static void nobody_there_ends_a_stream_at_once(void **state)
{
    (void)state;
    struct err err;
    struct call_answer answer;
    struct buf seen;
    buf_init(&seen, 10);
    struct connection nowhere = {.url = "http://127.0.0.1:1"};
    struct stream stream = {.path = S("/follow"), .take = note, .context = &seen};
    assert_int_equal(stream_run(&nowhere, &stream, &answer, &err), STREAM_LOST);
    assert_int_equal(answer.end, CALL_NO_SERVER);
    call_answer_finish(&answer);
    buf_finish(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_the_same_however_the_bytes_come),
        cmocka_unit_test(an_event_beyond_the_limits_is_a_fault),
        cmocka_unit_test_setup_teardown(a_lost_connection_is_taken_up_behind_the_last_event, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_refused_stream_says_why, start, stop),
        cmocka_unit_test(nobody_there_ends_a_stream_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
