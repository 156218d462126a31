// fetch_loop.h - many outbound requests at once, on one thread.
//
// A loop keeps connections and reuses them. It has a thread of its own (fetch_loop_create), or is
// turned by its owner (fetch_loop_create_still and fetch_loop_turn). Deadlines are the loop's:
// total_ms_max counts from fetch_loop_start and over all redirects, idle_ms_max from the last byte.
//
//   Owner      whoever created it; fetch_loop_destroy stops what still runs, and calls its done
//   Invariant  done is called exactly once for each started request, on the loop's thread
//   Refusal    none
//   Fault      a request that breaks a rule ends FETCH_BAD_REQUEST: start cannot fail
//   Threads    start, cancel and resume: any thread, and from callbacks
#pragma once
#include "net/fetch.h"

struct fetch_loop;

// Called once at the end. reply and err live until it returns; it may take a buf out of the reply
// by leaving a zeroed one behind. err says why when the end is not FETCH_DONE.
typedef void fetch_done(void *context, struct fetch_reply *reply, const struct err *err);

struct fetch_loop *fetch_loop_create(void);
struct fetch_loop *fetch_loop_create_still(void);
void fetch_loop_destroy(struct fetch_loop *loop); // not from a callback
// The request is copied. The id is never reused by this loop.
uint64_t fetch_loop_start(struct fetch_loop *loop, const struct fetch_request *request,
                          fetch_done *done, void *context);
void fetch_loop_cancel(struct fetch_loop *loop, uint64_t id); // one that has ended: nothing
void fetch_loop_resume(struct fetch_loop *loop, uint64_t id); // after FETCH_PAUSE
// For a still loop: waits at most wait_ms for something to do, and does it. Requests under way.
uint32_t fetch_loop_turn(struct fetch_loop *loop, int64_t wait_ms);
