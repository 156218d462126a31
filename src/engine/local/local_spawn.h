// local_spawn.h - starts keepers.
//
//   Owner      the engine reaps them when it is still there
//   Invariant  a keeper gets the lock of its attempt, a session of its own, and of our environment
//              and descriptors nothing that could hold a secret
//   Refusal    none
//   Fault      the program is not there, no more processes
#pragma once
#include "base/err.h"
#include <stdbool.h>

// The lock stays the caller's to close. ret_keeper is a pidfd.
bool local_spawn(const char *const *keeper_argv, const char *folder_path, int folder, int lock,
                 int *ret_keeper, struct err *err);
