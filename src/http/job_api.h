// job_api.h - jobs: submit, list, show, why, stop. See route.c for the table.
//
//   Owner      nobody
//   Invariant  the command and environment of a job go into a blob, never into an event; values of
//              the environment are in no reply
//   Refusal    in exchange->refusal
//   Fault      none
#pragma once
#include "http/exchange.h"

extern const struct field job_submit_fields[], job_list_query[], job_stop_fields[];
extern const struct reply_field reply_job_page[], reply_job_shown[], reply_why[];

bool job_submit_prepare(struct exchange *exchange);
bool job_stop_prepare(struct exchange *exchange);
enum view job_answer_view(struct exchange *exchange, const struct cloud *cloud); // the answer's job
enum view job_list_view(struct exchange *exchange, const struct cloud *cloud);
enum view job_show_view(struct exchange *exchange, const struct cloud *cloud);
bool job_show_finish(struct exchange *exchange);
enum view job_why_view(struct exchange *exchange, const struct cloud *cloud);
// The job of the path, if the caller may see it; NULL: refused.
const struct job *job_of_exchange(struct exchange *exchange, const struct cloud *cloud);
