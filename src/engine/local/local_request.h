// local_request.h - from what the core asks to what a keeper is told.
//
//   Owner      nobody: a function of its inputs (and a random token)
//   Invariant  a request names only devices of this node
//   Refusal    in err: a device this node has not, an account without a uid
//   Fault      none
#pragma once
#include "engine/local/attempt_folder.h"
#include "engine/local/local_watch.h"

bool local_request_make(const struct local_setup *setup, const struct engine_start *start,
                        struct attempt_request *ret_request, struct err *err);
