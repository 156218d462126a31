#include "client/stream.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { IDLE_MS_MAX = 45 * 1000 }; // three heartbeats

void sse_init(struct sse *sse)
{
    *sse = (struct sse){0};
    buf_init(&sse->line, SSE_LINE_MAX);
    buf_init(&sse->name, SSE_LINE_MAX);
    buf_init(&sse->data, SSE_DATA_MAX);
    buf_init(&sse->id, SSE_LINE_MAX);
    buf_init(&sse->next_id, SSE_LINE_MAX);
}

void sse_finish(struct sse *sse)
{
    buf_finish(&sse->line);
    buf_finish(&sse->name);
    buf_finish(&sse->data);
    buf_finish(&sse->id);
    buf_finish(&sse->next_id);
}

static void set(struct buf *buf, str text)
{
    buf_clear(buf);
    buf_add(buf, text);
}

void sse_restart(struct sse *sse)
{
    buf_clear(&sse->line);
    buf_clear(&sse->name);
    buf_clear(&sse->data);
    set(&sse->next_id, buf_str(&sse->id));
    sse->has_data = sse->skip_feed = false;
}

static void take_field(struct sse *sse, str name, str value)
{
    if (str_is(name, S("event"))) {
        set(&sse->name, value);
    } else if (str_is(name, S("data"))) {
        if (sse->has_data)
            buf_byte(&sse->data, '\n');
        sse->has_data = true;
        buf_add(&sse->data, value);
    } else if (str_is(name, S("id")) && (value.len == 0 || !memchr(value.ptr, '\0', value.len))) {
        set(&sse->next_id, value);
    }
}

// One line without its end. An empty one ends the event.
static bool take_line(struct sse *sse, bool (*take)(void *context, const struct sse_event *event),
                      void *context)
{
    str line = buf_str(&sse->line), name = line, value = S("");
    if (line.len > 0) {
        if (line.ptr[0] == ':')
            return true;
        if (str_cut(line, ':', &name, &value) && str_starts(value, S(" ")))
            value = str_skip(value, 1);
        take_field(sse, name, value);
        return true;
    }
    bool go_on = true;
    set(&sse->id, buf_str(&sse->next_id)); // only now: an event cut short must come again
    if (sse->has_data) {
        struct sse_event event = {.name = sse->name.len > 0 ? buf_str(&sse->name) : S("message"),
                                  .data = buf_str(&sse->data),
                                  .id = buf_str(&sse->id)};
        go_on = take(context, &event);
    }
    buf_clear(&sse->name);
    buf_clear(&sse->data);
    sse->has_data = false;
    return go_on;
}

static bool within_limits(const struct sse *sse, struct err *err)
{
    if (sse->line.overflow)
        return err_set(err, "the stream has a line above %d bytes", SSE_LINE_MAX);
    if (sse->data.overflow)
        return err_set(err, "the stream has an event above %d bytes", SSE_DATA_MAX);
    return true;
}

bool sse_feed(struct sse *sse, str bytes,
              bool (*take)(void *context, const struct sse_event *event), void *context,
              bool *ret_stopped, struct err *err)
{
    *ret_stopped = false;
    for (size_t i = 0; i < bytes.len; i++) {
        char c = bytes.ptr[i];
        bool second_half = c == '\n' && sse->skip_feed;
        sse->skip_feed = c == '\r';
        if (second_half)
            continue;
        if (c != '\n' && c != '\r') {
            buf_byte(&sse->line, c);
            if (sse->line.overflow)
                return within_limits(sse, err);
            continue;
        }
        bool go_on = take_line(sse, take, context);
        buf_clear(&sse->line);
        if (!within_limits(sse, err))
            return false;
        if (!go_on) {
            *ret_stopped = true;
            return false;
        }
    }
    return true;
}

// --- a stream over connections ---

