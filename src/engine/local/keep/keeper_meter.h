// keeper_meter.h - what one attempt uses: CPU time, memory, joules.
//
// A container's use is its cgroup's. A plain process has none: its CPU time is that of all that
// was reaped and all that lives below the keeper, its memory peak that of its largest process.
// Joules come from host/power.h, which says how well they are known.
//
//   Owner      the keeper; finish closes NVML
//   Invariant  cpu_ms and energy_j of one meter never decrease
//   Refusal    none
//   Fault      none: what cannot be read is estimated, and its label says so
#pragma once
#include "engine/local/attempt_folder.h"
#include "host/power.h"

struct keeper_meter {
    struct power power;
    struct power_meter joules;
    struct nvml *nvml;
    int64_t before_ns, cpu_ns; // of the group before the command: runc's own; and since
};

// Before the command: finds what can be measured. Without GPUs nothing here takes time.
void keeper_meter_init(struct keeper_meter *meter, const struct attempt_request *request);
void keeper_meter_finish(struct keeper_meter *meter);
void keeper_meter_start(struct keeper_meter *meter, const struct attempt_request *request,
                        int64_t now_us);
// Adds to usage all but ran_ms.
void keeper_meter_read(struct keeper_meter *meter, const struct attempt_request *request,
                       int64_t now_us, struct attempt_usage *usage);
