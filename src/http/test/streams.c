// Following: output and journal as server-sent events, resumed, ended, and many at once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/codec.h"
#include "base/json.h"
#include "http/test/test_house.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct test_house house;

static int open_house(void **state)
{
    (void)state;
    test_house_open(&house);
    house.config.heartbeat_ms = 30;
    test_house_serve(&house);
    return 0;
}

static int close_house(void **state)
{
    (void)state;
    test_house_close(&house);
    return 0;
}

// A client of a stream: chunks are joined, events taken apart.
struct client {
    int connection;
    int status;
    size_t chunk; // bytes left of the chunk
    bool ended;
    uint32_t comments;
    size_t at, length; // of what was received and not yet looked at
    char received[4096];
};

struct event_seen {
    char id[64], kind[32];
    char data[4096];
};

static bool one_byte(struct client *client, char *ret_byte)
{
    if (client->at == client->length) {
        ssize_t got = recv(client->connection, client->received, sizeof client->received, 0);
        if (got <= 0)
            return false;
        client->length = (size_t)got;
        client->at = 0;
    }
    *ret_byte = client->received[client->at++];
    return true;
}

static bool next_chunk(struct client *client)
{
    char line[32] = "";
    size_t length = 0;
    while (length < sizeof line - 1 && one_byte(client, &line[length])) {
        length++;
        if (length >= 2 && line[length - 1] == '\n') {
            if (length == 2) // the end of the chunk before
                length = 0;
            else
                break;
        }
    }
    client->chunk = strtoul(line, NULL, 16);
    client->ended = client->chunk == 0;
    return !client->ended;
}

static bool stream_line(struct client *client, char *line, size_t size)
{
    size_t length = 0;
    for (;;) {
        char c;
        if ((client->chunk == 0 && !next_chunk(client)) || !one_byte(client, &c))
            return false;
        client->chunk--;
        if (c == '\n')
            break;
        assert_true(length + 1 < size);
        line[length++] = c;
    }
    line[length] = 0;
    return true;
}

static struct client follow(const char *path, const char *key, const char *headers)
{
    struct client client = {.connection = test_connect(&house)};
    char text[1024], head[4096];
    int size = snprintf(text, sizeof text,
                        "GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n%s\r\n",
                        path, key, headers);
    test_send(client.connection, text, (size_t)size);
    size_t length = 0;
    while (length < sizeof head - 1 && one_byte(&client, &head[length])) {
        head[++length] = 0;
        if (length > 4 && strcmp(head + length - 4, "\r\n\r\n") == 0)
            break;
    }
    sscanf(head, "HTTP/1.1 %d", &client.status);
    return client;
}

static bool next_event(struct client *client, struct event_seen *event)
{
    static char line[8192];
    *event = (struct event_seen){.kind = "message"};
    bool some = false;
    while (stream_line(client, line, sizeof line)) {
        if (line[0] == 0 && some)
            return true;
        if (line[0] == ':')
            client->comments++;
        some = some || (line[0] != 0 && line[0] != ':');
        if (strncmp(line, "id: ", 4) == 0)
            snprintf(event->id, sizeof event->id, "%.60s", line + 4);
        if (strncmp(line, "event: ", 7) == 0)
            snprintf(event->kind, sizeof event->kind, "%.30s", line + 7);
        if (strncmp(line, "data: ", 6) == 0)
            snprintf(event->data, sizeof event->data, "%.4090s", line + 6);
    }
    return false;
}

static void want(struct client *client, const char *kind, const char *id, const char *text)
{
    struct event_seen event;
    struct buf bytes;
    buf_init(&bytes, 4096);
    assert_true(next_event(client, &event));
    assert_string_equal(event.kind, kind);
    if (id)
        assert_string_equal(event.id, id);
    if (text) {
        assert_true(base64_decode(str_from(event.data), &bytes));
        assert_string_equal(buf_cstr(&bytes), text);
    }
    buf_finish(&bytes);
}

static void submit(uint64_t devices)
{
    char body[96];
    snprintf(body, sizeof body, "{\"devices\":%llu,\"argv\":[\"x\"],\"restartable\":true}",
             (unsigned long long)devices);
    struct test_reply reply = test_ask(&house, "POST", "/api/v1/jobs", house.user.text, "", body);
    assert_int_equal(reply.status, 201);
    test_reply_finish(&reply);
}

