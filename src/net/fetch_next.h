// fetch_next.h - what comes after a hop of a transfer: its end, a redirect, or another try.
//
// Tried again is only what may be carried out twice (GET, HEAD, OPTIONS, PUT, DELETE, and what the
// caller calls repeatable), or what never reached a server; only while the caller has seen nothing
// of the reply, the deadline allows it, and the budget has something left. The pause before it is
// a random part of 100 ms, 200 ms, 400 ms … (at most 5 s), after what Retry-After says.
//
//   Owner      fetch_loop
//   Invariant  after FETCH_NEXT_OVER the transfer's verdict stands
//   Refusal    none
//   Fault      none
#pragma once
#include "base/rng.h"
#include "net/fetch_transfer.h"

enum fetch_next {
    FETCH_NEXT_OVER,
    FETCH_NEXT_HOP, // add the handle again
    FETCH_NEXT_TRY, // add the handle again at transfer->wake_us
};

enum fetch_next fetch_next(struct transfer *transfer, CURLcode code, int64_t now_us,
                           struct rng *rng);
// The reply's status alone calls for another try, and there may be one: keep it from the caller.
bool fetch_next_may_hide(const struct transfer *transfer);
// The reply is a redirect that will be followed.
bool fetch_next_is_hop(const struct transfer *transfer);
