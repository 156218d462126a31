// server.h - the HTTP server: sockets, TLS, limits, and exchanges handed to the flow.
//
// libmicrohttpd moves the bytes, on one thread with epoll (config.threads for more). A request is
// answered on the handler's second call, after its body; while an exchange waits for the turning
// thread or a disk its connection is suspended and holds no thread. Nothing here knows what a
// route does.
//
//   Owner      http_create gives it to the caller; the desk, engine and blobs outlive it
//   Invariant  beyond loopback only with TLS or behind a proxy; every exchange that waits comes
//              back before http_destroy returns
//   Refusal    see refusal.h
//   Fault      http_create: an address that cannot be used, a bad certificate; says which option
#pragma once
#include "http/config.h"

struct http;

struct http *http_create(const struct http_config *config, struct err *err); // NULL: fault
uint16_t http_port(const struct http *http); // the one it listens on; 0 with unix_path
// Takes no more connections, ends the streams, lets calls in flight end, stops. The desk must still
// answer what it took.
void http_destroy(struct http *http);
