// waiting.h - tells whoever waits for a queued job what holds it.
//
// Looks are due after 1 s, then 2, 4, … up to 15 s, until the job no longer waits. A line is
// printed only when it says something new.
//
//   Owner      a plain value
//   Invariant  after waiting_end nothing is due any more
//   Refusal    none
//   Fault      a look that fails says nothing: the job's own stream will
#pragma once
#include "cmd/api.h"
#include <stdbool.h>
#include <stdint.h>

struct waiting {
    bool active;
    int64_t due_ms, step_ms;
    char said[512];
};

void waiting_begin(struct waiting *waiting, bool active);
void waiting_end(struct waiting *waiting);
bool waiting_due(const struct waiting *waiting);
void waiting_look(struct waiting *waiting, struct api *api, const char *id);
// The line itself, from the answer of /jobs/ID/why: "no free devices (needs 2, free 1); …".
void waiting_text(const struct json *why, struct buf *out);
