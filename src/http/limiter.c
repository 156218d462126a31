#include "http/limiter.h"
#include "base/must.h"
#include <string.h>

enum { REQUEST_MILLI = 1000 };

void limiter_init(struct limiter *limiter, uint32_t rate, uint64_t seed)
{
    memset(limiter, 0, sizeof *limiter);
    must(pthread_mutex_init(&limiter->lock, NULL) == 0);
    limiter->rate = rate;
    limiter->seed = seed;
}

void limiter_finish(struct limiter *limiter)
{
    pthread_mutex_destroy(&limiter->lock);
}

// SplitMix64's finisher: spreads every bit over the whole word.
static uint64_t spread(uint64_t word)
{
    word = (word ^ (word >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    word = (word ^ (word >> 27)) * UINT64_C(0x94d049bb133111eb);
    return word ^ (word >> 31);
}

// The bucket of `who`, filled up to now. A full bucket of somebody else is taken over.
static struct limiter_bucket *bucket_now(struct limiter *limiter, uint64_t who, int64_t now_ms)
{
    int64_t burst = (int64_t)limiter->rate * REQUEST_MILLI;
    uint64_t hash = spread(who ^ limiter->seed);
    struct limiter_bucket *bucket = &limiter->buckets[hash % LIMITER_BUCKETS];
    if (bucket->who == 0)
        *bucket = (struct limiter_bucket){.who = who, .milli = burst, .at_ms = now_ms};
    int64_t elapsed_ms = now_ms - bucket->at_ms;
    if (elapsed_ms > 0) {
        // A rate of n a second is n thousandths a millisecond.
        int64_t more = elapsed_ms > 1000 ? burst : elapsed_ms * (int64_t)limiter->rate;
        bucket->milli = bucket->milli + more > burst ? burst : bucket->milli + more;
        bucket->at_ms = now_ms;
    }
    if (bucket->milli == burst)
        bucket->who = who;
    return bucket;
}

bool limiter_take(struct limiter *limiter, uint64_t who, int64_t now_ms, uint32_t *ret_retry_s)
{
    if (limiter->rate == 0)
        return true;
    must(pthread_mutex_lock(&limiter->lock) == 0);
    struct limiter_bucket *bucket = bucket_now(limiter, who, now_ms);
    bool taken = bucket->milli >= REQUEST_MILLI;
    if (taken)
        bucket->milli -= REQUEST_MILLI;
    else
        *ret_retry_s = 1;
    must(pthread_mutex_unlock(&limiter->lock) == 0);
    return taken;
}
