#include "http/server.h"
#include "base/log.h"
#include "base/must.h"
#include "http/blob_writer.h"
#include "http/connections.h"
#include "http/flow.h"
#include "http/followers.h"
#include "http/listen.h"
#include "http/openapi.h"
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { DISCARD_MAX = 4 * 1024 * 1024, CLOSE_S = 10, STREAM_BLOCK = 32 * 1024 };

struct http {
    struct http_parts parts;
    struct connections *connections;
    struct MHD_Daemon *daemon;
    int descriptor;
    uint16_t port;
};

static int64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

// What a request brings ------------------------------------------------------------------------

static size_t same_address_bytes(const struct sockaddr *address, const void **ret_bytes)
{
    if (address && address->sa_family == AF_INET) {
        *ret_bytes = &((const struct sockaddr_in *)address)->sin_addr;
        return 4;
    }
    if (address && address->sa_family == AF_INET6) {
        *ret_bytes = &((const struct sockaddr_in6 *)address)->sin6_addr;
        return 8; // one customer has a whole /64
    }
    *ret_bytes = "unix";
    return 4;
}

// Behind a proxy the last entry of X-Forwarded-For is the one the proxy wrote.
static uint64_t address_of(const struct exchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const void *bytes;
    size_t size = same_address_bytes(info ? info->client_addr : NULL, &bytes);
    str text = exchange->headers.forwarded_for;
    if (exchange->parts->config.behind_proxy && text.len > 0) {
        for (str head; str_cut(text, ',', &head, &text);)
            continue;
        text = str_trim(text);
        bytes = text.ptr;
        size = text.len;
    }
    uint64_t hash = UINT64_C(0xcbf29ce484222325); // FNV-1a
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
    return hash | 1;
}

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   size_t name_size, const char *value, size_t value_size)
{
    struct exchange_headers *headers = context;
    const struct {
        const char *name;
        str *text;
        bool once;
    } known[] = {
        {"Host",              &headers->host,              true },
        {"Authorization",     &headers->authorization,     true },
        {"Content-Type",      &headers->content_type,      true },
        {"Content-Length",    &headers->content_length,    true },
        {"Transfer-Encoding", &headers->transfer_encoding, true },
        {"Idempotency-Key",   &headers->idempotency_key,   true },
        {"Last-Event-ID",     &headers->last_event_id,     true },
        {"Accept",            &headers->accept,            false},
        {"X-Forwarded-For",   &headers->forwarded_for,     false},
    };
    (void)kind;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (name_size != strlen(known[i].name) || strncasecmp(name, known[i].name, name_size) != 0)
            continue;
        if (known[i].once && known[i].text->ptr)
            headers->twice = known[i].name;
        *known[i].text = (str){value ? value : "", value_size};
        break;
    }
    return MHD_YES;
}

static void method_read(struct exchange *exchange, const char *text)
{
    exchange->is_head = strcmp(text, "HEAD") == 0;
    exchange->method = METHOD_GET;
    exchange->known_method = exchange->is_head;
    for (enum method method = 0; method < METHOD_COUNT; method++) {
        if (strcmp(text, method_text(method)) != 0)
            continue;
        exchange->method = method;
        exchange->known_method = true;
    }
}

// The first sight of a request: its target as it came, before anything is decoded.
static void *on_uri(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct http *http = context;
    struct exchange *exchange = exchange_take(&http->parts);
    exchange->connection = connection;
    exchange->started_us = clock_us();
    size_t length = strlen(uri);
    exchange->uri_length = length > URI_MAX ? URI_MAX + 1 : length;
    if (length <= URI_MAX) {
        memcpy(exchange->uri, uri, length + 1);
        str all = {exchange->uri, length};
        exchange->path = all;
        str_cut(all, '?', &exchange->path, &exchange->query_text);
    }
    return exchange;
}

