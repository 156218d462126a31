// reader_pool.h - connections for reading, one for each thread that reads at this moment.
//
// A reader is taken, used by one thread, and given back; its statements stay prepared. Readers see
// the last commit that ended before their statement began, and never wait for the writer.
//
//   Owner      the journal or the blobs over one file; finished after every reader is back
//   Invariant  a reader is with one thread at a time; its statements are reset when it is given
//   Refusal    none
//   Fault      a new connection cannot be opened
#pragma once
#include "base/err.h"
#include "store/sqlite/database.h"
#include "store/sqlite/store_directory.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { READER_STATEMENTS = 4, READERS_IDLE_MAX = 8 };

struct reader {
    sqlite3 *database;
    sqlite3_stmt *statements[READER_STATEMENTS]; // file_kind.reads, in its order
    struct reader *next;
};

struct reader_pool {
    pthread_mutex_t lock;
    struct reader *idle;
    uint32_t idle_count, out_count;
    char path[STORE_PATH_MAX];
    const struct file_kind *kind;
};

void reader_pool_init(struct reader_pool *pool, const char *path, const struct file_kind *kind);
void reader_pool_finish(struct reader_pool *pool);
bool reader_take(struct reader_pool *pool, struct reader **ret_reader, struct err *err);
void reader_give(struct reader_pool *pool, struct reader *reader);
