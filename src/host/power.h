// power.h - how many joules a job used, and how well that is known.
//
//     MEASURED     the energy counters of the job's own GPUs (NVML)
//     ATTRIBUTED   the packages' energy counters (RAPL) × the job's CPU time / (cores × time)
//     ESTIMATED    idle watts × time + (class - idle watts) × busy time, per device
//
// A package counts all that runs on it. The job's share is taken of the whole capacity of its
// cores, busy or not: so the same job gets the same joules whatever its neighbours do, the shares
// of all jobs never exceed the counter, and what stays unattributed (idle draw) is the house's.
// A GPU job's joules are those of its GPUs; its share of the package is not added.
//
// RAPL counters wrap at max_energy_range_uj, after minutes under load: sample at least once a
// minute. A counter that jumped (a driver was loaded anew) is bridged by an estimate. Whatever
// part of a job was known worst gives the job its label.
//
//   Owner      struct power and struct power_meter are values; the nvml behind them is the caller's
//   Invariant  a meter's joules never decrease, its label never gets better
//   Refusal    none
//   Fault      none: what cannot be read is estimated, and the label says so
#pragma once
#include "base/device_set.h"
#include "host/nvml.h"
#include "port/engine.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    POWER_DOMAINS_MAX = 16,
    // Watts of one logical core of a server, where nothing can be measured: a package of 350 W
    // with 112 threads (or 360 W with 192) draws 2 to 3 W a thread at full load, smaller machines
    // 4 to 6; a third of it when idle, with its share of memory and fans.
    POWER_CORE_IDLE_W = 1,
    POWER_CORE_CLASS_W = 4,
    POWER_CORE_MAX_W = 6,
};

struct power_domain { // one package
    char path[160];   // its energy_uj
    int64_t range_uj;
};

// What can be measured on this machine.
struct power {
    char root[512];
    struct power_domain domains[POWER_DOMAINS_MAX];
    uint32_t domain_count;
    uint32_t cores; // of all packages
    struct nvml *nvml;
    char note[256]; // why no package is counted; empty when one is
};

// What one job has of it.
struct power_load {
    device_set gpus; // NVML's indexes; empty: a job on cores
    uint32_t cores;
    int32_t idle_w, class_w; // of one of its devices
};

struct power_meter {
    const struct power *power;
    struct power_load load;
    int64_t energy_uj;
    enum engine_energy kind;
    int64_t time_us, cpu_ns;
    int64_t domain_uj[POWER_DOMAINS_MAX]; // at the last sample; -1 not known
    int64_t gpu_mj[NVML_GPUS_MAX];
};

// nvml may be NULL; else it must outlive ret_power. cores: all that are online.
void power_look(struct power *ret_power, const char *root, uint32_t cores, struct nvml *nvml);
// now_us: CLOCK_BOOTTIME. cpu_ns: the job's CPU time so far, -1 where nobody knows it.
void power_meter_start(struct power_meter *meter, const struct power *power,
                       const struct power_load *load, int64_t now_us, int64_t cpu_ns);
void power_meter_sample(struct power_meter *meter, int64_t now_us, int64_t cpu_ns);
int64_t power_meter_joules(const struct power_meter *meter); // whole joules, cut
