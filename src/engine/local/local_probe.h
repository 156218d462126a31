// local_probe.h - tries a container before any job depends on one.
//
// The whole way is tried with a keeper of its own, as attempt 0 of job 0, which no real job is:
// runc, cgroups, seccomp, the first process. Its folder is removed again.
//
//   Owner      local.h calls it once, before it takes anything up
//   Invariant  leaves nothing behind
//   Refusal    none
//   Fault      containers do not work here; says why
#pragma once
#include "engine/local/local_watch.h"

bool local_probe(struct local_watch *watch, struct err *err);
