// The header's part of the flow: method, path, host, rates, key, role, size. See flow.h.
#include "base/instant.h"
#include "base/must.h"
#include "http/flow.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool admit_form(struct exchange *exchange)
{
    const struct exchange_headers *headers = &exchange->headers;
    if (exchange->uri_length > URI_MAX)
        return refuse(&exchange->refusal, REFUSE_LONG_PATH, NULL, NULL, NULL);
    if (headers->twice)
        return refuse(&exchange->refusal, REFUSE_BAD_REQUEST, NULL, "send it once",
                      "the header %s stands there twice", headers->twice);
    if (headers->transfer_encoding.len > 0 && headers->content_length.len > 0)
        return refuse(&exchange->refusal, REFUSE_BAD_REQUEST, NULL,
                      "send either Content-Length or Transfer-Encoding",
                      "the length of the body is given twice");
    uint64_t length = 0;
    if (headers->content_length.ptr && !str_to_u64(headers->content_length, &length))
        return refuse(&exchange->refusal, REFUSE_BAD_REQUEST, NULL, "send digits only",
                      "Content-Length is not a number");
    if (length > exchange->parts->config.body_bytes_max)
        return refuse(&exchange->refusal, REFUSE_TOO_LARGE, NULL, NULL, "the body is over %u bytes",
                      exchange->parts->config.body_bytes_max);
    exchange->has_body = length > 0 || headers->transfer_encoding.len > 0;
    return true;
}

static bool admit_host(struct exchange *exchange)
{
    return http_host_known(&exchange->parts->config, exchange->headers.host) ||
           refuse(&exchange->refusal, REFUSE_HOST, NULL, NULL, NULL);
}

static void allow_header(struct exchange *exchange)
{
    char text[64] = "";
    for (enum method method = 0; method < METHOD_COUNT; method++) {
        if (!(exchange->allowed & (1u << method)))
            continue;
        size_t length = strlen(text);
        snprintf(text + length, sizeof text - length, "%s%s%s", length ? ", " : "",
                 method_text(method), method == METHOD_GET ? ", HEAD" : "");
    }
    exchange_header(exchange, "Allow", "%s", text);
}

static bool admit_route(struct exchange *exchange)
{
    if (!path_is_sane(exchange->path))
        return refuse(&exchange->refusal, REFUSE_BAD_PATH, NULL, NULL, NULL);
    enum method method = exchange->known_method ? exchange->method : METHOD_COUNT;
    const struct route *route =
        route_match(method, exchange->path, &exchange->thing, &exchange->allowed);
    if (!route && exchange->allowed == 0)
        return refuse(&exchange->refusal, REFUSE_NO_ROUTE, NULL, NULL, NULL);
    if (!route || (exchange->is_head && route->stream)) {
        allow_header(exchange);
        return refuse(&exchange->refusal, REFUSE_METHOD, NULL, NULL, NULL);
    }
    exchange->route = route;
    return true;
}

static bool refuse_rate(struct exchange *exchange, uint32_t retry_s)
{
    refuse(&exchange->refusal, REFUSE_RATE, NULL, NULL, NULL);
    exchange->refusal.retry_after_s = retry_s;
    return false;
}

static bool refuse_key(struct exchange *exchange, enum refuse why, int64_t now_ms)
{
    uint32_t retry_s = 0;
    if (!limiter_take(&exchange->parts->refused, exchange->address, now_ms, &retry_s))
        return refuse_rate(exchange, retry_s);
    exchange_header(exchange, "WWW-Authenticate", "Bearer realm=\"tatara\"");
    return refuse(&exchange->refusal, why, NULL, NULL, NULL);
}

static bool bearer(str header, str *ret_key)
{
    if (header.len < 8 || strncasecmp(header.ptr, "Bearer ", 7) != 0)
        return false;
    *ret_key = str_trim(str_skip(header, 7));
    return ret_key->len > 0;
}

// A mistyped key has a wrong checksum; it is looked up all the same, so both take the same time.
static bool admit_key(struct exchange *exchange, int64_t now_ms)
{
    str key;
    if (!bearer(exchange->headers.authorization, &key))
        return refuse_key(exchange, REFUSE_NO_KEY, now_ms);
    exchange->key_hmac = secret_hmac(exchange->parts->config.secret, key);
    struct desk *desk = exchange->parts->config.desk;
    if (!desk->ops->principal(desk, &exchange->key_hmac, &exchange->by))
        return refuse_key(exchange, REFUSE_UNKNOWN_KEY, now_ms);
    uint32_t retry_s = 0;
    if (!limiter_take(&exchange->parts->keys, exchange->by.key, now_ms, &retry_s))
        return refuse_rate(exchange, retry_s);
    return true;
}

// The role alone, as if the thing were one's own: whose it is, is asked where that is known.
static bool admit_role(struct exchange *exchange)
{
    struct rights_view view = {exchange->by.role, exchange->by.account, exchange->route->action,
                               exchange->by.account};
    return rights_check(&view) == RIGHTS_PERMITTED ||
           refuse(&exchange->refusal, REFUSE_NOT_ALLOWED, NULL, NULL, NULL);
}

static bool admit_idempotency(struct exchange *exchange)
{
    str key = exchange->headers.idempotency_key;
    bool good = key.len <= 128 && (key.len > 0 || !key.ptr);
    for (size_t i = 0; i < key.len; i++)
        good = good && key.ptr[i] > 0x20 && key.ptr[i] < 0x7f;
    return good ||
           refuse(&exchange->refusal, REFUSE_BAD_REQUEST, "Idempotency-Key",
                  "send 1 to 128 visible ASCII characters", "the Idempotency-Key cannot be taken");
}

static bool admit_media(struct exchange *exchange)
{
    str type = exchange->headers.content_type;
    if (!exchange->has_body)
        return true;
    if (exchange->route->method == METHOD_GET)
        return refuse(&exchange->refusal, REFUSE_BAD_REQUEST, NULL, "leave the body out",
                      "this takes no body");
    static const char json[] = "application/json";
    size_t length = sizeof json - 1;
    bool same = type.len >= length && strncasecmp(type.ptr, json, length) == 0 &&
                (type.len == length || type.ptr[length] == ';' || type.ptr[length] == ' ');
    return !type.ptr || same || refuse(&exchange->refusal, REFUSE_MEDIA_TYPE, NULL, NULL, NULL);
}

void flow_admit(struct exchange *exchange)
{
    int64_t now_ms = exchange->started_us / MS_US;
    uint32_t retry_s = 0;
    if (!limiter_take(&exchange->parts->addresses, exchange->address, now_ms, &retry_s)) {
        refuse_rate(exchange, retry_s);
        return;
    }
    if (!admit_form(exchange) || !admit_host(exchange) || !admit_route(exchange))
        return;
    if (!exchange->route->open && (!admit_key(exchange, now_ms) || !admit_role(exchange)))
        return;
    if (admit_idempotency(exchange))
        admit_media(exchange);
}
