// limiter.h - token buckets: how many requests a second a key or an address may send.
//
// A fixed number of buckets, found by a hash of whose they are. Two that meet in one bucket share
// it when both are busy: a limit may be stricter than asked, never looser by more than a burst. A
// burst is one second's worth.
//
//   Owner      the server
//   Invariant  tokens of a bucket stay within 0 and the burst; time never runs backwards in it
//   Refusal    false: the caller answers 429 with ret_retry_s
//   Fault      none
//   Threads    any
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { LIMITER_BUCKETS = 4096 };

struct limiter {
    pthread_mutex_t lock;
    uint32_t rate; // a second; 0: no limit
    uint64_t seed; // so that nobody can choose whose bucket to share
    struct limiter_bucket {
        uint64_t who;
        int64_t milli, at_ms; // thousandths of a request left
    } buckets[LIMITER_BUCKETS];
};

void limiter_init(struct limiter *limiter, uint32_t rate, uint64_t seed);
void limiter_finish(struct limiter *limiter);
// Takes one request of `who`; now_ms is a monotonic clock's.
bool limiter_take(struct limiter *limiter, uint64_t who, int64_t now_ms, uint32_t *ret_retry_s);
