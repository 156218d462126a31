// loopback.h - a tiny HTTP server on 127.0.0.1 for the tests of net: one thread, one connection
// at a time. It reads a request's head, keeps it, and writes what its path stands for.
//
//   Owner      the test, between loopback_start and loopback_stop
//   Invariant  a page's bytes are written as they are: tests may break HTTP at will
//   Refusal    none
//   Fault      every failure of the server itself fails the test
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct page {
    const char *path;
    const char *bytes; // the whole reply
    size_t length;     // 0: strlen(bytes)
    const char *first; // the reply to the first first_count requests, when not NULL
    uint32_t first_count, given;
    bool reset; // end the connection with a reset, else close it
    bool hang;  // say nothing more until the peer closes
    bool hold;  // keep the connection for a further request
};

struct loopback {
    struct page pages[32];
    uint32_t page_count;
    int listener, port;
    const char *unix_path; // listen here instead, when not NULL
    pthread_t thread;
    char head[16 * 1024]; // of the last request
    uint32_t requests, connections;
};

void loopback_start(struct loopback *server);
void loopback_stop(struct loopback *server);