// Paths and queries are taken as they came: query.h decodes.
static size_t keep_escaped(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

// Replies --------------------------------------------------------------------------------------

static ssize_t stream_read(void *context, uint64_t position, char *bytes, size_t size)
{
    (void)position;
    ssize_t taken = follower_read(context, bytes, size);
    return taken < 0 ? MHD_CONTENT_READER_END_OF_STREAM : taken;
}

static void stream_leave(void *context)
{
    follower_leave(context);
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    must(MHD_add_response_header(response, name, value) == MHD_YES);
}

static void add_headers(const struct exchange *exchange, struct MHD_Response *response)
{
    bool json = exchange->refusal.status > 0 || !exchange->media;
    add_header(response, "Content-Type", json ? "application/json" : exchange->media);
    add_header(response, "X-Content-Type-Options", "nosniff");
    add_header(response, "Cache-Control", "no-store");
    if (!json) {
        add_header(response, "Content-Security-Policy",
                   "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
        add_header(response, "Referrer-Policy", "no-referrer");
    }
    if (exchange->parts->config.tls_certificate)
        add_header(response, "Strict-Transport-Security", "max-age=31536000");
    char number[16];
    snprintf(number, sizeof number, "%u", exchange->refusal.retry_after_s);
    if (exchange->refusal.retry_after_s > 0)
        add_header(response, "Retry-After", number);
    for (uint32_t i = 0; i < exchange->more_count; i++)
        add_header(response, exchange->more[i].name, exchange->more[i].value);
    if (atomic_load(&exchange->parts->closing))
        add_header(response, "Connection", "close");
}

static int status_of(const struct exchange *exchange)
{
    if (exchange->refusal.status)
        return exchange->refusal.status;
    return exchange->status ? exchange->status : exchange->route->status;
}

static struct MHD_Response *response_of(struct exchange *exchange)
{
    if (exchange->follower && exchange->refusal.status == 0)
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, stream_read,
                                                 exchange->follower, stream_leave);
    if (exchange->refusal.status) {
        buf_clear(&exchange->reply);
        refusal_json(&exchange->refusal, &exchange->reply);
        buf_byte(&exchange->reply, '\n');
    }
    return MHD_create_response_from_buffer(exchange->reply.len, exchange->reply.ptr,
                                           MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result send_reply(struct exchange *exchange)
{
    struct MHD_Response *response = response_of(exchange);
    must(response);
    add_headers(exchange, response);
    exchange->replied = true;
    enum MHD_Result queued =
        MHD_queue_response(exchange->connection, (unsigned int)status_of(exchange), response);
    MHD_destroy_response(response);
    return queued;
}

static struct connection *connection_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static enum MHD_Result take_head(struct exchange *exchange, const char *method)
{
    exchange->heads_read = true;
    method_read(exchange, method);
    MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, take_header,
                                &exchange->headers);
    exchange->address = address_of(exchange);
    flow_admit(exchange);
    bool body = exchange->headers.content_length.ptr || exchange->headers.transfer_encoding.ptr;
    if (exchange->refusal.status && body) // no byte of it is read, and the connection ends
        return send_reply(exchange);
    connection_receives(connection_of(exchange->connection));
    return MHD_YES;
}

static enum MHD_Result take_body(struct exchange *exchange, const char *bytes, size_t *size)
{
    size_t taken = exchange->request.len + *size;
    if (taken > exchange->parts->config.body_bytes_max)
        exchange->too_large = true;
    if (exchange->too_large && taken > DISCARD_MAX)
        return MHD_NO;
    if (!exchange->too_large)
        buf_add(&exchange->request, (str){bytes, *size});
    *size = 0;
    return MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **request)
{
    (void)context;
    (void)url;
    (void)version;
    struct exchange *exchange = *request;
    must(exchange && exchange->connection == connection);
    if (!exchange->heads_read)
        return take_head(exchange, method);
    if (*upload_size > 0)
        return take_body(exchange, upload, upload_size);
    connection_answers(connection_of(connection));
    if (!flow_run(exchange))
        return MHD_YES;
    return send_reply(exchange);
}

static void write_access_log(const struct exchange *exchange, int64_t elapsed_us)
{
    log_line(LOG_INFO, "http", "%s %.*s %d %lld us", method_text(exchange->method),
             (int)(exchange->path.len < 200 ? exchange->path.len : 200), exchange->path.ptr,
             status_of(exchange), (long long)elapsed_us);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode why)
{
    (void)why;
    struct http *http = context;
    struct exchange *exchange = *request;
    if (!exchange)
        return;
    *request = NULL;
    flow_end(exchange);
    if (exchange->replied) {
        int64_t elapsed_us = clock_us() - exchange->started_us;
        uint32_t number = exchange->route ? route_index(exchange->route) : METRIC_ROUTES_MAX;
        if (!exchange->follower)
            metrics_request(&http->parts.metrics, number, status_of(exchange),
                            exchange->method != METHOD_GET, elapsed_us);
        if (http->parts.config.access_log)
            write_access_log(exchange, elapsed_us);
    }
    struct connection *known = connection_of(connection);
    if (known)
        connection_rests(known);
    exchange_give(exchange);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **known,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http *http = context;
    struct metrics *metrics = &http->parts.metrics;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        must(info);
        *known = connection_open(http->connections, info->connect_fd);
        atomic_fetch_add(&metrics->connections, 1);
        atomic_fetch_add(&metrics->connections_now, 1);
    } else if (*known) {
        connection_close(*known);
        *known = NULL;
        atomic_fetch_sub(&metrics->connections_now, 1);
    }
}

__attribute__((format(printf, 2, 0))) static void on_log(void *context, const char *format,
                                                         va_list arguments)
{
    (void)context;
    char text[300];
    vsnprintf(text, sizeof text, format, arguments);
    log_line(LOG_DEBUG, "http", "%s", text);
}

// The server -----------------------------------------------------------------------------------

static bool daemon_start(struct http *http, struct err *err)
{
    const struct http_config *config = &http->parts.config;
    struct MHD_OptionItem more[8];
    int count = 0;
    if (config->threads > 1)
        more[count++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, config->threads, NULL};
    if (!config->unix_path && !config->behind_proxy)
        more[count++] = (struct MHD_OptionItem){MHD_OPTION_PER_IP_CONNECTION_LIMIT,
                                                config->connections_per_address_max, NULL};
    unsigned int flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG;
    if (config->tls_certificate) {
        flags |= MHD_USE_TLS;
        more[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0,
                                                (void *)(uintptr_t)config->tls_certificate};
        more[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0,
                                                (void *)(uintptr_t)config->tls_key};
        more[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0,
                                                "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"};
    }
    more[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    http->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, http->descriptor, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_CONNECTION_LIMIT, config->connections_max, MHD_OPTION_CONNECTION_TIMEOUT,
        config->idle_ms / 1000 + 1, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)config->header_bytes_max, MHD_OPTION_URI_LOG_CALLBACK, on_uri, http,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escaped, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        http, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_ARRAY, more,
        MHD_OPTION_END);
    return http->daemon ||
           err_set(err, "the HTTP server does not start%s",
                   config->tls_certificate ? ": look at the certificate and the key (PEM)" : "");
}

