#include "live/replica.h"
#include "base/must.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

enum { QUESTIONS_MAX = 64 };

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

struct advance {
    struct cloud *cloud;
    int64_t time_us;
    struct err *err;
    bool failed;
};

static bool take_line(void *context, uint64_t seq, str line)
{
    struct advance *advance = context;
    struct event event;
    if (!event_decode(line, &event, advance->err) || event.seq != cloud_next_seq(advance->cloud)) {
        advance->failed = true;
        return err_add(advance->err, "journal line %" PRIu64, seq);
    }
    if (event.time_us > advance->time_us)
        return false;
    cloud_apply(advance->cloud, &event);
    return true;
}

static void answer(struct replica *replica, const struct question *question)
{
    struct err err = {0};
    if (cloud_time_us(&replica->cloud) > question->time_us) {
        cloud_finish(&replica->cloud);
        cloud_init(&replica->cloud);
    }
    struct advance advance = {&replica->cloud, question->time_us, &err, false};
    bool good = replica->journal->ops->read(replica->journal, cloud_next_seq(&replica->cloud),
                                            UINT64_MAX, take_line, &advance, &err) &&
                !advance.failed;
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
