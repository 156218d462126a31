// job_reply.h - a job as JSON, wherever a job is shown.
//
//   Owner      the caller's writer
//   Invariant  no value of the environment and no secret is in it
//   Refusal    none
//   Fault      none
#pragma once
#include "core/cloud/cloud.h"
#include "http/reply.h"

extern const struct reply_field reply_job[];
// The nodes and devices of its newest lease as ranges, the first of them when they are very many.
void job_reply_parts(struct json_out *json, const struct cloud *cloud, const struct job *job);
void job_reply(struct json_out *json, const struct cloud *cloud, const struct job *job);
// The members of a job without the braces: what follows may add some.
void job_reply_members(struct json_out *json, const struct cloud *cloud, const struct job *job);
