// trace.h - jobs of a file in place of arrivals: SWF, or a CSV with named columns.
//
//     submit_s,run_s,nodes,devices        CSV; devices are of a node, nodes may be left out
//     1 0 5 3600 16 … (18 numbers)        SWF: submit 2nd, run 4th, processors 5th or 8th
//
// Of SWF a processor is a device; a job of more than `devices_per_node` takes whole nodes.
//
//   Owner      the arena
//   Invariant  jobs ascend by submit_us; nodes and devices are at least 1
//   Refusal    none
//   Fault      trace_read: file:line and what is wrong there
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

struct trace_job {
    int64_t submit_us, run_us;
    uint32_t nodes, devices;
};

struct trace {
    uint32_t count;
    struct trace_job *job;
};

bool trace_read(const char *file, str text, uint32_t devices_per_node, struct arena *arena,
                struct trace *ret_trace, struct err *err);
