// promise.h - the watts a job is promised, of each of its nodes.
//
// By the kind of its work and the watts of its chip (core/fleet/power_promise.h). Each node of an
// inference job is a replica, of the load that needs most, as nothing is known of its load.
//
//   Owner      nobody: functions of rows
//   Invariant  a share is promised its part of the device, rounded up
//   Refusal    none
//   Fault      none
#pragma once
#include "core/inventory/inventory.h"
#include "core/sched/job.h"

// Watts of its devices on one node; chip NULL: it has none.
int64_t promise_node_w(const struct chip *chip, const struct shape *shape, enum job_power power,
                       uint32_t replicas);
// What the same devices take when all stands still.
int64_t promise_idle_w(const struct chip *chip, const struct shape *shape);
