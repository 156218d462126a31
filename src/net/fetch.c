#include "net/fetch.h"
#include "net/fetch_loop.h"
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>
#include <time.h>

const char *fetch_end_text(enum fetch_end end)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {FETCH_ENDS(X)};
#undef X
    return texts[end];
}

void fetch_reply_finish(struct fetch_reply *reply)
{
    buf_finish(&reply->head);
    buf_finish(&reply->body);
}

bool fetch_head_find(str head, str name, str *ret_value)
{
    str line;
    while (str_cut(head, '\n', &line, &head)) {
        str key, value;
        if (!str_cut(line, ':', &key, &value) || key.len != name.len ||
            strncasecmp(key.ptr, name.ptr, key.len) != 0)
            continue;
        *ret_value = str_trim(value);
        return true;
    }
    return false;
}

// --- what a request may look like ---

// RFC 9110, 5.6.2.
static bool is_token(str text)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && (c == '\0' || !strchr(marks, c)))
            return false;
    }
    return text.len > 0;
}

static bool has_control(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (((unsigned char)text.ptr[i] < ' ' && text.ptr[i] != '\t') || text.ptr[i] == 0x7f)
            return true;
    return false;
}

static bool check_url(str url, struct err *err)
{
    if (url.len == 0 || url.len > FETCH_URL_MAX)
        return err_set(err, "url: %zu bytes, want 1 to %d", url.len, FETCH_URL_MAX);
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= ' ' || (unsigned char)url.ptr[i] >= 0x7f)
            return err_set(err, "url: byte %zu is not printable ASCII; write it as %%XX", i + 1);
    size_t head = str_starts(url, S("http://")) ? 7 : str_starts(url, S("https://")) ? 8 : 0;
    if (head == 0)
        return err_set(err, "url: begins neither with http:// nor with https://");
    for (size_t i = head; i < url.len && !strchr("/?#", url.ptr[i]); i++)
        if (url.ptr[i] == '@')
            return err_set(err, "url: holds a user or a password; send them in a header");
    return true;
}

static bool check_headers(const struct fetch_request *request, struct err *err)
{
    if (request->header_count > FETCH_HEADERS_MAX)
        return err_set(err, "headers: %u, want at most %d", request->header_count,
                       FETCH_HEADERS_MAX);
    size_t size = 0;
    for (uint32_t i = 0; i < request->header_count; i++) {
        const struct fetch_header *header = &request->headers[i];
        if (!is_token(header->name))
            return err_set(err, "headers: name %u is not a token", i + 1);
        if (has_control(header->value))
            return err_set(err, "headers: %.*s holds a control byte", STR(header->name));
        size += header->name.len + header->value.len;
    }
    if (size > FETCH_HEAD_MAX)
        return err_set(err, "headers: %zu bytes, want at most %d", size, FETCH_HEAD_MAX);
    return true;
}

static bool check_limits(const struct fetch_request *request, struct err *err)
{
    static const int64_t year_ms = INT64_C(366) * 24 * 3600 * 1000;
    const int64_t times[] = {request->connect_ms_max, request->idle_ms_max, request->total_ms_max,
                             request->pause_ms_max};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (times[i] < 0 || times[i] > year_ms)
            return err_set(err, "deadline: %lld ms, want 0 to a year", (long long)times[i]);
    if (request->reply_bytes_max < 0)
        return err_set(err, "reply_bytes_max: %lld, want 0 or more",
                       (long long)request->reply_bytes_max);
    if (request->body.len > FETCH_BODY_MAX)
        return err_set(err, "body: %zu bytes, want at most %d", request->body.len, FETCH_BODY_MAX);
    size_t path_max = sizeof((struct sockaddr_un *)0)->sun_path - 1;
    if (request->unix_socket.len > path_max || has_control(request->unix_socket))
        return err_set(err, "unix_socket: want a path of at most %zu bytes", path_max);
    if (has_control(request->ca_file))
        return err_set(err, "ca_file: holds a control byte");
    return true;
}

bool fetch_request_check(const struct fetch_request *request, struct err *err)
{
    if (request->method.len > 16 || (request->method.len > 0 && !is_token(request->method)))
        return err_set(err, "method: want a word like GET");
    return check_url(request->url, err) && check_headers(request, err) &&
           check_limits(request, err);
}

// --- one request, blocking ---

struct outcome {
    struct fetch_reply reply;
    struct err err;
    bool over;
};

static void keep_outcome(void *context, struct fetch_reply *reply, const struct err *err)
{
    struct outcome *outcome = context;
    *outcome = (struct outcome){.reply = *reply, .err = *err, .over = true};
    *reply = (struct fetch_reply){0};
}

// TLS writes with write(2): a closed connection would raise SIGPIPE in this thread.
static void quiet_pipe(sigset_t *ret_before)
{
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, ret_before);
}

static void restore_pipe(const sigset_t *before)
{
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    while (!sigismember(before, SIGPIPE) && sigtimedwait(&pipe, NULL, &(struct timespec){0}) > 0)
        continue;
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

bool fetch_run(const struct fetch_request *request, struct fetch_reply *ret_reply, struct err *err)
{
    sigset_t before;
    quiet_pipe(&before);
    struct outcome outcome = {0};
    struct fetch_loop *loop = fetch_loop_create_still();
    fetch_loop_start(loop, request, keep_outcome, &outcome);
    while (!outcome.over)
        fetch_loop_turn(loop, 1000);
    fetch_loop_destroy(loop);
    restore_pipe(&before);
    *ret_reply = outcome.reply;
    if (outcome.reply.end == FETCH_DONE || outcome.reply.end == FETCH_STOPPED)
        return true;
    return err_set(err, "%s", outcome.err.text);
}