static void parts_init(struct http_parts *parts, const struct http_config *config)
{
    parts->config = *config;
    bool outside =
        config->behind_proxy || (!config->unix_path && !http_address_is_loopback(config->address));
    uint32_t key_rate = config->key_rate || !outside ? config->key_rate : KEY_RATE;
    uint32_t address_rate = config->address_rate || !outside ? config->address_rate : ADDRESS_RATE;
    uint64_t seed;
    digest_random((uint8_t *)&seed, sizeof seed);
    names_init(&parts->names);
    limiter_init(&parts->keys, key_rate, seed);
    limiter_init(&parts->addresses, address_rate, seed + 1);
    limiter_init(&parts->refused, config->refused_rate, seed + 2);
    must(pthread_mutex_init(&parts->lock, NULL) == 0);
    must(pthread_cond_init(&parts->idle, NULL) == 0);
    buf_init(&parts->openapi, 4 << 20);
    openapi_json(config->version, &parts->openapi);
    buf_init(&parts->page, 4 << 20);
    api_page_html(config->version, &parts->page);
    must(!parts->openapi.overflow && !parts->page.overflow);
    parts->writer = blob_writer_create(config->blobs);
    parts->followers = followers_create(&parts->config, &parts->metrics);
}

static void parts_finish(struct http_parts *parts)
{
    exchanges_free(parts);
    buf_finish(&parts->openapi);
    buf_finish(&parts->page);
    blob_writer_destroy(parts->writer);
    followers_destroy(parts->followers);
    names_finish(&parts->names);
    limiter_finish(&parts->keys);
    limiter_finish(&parts->addresses);
    limiter_finish(&parts->refused);
    pthread_cond_destroy(&parts->idle);
    pthread_mutex_destroy(&parts->lock);
    explicit_bzero(parts->config.secret, sizeof parts->config.secret);
}

struct http *http_create(const struct http_config *config, struct err *err)
{
    if (!http_config_check(config, err))
        return NULL;
    must(config->desk && config->engine && config->blobs);
    int descriptor;
    uint16_t port;
    if (!listen_open(config, &descriptor, &port, err))
        return NULL;
    struct http *http = calloc(1, sizeof *http);
    must(http);
    http->descriptor = descriptor;
    http->port = port;
    parts_init(&http->parts, config);
    http->connections = connections_create(config->idle_ms, config->receive_ms);
    if (daemon_start(http, err))
        return http;
    followers_close(http->parts.followers);
    connections_destroy(http->connections);
    parts_finish(&http->parts);
    close(descriptor);
    free(http);
    return NULL;
}

uint16_t http_port(const struct http *http)
{
    return http->port;
}

// False when some exchange did not come back: the desk broke its promise.
static bool wait_for_calls(struct http_parts *parts)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CLOSE_S;
    must(pthread_mutex_lock(&parts->lock) == 0);
    atomic_store(&parts->closing, true);
    int late = 0;
    while (parts->in_flight > 0 && late == 0)
        late = pthread_cond_timedwait(&parts->idle, &parts->lock, &until);
    bool all = parts->in_flight == 0;
    must(pthread_mutex_unlock(&parts->lock) == 0);
    return all;
}

void http_destroy(struct http *http)
{
    if (!http)
        return;
    MHD_quiesce_daemon(http->daemon);
    bool all = wait_for_calls(&http->parts);
    followers_close(http->parts.followers);
    if (!all) { // the library cannot stop around a suspended connection: the process ends anyway
        log_line(LOG_WARN, "http", "requests are still waiting for the journal; closing without");
        return;
    }
    MHD_stop_daemon(http->daemon);
    connections_destroy(http->connections);
    parts_finish(&http->parts);
    close(http->descriptor);
    if (http->parts.config.unix_path)
        unlink(http->parts.config.unix_path);
    free(http);
}