static void output_is_followed_to_the_end_of_the_job(void **state)
{
    (void)state;
    submit(4); // job-1
    struct client client = follow("/api/v1/jobs/job-1/log/follow", house.user.text, "");
    assert_int_equal(client.status, 200);
    test_house_report(&house, 1, ATTEMPT_STARTED, 0);
    test_house_output(&house, 1, 1, ENGINE_STDOUT, "one\n");
    want(&client, "stdout", "4,0,1", "one\n");
    test_house_output(&house, 1, 1, ENGINE_STDERR, "bad\n");
    want(&client, "stderr", "4,4,1", "bad\n");
    test_house_output(&house, 1, 1, ENGINE_STDOUT, "two\n");
    want(&client, "stdout", "8,4,1", "two\n");
    test_house_output_ends(&house, 1, 1);
    test_house_report(&house, 1, ATTEMPT_ENDED, 5000);
    struct event_seen event;
    assert_true(next_event(&client, &event));
    assert_string_equal(event.kind, "end");
    assert_non_null(strstr(event.data, "\"id\":\"job-1\""));
    assert_non_null(strstr(event.data, "\"code\":3"));
    assert_false(next_event(&client, &event));
    assert_true(client.ended);
    close(client.connection);

    // Again from the middle: nothing twice, nothing missing.
    client = follow("/api/v1/jobs/job-1/log/follow", house.user.text, "Last-Event-ID: 4,4,1\r\n");
    want(&client, "stdout", "8,4,1", "two\n");
    want(&client, "end", "8,4,1", NULL);
    close(client.connection);
}

static void a_queued_job_is_followed_from_its_first_byte(void **state)
{
    (void)state;
    submit(4); // job-2 runs
    submit(4); // job-3 waits
    struct client client = follow("/api/v1/jobs/job-3/log/follow", house.user.text, "");
    assert_int_equal(client.status, 200);
    test_house_report(&house, 2, ATTEMPT_STARTED, 0);
    test_house_report(&house, 2, ATTEMPT_ENDED, 100);
    test_house_report(&house, 3, ATTEMPT_STARTED, 0);
    test_house_output(&house, 3, 1, ENGINE_STDOUT, "at last");
    want(&client, "stdout", "7,0,1", "at last");

    // Lost: it is begun again, and the follower is told.
    test_house_output_ends(&house, 3, 1);
    struct input lost = {.kind = INPUT_ATTEMPT_REPORT};
    lost.attempt = (struct attempt_report){
        .job = 3, .attempt = 1, .event = ATTEMPT_ENDED, .ran_ms = 10, .reason = REASON_LOST};
    assert_int_equal(test_house_do(&house, lost).answer, ANSWER_OK);
    want(&client, "attempt", "0,0,2", NULL);
    test_house_report(&house, 3, ATTEMPT_STARTED, 0);
    test_house_output(&house, 3, 2, ENGINE_STDOUT, "again");
    want(&client, "stdout", "5,0,2", "again");
    test_house_output_ends(&house, 3, 2);
    test_house_report(&house, 3, ATTEMPT_ENDED, 20);
    want(&client, "end", "5,0,2", NULL);
    close(client.connection);
}

static void a_job_that_never_ran_ends_at_once(void **state)
{
    (void)state;
    submit(4); // job-4 runs
    submit(4); // job-5 waits
    struct client client = follow("/api/v1/jobs/job-5/log/follow", house.user.text, "");
    struct test_reply reply =
        test_ask(&house, "POST", "/api/v1/jobs/job-5/stop", house.user.text, "", "{}");
    assert_int_equal(reply.status, 200);
    test_reply_finish(&reply);
    want(&client, "end", "0,0,0", NULL);
    close(client.connection);
}

static void the_journal_is_followed_and_resumed(void **state)
{
    (void)state;
    uint64_t size = test_house_size(&house);
    char last[64], id[32];
    struct event_seen event;
    struct client client = follow("/api/v1/journal/follow?after=-1", house.admin.text, "");
    assert_int_equal(client.status, 200);
    for (uint64_t seq = 0; seq < size; seq++) {
        assert_true(next_event(&client, &event));
        snprintf(id, sizeof id, "%llu", (unsigned long long)seq);
        assert_string_equal(event.id, id);
        assert_non_null(strstr(event.data, "\"kind\":\""));
    }
    while (client.comments < 3) { // nothing new: heartbeats come
        char line[64];
        assert_true(stream_line(&client, line, sizeof line));
        client.comments += line[0] == ':';
    }
    submit(1);
    assert_true(next_event(&client, &event));
    assert_non_null(strstr(event.data, "job_queued"));
    close(client.connection);
    snprintf(last, sizeof last, "Last-Event-ID: %llu\r\n", (unsigned long long)size - 1);
    client = follow("/api/v1/journal/follow", house.admin.text, last);
    assert_true(next_event(&client, &event));
    assert_non_null(strstr(event.data, "job_queued"));
    close(client.connection);
}

static void the_journal_is_exported_whole(void **state)
{
    (void)state;
    uint64_t size = test_house_size(&house), lines = 0;
    struct test_reply reply =
        test_ask(&house, "GET", "/api/v1/journal/export", house.admin.text, "", NULL);
    assert_int_equal(reply.status, 200);
    for (size_t i = 0; i < reply.body.len; i++)
        lines += reply.body.ptr[i] == '\n';
    assert_int_equal(lines, size);
    test_reply_finish(&reply);
    reply =
        test_ask(&house, "GET", "/api/v1/journal/export?from=1000000", house.admin.text, "", NULL);
    assert_int_equal(reply.body.len, 0);
    test_reply_finish(&reply);
}

