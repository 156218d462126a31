// follow_parts.h - what follow.c and the two that fill followers share; nobody else includes it.
//
//   Owner      struct followers
//   Invariant  fields under "the looking thread's" are touched by that thread alone once the
//              follower is in the list; the rest only under the lock
//   Refusal    none
//   Fault      none
#pragma once
#include "base/buf.h"
#include "core/sched/job.h"
#include "http/followers.h"
#include <pthread.h>
#include <stdatomic.h>

enum follow_kind { FOLLOW_JOB, FOLLOW_JOURNAL, FOLLOW_EXPORT };

struct follower {
    struct followers *home;
    enum follow_kind kind;
    struct follow_who who;
    struct buf out; // sent .. len wait for the connection
    size_t sent;
    bool suspended, full, ended, busy, gone;
    int64_t wrote_ms;

    // The looking thread's.
    uint64_t next_seq, end_seq;
    uint64_t job, offsets[2];
    uint32_t attempt;
    bool stream_ended[2], more;
    struct job_look {
        bool wanted, known, found;
        enum job_state state;
        uint32_t attempt;
        int64_t at_ms;
        uint64_t commits;  // size of the journal when it was looked at
        struct buf ending; // the job as JSON, once it is done
    } look;
};

struct followers {
    const struct http_config *config;
    struct metrics *metrics;
    pthread_mutex_t lock;
    pthread_cond_t work_cond;
    pthread_t thread;
    bool work, closing;
    uint64_t watch;
    atomic_uint_fast64_t size; // of the journal, durable
    atomic_uint count;
    struct follower **all; // [config->followers_max], used ones first
    struct buf scratch, piece;
};

// Appends what is new to `out`; sets follower->more when it stopped for want of room. False: the
// stream has ended with what was appended.
bool follow_fill_job(struct followers *followers, struct follower *follower, struct buf *out,
                     int64_t now_ms);
bool follow_fill_lines(struct followers *followers, struct follower *follower, struct buf *out);
// Asks the core about the jobs of those followers whose look is wanted; one read for all of them.
void follow_look(struct followers *followers, struct follower **chosen, uint32_t count,
                 int64_t now_ms);
