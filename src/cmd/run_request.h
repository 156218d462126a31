// run_request.h - the body of a job's submission from the options of `tatara run`.
//
//   Owner      the caller's buffer
//   Invariant  only what was said on the command line is in the body, but for memory and devices
//   Refusal    none here: the server answers
//   Fault      an option whose value has no form (--share, --cpu, --chip, --together), or no UTF-8
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "cmd/options.h"
#include <stdbool.h>

bool run_request(const struct options *options, struct buf *ret_body, struct err *err);
