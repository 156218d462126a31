// refusal.h - what the server says when it does not do what was asked: {code, message, field, fix}.
//
// The core's refusals (core/cloud/answer.h) and the server's own take the same form. Codes are
// part of the API; the table here and the ANSWERS table are all there are.
//
//   Owner      the caller: a value, no memory behind it
//   Invariant  status is 400..599 once refused; every refusal says what to do
//   Refusal    refuse is always false, so that a check reads `return refuse(…)`
//   Fault      none
#pragma once
#include "base/buf.h"
#include "core/cloud/answer.h"
#include <stdbool.h>
#include <stdint.h>

// name, code, HTTP status, message, fix
#define REFUSALS(X)                                                                              \
    X(REFUSE_BAD_REQUEST, "bad_request", 400, "the request is not well formed",                  \
      "send a request as HTTP/1.1 describes it")                                                 \
    X(REFUSE_BAD_PATH, "bad_path", 400, "the path holds something that no path here holds",      \
      "use letters, digits and - . _ between single slashes")                                    \
    X(REFUSE_MALFORMED_JSON, "malformed_json", 400, "the body is not JSON", "mend the JSON")     \
    X(REFUSE_UNKNOWN_FIELD, "unknown_field", 400, "there is no such field", "see /api/docs")     \
    X(REFUSE_MISSING_FIELD, "missing_field", 400, "a field that is needed is not there",         \
      "add the field")                                                                           \
    X(REFUSE_FIELD, "bad_field", 400, "a field has a value that cannot be taken", "see field")   \
    X(REFUSE_NO_KEY, "no_key", 401, "this needs an access key",                                  \
      "send the header Authorization: Bearer tk_…")                                              \
    X(REFUSE_UNKNOWN_KEY, "unknown_key", 401, "the access key is unknown, revoked or expired",   \
      "use a valid key; an admin makes one with: tatara key new")                                \
    X(REFUSE_NOT_ALLOWED, "not_allowed", 403, "this key's role may not do that",                 \
      "use a key with a higher role")                                                            \
    X(REFUSE_NOT_FOUND, "not_found", 404, "there is no such thing", "check the id")              \
    X(REFUSE_NO_ROUTE, "no_such_path", 404, "there is nothing at this path", "see /api/docs")    \
    X(REFUSE_METHOD, "method_not_allowed", 405, "this path has no such method",                  \
      "use one of the methods in the Allow header")                                              \
    X(REFUSE_NOT_ACCEPTABLE, "not_acceptable", 406, "this cannot be given in that form",         \
      "ask for application/json")                                                                \
    X(REFUSE_TOO_LARGE, "too_large", 413, "the body is too large", "send less")                  \
    X(REFUSE_LONG_PATH, "path_too_long", 414, "the path and query are too long", "send less")    \
    X(REFUSE_MEDIA_TYPE, "unsupported_media_type", 415, "the body must be JSON",                 \
      "send the header Content-Type: application/json")                                          \
    X(REFUSE_HOST, "unknown_host", 421, "this server does not answer to that Host name",         \
      "use the address it listens on, or start it with --host NAME")                             \
    X(REFUSE_RATE, "rate_limited", 429, "too many requests", "wait as long as Retry-After says") \
    X(REFUSE_GONE, "gone", 410, "its content is no longer kept", "nothing to do")                \
    X(REFUSE_INTERNAL, "internal", 500, "the server could not do that", "see the server's log")  \
    X(REFUSE_UNAVAILABLE, "unavailable", 503,                                                    \
      "the house takes no commands just now (queue full, disk full, or closing)",                \
      "try again after Retry-After with the same Idempotency-Key; see /healthz")

#define X(name, code, status, message, fix) name,
enum refuse { REFUSALS(X) REFUSE_COUNT };
#undef X

struct refusal {
    int status; // 0: nothing was refused
    uint32_t retry_after_s;
    const char *code;
    char field[80]; // empty: none
    char message[400];
    char fix[240];
};

// format and fix NULL: the table's. field NULL: none. Always false.
bool refuse(struct refusal *refusal, enum refuse why, const char *field, const char *fix,
            const char *format, ...) __attribute__((format(printf, 5, 6)));
// What the core answered; must not be ANSWER_OK. Always false.
bool refuse_answer(struct refusal *refusal, enum answer answer, const char *field);
void refusal_json(const struct refusal *refusal, struct buf *out);
