// connections.h - open connections and how long each may take to send a request.
//
// A client that sends its header or body a byte at a time keeps a connection busy for ever and no
// inactivity timeout ends it. Here every connection has a deadline for its next whole request; one
// thread looks again and again and shuts down the sockets of those that are late.
//
//   Owner      the server
//   Invariant  a socket is shut down only while its connection is in the list, so its number cannot
//              have gone to another
//   Refusal    none
//   Fault      none
//   Threads    any
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct connections;
struct connection;

struct connections *connections_create(uint32_t idle_ms, uint32_t receive_ms);
void connections_destroy(struct connections *connections);
struct connection *connection_open(struct connections *connections, int descriptor);
void connection_close(struct connection *connection);    // before its socket is closed
void connection_receives(struct connection *connection); // a header is here, a body follows
void connection_answers(struct connection *connection);  // all is here: no deadline
void connection_rests(struct connection *connection);    // answered: the next request may come
// Shuts down those that are late at now_ms; the thread does it each second, or more often where
// the time to receive is short.
void connections_sweep(struct connections *connections, int64_t now_ms);
