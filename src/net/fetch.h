// fetch.h - one HTTP request to somewhere else, and its reply.
//
// This is how tatara speaks outward: the command line to its server, gateways to model servers,
// notices to webhooks. Requests run on a loop (fetch_loop.h); fetch_run below turns a loop of its
// own until the one request has ended, for callers that may block.
//
// Only http and https. TLS is verified, always. Proxies, credentials and certificates of the
// environment (http_proxy, .netrc, …) are not looked at. A URL with user:password@ is refused.
// Nothing is decompressed. Redirects are followed only for GET and HEAD, never from https to
// http; at another origin no header of the caller's goes along except Accept.
//
//   Owner      the caller owns the request, and finishes the reply
//   Invariant  exactly one end a request; on_body sees the bytes of a 2xx body in order, each once
//   Refusal    FETCH_REFUSED: the address guard, or a redirect we do not follow
//   Fault      every other end but FETCH_DONE and FETCH_STOPPED, with text saying what and where
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "net/address_guard.h"
#include "net/retry_budget.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    FETCH_URL_MAX = 8 * 1024,
    FETCH_HEADERS_MAX = 64,             // of the request
    FETCH_HEAD_MAX = 64 * 1024,         // bytes of the reply's headers
    FETCH_BODY_MAX = 64 * 1024 * 1024,  // of the request
    FETCH_REPLY_MAX = 16 * 1024 * 1024, // where the request names no limit
    FETCH_REDIRECTS_MAX = 10,
};

#define FETCH_ENDS(X)                                                            \
    X(FETCH_DONE, "done")               /* a whole reply, whatever its status */ \
    X(FETCH_STOPPED, "stopped")         /* by a callback or a cancel */          \
    X(FETCH_BAD_REQUEST, "bad request") /* never sent: URL, header or size */    \
    X(FETCH_REFUSED, "refused")         /* by our own rules */                   \
    X(FETCH_UNREACHABLE, "unreachable") /* no such name, or nobody listens */    \
    X(FETCH_TLS, "TLS failed")                                                   \
    X(FETCH_DEADLINE, "deadline")                                                \
    X(FETCH_TOO_LARGE, "too large")                                              \
    X(FETCH_BROKEN, "broken") /* cut off, or not HTTP */
#define X(name, text) name,
enum fetch_end { FETCH_ENDS(X) };
#undef X

enum fetch_flow {
    FETCH_GO_ON,
    FETCH_STOP,
    FETCH_PAUSE, // not taken: the same bytes come again after fetch_loop_resume; not in fetch_run
};

struct fetch_header {
    str name, value;
};

struct fetch_request {
    str method; // empty: GET
    str url;
    str body;
    const struct fetch_header *headers;
    uint32_t header_count;
    const struct address_guard *guard; // NULL: public addresses only
    str unix_socket;                   // connect to this path, whatever the URL's host
    str ca_file;                       // PEM; trust these instead of the system's
    // Milliseconds, 0: connect 10 s, others no limit. idle: between two bytes of the reply.
    int64_t connect_ms_max, idle_ms_max, total_ms_max;
    int64_t reply_bytes_max;     // 0: FETCH_REPLY_MAX; an endless stream says INT64_MAX
    uint32_t redirects_max;      // 0: a redirect is a reply like any other
    uint32_t tries_max;          // 0 or 1: once; fetch_next.h says what is tried again
    bool repeatable;             // this POST or PATCH may be carried out twice (it carries a key)
    int64_t pause_ms_max;        // before the second try, doubled for each further one; 0: 100 ms
    struct retry_budget *budget; // NULL: only tries_max bounds the tries
    bool proxy_from_environment; // the guard then judges the proxy's address

    // Callbacks may be NULL. Without on_body, and for every status but 2xx, the body is collected
    // in the reply.
    void (*on_start)(void *context, int32_t status, str head); // head: as in the reply
    enum fetch_flow (*on_body)(void *context, str bytes);
    bool (*keep_on)(void *context); // asked at least every 100 ms; false stops
    void *context;
};

struct fetch_reply {
    enum fetch_end end;
    int32_t status;     // 0 when no status line came
    int64_t body_bytes; // of the last hop, seen so far
    struct buf head;    // "Name: value" lines, ended by \n, of the last hop
    struct buf body;
};

// True for FETCH_DONE and FETCH_STOPPED. ret_reply is filled in every case: finish it.
bool fetch_run(const struct fetch_request *request, struct fetch_reply *ret_reply, struct err *err);
void fetch_reply_finish(struct fetch_reply *reply); // accepts a zeroed reply
// The first header of that name (case does not count); false when there is none.
bool fetch_head_find(str head, str name, str *ret_value);
const char *fetch_end_text(enum fetch_end end);
// What fetch_run would say FETCH_BAD_REQUEST to, before anything is done.
bool fetch_request_check(const struct fetch_request *request, struct err *err);
