#include "net/fetch_transfer.h"
#include "base/must.h"
#include "net/fetch_next.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { CONNECT_MS = 10 * 1000, ARENA_MAX = 4 * 1024 * 1024 };

int64_t fetch_now_us(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void transfer_verdict(struct transfer *transfer, enum fetch_end end, const char *format, ...)
{
    if (transfer->verdict != FETCH_DONE)
        return;
    transfer->verdict = end;
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    err_set(&transfer->err, "%s", text);
    // What stands behind '?' may be a secret.
    str shown = transfer->url, rest;
    str_cut(shown, '?', &shown, &rest);
    if (shown.len > 0)
        err_add(&transfer->err, "%.*s %.*s", STR(transfer->request.method), STR(shown));
}

// --- addresses ---

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = context;
    const struct fetch_request *request = &transfer->request;
    bool passes = address->family == AF_UNIX
                      ? request->unix_socket.len > 0
                      : address_guard_passes(request->guard, transfer->host, transfer->port,
                                             &address->addr, (socklen_t)address->addrlen);
    if (purpose != CURLSOCKTYPE_IPCXN || !passes) {
        enum address_kind kind = address_kind_of(&address->addr, (socklen_t)address->addrlen);
        snprintf(transfer->refusal, sizeof transfer->refusal,
                 "the address of %.*s is %s; allow it by name if you mean it", STR(transfer->host),
                 address_kind_text(kind));
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// A connection kept from an earlier request opened no socket now: judge where it leads.
static int before_request(void *context, char *ip, char *local_ip, int port, int local_port)
{
    (void)local_ip;
    (void)local_port;
    (void)port;
    struct transfer *transfer = context;
    const struct fetch_request *request = &transfer->request;
    if (request->unix_socket.len > 0)
        return CURL_PREREQFUNC_OK;
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    const struct sockaddr *address = (const struct sockaddr *)&v4;
    socklen_t size = sizeof v4;
    if (!ip || inet_pton(AF_INET, ip, &v4.sin_addr) != 1) {
        address = (const struct sockaddr *)&v6;
        size = ip && inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1 ? (socklen_t)sizeof v6 : 0;
    }
    if (address_guard_passes(request->guard, transfer->host, transfer->port, address, size))
        return CURL_PREREQFUNC_OK;
    transfer_verdict(transfer, FETCH_REFUSED, "the address of %.*s is %s; allow it by name",
                     STR(transfer->host), address_kind_text(address_kind_of(address, size)));
    return CURL_PREREQFUNC_ABORT;
}

// --- what comes back ---

void transfer_show_start(struct transfer *transfer)
{
    const struct fetch_request *request = &transfer->request;
    if (!request->on_start || transfer->shown || transfer->reply.status == 0)
        return;
    transfer->shown = true;
    request->on_start(request->context, transfer->reply.status, buf_str(&transfer->reply.head));
}

static size_t take_head(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    struct fetch_reply *reply = &transfer->reply;
    str line = str_trim((str){bytes, size * count});
    transfer->progress_us = fetch_now_us();
    if (transfer->in_body) // a trailer says nothing we need
        return size * count;
    if (str_starts(line, S("HTTP/"))) {
        buf_clear(&reply->head);
        reply->status = 0;
        return size * count;
    }
    if (line.len > 0) {
        buf_add(&reply->head, line);
        buf_byte(&reply->head, '\n');
        if (!reply->head.overflow)
            return size * count;
        transfer_verdict(transfer, FETCH_TOO_LARGE, "the reply's headers are over %d bytes",
                         FETCH_HEAD_MAX);
        return 0;
    }
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    reply->status = (int32_t)status;
    if (status < 200)
        return size * count;
    transfer->in_body = true;
    if (!fetch_next_is_hop(transfer) && !fetch_next_may_hide(transfer))
        transfer_show_start(transfer);
    return size * count;
}

static size_t stream_body(struct transfer *transfer, str bytes)
{
    transfer->shown = true;
    switch (transfer->request.on_body(transfer->request.context, bytes)) {
    case FETCH_GO_ON:
        transfer->reply.body_bytes += (int64_t)bytes.len;
        return bytes.len;
    case FETCH_PAUSE:
        transfer->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    case FETCH_STOP:
        break;
    }
    transfer->reply.body_bytes += (int64_t)bytes.len;
    transfer_verdict(transfer, FETCH_STOPPED, "stopped");
    return 0;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    struct fetch_reply *reply = &transfer->reply;
    str body = {bytes, size * count};
    transfer->progress_us = fetch_now_us();
    if (body.len == 0)
        return 0;
    if ((int64_t)body.len > transfer->request.reply_bytes_max - reply->body_bytes) {
        transfer_verdict(transfer, FETCH_TOO_LARGE, "the reply is over %lld bytes",
                         (long long)transfer->request.reply_bytes_max);
        return 0;
    }
    bool good = reply->status >= 200 && reply->status < 300;
    if (good && transfer->request.on_body)
        return stream_body(transfer, body);
    reply->body_bytes += (int64_t)body.len;
    if (!fetch_next_is_hop(transfer))
        buf_add(&reply->body, body);
    return body.len;
}

// --- the request ---

static void copy_request(struct transfer *transfer, const struct fetch_request *request)
{
    struct arena *arena = &transfer->arena;
    struct fetch_request *own = &transfer->request;
    *own = *request;
    own->method = arena_copy(arena, request->method.len > 0 ? request->method : S("GET"));
    own->url = arena_copy(arena, request->url);
    own->body = arena_copy(arena, request->body);
    own->unix_socket = arena_copy(arena, request->unix_socket);
    own->ca_file = arena_copy(arena, request->ca_file);
    struct fetch_header *headers =
        arena_take(arena, sizeof *headers * (request->header_count + (size_t)1));
    must(headers);
    for (uint32_t i = 0; i < request->header_count; i++) {
        headers[i].name = arena_copy(arena, request->headers[i].name);
        headers[i].value = arena_copy(arena, request->headers[i].value);
    }
    own->headers = headers;
    if (request->guard) {
        struct address_guard *guard = arena_take(arena, sizeof *guard);
        str *names = arena_take(arena, sizeof *names * (request->guard->name_count + (size_t)1));
        must(guard && names);
        *guard = *request->guard;
        for (uint32_t i = 0; i < guard->name_count; i++)
            names[i] = arena_copy(arena, request->guard->names[i]);
        guard->names = names;
        own->guard = guard;
    }
    if (own->reply_bytes_max == 0)
        own->reply_bytes_max = FETCH_REPLY_MAX;
    if (own->redirects_max > FETCH_REDIRECTS_MAX)
        own->redirects_max = FETCH_REDIRECTS_MAX;
}

static void add_header(struct transfer *transfer, const char *line)
{
    struct curl_slist *list = curl_slist_append(transfer->header_list, line);
    must(list); // no memory
    transfer->header_list = list;
}

static void set_headers(struct transfer *transfer)
{
    curl_slist_free_all(transfer->header_list);
    transfer->header_list = NULL;
    // curl's own: no pause for "100-continue", no type it makes up.
    add_header(transfer, "Expect:");
    add_header(transfer, "Content-Type:");
    for (uint32_t i = 0; i < transfer->request.header_count; i++) {
        const struct fetch_header *header = &transfer->request.headers[i];
        bool harmless = header->name.len == 6 && strncasecmp(header->name.ptr, "accept", 6) == 0;
        if (transfer->foreign && !harmless)
            continue;
        // "Name;" is how curl sends a header without a value.
        str line = header->value.len > 0
                       ? arena_format(&transfer->arena, "%.*s: %.*s", STR(header->name),
                                      STR(header->value))
                       : arena_format(&transfer->arena, "%.*s;", STR(header->name));
        must(line.ptr);
        add_header(transfer, line.ptr);
    }
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->header_list);
}

static void set_method(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    const struct fetch_request *request = &transfer->request;
    if (str_is(request->method, S("HEAD"))) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    bool with_body = request->body.len > 0 || str_is(request->method, S("POST")) ||
                     str_is(request->method, S("PUT")) || str_is(request->method, S("PATCH"));
    if (with_body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.len > 0 ? request->body.ptr : "");
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method.ptr);
}

