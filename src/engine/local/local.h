// local.h - the engine that runs jobs on this machine, each under a keeper of its own.
//
// It starts keepers and watches their folders; what it reports is what the keepers wrote. One
// thread waits (epoll) for calls, for files that appear and for keepers that die; no call blocks.
// Nothing but the folders outlives it: when it is created it reads them, goes on watching what
// still runs, has what was orphaned undertaken, and reports once more what it knows of every
// attempt that was not forgotten.
//
// Ways: a container (runc, as root) or a plain process. AUTO takes containers when a trial
// container runs here. attempt_folder.h says what lies where, keeper.h what a keeper does.
//
//   Owner      the caller; keepers and their jobs are their own masters and outlive it
//   Invariant  within one engine: at most one STARTED and exactly one ENDED an attempt; ran_ms and
//              energy_j never decrease. One engine a data directory.
//   Refusal    as port/engine.h says: ENDED with ENGINE_NOT_STARTED
//   Fault      local_create: the data directory cannot be used or has another engine, no way of
//              running jobs works here
//   Threads    every call may come from any thread; reports come from the engine's own
#pragma once
#include "base/err.h"
#include "port/engine.h"
#include <stdbool.h>
#include <stdint.h>

enum local_way { LOCAL_AUTO, LOCAL_PROCESS, LOCAL_CONTAINER };

enum local_device_kind { LOCAL_CORE, LOCAL_GPU };
struct local_device {
    enum local_device_kind kind;
    uint32_t number;         // the core as the kernel counts, or NVML's index of the GPU
    uint32_t minor;          // of a GPU: /dev/nvidiaN
    char uuid[48];           // of a GPU, as CUDA names it; "" takes the index
    int32_t idle_w, class_w; // watts for estimates; 0: those of a core of a server
};

enum {
    LOCAL_ALIVE_MS = 300 * 1000,             // default between two ENGINE_ALIVE
    LOCAL_HEARTBEAT_MS = 10 * 1000,          // default between two heartbeats of a keeper
    LOCAL_HEARTBEAT_MS_MAX = 60 * 1000,      // energy counters wrap
    LOCAL_OUTPUT_BYTES = 1024 * 1024 * 1024, // default cap of each stream
    LOCAL_UID_BASE = 200000                  // default: account 7 runs as 200007
};

// Zero or NULL takes the default.
struct local_options {
    const char *data;               // must exist; the engine lives in data/jobs
    const char *const *keeper_argv; // program and first arguments; the folder is added. Default:
                                    // /proc/self/exe keeper
    const struct local_device *devices; // by index of the node
    uint32_t device_count;
    enum local_way way;
    int64_t alive_ms, heartbeat_ms, output_bytes_max;
    int64_t uid_base;
    const char *runc;          // default: from PATH
    const char *rootfs_folder; // a spec's rootfs must lie in it; default: anywhere but in the
                               // host's own folders; who may name one is for others to judge
    const char *private_paths; // more to hide from containers, one absolute path a line
};

bool local_create(const struct local_options *options, struct engine_sink sink,
                  struct engine **ret_engine, struct err *err);
