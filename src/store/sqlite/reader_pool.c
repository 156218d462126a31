#include "store/sqlite/reader_pool.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

void reader_pool_init(struct reader_pool *pool, const char *path, const struct file_kind *kind)
{
    *pool = (struct reader_pool){.kind = kind};
    must(strlen(path) < sizeof pool->path);
    memcpy(pool->path, path, strlen(path) + 1);
    must(pthread_mutex_init(&pool->lock, NULL) == 0);
}

static void reader_destroy(struct reader *reader)
{
    for (uint32_t i = 0; i < READER_STATEMENTS; i++)
        sqlite3_finalize(reader->statements[i]);
    database_close(reader->database);
    free(reader);
}

void reader_pool_finish(struct reader_pool *pool)
{
    must(pool->out_count == 0);
    while (pool->idle) {
        struct reader *reader = pool->idle;
        pool->idle = reader->next;
        reader_destroy(reader);
    }
    pthread_mutex_destroy(&pool->lock);
}

static bool reader_create(struct reader_pool *pool, struct reader **ret_reader, struct err *err)
{
    struct reader *reader = calloc(1, sizeof *reader);
    must(reader != NULL);
    bool good = database_open(pool->path, pool->kind, DATABASE_READ, &reader->database, err);
    for (uint32_t i = 0; good && i < READER_STATEMENTS && pool->kind->reads[i]; i++)
        good =
            database_prepare(reader->database, pool->kind->reads[i], &reader->statements[i], err);
    if (good)
        *ret_reader = reader;
    else
        reader_destroy(reader);
    return good;
}

bool reader_take(struct reader_pool *pool, struct reader **ret_reader, struct err *err)
{
    pthread_mutex_lock(&pool->lock);
    struct reader *reader = pool->idle;
    if (reader) {
        pool->idle = reader->next;
        pool->idle_count--;
    }
    pool->out_count++;
    pthread_mutex_unlock(&pool->lock);
    if (reader || reader_create(pool, &reader, err)) {
        *ret_reader = reader;
        return true;
    }
    pthread_mutex_lock(&pool->lock);
    pool->out_count--;
    pthread_mutex_unlock(&pool->lock);
    return false;
}

void reader_give(struct reader_pool *pool, struct reader *reader)
{
    for (uint32_t i = 0; i < READER_STATEMENTS; i++)
        if (reader->statements[i])
            sqlite3_reset(reader->statements[i]);
    pthread_mutex_lock(&pool->lock);
    must(pool->out_count > 0);
    pool->out_count--;
    bool keep = pool->idle_count < READERS_IDLE_MAX;
    if (keep) {
        reader->next = pool->idle;
        pool->idle = reader;
        pool->idle_count++;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!keep)
        reader_destroy(reader);
}
