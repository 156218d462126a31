// nvml.h - the GPUs of this machine, as NVIDIA's management library tells of them.
//
// The library comes with the driver and is looked for at run time: a machine without it has no
// GPU for us. Its few functions are declared here by their ABI, which NVIDIA keeps stable
// (NVML API Reference Guide, the _v2 and _v3 names); no header of theirs is needed.
//
// What a GPU does not support is -1, not a fault: many cards have no ECC, no MIG, or no energy
// counter. A GPU that is lost is a fault of that GPU alone.
//
//   Owner      whoever opened it; nvml_close accepts NULL
//   Invariant  every number is -1 or in range; every text ends with a zero byte
//   Refusal    NVML_ABSENT: no library, or no driver behind it
//   Fault      the library says no (its words, the call and the GPU's index)
//   Threads    any, after nvml_open
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

enum { NVML_GPUS_MAX = 64 };

enum nvml_presence { NVML_PRESENT, NVML_ABSENT, NVML_FAULTY };

struct nvml;

struct nvml_gpu {
    char name[96], uuid[96], serial[32];
    char pci[32];  // "0000:3b:00.0", as under /sys/bus/pci/devices
    int32_t minor; // /dev/nvidiaN
    int64_t memory_bytes;
    int64_t power_limit_mw;     // enforced now
    int64_t power_limit_max_mw; // the most that may be set
    int32_t ecc, mig;           // 0 off, 1 on
    int32_t mig_max, mig_count; // slices possible, slices that exist
};

struct nvml_reading {
    int64_t memory_used_bytes;
    int64_t power_mw;                    // draw now
    int64_t energy_mj;                   // since the driver was loaded; never decreases until then
    int32_t gpu_percent, memory_percent; // busy, over the last sample period
};

// path NULL: "libnvidia-ml.so.1" by the loader's own rules. For NVML_ABSENT and NVML_FAULTY err
// says why in one line, and *ret_nvml is untouched.
enum nvml_presence nvml_open(struct nvml **ret_nvml, const char *path, struct err *err);
void nvml_close(struct nvml *nvml);
bool nvml_count(struct nvml *nvml, uint32_t *ret_count, struct err *err);
bool nvml_describe(struct nvml *nvml, uint32_t index, struct nvml_gpu *ret_gpu, struct err *err);
bool nvml_read(struct nvml *nvml, uint32_t index, struct nvml_reading *ret_reading,
               struct err *err);
// The energy counter alone: the one call a meter makes. Unsupported: true, and -1.
bool nvml_energy(struct nvml *nvml, uint32_t index, int64_t *ret_energy_mj, struct err *err);
bool nvml_driver(struct nvml *nvml, char ret_version[80], struct err *err);
