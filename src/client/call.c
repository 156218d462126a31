#include "client/call.h"
#include "base/codec.h"
#include "base/digest.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    KEY_BYTES = 16,
    ANSWER_MS_MAX = 60 * 1000, // a server that says nothing for so long is not there
};

static const struct address_guard own_choice = {.open = true};

void call_escape(struct buf *out, str value)
{
    static const char plain[] = "-._~";
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || (c != '\0' && strchr(plain, c)))
            buf_byte(out, (char)c);
        else
            buf_format(out, "%%%02X", c);
    }
}

void call_wait(uint32_t attempt, int64_t least_ms)
{
    uint8_t dice;
    digest_random(&dice, sizeof dice);
    int64_t wait_ms = INT64_C(50) << (attempt < 6 ? attempt : 6);
    if (wait_ms > CALL_WAIT_MS_MAX)
        wait_ms = CALL_WAIT_MS_MAX;
    wait_ms = wait_ms / 2 + wait_ms / 2 * dice / 255;
    if (wait_ms < least_ms)
        wait_ms = least_ms;
    struct timespec left = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000};
    nanosleep(&left, NULL); // a signal may end it early: the caller looks at why
}

static str member_text(const struct json *object, str name)
{
    const struct json *member = json_member(object, name);
    return member && member->kind == JSON_TEXT ? member->text : S("");
}

bool refusal_read(const struct json *body, struct refusal *ret_refusal)
{
    struct refusal refusal = {.code = member_text(body, S("code")),
                              .message = member_text(body, S("message")),
                              .field = member_text(body, S("field")),
                              .fix = member_text(body, S("fix"))};
    if (refusal.code.len == 0 || refusal.message.len == 0)
        return false;
    *ret_refusal = refusal;
    return true;
}

// --- one attempt ---

struct attempt {
    const struct connection *connection;
    const struct call *call;
    char bearer[300], request_key[2 * KEY_BYTES];
    struct buf url;
};

static enum fetch_flow pass_body(void *context, str bytes)
{
    const struct call *call = context;
    return call->on_body(call->context, bytes) ? FETCH_GO_ON : FETCH_STOP;
}

static bool pass_keep_on(void *context)
{
    const struct call *call = context;
    return call->keep_on(call->context);
}

static bool changes(const struct call *call)
{
    return call->method.len > 0 && !str_is(call->method, S("GET"));
}

static bool send_once(struct attempt *attempt, struct fetch_reply *ret_reply, struct err *err)
{
    const struct call *call = attempt->call;
    struct fetch_header headers[4];
    uint32_t count = 0;
    headers[count++] = (struct fetch_header){
        S("Accept"), call->accept.len > 0 ? call->accept : S("application/json")};
    if (attempt->connection->key[0])
        headers[count++] = (struct fetch_header){S("Authorization"), str_from(attempt->bearer)};
    if (call->body.len > 0)
        headers[count++] = (struct fetch_header){S("Content-Type"), S("application/json")};
    if (changes(call))
        headers[count++] = (struct fetch_header){
            S("Idempotency-Key"), {attempt->request_key, sizeof attempt->request_key}
        };
    struct fetch_request request = {
        .method = call->method,
        .url = buf_str(&attempt->url),
        .body = call->body,
        .headers = headers,
        .header_count = count,
        .guard = &own_choice,
        .unix_socket = str_from(connection_socket(attempt->connection)),
        .ca_file = str_from(attempt->connection->ca_file),
        .connect_ms_max = 5000,
        .idle_ms_max = ANSWER_MS_MAX,
        .reply_bytes_max = call->on_body ? INT64_MAX : CALL_BODY_MAX,
        .on_body = call->on_body ? pass_body : NULL,
        .keep_on = call->keep_on ? pass_keep_on : NULL,
        .context = (void *)call,
    };
    return fetch_run(&request, ret_reply, err);
}

static bool is_json(const struct fetch_reply *reply)
{
    str type;
    return fetch_head_find(buf_str(&reply->head), S("Content-Type"), &type) &&
           str_starts(type, S("application/json"));
}

