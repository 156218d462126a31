#include "cmd/job_stream.h"
#include "base/codec.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void job_stream_init(struct job_stream *stream, struct api *api, const char *id)
{
    *stream = (struct job_stream){.api = api, .id = id};
    buf_init(&stream->job, CALL_BODY_MAX);
    buf_init(&stream->bytes, SSE_DATA_MAX);
}

void job_stream_finish(struct job_stream *stream)
{
    buf_finish(&stream->job);
    buf_finish(&stream->bytes);
}

static bool write_all(int file, str bytes)
{
    while (bytes.len > 0) {
        ssize_t written = write(file, bytes.ptr, bytes.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes = str_skip(bytes, (size_t)written);
    }
    return true;
}

static bool take_output(struct job_stream *stream, const struct sse_event *event)
{
    bool is_stderr = str_is(event->name, S("stderr"));
    stream->begun = true;
    buf_clear(&stream->bytes);
    if ((is_stderr && stream->hide_stderr) || (!is_stderr && stream->hide_stdout))
        return true;
    if (base64_decode(event->data, &stream->bytes) &&
        write_all(is_stderr && !stream->as_result ? STDERR_FILENO : STDOUT_FILENO,
                  buf_str(&stream->bytes)))
        return true;
    stream->write_failed = true;
    return false;
}

static bool take(void *context, const struct sse_event *event)
{
    struct job_stream *stream = context;
    bool go_on = true;
    if (str_is(event->name, S("stdout")) || str_is(event->name, S("stderr"))) {
        go_on = take_output(stream, event);
    } else if (str_is(event->name, S("attempt"))) {
        stream->begun = true;
    } else if (str_is(event->name, S("end"))) {
        buf_clear(&stream->job);
        buf_add(&stream->job, event->data);
        stream->ended = true;
        go_on = false;
    }
    str_copy(event->id, stream->last_id, sizeof stream->last_id);
    return go_on;
}

static bool keep_on(void *context)
{
    struct job_stream *stream = context;
    return !stream->keep_on || stream->keep_on(stream->context);
}

static void say_away(void *context, bool is_away)
{
    struct job_stream *stream = context;
    if (!stream->api->invocation->quiet)
        fprintf(stderr,
                is_away ? "tatara: the server is away, waiting for it; %s goes on\n"
                        : "tatara: the server is back: %s\n",
                stream->id);
}

enum job_stream_end job_stream_follow(struct job_stream *stream)
{
    struct buf path;
    buf_init(&path, FETCH_URL_MAX);
    api_path(&path, "/api/v1/jobs/", stream->id, "/log/follow");
    struct stream wanted = {.path = buf_str(&path),
                            .last_id = str_from(stream->last_id),
                            .take = take,
                            .keep_on = keep_on,
                            .away = say_away,
                            .context = stream};
    struct call_answer answer;
    struct err err;
    enum stream_end end = stream_run(&stream->api->connection, &wanted, &answer, &err);
    enum job_stream_end result = stream->ended ? JOB_STREAM_ENDED : JOB_STREAM_STOPPED;
    if (stream->write_failed) {
        err_set(&err, "the output of %s cannot be written", stream->id);
        stream->code = api_fail(stream->api->invocation, &err);
        result = JOB_STREAM_FAILED;
    } else if (end != STREAM_STOPPED) {
        stream->code = api_complain(stream->api->invocation, &answer, &err);
        result = JOB_STREAM_FAILED;
    }
    call_answer_finish(&answer);
    buf_finish(&path);
    return result;
}

int job_stop(struct api *api, const char *id, int64_t grace_ms)
{
    struct buf path, body;
    struct json_out out;
    buf_init(&path, FETCH_URL_MAX);
    buf_init(&body, 256);
    api_path(&path, "/api/v1/jobs/", id, "/stop");
    json_out_init(&out, &body);
    json_object(&out);
    if (grace_ms >= 0) {
        json_name(&out, S("grace_ms"));
        json_i64(&out, grace_ms);
    }
    json_end(&out);
    struct call_answer answer;
    int code = api_send(api, "POST", buf_str(&body), buf_str(&path), &answer);
    call_answer_finish(&answer);
    buf_finish(&path);
    buf_finish(&body);
    return code;
}

int job_follow_log(struct api *api, const char *id, bool of_stderr)
{
    struct job_stream stream;
    job_stream_init(&stream, api, id);
    stream.hide_stdout = of_stderr;
    stream.hide_stderr = !of_stderr;
    stream.as_result = of_stderr;
    enum job_stream_end end = job_stream_follow(&stream);
    int code = end == JOB_STREAM_FAILED ? stream.code : EXIT_DONE;
    job_stream_finish(&stream);
    return code;
}
