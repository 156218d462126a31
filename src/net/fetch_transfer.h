// fetch_transfer.h - one request on its way: a curl handle, what it may do and what came back.
//
// A transfer copies its request, so that the caller may forget it. The loop adds its handle to
// the multi handle; when curl says the hop is over, fetch_next.h says what comes next.
//
//   Owner      fetch_loop
//   Invariant  the verdict, once set, is what the transfer ends with
//   Refusal    none
//   Fault      none of its own: a request that breaks a rule has its verdict from the start
#pragma once
#include "base/arena.h"
#include "net/fetch.h"
#include <curl/curl.h>

struct transfer {
    uint64_t id;
    struct fetch_request request; // strings in the arena
    struct arena arena;
    CURL *easy;
    struct curl_slist *header_list;
    struct fetch_reply reply;
    struct err err;
    enum fetch_end verdict; // FETCH_DONE until something else is known
    char refusal[160];      // the last address the guard turned away, empty when none
    str url, host;          // of this hop
    uint16_t port;
    uint32_t redirects;
    uint32_t tries;                  // begun
    int64_t started_us, progress_us; // CLOCK_MONOTONIC
    int64_t wake_us;                 // of the next try; 0: not waiting for one
    bool foreign;                    // a redirect left the first origin
    bool in_body, paused;
    bool shown; // the caller has seen something of the reply
    bool added; // to the multi handle
    bool over;  // the last hop has ended
    void (*done)(void *context, struct fetch_reply *reply, const struct err *err);
    void *done_context;
    struct transfer *next;
};

// now_us: CLOCK_MONOTONIC.
struct transfer *transfer_create(const struct fetch_request *request, int64_t now_us);
void transfer_destroy(struct transfer *transfer);
// Points the next hop at a URL, which must outlive the transfer's arena or be in it.
bool transfer_aim(struct transfer *transfer, str url, struct err *err);
// Forgets what the last hop brought; request headers as the new aim allows.
void transfer_again(struct transfer *transfer);
void transfer_show_start(struct transfer *transfer); // on_start, once
// Sets the verdict and its text unless there is one already.
void transfer_verdict(struct transfer *transfer, enum fetch_end end, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void transfer_begin(void);  // curl's own start, once a process
int64_t fetch_now_us(void); // CLOCK_MONOTONIC
