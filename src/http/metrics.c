#include "http/metrics.h"
#include "base/must.h"
#include "http/route.h"
#include <inttypes.h>
#include <stdio.h>

static const int statuses[METRIC_STATUSES] = {200, 201, 204, 400, 401, 403, 404, 405, 406, 409, 410,
                                              413, 414, 415, 421, 422, 429, 500, 503, 507, 0};
static const int64_t bounds_us[METRIC_BUCKETS] = {
    100,   200,    500,    1000,   2000,    5000,    10000,   20000,
    50000, 100000, 200000, 500000, 1000000, 2000000, 5000000, 10000000};

static uint32_t status_slot(int status)
{
    uint32_t slot = 0;
    while (statuses[slot] && statuses[slot] != status)
        slot++;
    return slot; // the 0 at the end stands for any other
}

void metrics_request(struct metrics *metrics, uint32_t route_number, int status, bool command,
                     int64_t elapsed_us)
{
    must(route_number <= METRIC_ROUTES_MAX);
    atomic_fetch_add_explicit(&metrics->requests[route_number][status_slot(status)], 1,
                              memory_order_relaxed);
    uint32_t bucket = 0;
    while (bucket < METRIC_BUCKETS && elapsed_us > bounds_us[bucket])
        bucket++;
    atomic_fetch_add_explicit(&metrics->buckets[command][bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metrics->sum_us[command], (uint64_t)elapsed_us,
                              memory_order_relaxed);
}

void metrics_head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_sample(struct buf *out, const char *name, const char *labels, int64_t value)
{
    if (labels[0])
        buf_format(out, "%s{%s} %" PRId64 "\n", name, labels, value);
    else
        buf_format(out, "%s %" PRId64 "\n", name, value);
}

static uint64_t load(const atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void requests_text(const struct metrics *metrics, struct buf *out)
{
    metrics_head(out, "tatara_http_requests_total", "counter", "Requests by route and status.");
    for (uint32_t i = 0; i <= METRIC_ROUTES_MAX; i++) {
        for (uint32_t slot = 0; slot < METRIC_STATUSES; slot++) {
            uint64_t count = load(&metrics->requests[i][slot]);
            if (count == 0)
                continue;
            bool known = i < route_count;
            buf_format(out,
                       "tatara_http_requests_total{method=\"%s\",path=\"%s\",status=\"%d\"} "
                       "%" PRIu64 "\n",
                       known ? method_text(routes[i].method) : "", known ? routes[i].path : "",
                       statuses[slot], count);
        }
    }
}

static void histogram_text(const struct metrics *metrics, int command, struct buf *out)
{
    static const char name[] = "tatara_http_request_seconds";
    const char *kind = command ? "command" : "read";
    uint64_t sum = 0;
    for (uint32_t i = 0; i < METRIC_BUCKETS; i++) {
        sum += load(&metrics->buckets[command][i]);
        buf_format(out, "%s_bucket{kind=\"%s\",le=\"%g\"} %" PRIu64 "\n", name, kind,
                   (double)bounds_us[i] / 1e6, sum);
    }
    sum += load(&metrics->buckets[command][METRIC_BUCKETS]);
    buf_format(out, "%s_bucket{kind=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name, kind, sum);
    uint64_t sum_us = load(&metrics->sum_us[command]);
    buf_format(out, "%s_sum{kind=\"%s\"} %" PRIu64 ".%06" PRIu64 "\n", name, kind, sum_us / 1000000,
               sum_us % 1000000);
    buf_format(out, "%s_count{kind=\"%s\"} %" PRIu64 "\n", name, kind, sum);
}

void metrics_text(const struct metrics *metrics, struct buf *out)
{
    requests_text(metrics, out);
    metrics_head(out, "tatara_http_request_seconds", "histogram",
                 "Time from the header to the last byte of the reply, streams left out.");
    histogram_text(metrics, 0, out);
    histogram_text(metrics, 1, out);
    metrics_head(out, "tatara_http_connections_total", "counter", "Connections accepted.");
    metrics_sample(out, "tatara_http_connections_total", "", (int64_t)load(&metrics->connections));
    metrics_head(out, "tatara_http_connections", "gauge", "Connections now.");
    metrics_sample(out, "tatara_http_connections", "",
                   atomic_load(&((struct metrics *)metrics)->connections_now));
    metrics_head(out, "tatara_http_followers", "gauge", "Streams (logs, journal) now.");
    metrics_sample(out, "tatara_http_followers", "",
                   atomic_load(&((struct metrics *)metrics)->followers_now));
}
