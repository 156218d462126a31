// oci.h - writes the config.json of an OCI bundle (runtime specification 1.0.2).
//
// PID, mount, IPC, UTS, network and cgroup namespaces of its own (of networks only loopback), no
// capability, no new privileges, seccomp (oci_seccomp.h), an uid of the account, a read-only root
// (container_root.h), a temporary folder of its own, and /job, which is writable.
//
//   Owner      nobody: a function of its inputs
//   Invariant  nothing a user writes is anything but an argument, an environment or a path inside
//   Refusal    none
//   Fault      none: an overflow stays in `out`
#pragma once
#include "engine/local/keep/command_plan.h"
#include "engine/local/container/container_root.h"

struct oci_device { // of the host, to be seen inside under the same path
    const char *path;
    uint32_t major, minor;
};

struct oci_bundle {
    const struct command_plan *plan;
    const struct container_root *root;
    const char *const *environment;
    const char *directory; // absolute, inside
    const struct oci_device *devices;
    uint32_t device_count;
};

void oci_write(const struct oci_bundle *bundle, struct buf *out);