static void set_callbacks(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_head);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
}

static void set_options(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    const struct fetch_request *request = &transfer->request;
    set_callbacks(transfer);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "tatara");
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)request->reply_bytes_max);
    int64_t connect_ms = request->connect_ms_max > 0 ? request->connect_ms_max : CONNECT_MS;
    connect_ms = connect_ms > 3600 * 1000 ? 3600 * 1000 : connect_ms;
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    if (!request->proxy_from_environment) {
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    }
    if (request->unix_socket.len > 0)
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request->unix_socket.ptr);
    if (request->ca_file.len > 0)
        curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file.ptr);
    set_method(transfer);
    set_headers(transfer);
}

// Takes the URL for the next hop apart: the guard wants its host and port.
bool transfer_aim(struct transfer *transfer, str url, struct err *err)
{
    CURLU *parts = curl_url();
    must(parts);
    char *host = NULL, *port = NULL;
    uint64_t port_number = 0;
    bool good =
        curl_url_set(parts, CURLUPART_URL, url.ptr, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
        str_to_u64(str_from(port), &port_number) && port_number <= UINT16_MAX;
    if (good) {
        transfer->url = url;
        transfer->host = arena_copy(&transfer->arena, str_from(host));
        transfer->port = (uint16_t)port_number;
        curl_easy_setopt(transfer->easy, CURLOPT_URL, url.ptr);
    }
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
    return good || err_set(err, "url: cannot be read; want http://host[:port]/path");
}

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static void curl_begin(void)
{
    must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

void transfer_begin(void)
{
    pthread_once(&curl_once, curl_begin);
}

struct transfer *transfer_create(const struct fetch_request *request, int64_t now_us)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);
    must(transfer);
    transfer->started_us = transfer->progress_us = now_us;
    transfer->tries = 1;
    arena_init(&transfer->arena, request->body.len + ARENA_MAX);
    struct err err;
    if (!fetch_request_check(request, &err)) {
        transfer_verdict(transfer, FETCH_BAD_REQUEST, "%s", err.text);
        return transfer;
    }
    copy_request(transfer, request);
    size_t body_max = (uint64_t)transfer->request.reply_bytes_max < SIZE_MAX / 2
                          ? (size_t)transfer->request.reply_bytes_max
                          : SIZE_MAX / 2;
    buf_init(&transfer->reply.head, FETCH_HEAD_MAX);
    buf_init(&transfer->reply.body, body_max);
    transfer->easy = curl_easy_init();
    must(transfer->easy);
    if (!transfer_aim(transfer, transfer->request.url, &err))
        transfer_verdict(transfer, FETCH_BAD_REQUEST, "%s", err.text);
    set_options(transfer);
    return transfer;
}

void transfer_again(struct transfer *transfer)
{
    transfer->refusal[0] = '\0';
    transfer->in_body = false;
    transfer->reply.status = 0;
    transfer->reply.body_bytes = 0;
    buf_clear(&transfer->reply.head);
    buf_clear(&transfer->reply.body);
    set_headers(transfer);
}

void transfer_destroy(struct transfer *transfer)
{
    if (!transfer)
        return;
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->header_list);
    fetch_reply_finish(&transfer->reply);
    arena_finish(&transfer->arena);
    free(transfer);
}