static void a_revoked_key_ends_its_streams(void **state)
{
    (void)state;
    struct secret secret = secret_random();
    struct input input = {.kind = INPUT_KEY_NEW};
    input.key = (struct key_new){.account = ACCOUNT_HOUSE, .role = ROLE_READER};
    input.key.hmac = secret_hmac(house.config.secret, str_from(secret.text));
    uint64_t key = test_house_do(&house, input).subject;
    struct client client = follow("/api/v1/journal/follow", secret.text, "");
    assert_int_equal(client.status, 200);
    input = (struct input){.kind = INPUT_KEY_REVOKE, .id = key};
    assert_int_equal(test_house_do(&house, input).answer, ANSWER_OK);
    struct event_seen event;
    while (next_event(&client, &event))
        continue;
    assert_true(client.ended);
    close(client.connection);
}

// Sixty-four follow; half of them never read. The others see everything all the same.
static void slow_readers_hold_up_nobody(void **state)
{
    (void)state;
    enum { FOLLOWERS = 64 };
    struct client clients[FOLLOWERS];
    uint64_t size = test_house_size(&house);
    for (int i = 0; i < FOLLOWERS; i++)
        clients[i] = follow("/api/v1/journal/follow?after=-1", house.admin.text, "");
    struct event_seen event;
    for (int i = 1; i < FOLLOWERS; i += 2)
        for (uint64_t seq = 0; seq < size; seq++)
            assert_true(next_event(&clients[i], &event));
    submit(1);
    for (int i = 1; i < FOLLOWERS; i += 2) {
        assert_true(next_event(&clients[i], &event));
        assert_non_null(strstr(event.data, "job_queued"));
    }
    for (int i = 0; i < FOLLOWERS; i++)
        close(clients[i].connection);
}

// More than a follower's buffer holds, to one who begins to read late: whole and in order.
static void much_output_reaches_a_late_reader(void **state)
{
    (void)state;
    enum { LINES = 60000, LINE = 16 };
    static char all[LINES * LINE + 1];
    for (int i = 0; i < LINES; i++)
        snprintf(all + (size_t)i * LINE, LINE + 1, "line %010d\n", i);
    struct test_reply reply =
        test_ask(&house, "GET", "/api/v1/jobs?state=starting", house.user.text, "", NULL);
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(buf_cstr(&reply.body), "\"id\":\"job-4\""));
    test_reply_finish(&reply);
    test_house_output(&house, 4, 1, ENGINE_STDOUT, all);
    test_house_output_ends(&house, 4, 1);
    struct client client = follow("/api/v1/jobs/job-4/log/follow", house.user.text, "");
    test_house_report(&house, 4, ATTEMPT_STARTED, 0);
    test_house_report(&house, 4, ATTEMPT_ENDED, 100); // by now the buffer is long full
    static char line[128 * 1024];
    static char got[LINES * LINE];
    struct buf bytes;
    size_t length = 0;
    bool ended = false;
    buf_init(&bytes, sizeof got);
    while (!ended && stream_line(&client, line, sizeof line)) {
        ended = strcmp(line, "event: end") == 0;
        buf_clear(&bytes);
        if (ended || strncmp(line, "data: ", 6) != 0)
            continue;
        assert_true(base64_decode(str_from(line + 6), &bytes));
        assert_true(length + bytes.len <= sizeof got);
        memcpy(got + length, bytes.ptr, bytes.len);
        length += bytes.len;
    }
    assert_true(ended);
    assert_int_equal(length, sizeof got);
    assert_memory_equal(got, all, sizeof got);
    buf_finish(&bytes);
    close(client.connection);
}

static void the_server_closes_under_streams(void **state)
{
    (void)state;
    struct client client = follow("/api/v1/journal/follow", house.admin.text, "");
    assert_int_equal(client.status, 200);
    http_destroy(house.http);
    struct event_seen event;
    while (next_event(&client, &event))
        continue;
    assert_true(client.ended);
    close(client.connection);
    test_house_serve(&house); // the same desk, a new server
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_is_followed_to_the_end_of_the_job),
        cmocka_unit_test(a_queued_job_is_followed_from_its_first_byte),
        cmocka_unit_test(a_job_that_never_ran_ends_at_once),
        cmocka_unit_test(the_journal_is_followed_and_resumed),
        cmocka_unit_test(the_journal_is_exported_whole),
        cmocka_unit_test(a_revoked_key_ends_its_streams),
        cmocka_unit_test(slow_readers_hold_up_nobody),
        cmocka_unit_test(much_output_reaches_a_late_reader),
        cmocka_unit_test(the_server_closes_under_streams),
    };
    return cmocka_run_group_tests(tests, open_house, close_house);
}
