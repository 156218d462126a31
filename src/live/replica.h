// replica.h - a second state, brought to an instant of the past for slow questions.
//
// One thread, one state. A question names a time; the replica replays the journal up to the last
// event at or before it and runs the question's function. A question about an earlier time than
// the last starts again from event 0.
//
//   Owner      live creates and destroys it; the journal is borrowed
//   Invariant  the function runs once for each question taken, also at the end (with a fault)
//   Refusal    false: too many questions wait
//   Fault      the journal cannot be read: the function gets NULL and why
#pragma once
#include "core/cloud/cloud.h"
#include "port/journal.h"

typedef void replica_fn(void *context, const struct cloud *cloud, const struct err *err);

struct replica;
struct replica *replica_create(struct journal *journal);
void replica_destroy(struct replica *replica);
bool replica_ask(struct replica *replica, int64_t time_us, replica_fn *fn, void *context);
