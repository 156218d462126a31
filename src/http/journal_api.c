#include "http/journal_api.h"
#include "base/log.h"
#include "http/followers.h"
#include "http/page.h"

enum { JOURNAL_AFTER, JOURNAL_LIMIT };
const struct field journal_query[] = {
    [JOURNAL_AFTER] = FIELD(.name = "after", .form = FIELD_INTEGER, .min = -1, .max = INT64_MAX - 1,
                            .doc = "events behind this seq; all when not given"),
    [JOURNAL_LIMIT] = FIELD(.name = "limit", .form = FIELD_INTEGER, .min = 1, .max = PAGE_LIMIT_MAX,
                            .doc = "how many at most; 100 when not given"),
    {0},
};
const struct field journal_follow_query[] = {
    FIELD(.name = "after", .form = FIELD_INTEGER, .min = -1, .max = INT64_MAX - 1,
          .doc = "events behind this seq; -1: from the first; from now on when not given"),
    FIELD(0),
};
const struct field journal_export_query[] = {
    FIELD(.name = "from", .form = FIELD_INTEGER, .max = INT64_MAX, .doc = "from this seq on"),
    {0},
};

const struct reply_field reply_journal[] = {
    ROW("items", REPLY_ANY, false, NULL, "events, each as it is kept: see the event catalogue"),
    ROW("next", REPLY_NUMBER, true, NULL, "give it as after for the next page"),
    ROW("size", REPLY_NUMBER, false, NULL, "durable events"),
    ROW(0),
};

static uint64_t journal_size(struct exchange *exchange)
{
    struct desk *desk = exchange->parts->config.desk;
    struct desk_health health;
    desk->ops->health(desk, &health);
    return health.size;
}

enum { LAST_SEQ, SHOWN }; // of exchange->scratch
static bool take_line(void *context, uint64_t seq, str line)
{
    enum { PAGE_BYTES = 4 * 1024 * 1024 };
    struct exchange *exchange = context;
    json_raw(&exchange->json, line);
    exchange->scratch[LAST_SEQ] = seq;
    exchange->scratch[SHOWN]++;
    return exchange->reply.len < PAGE_BYTES;
}

bool journal_finish(struct exchange *exchange)
{
    struct desk *desk = exchange->parts->config.desk;
    const struct value *after = &exchange->query[JOURNAL_AFTER],
                       *limit = &exchange->query[JOURNAL_LIMIT];
    uint64_t from = after->present ? (uint64_t)(after->integer + 1) : 0;
    uint64_t most = limit->present ? (uint64_t)limit->integer : PAGE_LIMIT;
    uint64_t size = journal_size(exchange);
    struct err err;
    json_out_init(&exchange->json, &exchange->reply);
    json_object(&exchange->json);
    json_name(&exchange->json, S("items"));
    json_array(&exchange->json);
    if (from < size && !desk->ops->lines(desk, from, most, take_line, exchange, &err)) {
        log_line(LOG_WARN, "http", "the journal cannot be read: %s", err.text);
        return refuse(&exchange->refusal, REFUSE_UNAVAILABLE, NULL, NULL,
                      "the journal cannot be read");
    }
    json_end(&exchange->json);
    bool more = exchange->scratch[SHOWN] > 0 && exchange->scratch[LAST_SEQ] + 1 < size;
    if (more)
        reply_number(&exchange->json, "next", (int64_t)exchange->scratch[LAST_SEQ]);
    else
        reply_null(&exchange->json, "next");
    reply_number(&exchange->json, "size", (int64_t)size);
    json_end(&exchange->json);
    return true;
}

bool journal_follow_prepare(struct exchange *exchange)
{
    str last = exchange->headers.last_event_id;
    uint64_t seq;
    if (last.len == 0)
        return true;
    if (!str_to_u64(last, &seq) || seq >= INT64_MAX)
        return refuse(&exchange->refusal, REFUSE_BAD_REQUEST, "Last-Event-ID",
                      "send the id of the last event seen",
                      "Last-Event-ID is not one of this stream");
    exchange->query[0] = (struct value){.present = true, .integer = (int64_t)seq};
    return true;
}

bool journal_follow_finish(struct exchange *exchange)
{
    const struct value *after = &exchange->query[0];
    uint64_t from = after->present ? (uint64_t)(after->integer + 1) : journal_size(exchange);
    struct follow_who who = {exchange->key_hmac, exchange->connection};
    exchange->media = "text/event-stream";
    exchange->follower = follow_journal(exchange->parts->followers, &who, from);
    return exchange->follower ||
           refuse(&exchange->refusal, REFUSE_UNAVAILABLE, NULL, NULL, "too many follow already");
}

bool journal_export_finish(struct exchange *exchange)
{
    uint64_t size = journal_size(exchange), from = (uint64_t)exchange->query[0].integer;
    struct follow_who who = {exchange->key_hmac, exchange->connection};
    exchange->media = "text/plain; charset=utf-8";
    exchange_header(exchange, "X-Journal-Size", "%llu", (unsigned long long)size);
    if (exchange->is_head || from >= size)
        return true;
    exchange->follower = follow_export(exchange->parts->followers, &who, from, size);
    return exchange->follower ||
           refuse(&exchange->refusal, REFUSE_UNAVAILABLE, NULL, NULL, "too many follow already");
}
