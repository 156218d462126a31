// inventory_scan.h - this machine as the cloud sells it: one node and its devices.
//
// With GPUs the GPUs are the devices. Without one each usable logical core is a device of the
// chip `cpu-core`, at most DEVICE_SET_MAX of them and no more than the process's CPU quota.
// Devices are in a fixed order (NVML's index, the core's number), so that a device keeps its
// index from one start to the next.
//
//   Owner      a value (some 100 KiB: not for the stack of a thread)
//   Invariant  at least one device; texts fit the core's records and end with a zero byte
//   Refusal    none
//   Fault      /proc cannot be read; a driver is there but does not work (scan with `cores_only`
//              to sell the cores in spite of it). A GPU that fails alone is listed with its fault
#pragma once
#include "base/device_set.h"
#include "base/err.h"
#include "host/machine.h"
#include "host/nvml.h"
#include <stdbool.h>
#include <stdint.h>

struct inventory_scan_device {
    char chip[32];        // "cpu-core", "nvidia-h100-80gb-hbm3": lower case, digits, '-'
    char description[96]; // the CPU's model, or the GPU's name as its maker prints it
    char serial[48];      // "core-3", or the GPU's uuid
    char fault[160];      // not empty: it is there, but must not be sold
    int64_t memory_mib;   // its own; 0 for a core
    int32_t idle_w, class_w, max_w;
    int32_t numa;    // -1: not known
    int32_t minor;   // /dev/nvidiaN; -1 for a core
    uint32_t number; // NVML's index, or the kernel's number of the core
};

struct inventory_scan {
    struct machine machine;
    int64_t cpu_milli, memory_mib;
    bool gpus;
    uint32_t count;
    struct inventory_scan_device devices[DEVICE_SET_MAX]; // [count], the index is the position
    char note[256]; // for people: why there are no GPUs, or which cores are left out
};

struct inventory_scan_from {
    const char *root;      // "" but in tests
    const char *nvml_path; // NULL: the driver's own
    bool cores_only;
};

bool inventory_scan(struct inventory_scan *ret_scan, const struct inventory_scan_from *from,
                    struct err *err);
// "NVIDIA H100 80GB HBM3" -> "nvidia-h100-80gb-hbm3"; never empty.
void inventory_scan_chip_name(const char *name, char ret_chip[32]);
