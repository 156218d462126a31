// followers.h - streams to those who follow a job's output or the journal.
//
// One thread looks after all followers: it reads what is new into each one's buffer and wakes its
// connection. It looks when something was committed, every look_ms while output is followed (every
// 2 ms and more within a second of a stream's last bytes, while few follow), and not at all while
// nobody follows. A follower whose buffer is full is passed over until its reader has taken
// something, so a slow one holds up nobody.
//
//     job log    id: N,M (the next offsets)   event: stdout | stderr   data: base64
//                event: attempt (it was requeued and begins again)   event: end   data: the job
//     journal    id: seq   data: the line
//     export     the lines, each with a line end
//
//   Owner      the server; a follower belongs to its connection until follower_leave
//   Invariant  bytes come in order and once; at most FOLLOW_BUFFER bytes wait in a follower
//   Refusal    follow_*: NULL when followers_max follow already
//   Fault      what cannot be read ends the stream: the reader comes again with Last-Event-ID
//   Threads    any
#pragma once
#include "base/digest.h"
#include "http/config.h"
#include "http/metrics.h"
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct MHD_Connection;
struct followers;
struct follower;

enum { FOLLOW_BUFFER = 256 * 1024 };

struct follow_who { // a stream ends when its key no longer opens anything
    digest key_hmac;
    struct MHD_Connection *connection;
};

struct followers *followers_create(const struct http_config *config, struct metrics *metrics);
void followers_close(struct followers *followers); // every stream ends; none begins
void followers_destroy(struct followers *followers);

struct follower *follow_job(struct followers *followers, const struct follow_who *who, uint64_t job,
                            uint32_t attempt, const uint64_t offsets[2]);
struct follower *follow_journal(struct followers *followers, const struct follow_who *who,
                                uint64_t from_seq);
struct follower *follow_export(struct followers *followers, const struct follow_who *who,
                               uint64_t from_seq, uint64_t end_seq);

// For the connection: up to `size` bytes. 0: nothing yet, the connection was suspended and will be
// resumed. -1: the stream has ended.
ssize_t follower_read(struct follower *follower, char *bytes, size_t size);
void follower_leave(struct follower *follower);
