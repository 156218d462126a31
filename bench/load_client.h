// load_client.h - one thread that keeps many HTTP connections busy.
//
// Writers wait for their answer and send the next request at once, one at a time on each
// connection, kept alive; readers send one every `read_every_us`. All connections are open before
// the clock starts. A latency counts from the send to the last byte of the reply.
//
//   Owner      the caller owns the lists of latencies in a result, load_result_finish frees them
//   Invariant  a reply other than the wanted status is counted as refused, never as done
//   Refusal    none
//   Fault      a connection that cannot be opened or that ends ends the program with a message
#pragma once
#include "base/buf.h"
#include <stdint.h>

struct load_plan {
    uint16_t port; // on 127.0.0.1
    uint32_t writers, readers;
    uint64_t read_every_us;
    double seconds;
    // Writes a whole request; number counts up over all connections of its kind.
    void (*write_request)(void *context, uint64_t number, struct buf *out);
    void (*read_request)(void *context, uint64_t number, struct buf *out);
    void *context;
};

struct load_times { // microseconds, a request each
    uint32_t *values;
    uint64_t count, room;
};

struct load_result {
    double seconds;
    uint64_t done, refused; // writes
    struct load_times writes, reads;
};

struct load_result load_run(const struct load_plan *plan);
void load_result_finish(struct load_result *result);
uint32_t load_percentile(struct load_times *times, double part); // sorts them; 0.99: the p99
// One request on a connection of its own; the reply's body into `ret_body`, its status returned.
int load_once(uint16_t port, str request, struct buf *ret_body);
