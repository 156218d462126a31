#include "base/rng.h"
#include "base/must.h"

uint64_t rng_next(struct rng *rng)
{
    uint64_t z = rng->state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

int64_t rng_below(struct rng *rng, int64_t limit)
{
    must(limit >= 1);
    return (int64_t)((unsigned __int128)rng_next(rng) * (uint64_t)limit >> 64);
}

int64_t rng_between(struct rng *rng, int64_t low, int64_t high)
{
    int64_t width;
    must(low <= high && !__builtin_sub_overflow(high, low, &width) && width < INT64_MAX);
    return low + rng_below(rng, width + 1);
}

// -ln(u) as k·ln 2 - ln(m) with u = m·2^-k, 0.5 < m <= 1: k counts leading zeros, and ln(m) is
// read from 16 chords. Units of 2^-16.
int64_t rng_exponential(struct rng *rng, int64_t mean)
{
    static const int32_t minus_ln[17] = {45426, 41453, 37707, 34163, 30801, 27604,
                                         24555, 21643, 18854, 16180, 13612, 11141,
                                         8761,  6465,  4248,  2100,  0};
    must(mean >= 0 && mean < INT64_MAX / 64); // 64 halvings are 44.4 means
    uint64_t u = rng_next(rng) | 1;
    int zeros = __builtin_clzll(u);
    uint64_t mantissa = u << zeros; // top bit set: m = mantissa / 2^64
    uint32_t chord = mantissa >> 59 & 15, part = mantissa >> 43 & 0xffff;
    int64_t low = minus_ln[chord], high = minus_ln[chord + 1];
    int64_t ln = low + ((high - low) * part >> 16) + zeros * (int64_t)45426;
    int64_t value = (int64_t)((__int128)mean * ln >> 16);
    return value > mean * 20 ? mean * 20 : value;
}
