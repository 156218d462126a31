// flow.h - how an exchange is handled: a list of steps.
//
//     admit ─► (body arrives) ─► query ─► body ─► names ─► look ─► prepare ─► spec ─► command
//                                                               ─► show ─► finish ─► reply
//
// A step goes on, waits (another thread has the exchange and hands it back), or refuses; after a
// refusal no further step runs. Admission needs the header only, so nobody without a good key has
// a body kept.
//
//   Owner      nobody
//   Invariant  each step runs once, but for a view that says AGAIN
//   Refusal    in exchange->refusal
//   Fault      none
#pragma once
#include "http/exchange.h"

void flow_admit(struct exchange *exchange);
// False: it waits; to be run again once it was handed back.
bool flow_run(struct exchange *exchange);
// The blob writer is done with the spec, kept or not: goes on from that thread.
void flow_spec_done(struct exchange *exchange);
void flow_end(struct exchange *exchange); // also when its connection was lost; twice is fine
