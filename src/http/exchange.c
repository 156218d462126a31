#include "http/exchange.h"
#include "base/must.h"
#include <microhttpd.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 8 * 1024 * 1024, KEPT_BYTES = 64 * 1024 };

static struct exchange *exchange_create(struct http_parts *parts)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    must(exchange);
    exchange->parts = parts;
    buf_init(&exchange->request, parts->config.body_bytes_max);
    buf_init(&exchange->reply, REPLY_MAX);
    buf_init(&exchange->spec, BLOB_MAX);
    arena_init(&exchange->arena, ARENA_MAX);
    return exchange;
}

static void exchange_destroy(struct exchange *exchange)
{
    buf_finish(&exchange->request);
    buf_finish(&exchange->reply);
    buf_finish(&exchange->spec);
    arena_finish(&exchange->arena);
    free(exchange);
}

struct exchange *exchange_take(struct http_parts *parts)
{
    must(pthread_mutex_lock(&parts->lock) == 0);
    struct exchange *exchange = parts->spare;
    if (exchange)
        parts->spare = exchange->next;
    must(pthread_mutex_unlock(&parts->lock) == 0);
    return exchange ? exchange : exchange_create(parts);
}

// Secrets go; memory that one large request took goes too.
static void buf_ready(struct buf *buf)
{
    if (buf->ptr)
        explicit_bzero(buf->ptr, buf->len);
    size_t limit = buf->limit;
    if (buf->cap > KEPT_BYTES) {
        buf_finish(buf);
        buf_init(buf, limit);
    }
    buf_clear(buf);
}

void exchange_give(struct exchange *exchange)
{
    struct http_parts *parts = exchange->parts;
    buf_ready(&exchange->request);
    buf_ready(&exchange->reply);
    buf_ready(&exchange->spec);
    arena_reset(&exchange->arena);
    struct buf request = exchange->request, reply = exchange->reply, spec = exchange->spec;
    struct arena arena = exchange->arena;
    memset(exchange, 0, offsetof(struct exchange, uri));
    exchange->parts = parts;
    exchange->request = request;
    exchange->reply = reply;
    exchange->spec = spec;
    exchange->arena = arena;
    must(pthread_mutex_lock(&parts->lock) == 0);
    exchange->next = parts->spare;
    parts->spare = exchange;
    must(pthread_mutex_unlock(&parts->lock) == 0);
}

void exchanges_free(struct http_parts *parts)
{
    while (parts->spare) {
        struct exchange *exchange = parts->spare;
        parts->spare = exchange->next;
        exchange_destroy(exchange);
    }
}

bool exchange_begin(struct exchange *exchange)
{
    struct http_parts *parts = exchange->parts;
    must(pthread_mutex_lock(&parts->lock) == 0);
    bool taken = exchange->in_flight || !atomic_load(&parts->closing);
    if (taken && !exchange->in_flight)
        parts->in_flight++;
    exchange->in_flight = taken;
    must(pthread_mutex_unlock(&parts->lock) == 0);
    return taken;
}

void exchange_end(struct exchange *exchange)
{
    if (!exchange->in_flight)
        return;
    struct http_parts *parts = exchange->parts;
    must(pthread_mutex_lock(&parts->lock) == 0);
    exchange->in_flight = false;
    must(parts->in_flight > 0);
    if (--parts->in_flight == 0)
        pthread_cond_broadcast(&parts->idle);
    must(pthread_mutex_unlock(&parts->lock) == 0);
}

void exchange_wait(struct exchange *exchange)
{
    MHD_suspend_connection(exchange->connection);
}

void exchange_wake(struct exchange *exchange)
{
    MHD_resume_connection(exchange->connection);
}

bool exchange_may_do(struct exchange *exchange, enum action action, uint64_t owner)
{
    struct rights_view view = {exchange->by.role, exchange->by.account, action, owner};
    switch (rights_check(&view)) {
    case RIGHTS_PERMITTED:
        return true;
    case RIGHTS_HIDDEN:
        return refuse(&exchange->refusal, REFUSE_NOT_FOUND, NULL, NULL, NULL);
    case RIGHTS_DENIED:
        break;
    }
    return refuse(&exchange->refusal, REFUSE_NOT_ALLOWED, NULL, NULL, NULL);
}

bool exchange_may(struct exchange *exchange, uint64_t owner)
{
    return exchange_may_do(exchange, exchange->route->action, owner);
}

bool exchange_sees_all(const struct exchange *exchange)
{
    struct rights_view view = {exchange->by.role, exchange->by.account, ACTION_READ_ALL, 0};
    return rights_check(&view) == RIGHTS_PERMITTED;
}

void exchange_header(struct exchange *exchange, const char *name, const char *format, ...)
{
    must(exchange->more_count < sizeof exchange->more / sizeof exchange->more[0]);
    struct exchange_header *header = &exchange->more[exchange->more_count++];
    header->name = name;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(header->value, sizeof header->value, format, arguments);
    va_end(arguments);
}

void exchange_copy(const struct value *value, char *ret_bytes, size_t size)
{
    memset(ret_bytes, 0, size);
    if (value->present && !value->is_null)
        must(str_copy(value->text, ret_bytes, size)); // its field's bounds say so
}
