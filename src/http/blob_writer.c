#include "http/blob_writer.h"
#include "base/log.h"
#include "base/must.h"
#include "http/flow.h"
#include <stdlib.h>
#include <string.h>

enum { BATCH_MAX = 256, REMOVE_MAX = 4096 };

struct blob_writer {
    struct blobs *blobs;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct exchange *first, *last; // waiting, linked by exchange->next
    digest removals[REMOVE_MAX];
    uint32_t removal_count;
    bool closing;
};

static bool put_each(struct blobs *blobs, struct blob_put *puts, uint32_t count, struct err *err)
{
    for (uint32_t i = 0; i < count; i++)
        if (!blobs->ops->put_salted(blobs, puts[i].salt, puts[i].bytes, &puts[i].key, err))
            return false;
    return true;
}

static void put_batch(struct blob_writer *writer, struct exchange **calls, uint32_t count)
{
    struct blob_put puts[BATCH_MAX];
    uint8_t salts[BATCH_MAX][sizeof puts[0].salt];
    digest_random(salts[0], count * sizeof salts[0]);
    for (uint32_t i = 0; i < count; i++) {
        puts[i] = (struct blob_put){.bytes = buf_str(&calls[i]->spec)};
        memcpy(puts[i].salt, salts[i], sizeof salts[i]);
    }
    struct err err;
    const struct blobs_ops *ops = writer->blobs->ops;
    bool many = ops->put_many && count > 1;
    bool kept = many ? ops->put_many(writer->blobs, puts, count, &err)
                     : put_each(writer->blobs, puts, count, &err);
    if (!kept)
        log_line(LOG_WARN, "http", "the specs of %u jobs could not be kept: %s", count, err.text);
    for (uint32_t i = 0; i < count; i++) {
        calls[i]->spec_kept = kept;
        calls[i]->input.job.spec = puts[i].key;
        flow_spec_done(calls[i]);
    }
}

static uint32_t take_batch(struct blob_writer *writer, struct exchange **calls)
{
    uint32_t count = 0;
    while (writer->first && count < BATCH_MAX) {
        calls[count] = writer->first;
        writer->first = calls[count]->next;
        calls[count++]->next = NULL;
    }
    if (!writer->first)
        writer->last = NULL;
    return count;
}

static void remove_one(struct blob_writer *writer, digest key)
{
    struct err err;
    if (!writer->blobs->ops->remove(writer->blobs, key, &err))
        log_line(LOG_WARN, "http", "a job's spec stays behind: %s", err.text);
}

// Called and left with the lock held; without it while the store works.
static void work_once(struct blob_writer *writer)
{
    struct exchange *calls[BATCH_MAX];
    uint32_t count = take_batch(writer, calls);
    bool removes = writer->removal_count > 0;
    digest key = {0};
    if (removes)
        key = writer->removals[--writer->removal_count];
    must(pthread_mutex_unlock(&writer->lock) == 0);
    if (count > 0)
        put_batch(writer, calls, count);
    if (removes)
        remove_one(writer, key);
    must(pthread_mutex_lock(&writer->lock) == 0);
}

static void *writer_run(void *context)
{
    struct blob_writer *writer = context;
    must(pthread_mutex_lock(&writer->lock) == 0);
    while (!writer->closing || writer->first || writer->removal_count > 0) {
        if (writer->first || writer->removal_count > 0)
            work_once(writer);
        else
            pthread_cond_wait(&writer->work, &writer->lock);
    }
    must(pthread_mutex_unlock(&writer->lock) == 0);
    return NULL;
}

struct blob_writer *blob_writer_create(struct blobs *blobs)
{
    struct blob_writer *writer = calloc(1, sizeof *writer);
    must(writer);
    writer->blobs = blobs;
    must(pthread_mutex_init(&writer->lock, NULL) == 0);
    must(pthread_cond_init(&writer->work, NULL) == 0);
    must(pthread_create(&writer->thread, NULL, writer_run, writer) == 0);
    return writer;
}

void blob_writer_destroy(struct blob_writer *writer)
{
    if (!writer)
        return;
    must(pthread_mutex_lock(&writer->lock) == 0);
    writer->closing = true;
    pthread_cond_signal(&writer->work);
    must(pthread_mutex_unlock(&writer->lock) == 0);
    must(pthread_join(writer->thread, NULL) == 0);
    pthread_cond_destroy(&writer->work);
    pthread_mutex_destroy(&writer->lock);
    free(writer);
}

void blob_writer_put(struct blob_writer *writer, struct exchange *exchange)
{
    must(pthread_mutex_lock(&writer->lock) == 0);
    exchange->next = NULL;
    if (writer->last)
        writer->last->next = exchange;
    else
        writer->first = exchange;
    writer->last = exchange;
    pthread_cond_signal(&writer->work);
    must(pthread_mutex_unlock(&writer->lock) == 0);
}

void blob_writer_remove(struct blob_writer *writer, digest key)
{
    must(pthread_mutex_lock(&writer->lock) == 0);
    if (writer->removal_count < REMOVE_MAX)
        writer->removals[writer->removal_count++] = key;
    pthread_cond_signal(&writer->work);
    must(pthread_mutex_unlock(&writer->lock) == 0);
}
