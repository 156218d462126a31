// power_promise.h - how many watts a device is promised for a kind of work.
//
// Training runs in step: all its devices peak together, so each is promised its maximum. Batch is
// promised the watts of its class. Replicas of an inference service peak apart: the 99th
// percentile of their sum, as measured, in thousandths of the maximum by how many there are.
//
// The table is the higher of the traces of each load, p99 of 40 x random phases, seed 42:
//     tatara lab power --traces DIR --replicas 1,2,5,10,20,50,100,200,500
// of Llama-3.1-405B on eight H100 (openg2g/ML.ENERGY): light is 8 sequences at once, medium 64 and
// 128, heavy 256 and 512. src/lab/test/lab_power.c holds it against the traces.
//
//   Owner      nobody: a function of numbers
//   Invariant  idle_w <= promise <= max_w; more replicas never need more
//   Refusal    none
//   Fault      none
#pragma once
#include <stdint.h>

enum power_work { POWER_WORK_TRAINING, POWER_WORK_INFERENCE, POWER_WORK_BATCH };
enum power_load_class { POWER_LOAD_HEAVY, POWER_LOAD_MEDIUM, POWER_LOAD_LIGHT, POWER_LOADS };

struct power_chip { // watts of one device; 0 class_w: as max_w
    int64_t idle_w, class_w, max_w;
};

int64_t power_promise_w(const struct power_chip *chip, enum power_work work,
                        enum power_load_class load, int64_t replicas);
// Thousandths of the maximum for so many replicas, at least 1.
int32_t power_promise_permille(enum power_load_class load, int64_t replicas);
