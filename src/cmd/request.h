// request.h - the body of a request, member by member, and the request itself.
//
//     struct request request;
//     request_init(&request, "POST", "/api/v1/accounts", NULL, NULL);
//     request_text(&request, "slug", "acme");
//     code = request_show(&request, invocation, fields);
//
//   Owner      request_show and request_quiet end the request and free it
//   Invariant  members are written in the order given
//   Refusal    as in api.h
//   Fault      as in api.h; a text that is not UTF-8
#pragma once
#include "cmd/show.h"

struct request {
    const char *method;
    struct buf path, body;
    struct json_out out;
    const char *not_utf8; // the first member whose text is not
};

// The path is head + name (escaped) + tail; the latter two may be NULL.
void request_init(struct request *request, const char *method, const char *head, const char *name,
                  const char *tail);
void request_text(struct request *request, const char *name, const char *value); // NULL: left out
void request_number(struct request *request, const char *name, int64_t value);
void request_null(struct request *request, const char *name);

// Sends it and shows the answer.
int request_show(struct request *request, const struct invocation *invocation,
                 const struct show_field *fields);
// Sends it; a person reads `done` on stderr, a program the answer.
int request_quiet(struct request *request, const struct invocation *invocation, const char *done);