static bool judge_reply(const struct connection *connection, const struct call *call,
                        struct call_answer *answer, struct err *err)
{
    struct fetch_reply *reply = &answer->reply;
    bool good = reply->status >= 200 && reply->status < 300;
    answer->status = reply->status;
    answer->end = CALL_OK;
    if (good && call->on_body)
        return true;
    if (is_json(reply) && reply->body.len > 0) {
        struct err why;
        if (!json_read(buf_str(&reply->body), CALL_BODY_MAX, &answer->arena, &answer->json, &why)) {
            answer->end = CALL_BROKEN;
            return err_set(err, "%s gave an answer that is not JSON: %s", connection->url,
                           why.text);
        }
    }
    if (good)
        return true;
    answer->end = reply->status == 503 ? CALL_UNAVAILABLE : CALL_REFUSED;
    if (refusal_read(answer->json, &answer->refusal))
        return err_set(err, "%.*s", STR(answer->refusal.message));
    if (answer->end == CALL_REFUSED)
        answer->end = CALL_BROKEN;
    return err_set(err, "%s answered %d without saying why: is that a tatara server?",
                   connection->url, reply->status);
}

static bool judge_end(const struct connection *connection, struct call_answer *answer,
                      struct err *err)
{
    enum fetch_end end = answer->reply.end;
    answer->end = end == FETCH_UNREACHABLE ? CALL_NO_SERVER
                  : end == FETCH_BAD_REQUEST || end == FETCH_TLS || end == FETCH_REFUSED ||
                          end == FETCH_TOO_LARGE
                      ? CALL_BROKEN
                      : CALL_UNAVAILABLE;
    if (answer->end != CALL_NO_SERVER)
        return err_add(err, "%s", connection->url);
    return err_set(err, "no server answers at %s (from %s): start one with ./run or: tatara up",
                   connection->url, connection->url_from);
}

// --- attempts ---

static int64_t retry_after_ms(const struct fetch_reply *reply)
{
    str text;
    int64_t seconds;
    if (!fetch_head_find(buf_str(&reply->head), S("Retry-After"), &text) ||
        !str_to_i64(text, &seconds) || seconds < 0)
        return 0;
    return seconds > CALL_WAIT_MS_MAX / 1000 ? CALL_WAIT_MS_MAX : seconds * 1000;
}

static bool worth_another(const struct call_answer *answer, bool was_there)
{
    if (answer->end == CALL_NO_SERVER)
        return was_there;
    return answer->end == CALL_UNAVAILABLE || answer->status == 429;
}

void call_answer_finish(struct call_answer *answer)
{
    fetch_reply_finish(&answer->reply);
    arena_finish(&answer->arena);
}

static bool attempt_init(struct attempt *attempt, const struct connection *connection,
                         const struct call *call, struct err *err)
{
    uint8_t random[KEY_BYTES];
    *attempt = (struct attempt){.connection = connection, .call = call};
    digest_random(random, sizeof random);
    hex_encode(random, sizeof random, attempt->request_key);
    snprintf(attempt->bearer, sizeof attempt->bearer, "Bearer %s", connection->key);
    buf_init(&attempt->url, FETCH_URL_MAX);
    buf_add(&attempt->url, str_from(connection_origin(connection)));
    buf_add(&attempt->url, call->path);
    return !attempt->url.overflow || err_set(err, "the request's path is too long");
}

bool call_run(const struct connection *connection, const struct call *call,
              struct call_answer *ret_answer, struct err *err)
{
    struct attempt attempt;
    bool was_there = call->patient, done = false;
    *ret_answer = (struct call_answer){.end = CALL_BROKEN};
    if (!attempt_init(&attempt, connection, call, err)) {
        buf_finish(&attempt.url);
        return false;
    }
    for (uint32_t number = 0; number < CALL_ATTEMPTS_MAX; number++) {
        call_answer_finish(ret_answer);
        *ret_answer = (struct call_answer){0};
        arena_init(&ret_answer->arena, 16 * (size_t)CALL_BODY_MAX);
        done = send_once(&attempt, &ret_answer->reply, err)
                   ? judge_reply(connection, call, ret_answer, err)
                   : judge_end(connection, ret_answer, err);
        bool begun = call->on_body && ret_answer->reply.body_bytes > 0; // it was given on already
        if (done || begun || !number + 1 == CALL_ATTEMPTS_MAX ||
            !worth_another(ret_answer, was_there) ||
            (call->keep_on && !call->keep_on(call->context)))
            break;
        was_there = true;
        call_wait(number, retry_after_ms(&ret_answer->reply));
    }
    explicit_bzero(attempt.bearer, sizeof attempt.bearer);
    buf_finish(&attempt.url);
    return done;
}
