// api.h - a command's talk with the server, and what a person is told when it fails.
//
// Every function that talks gives an exit code. When it is not EXIT_DONE the error has been
// printed:
//
//     error: that is more than the account's limit of devices (field devices)
//       fix: ask for fewer, or have the limit raised: tatara limit set
//
// With --json the same goes to stderr as one object {code, field, fix, message}.
//
//   Owner      api_close after api_open; call_answer_finish after every call, failed ones too
//   Invariant  what the server says is shown without its control characters
//   Refusal    EXIT_REFUSED, EXIT_NOT_FOUND, EXIT_NOT_ALLOWED
//   Fault      EXIT_NO_SERVER, EXIT_REFUSED
#pragma once
#include "base/buf.h"
#include "base/json.h"
#include "client/call.h"
#include "client/connection.h"
#include "client/stream.h"
#include "cmd/commands.h"

struct api {
    const struct invocation *invocation;
    struct connection connection;
};

int api_open(struct api *api, const struct invocation *invocation);
void api_close(struct api *api);

int api_call(struct api *api, const struct call *call, struct call_answer *ret_answer);
// GET; the path is head + name (escaped) + tail, the latter two may be NULL.
int api_get(struct api *api, const char *head, const char *name, const char *tail,
            struct call_answer *ret_answer);
// The same with a method and a JSON body (may be empty).
int api_send(struct api *api, const char *method, str body, str path,
             struct call_answer *ret_answer);
void api_path(struct buf *out, const char *head, const char *name, const char *tail);
// Adds "?name=value" or "&name=value"; nothing when value is NULL.
void api_query(struct buf *path, const char *name, const char *value);

// Prints what went wrong and gives its exit code.
int api_complain(const struct invocation *invocation, const struct call_answer *answer,
                 const struct err *err);
// "error: …" for a fault of this machine.
int api_fail(const struct invocation *invocation, const struct err *err);

// A member's text; empty when it is absent or no text.
str api_text(const struct json *object, const char *name);
// A member's number, also one written as a text; `otherwise` when it is neither.
int64_t api_number(const struct json *object, const char *name, int64_t otherwise);
// Follows "share.exact"; NULL when a step is absent.
const struct json *api_member(const struct json *object, const char *path);
