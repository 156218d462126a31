// test_house.h - a whole house in one process for tests of the server: a desk with its own turning
// thread over the real core, a journal and blobs in memory, an engine whose jobs tests play.
//
// Accounts: 1 the house, 2 acme, 3 beta. Keys: one of each role. One node, node-1 "n1", with four
// devices of the chip "cpu-core".
#pragma once
#include "core/cloud/cloud.h"
#include "http/secret.h"
#include "http/server.h"
#include "store/memory/memory_disk.h"
#include "store/memory/store_memory.h"
#include "turn/turn.h"
#include <pthread.h>

enum { TEST_STREAMS_MAX = 64 };

struct test_stream {
    uint64_t job;
    uint32_t attempt;
    struct buf bytes[2];
    bool ended;
};

struct test_mail;
struct test_house {
    struct desk desk;
    struct engine engine;
    struct memory_disk *disk;
    struct journal *journal;
    struct blobs *blobs;
    struct turn turn;
    pthread_t thread;
    pthread_mutex_t lock; // over all below and the turn
    pthread_cond_t mail_cond;
    struct test_mail *first, *last;
    bool closing, refuses; // refuses: submit and read say no
    bool without_cloud;    // answers come without their state
    int64_t time_us;
    void (*committed)(void *context, uint64_t size);
    void *committed_context;
    struct test_stream streams[TEST_STREAMS_MAX];
    uint32_t stream_count;
    struct secret admin, operator, user, reader, other; // user, reader: acme's; other: beta's user
    struct http_config config;
    struct http *http;
    uint16_t port;
};

void test_house_open(struct test_house *house); // state and desk; config is filled, no server yet
void test_house_serve(struct test_house *house);
void test_house_close(struct test_house *house);

// The core directly, as the house itself.
struct desk_answer test_house_do(struct test_house *house, struct input input);
enum answer test_house_report(struct test_house *house, uint64_t job, enum attempt_event event,
                              int64_t ran_ms);
void test_house_output(struct test_house *house, uint64_t job, uint32_t attempt,
                       enum engine_stream stream, const char *text);
void test_house_output_ends(struct test_house *house, uint64_t job, uint32_t attempt);
uint64_t test_house_size(struct test_house *house);

// The network: one connection, or one request on a connection of its own.
struct test_reply {
    int status; // 0: the connection was closed without a reply
    char head[8192];
    struct buf body;
};
int test_connect(const struct test_house *house);
void test_send(int connection, const char *bytes, size_t size);
bool test_receive(int connection, bool is_head, struct test_reply *reply); // by its length
const char *test_header(const struct test_reply *reply, const char *name); // NULL: absent
void test_reply_finish(struct test_reply *reply);

// method path, with a key (NULL: none), further header lines ("A: b\r\n" or ""), a body or NULL.
struct test_reply test_ask(const struct test_house *house, const char *method, const char *path,
                           const char *key, const char *headers, const char *body);
