// call.h - one call of the API: a request, and its answer or what is wrong.
//
// A call that changes something carries an Idempotency-Key, so it may be sent again when the
// connection broke before its answer came, or when the server cannot take it just now (503, 429):
// it is done once however often it is sent. Waits between attempts double and are jittered;
// attempts and their total time are bounded.
//
//   Owner      call_answer_finish gives the answer's memory back
//   Invariant  end CALL_OK has a 2xx status; CALL_REFUSED has a refusal with a message
//   Refusal    CALL_REFUSED: the server's own {code, message, field, fix}
//   Fault      the other ends; err says which server and what to do
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "client/connection.h"
#include "net/fetch.h"
#include <stdbool.h>
#include <stdint.h>

enum { CALL_BODY_MAX = 16 * 1024 * 1024, CALL_ATTEMPTS_MAX = 6, CALL_WAIT_MS_MAX = 2000 };

enum call_end {
    CALL_OK,
    CALL_REFUSED,     // status and refusal
    CALL_NO_SERVER,   // nobody listens there
    CALL_UNAVAILABLE, // it listens, but gave no answer in time, or 503 to the last
    CALL_BROKEN,      // the answer is not one of this API
};

struct call {
    str method;                     // empty: GET
    str path;                       // "/api/v1/jobs?limit=10"
    str body;                       // JSON, or empty
    str accept;                     // empty: application/json
    bool patient;                   // the server was there a moment ago: wait for it to come back
    bool (*keep_on)(void *context); // as in fetch.h; NULL: always
    // Takes a 2xx body in pieces as it comes, false stops; NULL: it is collected in the answer.
    bool (*on_body)(void *context, str bytes);
    void *context;
};

struct refusal {
    str code, message, field, fix; // field and fix may be empty
};

struct call_answer {
    enum call_end end;
    int32_t status;
    struct fetch_reply reply; // head and body
    const struct json *json;  // of a JSON body, else NULL
    struct refusal refusal;
    struct arena arena;
};

// True for CALL_OK. ret_answer is filled in every case: finish it.
bool call_run(const struct connection *connection, const struct call *call,
              struct call_answer *ret_answer, struct err *err);
void call_answer_finish(struct call_answer *answer);
// "message (field X)" and "fix" of a JSON error body; false when it is none.
bool refusal_read(const struct json *body, struct refusal *ret_refusal);
// Appends a query or path value as RFC 3986 wants it.
void call_escape(struct buf *out, str value);
// Sleeps about 50 ms x 2^attempt, at most CALL_WAIT_MS_MAX, jittered by half; at least least_ms.
void call_wait(uint32_t attempt, int64_t least_ms);
