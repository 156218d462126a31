#include "http/log_api.h"
#include "base/log.h"
#include "http/followers.h"
#include "http/job_api.h"
#include <inttypes.h>

enum { LOG_PAGE = 1024 * 1024 };

static bool stream_choice(str text, uint32_t *ret_choice)
{
    bool is_stderr = str_is(text, S("stderr"));
    if (!is_stderr && !str_is(text, S("stdout")))
        return false;
    *ret_choice = is_stderr ? ENGINE_STDERR : ENGINE_STDOUT;
    return true;
}

enum { LOG_STREAM, LOG_OFFSET, LOG_ATTEMPT };
const struct field log_query[] = {
    [LOG_STREAM] = FIELD(.name = "stream", .form = FIELD_CHOICE, .choice = stream_choice,
                         .choices = "stdout, stderr", .doc = "stdout when not given"),
    [LOG_OFFSET] = FIELD(.name = "offset", .form = FIELD_INTEGER, .max = INT64_MAX,
                         .doc = "from this byte on"),
    [LOG_ATTEMPT] = FIELD(.name = "attempt", .form = FIELD_INTEGER, .min = 1, .max = INT32_MAX,
                          .doc = "the newest when not given"),
    FIELD(0),
};

enum { FOLLOW_STDOUT, FOLLOW_STDERR, FOLLOW_ATTEMPT };
const struct field log_follow_query[] = {
    [FOLLOW_STDOUT] = FIELD(.name = "stdout", .form = FIELD_INTEGER, .max = INT64_MAX,
                            .doc = "from this byte of stdout on"),
    [FOLLOW_STDERR] = FIELD(.name = "stderr", .form = FIELD_INTEGER, .max = INT64_MAX,
                            .doc = "from this byte of stderr on"),
    [FOLLOW_ATTEMPT] = FIELD(.name = "attempt", .form = FIELD_INTEGER, .min = 1, .max = INT32_MAX,
                             .doc = "from this attempt on; the newest when not given"),
    {0},
};

enum view log_view(struct exchange *exchange, const struct cloud *cloud)
{
    const struct job *job = job_of_exchange(exchange, cloud);
    if (job)
        exchange->job = *job;
    return VIEW_DONE;
}

// The attempt asked for, else the newest; one that never was is refused.
static bool attempt_of(struct exchange *exchange, const struct value *asked, uint32_t *ret_attempt)
{
    *ret_attempt = asked->present ? (uint32_t)asked->integer : exchange->job.attempt;
    if (*ret_attempt <= exchange->job.attempt)
        return true;
    return refuse(&exchange->refusal, REFUSE_NOT_FOUND, "attempt", "leave attempt out",
                  "the job has had %" PRIu32 " attempts", exchange->job.attempt);
}

bool log_finish(struct exchange *exchange)
{
    struct engine *engine = exchange->parts->config.engine;
    const struct value *query = exchange->query;
    uint64_t offset = (uint64_t)query[LOG_OFFSET].integer;
    uint32_t attempt;
    bool end = exchange->job.state == JOB_DONE; // without an attempt nothing was ever written
    struct buf page;
    struct err err;
    if (!attempt_of(exchange, &query[LOG_ATTEMPT], &attempt))
        return false;
    buf_init(&page, LOG_PAGE);
    if (attempt > 0 && !engine->ops->output(engine, exchange->job.id, attempt,
                                            (enum engine_stream)query[LOG_STREAM].integer, offset,
                                            &page, &end, &err)) {
        buf_finish(&page);
        log_line(LOG_WARN, "http", "output of job-%" PRIu64 ": %s", exchange->job.id, err.text);
        return refuse(&exchange->refusal, REFUSE_GONE, NULL, NULL, "its output cannot be read");
    }
    buf_add(&exchange->reply, buf_str(&page));
    exchange_header(exchange, "X-Next-Offset", "%" PRIu64, offset + page.len);
    exchange_header(exchange, "X-Ended", end ? "true" : "false");
    exchange->media = "application/octet-stream";
    buf_finish(&page);
    return true;
}

// "N,M,A": the next offsets of stdout and stderr, and whose attempt they belong to. Without A it
// is the newest.
static bool last_event_read(str text, struct value *query)
{
    uint64_t numbers[3] = {0};
    uint32_t count = 0;
    str head, rest = text;
    for (; count < 3 && str_cut(rest, ',', &head, &rest); count++)
        if (!str_to_u64(head, &numbers[count]) || numbers[count] > INT64_MAX)
            return false;
    if (count == 0 || count > 2 || !str_to_u64(rest, &numbers[count]))
        return false;
    for (uint32_t i = 0; i <= count; i++)
        query[i] =
            (struct value){.present = i < 2 || numbers[2] > 0, .integer = (int64_t)numbers[i]};
    return numbers[0] <= INT64_MAX && numbers[1] <= INT64_MAX && numbers[2] <= INT32_MAX;
}

bool log_follow_prepare(struct exchange *exchange)
{
    str last = exchange->headers.last_event_id;
    if (last.len == 0 || last_event_read(last, exchange->query))
        return true;
    return refuse(&exchange->refusal, REFUSE_BAD_REQUEST, "Last-Event-ID",
                  "send the id of the last event seen", "Last-Event-ID is not one of this stream");
}

bool log_follow_finish(struct exchange *exchange)
{
    const struct value *query = exchange->query;
    uint64_t offsets[2] = {(uint64_t)query[FOLLOW_STDOUT].integer,
                           (uint64_t)query[FOLLOW_STDERR].integer};
    uint32_t attempt;
    if (!attempt_of(exchange, &query[FOLLOW_ATTEMPT], &attempt))
        return false;
    struct follow_who who = {exchange->key_hmac, exchange->connection};
    exchange->media = "text/event-stream";
    exchange->follower =
        follow_job(exchange->parts->followers, &who, exchange->job.id, attempt, offsets);
    return exchange->follower ||
           refuse(&exchange->refusal, REFUSE_UNAVAILABLE, NULL, NULL, "too many follow already");
}
