// config.h - what the server is told when it is created.
//
//   Owner      the caller; everything it points at must outlive the server
//   Invariant  a server that listens beyond loopback has TLS or stands behind a proxy
//   Refusal    none
//   Fault      config_check says what is wrong and which option mends it
#pragma once
#include "base/err.h"
#include "port/blob.h"
#include "port/desk.h"
#include "port/engine.h"
#include <stdbool.h>
#include <stdint.h>

struct http_config {
    const char *address; // "127.0.0.1", "::1", "0.0.0.0"; ignored with unix_path
    uint16_t port;       // 0: any free one
    const char *unix_path;
    const char *tls_certificate, *tls_key; // PEM texts; both or neither
    bool behind_proxy;                     // addresses come from X-Forwarded-For
    const char *const *host_names;         // more Host names to answer to; NULL ends, or NULL
    struct desk *desk;
    struct engine *engine;
    struct blobs *blobs;
    uint8_t secret[32];  // what access keys are hashed with
    const char *version; // of tatara
    bool access_log;
    // Limits; http_config_default fills them. A rate of 0: none on loopback and a unix socket,
    // elsewhere KEY_RATE and ADDRESS_RATE.
    uint32_t threads, connections_max, connections_per_address_max;
    uint32_t body_bytes_max, header_bytes_max;
    uint32_t idle_ms, receive_ms;    // between requests; for a whole request to arrive
    uint32_t key_rate, address_rate; // requests a second
    uint32_t refused_rate;           // requests without a good key, a second and address
    uint32_t heartbeat_ms, look_ms;  // of streams: a comment line; looking for output
    uint32_t followers_max;
};

enum { KEY_RATE = 1000, ADDRESS_RATE = 2000 };

struct http_config http_config_default(void);
bool http_config_check(const struct http_config *config, struct err *err);
bool http_address_is_loopback(const char *address);
// The Host header's name (a port is cut off) is one this server answers to: loopback names when it
// listens on loopback, and host_names. Beyond loopback every name is taken.
bool http_host_known(const struct http_config *config, str host);
