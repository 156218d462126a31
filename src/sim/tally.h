// tally.h - what is counted in a simulation: levels with their integrals, sums, waits.
//
//   Owner      tallies_finish frees the waits
//   Invariant  an integral is exact in level x milliseconds
//   Refusal    none
//   Fault      none
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct tally { // a level that stands until it changes
    int64_t level, last_ms;
    __int128 integral;
};
void tally_change(struct tally *tally, int64_t now_ms, int64_t by);
__int128 tally_until(struct tally *tally, int64_t now_ms); // the integral, brought up to now

// Waits in classes of an eighth of an octave: a quantile is within 9 % of the truth.
enum { WAIT_CLASSES = 8 * 40, WAIT_SIZES = 6 };
struct waits {
    uint64_t count;
    int64_t most_us;
    __int128 sum_us;
    uint32_t classes[WAIT_CLASSES];
};
void waits_add(struct waits *waits, int64_t wait_us);
int64_t waits_quantile_us(const struct waits *waits, uint32_t permille); // upper end of its class
uint32_t waits_size(uint64_t devices);                                   // which of WAIT_SIZES
const char *waits_size_text(uint32_t size);                              // "9-64 devices"

#define TALLIES(X) X(INSTALLED) X(ENERGISED) X(FAULTY) X(RESERVED) X(RUNNING) X(RATE)
#define X(name)    TALLY_##name,
enum tally_kind { TALLIES(X) TALLY_COUNT };
#undef X

struct tallies {
    struct tally level[TALLY_COUNT];            // devices; RATE: micro-units of money an hour
    struct waits *waits;                        // [demand][WAIT_SIZES]
    int64_t lost_device_ms, starting_device_ms; // work done again; starting up
    uint64_t submitted, ended, refused, attempts, requeued, failures, curtailed;
    uint64_t *failures_of; // [failure]
    int64_t *lost_of;      // [failure]: device-ms
};
