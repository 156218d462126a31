#include "live/replica.h"
#include "base/must.h"
#include "proof/merkle.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

enum { QUESTIONS_MAX = 64, PART = 1024 };

struct question {
    int64_t time_us;
    replica_fn *fn;
    void *context;
};

struct replica {
    struct journal *journal;
    struct cloud cloud;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct question questions[QUESTIONS_MAX]; // a ring
    uint32_t first, count;
    bool closing;
};

// A part of the journal on its way into the state: the leaves first, then the lines.
struct advance {
    struct cloud *cloud;
    int64_t time_us;
    struct err *err;
    digest leaves[PART];
    bool kept[PART];
    uint64_t first, count; // leaves of the lines first .. first + count - 1
    bool failed, arrived;
};

static bool take_leaf(void *context, uint64_t seq, const digest *leaf)
{
    struct advance *advance = context;
    must(seq == advance->first + advance->count && advance->count < PART);
    advance->kept[advance->count] = leaf != NULL;
    if (leaf)
        advance->leaves[advance->count] = *leaf;
    advance->count++;
    return true;
}

// An altered line is a fault of the question, and must not come as far as the state.
static bool take_line(void *context, uint64_t seq, str line)
{
    struct advance *advance = context;
    struct event event;
    uint64_t at = seq - advance->first;
    advance->failed = true;
    if (at >= advance->count)
        return err_set(advance->err, "journal line %" PRIu64 " has no leaf", seq);
    if (advance->kept[at] && !digest_same(advance->leaves[at], merkle_leaf(line)))
        return err_set(advance->err, "journal line %" PRIu64 " was altered", seq);
    if (!event_decode(line, &event, advance->err))
        return err_add(advance->err, "journal line %" PRIu64, seq);
    if (event.seq != cloud_next_seq(advance->cloud))
        return err_set(advance->err, "journal line %" PRIu64 " is out of order", seq);
    advance->failed = false;
    advance->arrived = event.time_us > advance->time_us;
    if (!advance->arrived)
        cloud_apply(advance->cloud, &event);
    return !advance->arrived;
}

static bool advance_all(struct advance *advance, struct journal *journal)
{
    while (!advance->arrived) {
        advance->first = cloud_next_seq(advance->cloud);
        advance->count = 0;
        if (!journal->ops->leaves(journal, advance->first, PART, take_leaf, advance, advance->err))
            return false;
        if (advance->count == 0)
            return true;
        if (!journal->ops->read(journal, advance->first, advance->count, take_line, advance,
                                advance->err) ||
            advance->failed)
            return false;
    }
    return true;
}

static void answer(struct replica *replica, const struct question *question)
{
    struct err err = {0};
    if (cloud_time_us(&replica->cloud) > question->time_us) {
        cloud_finish(&replica->cloud);
        cloud_init(&replica->cloud);
    }
    struct advance *advance = calloc(1, sizeof *advance);
    must(advance);
    advance->cloud = &replica->cloud;
    advance->time_us = question->time_us;
    advance->err = &err;
    bool good = advance_all(advance, replica->journal);
    free(advance);
    question->fn(question->context, good ? &replica->cloud : NULL, good ? NULL : &err);
}

static void *run(void *context)
{
    struct replica *replica = context;
    pthread_mutex_lock(&replica->mutex);
    for (;;) {
        while (replica->count == 0 && !replica->closing)
            pthread_cond_wait(&replica->wake, &replica->mutex);
        if (replica->count == 0)
            break;
        struct question question = replica->questions[replica->first];
        replica->first = (replica->first + 1) % QUESTIONS_MAX;
        replica->count--;
        pthread_mutex_unlock(&replica->mutex);
        answer(replica, &question);
        pthread_mutex_lock(&replica->mutex);
    }
    pthread_mutex_unlock(&replica->mutex);
    return NULL;
}

struct replica *replica_create(struct journal *journal)
{
    struct replica *replica = calloc(1, sizeof *replica);
    must(replica);
    replica->journal = journal;
    cloud_init(&replica->cloud);
    pthread_mutex_init(&replica->mutex, NULL);
    pthread_cond_init(&replica->wake, NULL);
    must(pthread_create(&replica->thread, NULL, run, replica) == 0);
    return replica;
}

void replica_destroy(struct replica *replica)
{
    if (!replica)
        return;
    pthread_mutex_lock(&replica->mutex);
    replica->closing = true;
    pthread_cond_signal(&replica->wake);
    pthread_mutex_unlock(&replica->mutex);
    pthread_join(replica->thread, NULL);
    cloud_finish(&replica->cloud);
    pthread_mutex_destroy(&replica->mutex);
    pthread_cond_destroy(&replica->wake);
    free(replica);
}

bool replica_ask(struct replica *replica, int64_t time_us, replica_fn *fn, void *context)
{
    pthread_mutex_lock(&replica->mutex);
    bool room = replica->count < QUESTIONS_MAX && !replica->closing;
    if (room) {
        uint32_t at = (replica->first + replica->count++) % QUESTIONS_MAX;
        replica->questions[at] = (struct question){time_us, fn, context};
        pthread_cond_signal(&replica->wake);
    }
    pthread_mutex_unlock(&replica->mutex);
    return room;
}
