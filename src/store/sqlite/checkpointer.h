// checkpointer.h - moves what is in the write-ahead log into the file, beside the writer.
//
// A commit appends to the log; the file is brought up to date by a thread with its own connection,
// so no commit waits for it (SQLite's PASSIVE checkpoint). The log starts again from its beginning
// when all of it has been moved. Under steady load the thread never quite catches up, so at
// CHECKPOINT_WRITER_PAGES the writer moves the short rest itself: the log stays near 32 MiB unless
// a reader holds an old view.
//
//   Owner      the journal or the blobs over one file
//   Invariant  below CHECKPOINT_WRITER_PAGES no commit waits for the thread
//   Refusal    none
//   Fault      a failed fsync sets the directory's `lost`; other faults are tried again later
#pragma once
#include "store/sqlite/database.h"
#include "store/sqlite/store_directory.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { CHECKPOINT_THREAD_PAGES = 1000, CHECKPOINT_WRITER_PAGES = 8000 };

struct checkpointer {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_mutex_t pass; // held through a pass
    pthread_cond_t wake;
    bool wanted, ending;
    struct store_directory *directory;
    sqlite3 *database; // the thread's
    sqlite3 *writer;
    int pages_last; // in the log when the thread was last woken, or the writer last helped
};

// Begins to watch the writer's commits. *checkpointer must not move until finish.
bool checkpointer_init(struct checkpointer *checkpointer, struct store_directory *directory,
                       sqlite3 *writer, const struct file_kind *kind, struct err *err);
void checkpointer_finish(struct checkpointer *checkpointer); // before the writer is closed
