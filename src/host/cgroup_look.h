// cgroup_look.h - which cgroup controllers this machine has, and what limits this process.
//
// Version 1 has a hierarchy for each controller, version 2 one for all, and a hybrid machine has
// version 1 controllers beside a nearly empty version 2. /proc/self/mountinfo says where they are
// mounted, /proc/self/cgroup where this process is in each.
//
//   Owner      struct cgroups is a value: plain data, copied freely
//   Invariant  for each controller either `usable` or a reason for people
//   Refusal    none
//   Fault      a file of /proc or of a group does not hold what it should
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "host/core_set.h"
#include <stdbool.h>
#include <stdint.h>

#define CGROUP_KINDS(X)                                                         \
    X(CGROUP_CPU, "cpu")                                                        \
    X(CGROUP_CPUACCT, "cpuacct") /* version 2 counts cpu time in every group */ \
    X(CGROUP_CPUSET, "cpuset")                                                  \
    X(CGROUP_MEMORY, "memory")                                                  \
    X(CGROUP_PIDS, "pids")
#define X(name, text) name,
enum cgroup_kind { CGROUP_KINDS(X) CGROUP_KIND_COUNT };
#undef X

enum { CGROUP_HIERARCHIES_MAX = 12, CGROUP_PATH_MAX = 512, CGROUP_NAME_MAX = 64 };

struct cgroup_hierarchy {
    uint32_t version;            // 1 or 2
    char mount[CGROUP_PATH_MAX]; // its mount point, without the root prefix
    char own[CGROUP_PATH_MAX];   // this process's group below it, "/" or "/a/b"
    bool wanted;                 // holds a usable controller: groups are made here
};

struct cgroup_controller {
    bool usable;
    uint32_t version;   // 0: this machine does not have it
    uint32_t hierarchy; // where version is not 0
    char reason[200];   // why it is not usable
};

struct cgroups {
    char root[CGROUP_PATH_MAX]; // prefix for every path: "" but in tests
    char base[CGROUP_NAME_MAX];
    struct cgroup_hierarchy hierarchies[CGROUP_HIERARCHIES_MAX];
    uint32_t hierarchy_count;
    struct cgroup_controller controllers[CGROUP_KIND_COUNT];
};

// What holds this process itself, over all its ancestors; -1 and an empty set: no limit.
struct cgroup_own {
    int64_t memory_bytes, memory_used_bytes, cpu_milli;
    core_set cores;
};

// Looks only: makes nothing. A machine without cgroups is no fault.
bool cgroup_look(struct cgroups *ret_cgroups, const char *root, const char *base, struct err *err);
bool cgroup_own_limits(const struct cgroups *cgroups, struct cgroup_own *ret_own, struct err *err);
const char *cgroup_layout(const struct cgroups *cgroups); // "none", "v1", "v2" or "hybrid"
const char *cgroup_kind_text(enum cgroup_kind kind);
// One line for each controller that is not usable: "memory: why".
void cgroup_missing(const struct cgroups *cgroups, struct buf *out);
