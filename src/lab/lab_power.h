// lab_power.h - how many watts N replicas of an inference service need together.
//
// A trace is the measured power of one replica over time. N replicas run it with phases drawn by
// a seed; their sum, divided by their devices, has a percentile: the watts a device of such a
// service must be promised. Many replicas smooth one another, so they need less than N times what
// one needs; what is below the maximum may be sold again. A synchronous training job gains nothing:
// its devices peak together.
//
//   Owner      lab_trace_read takes memory, lab_trace_finish gives it back
//   Invariant  integers throughout: the same trace, ask and seed give the same watts everywhere
//   Refusal    none
//   Fault      a file that is not a trace: named with line and column
#pragma once
#include "base/err.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

struct lab_trace {
    char name[96];
    int64_t *milliwatts; // of one replica, at equal distances in time
    uint32_t count, devices;
};

struct lab_power_ask {
    uint32_t replicas;
    int32_t percentile; // 1..100
    uint32_t rounds;    // so often are all phases drawn
    uint64_t seed;
};

// A CSV with a column power_total_W. devices 0: as the file's name says ("num_gpus_8").
bool lab_trace_read(const char *name, str text, uint32_t devices, struct lab_trace *ret_trace,
                    struct err *err);
void lab_trace_finish(struct lab_trace *trace); // accepts a zeroed trace

// Milliwatts of one device: the percentile over all instants of all rounds, nearest rank.
int64_t lab_power_percentile(const struct lab_trace *trace, const struct lab_power_ask *ask);
int64_t lab_power_mean(const struct lab_trace *trace); // milliwatts of one device
// By how many permille more devices of max_w fit when each is promised so much.
int64_t lab_power_more(int64_t milliwatts, int64_t max_w);
