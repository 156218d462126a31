// rng.h - random integers from a seed, the same on every machine.
//
// SplitMix64 (Steele, Lea, Flood 2014). For simulation and tests, never for secrets.
//
//   Owner      whoever holds the struct; copying it copies the sequence
//   Invariant  the same state gives the same sequence on every compiler and CPU
//   Refusal    none
//   Fault      none
#pragma once
#include <stdint.h>

struct rng {
    uint64_t state;
};

uint64_t rng_next(struct rng *rng);
int64_t rng_below(struct rng *rng, int64_t limit);               // 0 .. limit - 1, limit >= 1
int64_t rng_between(struct rng *rng, int64_t low, int64_t high); // both ends included
// Exponential with this mean, from an integer table; 0 .. 20 x mean.
int64_t rng_exponential(struct rng *rng, int64_t mean);
