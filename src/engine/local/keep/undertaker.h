// undertaker.h - ends an attempt whose keeper was killed, or whose host went down.
//
// Its true end is known to nobody any more. Whatever still runs of it is killed, and it ends as
// ENGINE_LOST with what its last heartbeat said. Runs in a keeper of its own, under the lock.
//
//   Owner      keeper.h calls it
//   Invariant  end.json is written only after nothing marked as this attempt's is left, or what is
//              left cannot be killed
//   Refusal    none
//   Fault      end.json cannot be written: it is tried again by the next keeper
#pragma once
#include "base/err.h"
#include <stdbool.h>

bool undertaker_run(int folder, const char *path, struct err *err);
