#include "store/sqlite/checkpointer.h"
#include "base/must.h"
#include <signal.h>

// One pass, on the thread's connection or the writer's. SQLite allows one at a time and would
// answer the other "busy": the writer, who comes only when the log is long, waits for the thread.
static void checkpoint_run(struct checkpointer *checkpointer, sqlite3 *database)
{
    pthread_mutex_lock(&checkpointer->pass);
    int code = sqlite3_wal_checkpoint_v2(database, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (code != SQLITE_OK && database_lost(database))
        checkpointer->directory->lost = true;
    pthread_mutex_unlock(&checkpointer->pass);
}

static void *checkpointer_thread(void *context)
{
    struct checkpointer *checkpointer = context;
    pthread_mutex_lock(&checkpointer->lock);
    for (;;) {
        while (!checkpointer->wanted && !checkpointer->ending)
            pthread_cond_wait(&checkpointer->wake, &checkpointer->lock);
        if (checkpointer->ending)
            break;
        checkpointer->wanted = false;
        pthread_mutex_unlock(&checkpointer->lock);
        checkpoint_run(checkpointer, checkpointer->database);
        pthread_mutex_lock(&checkpointer->lock);
    }
    pthread_mutex_unlock(&checkpointer->lock);
    return NULL;
}

// SQLite calls this on the writer's thread after each commit, with the pages now in the log.
static int after_commit(void *context, sqlite3 *writer, const char *name, int pages)
{
    (void)name;
    struct checkpointer *checkpointer = context;
    if (pages < checkpointer->pages_last)
        checkpointer->pages_last = 0; // the log has begun again
    if (pages - checkpointer->pages_last < CHECKPOINT_THREAD_PAGES)
        return SQLITE_OK;
    checkpointer->pages_last = pages;
    if (pages >= CHECKPOINT_WRITER_PAGES) {
        checkpoint_run(checkpointer, writer);
        return SQLITE_OK;
    }
    pthread_mutex_lock(&checkpointer->lock);
    checkpointer->wanted = true;
    pthread_cond_signal(&checkpointer->wake);
    pthread_mutex_unlock(&checkpointer->lock);
    return SQLITE_OK;
}

bool checkpointer_init(struct checkpointer *checkpointer, struct store_directory *directory,
                       sqlite3 *writer, const struct file_kind *kind, struct err *err)
{
    *checkpointer = (struct checkpointer){.directory = directory, .writer = writer};
    const char *path = sqlite3_db_filename(writer, "main");
    if (!database_open(path, kind, DATABASE_READ, &checkpointer->database, err))
        return false;
    // A connection that may only query may not checkpoint either.
    if (!database_run(checkpointer->database, "PRAGMA query_only=OFF", err)) {
        database_close(checkpointer->database);
        return false;
    }
    must(pthread_mutex_init(&checkpointer->lock, NULL) == 0);
    must(pthread_mutex_init(&checkpointer->pass, NULL) == 0);
    must(pthread_cond_init(&checkpointer->wake, NULL) == 0);
    // Signals are for the threads that wait for them.
    sigset_t all, before;
    sigfillset(&all);
    must(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    must(pthread_create(&checkpointer->thread, NULL, checkpointer_thread, checkpointer) == 0);
    must(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    sqlite3_wal_hook(writer, after_commit, checkpointer);
    return true;
}

void checkpointer_finish(struct checkpointer *checkpointer)
{
    sqlite3_wal_hook(checkpointer->writer, NULL, NULL);
    pthread_mutex_lock(&checkpointer->lock);
    checkpointer->ending = true;
    pthread_cond_signal(&checkpointer->wake);
    pthread_mutex_unlock(&checkpointer->lock);
    must(pthread_join(checkpointer->thread, NULL) == 0);
    pthread_cond_destroy(&checkpointer->wake);
    pthread_mutex_destroy(&checkpointer->pass);
    pthread_mutex_destroy(&checkpointer->lock);
    database_close(checkpointer->database);
}
