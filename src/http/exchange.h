// exchange.h - one request in flight, from its first line to its last byte.
//
// An exchange belongs to one thread at a time: the server's, which handles it step by step
// (flow.h), or the one it waits for (the turning thread, the blob writer), which hands it back by
// exchange_wake. While it waits it holds no thread.
//
//   Owner      the pool in struct http_parts; memory is kept for the next request
//   Invariant  between exchange_wait and exchange_wake the server's thread does not touch it
//   Refusal    refusal.status > 0: the reply is the refusal
//   Fault      none
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "core/cloud/input.h"
#include "http/config.h"
#include "http/field.h"
#include "http/limiter.h"
#include "http/metrics.h"
#include "http/names.h"
#include "http/reply.h"
#include "http/route.h"
#include "http/secret.h"
#include <pthread.h>
#include <stdatomic.h>

struct MHD_Connection;
struct blob_writer;
struct followers;
struct follower;

enum { URI_MAX = 2048, REPLY_MAX = 8 * 1024 * 1024 };

// What calls share; server.c owns it.
struct http_parts {
    struct http_config config;
    struct names names;
    struct limiter keys, addresses, refused;
    struct metrics metrics;
    struct blob_writer *writer;
    struct followers *followers;
    struct buf openapi, page; // made once: whoever asks needs no key
    pthread_mutex_t lock;     // over the two below
    pthread_cond_t idle;      // in_flight == 0
    struct exchange *spare;
    uint32_t in_flight; // calls between their whole request and their reply
    atomic_bool closing;
};

struct exchange_headers { // views into the server library's memory, as long as the request lasts
    str host, authorization, content_type, content_length, transfer_encoding;
    str idempotency_key, accept, last_event_id, forwarded_for;
    const char *twice; // a header that may stand there once only, and did not
};

struct exchange {
    struct http_parts *parts;
    struct MHD_Connection *connection;
    struct exchange *next; // in the pool
    uint32_t step;         // of flow.c
    bool heads_read, has_body, too_large, is_head, known_method, in_flight, replied;
    enum method method;
    const struct route *route; // NULL until matched
    uint32_t allowed;          // methods that the path has
    size_t uri_length;         // URI_MAX + 1: too long
    str path, query_text;
    struct exchange_headers headers;
    uint64_t address; // a hash of the client's address
    int64_t started_us;

    struct principal by;
    digest key_hmac;
    str thing; // what stands in the path's {}
    struct value subject;
    struct buf request;
    struct arena arena;

    struct input input; // kind INPUT_TICK: no command
    struct secret secret;
    struct buf spec; // bytes to keep as a blob before the command is put
    bool spec_kept;
    struct desk_answer answer;
    bool answered, shown;
    uint64_t cursor, scratch[8]; // of a view that goes on
    struct job job;              // of a log's or a job's view, for finish

    int64_t read_at_us; // the view is of that time; 0: of now

    struct refusal refusal;
    int status; // of success; 0: the route's
    struct buf reply;
    struct json_out json; // over reply
    const char *media;    // NULL: application/json
    struct exchange_header {
        const char *name;
        char value[80];
    } more[3]; // headers of the reply
    uint32_t more_count;
    struct follower *follower; // the reply is a stream

    // Not cleared between requests: large, and each is written before it is read.
    char uri[URI_MAX + 1];
    struct value query[FIELDS_MAX], body[FIELDS_MAX]; // by row of the route's tables
};

struct exchange *exchange_take(struct http_parts *parts); // from the pool, cleared
void exchange_give(struct exchange *exchange);
void exchanges_free(struct http_parts *parts); // those in the pool

// Counts the exchange as in flight; false when the server closes and takes no more.
bool exchange_begin(struct exchange *exchange);
void exchange_end(struct exchange *exchange); // also when it never began

// Another thread has the exchange from now on; exchange_wake hands it back, from any thread.
void exchange_wait(struct exchange *exchange);
void exchange_wake(struct exchange *exchange);

// May the one who asks do the route's action on a thing of this account? False: refused.
bool exchange_may(struct exchange *exchange, uint64_t owner);
bool exchange_may_do(struct exchange *exchange, enum action action, uint64_t owner);
bool exchange_sees_all(const struct exchange *exchange); // other accounts' things too
void exchange_header(struct exchange *exchange, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// Copies a text value into a fixed array of an input; "" when it was not given.
void exchange_copy(const struct value *value, char *ret_bytes, size_t size);
