// desk.h - how everything else meets the one thread that turns.
//
// submit puts a command in the queue; its answer comes when its events are durable. read runs a
// bounded function (<= 1 ms: page what is long) on the state between commits, so it never sees
// what is not durable. lines reads the journal itself. principal resolves an access key from a
// table that follows the journal.
//
//   Owner      live (or a test) owns the desk; callers borrow it
//   Invariant  done and read functions run on the turning thread, once each; they return fast and
//              do not call the desk's submit or read
//   Refusal    submit and read false: the queue is full, or the journal cannot be written just
//              now, or the house is closing: answer 503 (done and fn are not called). What was
//              taken and cannot be served just now: done gets ANSWER_UNAVAILABLE, and the command
//              may still happen (its idempotency key tells); fn gets NULL
//   Fault      lines: the journal cannot be read
//   Threads    every call from any thread
#pragma once
#include "base/digest.h"
#include "base/err.h"
#include "core/cloud/cloud.h"
#include <stdbool.h>
#include <stdint.h>

struct desk_answer {
    enum answer answer;
    const char *field;
    uint64_t subject;
    uint64_t seq; // of the command's first event; 0 when there was none
    int64_t time_us;
    bool repeated; // this idempotency key was answered before
    // The durable state with that commit, for as long as done runs: an answer shows what it made
    // without a read of its own. NULL where a desk cannot give it: read instead.
    const struct cloud *cloud;
};

struct desk_health {
    bool writable;     // the journal takes commits
    char trouble[256]; // why not; empty when all is well
    bool clock_behind; // the wall clock is behind the house's time
    uint64_t size;     // durable events
    digest root;
    int64_t time_us, started_us; // house time now and at the start
    uint64_t commits, refused, queue_length, queue_limit;
};

struct desk {
    const struct desk_ops *ops;
};

struct desk_ops {
    // The input is copied (node_report's devices excepted); time_us and nothing else is filled in.
    bool (*submit)(struct desk *desk, const struct input *input,
                   void (*done)(void *context, const struct desk_answer *answer), void *context);
    bool (*read)(struct desk *desk, void (*fn)(void *context, const struct cloud *cloud),
                 void *context);
    // As read, on the replica: the state as it was after the last event at or before time_us. Takes
    // as long as the replay takes. cloud is NULL when it failed, err says why. Runs on the
    // replica's thread.
    bool (*read_at)(struct desk *desk, int64_t time_us,
                    void (*fn)(void *context, const struct cloud *cloud, const struct err *err),
                    void *context);
    // The key with this HMAC when it is active and not expired.
    bool (*principal)(struct desk *desk, const digest *hmac, struct principal *ret_principal);
    bool (*lines)(struct desk *desk, uint64_t from_seq, uint64_t count_max,
                  bool (*visit)(void *context, uint64_t seq, str line), void *context,
                  struct err *err);
    // Called after every commit with the durable size, on the turning thread, until unwatch.
    uint64_t (*watch)(struct desk *desk, void (*committed)(void *context, uint64_t size),
                      void *context);
    void (*unwatch)(struct desk *desk, uint64_t watch);
    void (*health)(struct desk *desk, struct desk_health *ret_health);
};
