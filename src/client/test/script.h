// script.h - a server on 127.0.0.1 that says what the test wrote down, one reply a connection.
//
//   Owner      the test, between script_start and script_stop
//   Invariant  reply n goes to connection n, byte for byte; behind the last it answers 500
//   Refusal    none
//   Fault      every failure of the server itself fails the test
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { SCRIPT_REPLIES_MAX = 16, SCRIPT_HEAD_MAX = 8192 };

struct script {
    const char *replies[SCRIPT_REPLIES_MAX]; // "": close without a word
    uint32_t count;
    int listener, port;
    pthread_t thread;
    char heads[SCRIPT_REPLIES_MAX][SCRIPT_HEAD_MAX]; // what came, with its body
    uint32_t connections;
};

void script_start(struct script *script);
void script_stop(struct script *script); // waits for it to end
