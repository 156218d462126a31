// metrics.h - what the server counts, and how it is shown to Prometheus.
//
// Counters are atomic and only grow. The text is Prometheus's exposition format 0.0.4. What the
// core knows (jobs, devices, the ledger) is written by metrics_api.c beside these.
//
//   Owner      the server
//   Invariant  the buckets of a histogram are cumulative when shown
//   Refusal    none
//   Fault      none
//   Threads    any
#pragma once
#include "base/buf.h"
#include <stdatomic.h>
#include <stdint.h>

enum { METRIC_ROUTES_MAX = 64, METRIC_STATUSES = 24, METRIC_BUCKETS = 16 };

struct metrics {
    atomic_uint_fast64_t requests[METRIC_ROUTES_MAX + 1][METRIC_STATUSES]; // last row: no route
    atomic_uint_fast64_t buckets[2][METRIC_BUCKETS + 1];                   // reads, commands
    atomic_uint_fast64_t sum_us[2];
    atomic_uint_fast64_t connections, bytes_out;
    atomic_int_fast64_t connections_now, followers_now;
};

// route_number: METRIC_ROUTES_MAX for what matched no route.
void metrics_request(struct metrics *metrics, uint32_t route_number, int status, bool command,
                     int64_t elapsed_us);
void metrics_text(const struct metrics *metrics, struct buf *out);
// One sample: name{labels} value; labels may be "".
void metrics_sample(struct buf *out, const char *name, const char *labels, int64_t value);
// The two lines in front of a metric's samples; type "counter" or "gauge".
void metrics_head(struct buf *out, const char *name, const char *type, const char *help);
