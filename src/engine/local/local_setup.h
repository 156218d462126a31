// local_setup.h - an engine's options, checked, with the defaults in.
//
//   Owner      local.h
//   Invariant  every path is absolute and UTF-8, so that it can stand in a keeper's request
//   Refusal    none
//   Fault      an option that cannot be used, and why; no way of running jobs works here
#pragma once
#include "engine/local/local_watch.h"

bool local_setup_make(const struct local_options *options, struct local_setup *ret_setup,
                      struct err *err);
// Decides between containers and processes; the watch lends its hands for a trial.
bool local_setup_choose(enum local_way way, struct local_setup *setup, struct local_watch *watch,
                        struct err *err);
void local_setup_limits(const struct local_setup *setup, struct buf *out);
