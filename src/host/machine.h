// machine.h - what this machine is: its cores, memory, NUMA nodes, kernel and names.
//
// Read once at the start; nothing here changes while a machine is up, but the memory available.
// Cores and memory are what this process may use: the affinity mask, the cpuset, the quota and
// the memory limit of its cgroup and of all above it count.
//
//   Owner      a value
//   Invariant  cores is not empty; every usable core is in exactly one NUMA node;
//              0 <= memory_available_bytes <= memory_usable_bytes <= memory_total_bytes
//   Refusal    none
//   Fault      a file of /proc is missing or holds garbage (names the file)
#pragma once
#include "base/err.h"
#include "host/core_set.h"
#include <stdbool.h>
#include <stdint.h>

enum { MACHINE_NUMA_MAX = 64 };

struct machine_numa {
    uint32_t id; // the kernel's number
    core_set cores;
    int64_t memory_bytes;
};

struct machine {
    char hostname[65];
    char architecture[65]; // uname -m
    char kernel[65];
    char boot_id[37];
    char cpu_model[128];
    core_set cores;
    int64_t cpu_milli; // 1,000 a core, less where a quota says so
    int64_t memory_total_bytes, memory_usable_bytes, memory_available_bytes;
    struct machine_numa numa[MACHINE_NUMA_MAX];
    uint32_t numa_count; // at least 1
};

bool machine_read(struct machine *ret_machine, const char *root, struct err *err);
int32_t machine_numa_of(const struct machine *machine, uint32_t core); // the kernel's number, or -1
bool machine_boot_id(const char *root, char ret_boot_id[37], struct err *err);
int64_t machine_boottime_us(void); // CLOCK_BOOTTIME: goes on while the machine sleeps
