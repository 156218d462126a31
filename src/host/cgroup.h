// cgroup.h - groups of processes with limits and counters, on any of the kernel's layouts.
//
// What the controllers' files are called and in which units they speak is known here and nowhere
// else:
//
//     what             version 1                                  version 2
//     cpu quota        cpu.cfs_quota_us, cpu.cfs_period_us        cpu.max
//     cpu time         cpuacct.usage (ns)                         cpu.stat usage_usec
//     cores            cpuset.cpus, cpuset.mems                   cpuset.cpus, cpuset.mems
//     memory           memory.limit_in_bytes, memory.memsw.…      memory.max, memory.swap.max
//     memory peak      memory.max_usage_in_bytes                  memory.peak
//     killed for it    memory.oom_control oom_kill                memory.events oom_kill
//     pids             pids.max                                   pids.max
//     kill all         pids.max 0, then signals until empty       cgroup.kill
//
// A job's group is MOUNT/base/name in each hierarchy that holds a usable controller. The base is
// at the root of the mount (runc reads an absolute cgroupsPath the same way), so that it does not
// depend on the session tatara was started from.
//
//   Owner      the kernel; a group is known by its name
//   Invariant  a group is made in every hierarchy that holds a usable controller, or in none
//   Refusal    none
//   Fault      setting what is not usable here (says why); a file of the kernel fails
#pragma once
#include "host/cgroup_look.h"
#include <sys/types.h>

// Counters of a group; -1 where this machine cannot tell.
struct cgroup_usage {
    int64_t cpu_ns, memory_peak_bytes, oom_kills;
};

// Looks, and makes the base group. What cannot be made or switched on is not usable, with reason.
bool cgroup_open(struct cgroups *ret_cgroups, const char *root, const char *base, struct err *err);
// A name is [a-z0-9.-]+, at most CGROUP_NAME_MAX - 1 bytes. Making one that exists is fine, so
// is removing one that does not. Removing needs an empty group.
bool cgroup_make(const struct cgroups *cgroups, const char *name, struct err *err);
bool cgroup_remove(const struct cgroups *cgroups, const char *name, struct err *err);
bool cgroup_limit_memory(const struct cgroups *cgroups, const char *name, int64_t bytes,
                         struct err *err); // and no swap beyond it
bool cgroup_limit_cpu(const struct cgroups *cgroups, const char *name, int64_t milli,
                      struct err *err); // 1,000 is one core's time
bool cgroup_limit_cores(const struct cgroups *cgroups, const char *name, const core_set *cores,
                        struct err *err);
bool cgroup_limit_pids(const struct cgroups *cgroups, const char *name, int64_t count,
                       struct err *err);
bool cgroup_join(const struct cgroups *cgroups, const char *name, pid_t pid, struct err *err);
bool cgroup_usage(const struct cgroups *cgroups, const char *name, struct cgroup_usage *ret_usage,
                  struct err *err);
// Pids in the group itself, ascending, at most pids_max. A group that is not there is empty.
bool cgroup_pids(const struct cgroups *cgroups, const char *name, pid_t *ret_pids,
                 uint32_t pids_max, uint32_t *ret_count, struct err *err);
// Kills until nothing is left in it or below it, for at most wait_ms.
bool cgroup_kill(const struct cgroups *cgroups, const char *name, int64_t wait_ms, struct err *err);