struct running {
    const struct connection *connection;
    const struct stream *stream;
    struct sse sse;
    bool stopped, seen, away;
    struct err err; // of the reader
    bool bad;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool may_go_on(struct running *running)
{
    const struct stream *stream = running->stream;
    if (stream->keep_on && !stream->keep_on(stream->context))
        running->stopped = true;
    return !running->stopped;
}

static bool keep_on(void *context)
{
    return may_go_on(context);
}

static void say_away(struct running *running, bool is_away)
{
    if (running->away != is_away && running->stream->away)
        running->stream->away(running->stream->context, is_away);
    running->away = is_away;
}

static void on_start(void *context, int32_t status, str head)
{
    struct running *running = context;
    (void)head;
    running->seen = running->seen || status == 200;
    if (status == 200)
        say_away(running, false);
}

static enum fetch_flow on_body(void *context, str bytes)
{
    struct running *running = context;
    bool stopped;
    if (sse_feed(&running->sse, bytes, running->stream->take, running->stream->context, &stopped,
                 &running->err))
        return FETCH_GO_ON;
    running->stopped = stopped;
    running->bad = !stopped;
    return FETCH_STOP;
}

// One connection, until it ends.
static bool connect_once(struct running *running, struct fetch_reply *ret_reply, struct err *err)
{
    static const struct address_guard own_choice = {.open = true};
    const struct connection *connection = running->connection;
    char bearer[300];
    struct fetch_header headers[3] = {
        {S("Accept"), S("text/event-stream")}
    };
    uint32_t count = 1;
    snprintf(bearer, sizeof bearer, "Bearer %s", connection->key);
    if (connection->key[0])
        headers[count++] = (struct fetch_header){S("Authorization"), str_from(bearer)};
    if (running->sse.id.len > 0)
        headers[count++] = (struct fetch_header){S("Last-Event-ID"), buf_str(&running->sse.id)};
    struct buf url;
    buf_init(&url, FETCH_URL_MAX);
    buf_add(&url, str_from(connection_origin(connection)));
    buf_add(&url, running->stream->path);
    struct fetch_request request = {
        .url = buf_str(&url),
        .headers = headers,
        .header_count = count,
        .guard = &own_choice,
        .unix_socket = str_from(connection_socket(connection)),
        .ca_file = str_from(connection->ca_file),
        .connect_ms_max = 5000,
        .idle_ms_max = IDLE_MS_MAX,
        .reply_bytes_max = INT64_MAX,
        .on_start = on_start,
        .on_body = on_body,
        .keep_on = keep_on,
        .context = running,
    };
    bool good = fetch_run(&request, ret_reply, err);
    explicit_bzero(bearer, sizeof bearer);
    buf_finish(&url);
    return good;
}

// A reply that is no stream: what the server says to that. True when it may be asked again.
static bool read_refusal(struct call_answer *answer, enum stream_end *ret_end, struct err *err)
{
    answer->status = answer->reply.status;
    answer->end = CALL_BROKEN;
    *ret_end = STREAM_LOST;
    err_set(err, "the server answered %d to a stream", answer->status);
    if (json_read(buf_str(&answer->reply.body), CALL_BODY_MAX, &answer->arena, &answer->json,
                  NULL) &&
        refusal_read(answer->json, &answer->refusal)) {
        answer->end = CALL_REFUSED;
        *ret_end = STREAM_REFUSED;
        err_set(err, "%.*s", STR(answer->refusal.message));
    }
    return answer->status == 503 || answer->status == 429 || answer->status == 500;
}

static void renew(struct call_answer *answer)
{
    call_answer_finish(answer);
    *answer = (struct call_answer){.end = CALL_UNAVAILABLE};
    arena_init(&answer->arena, 16 * (size_t)CALL_BODY_MAX);
}

static enum stream_end run(struct running *running, struct call_answer *answer, struct err *err)
{
    int64_t lost_ms = now_ms();
    for (uint32_t attempt = 0;; attempt++) {
        enum stream_end end = STREAM_LOST;
        renew(answer);
        sse_restart(&running->sse);
        bool whole = connect_once(running, &answer->reply, err);
        if (running->stopped)
            return STREAM_STOPPED;
        if (running->bad) {
            err_set(err, "%s", running->err.text);
            return STREAM_LOST;
        }
        bool was_stream = answer->reply.status == 200;
        if (was_stream) {
            attempt = 0;
            lost_ms = now_ms();
        } else if (whole && !read_refusal(answer, &end, err)) {
            return end;
        } else if (!running->seen && answer->reply.end == FETCH_UNREACHABLE) {
            answer->end = CALL_NO_SERVER;
            return STREAM_LOST;
        }
        say_away(running, true);
        if (now_ms() - lost_ms > STREAM_AWAY_MS_MAX) {
            err_add(err, "%s stays away", running->connection->url);
            return end;
        }
        call_wait(attempt, 0);
        if (!may_go_on(running))
            return STREAM_STOPPED;
    }
}

enum stream_end stream_run(const struct connection *connection, const struct stream *stream,
                           struct call_answer *ret_answer, struct err *err)
{
    struct running running = {.connection = connection, .stream = stream};
    *ret_answer = (struct call_answer){0};
    sse_init(&running.sse);
    buf_add(&running.sse.id, stream->last_id);
    enum stream_end end = run(&running, ret_answer, err);
    sse_finish(&running.sse);
    return end;
}
