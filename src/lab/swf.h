// swf.h - reads a trace in the Standard Workload Format, job by job, with the place of each fault.
//
// One job a line, 18 numbers apart by blanks, -1 where a number is not known; lines that begin with
// ';' are the header and comments. Format: Feitelson, Parallel Workloads Archive, version 2.2. Of
// the 18 these are taken: 1 number, 2 submitted at (s), 4 run time (s), 5 processors given, 8
// processors asked for (when 5 is not known), 12 user, 13 group. A wrong line is named and skipped.
//
//   Owner      struct swf points at file and text, which must outlive it
//   Invariant  a job that is read has submit_s, run_s, procs, user, group >= -1, below 2^53
//   Refusal    none
//   Fault      SWF_WRONG: "trace.swf:12:7: what is wrong; what to do"
#pragma once
#include "base/err.h"
#include "base/str.h"
#include <stdint.h>

struct swf {
    const char *file;
    str rest;
    uint32_t line;
};

struct swf_job {
    int64_t number, submit_s, run_s, procs, user, group;
};

enum swf_step { SWF_JOB, SWF_END, SWF_WRONG };

void swf_init(struct swf *swf, const char *file, str text);
enum swf_step swf_next(struct swf *swf, struct swf_job *ret_job, struct err *err);
