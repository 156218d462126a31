#include "store/sqlite/sqlite_blobs.h"
#include "store/sqlite/checkpointer.h"
#include "store/sqlite/database.h"
#include "store/sqlite/reader_pool.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

enum { SALT_SIZE = 16, KEY_SIZE = 32, SHARED_BYTES_MAX = 2 * BLOB_MAX, SCRUB_BUSY_MS = 200 };

enum read_statement { READ_BLOB };
static const char *const READS[] = {
    [READ_BLOB] = "SELECT salt, bytes FROM blobs WHERE key = ?1",
    NULL,
};

enum write_statement { WRITE_BEGIN, WRITE_PUT, WRITE_REMOVE, WRITE_COMMIT, WRITES };
static const char *const WRITE_SQL[] = {
    [WRITE_BEGIN] = "BEGIN IMMEDIATE",
    [WRITE_PUT] = "INSERT OR IGNORE INTO blobs(key, salt, bytes) VALUES(?1, ?2, ?3)",
    [WRITE_REMOVE] = "DELETE FROM blobs WHERE key = ?1",
    [WRITE_COMMIT] = "COMMIT",
};

static const char *const STEPS[] = {
    "CREATE TABLE blobs(key BLOB NOT NULL PRIMARY KEY, salt BLOB NOT NULL,"
    "  bytes BLOB NOT NULL) STRICT;",
};

const struct file_kind sqlite_blobs_kind = {
    .name = "blob store",
    .application_id = 0x74747262, // "ttrb"
    .steps = STEPS,
    .version = sizeof STEPS / sizeof *STEPS,
    .reads = READS,
};

// One who waits for its writes: either puts, or the key to remove.
struct waiting {
    const struct blob_put *puts;
    uint32_t count;
    const digest *remove;
    size_t bytes;
    bool done, good;
    struct err err;
    struct waiting *next;
};

struct sqlite_blobs {
    struct blobs port;
    struct store_directory *directory;
    sqlite3 *writer; // NULL when only read
    sqlite3_stmt *writes[WRITES];
    struct checkpointer checkpointer;
    struct reader_pool readers;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct waiting *first, *last; // in the order they came
    bool led;                     // somebody is committing; only that thread uses the writer
    bool scrub;                   // removed bytes are still in the write-ahead log
};

// ---- writing, by whoever leads ------------------------------------------------------------------

static bool write_step(struct sqlite_blobs *blobs, enum write_statement which, struct err *err)
{
    sqlite3_stmt *statement = blobs->writes[which];
    bool good = sqlite3_step(statement) == SQLITE_DONE;
    if (!good) {
        database_fault(blobs->writer, "writing blobs", err);
        if (database_lost(blobs->writer))
            blobs->directory->lost = true;
    }
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return good;
}

static bool one_write(struct sqlite_blobs *blobs, const struct waiting *one, struct err *err)
{
    for (uint32_t i = 0; i < one->count; i++) {
        sqlite3_stmt *put = blobs->writes[WRITE_PUT];
        str bytes = one->puts[i].bytes;
        sqlite3_bind_blob(put, 1, one->puts[i].key.bytes, KEY_SIZE, SQLITE_STATIC);
        sqlite3_bind_blob(put, 2, one->puts[i].salt, SALT_SIZE, SQLITE_STATIC);
        sqlite3_bind_blob(put, 3, bytes.len ? bytes.ptr : "", (int)bytes.len, SQLITE_STATIC);
        if (!write_step(blobs, WRITE_PUT, err))
            return false;
    }
    if (!one->remove)
        return true;
    sqlite3_bind_blob(blobs->writes[WRITE_REMOVE], 1, one->remove->bytes, KEY_SIZE, SQLITE_STATIC);
    if (!write_step(blobs, WRITE_REMOVE, err))
        return false;
    blobs->scrub |= sqlite3_changes(blobs->writer) > 0;
    return true;
}

static bool all_write(struct sqlite_blobs *blobs, const struct waiting *all, struct err *err)
{
    bool good = write_step(blobs, WRITE_BEGIN, err);
    for (const struct waiting *one = all; good && one; one = one->next)
        good = one_write(blobs, one, err);
    good = good && write_step(blobs, WRITE_COMMIT, err);
    if (!good && !sqlite3_get_autocommit(blobs->writer))
        sqlite3_exec(blobs->writer, "ROLLBACK", NULL, NULL, NULL); // the next BEGIN would tell
    return good;
}

// Moves the whole log into the file and cuts it to nothing, so that no removed byte stays in it.
static void log_scrub(struct sqlite_blobs *blobs)
{
    sqlite3_busy_timeout(blobs->writer, SCRUB_BUSY_MS);
    int code =
        sqlite3_wal_checkpoint_v2(blobs->writer, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (code == SQLITE_OK)
        blobs->scrub = false;
    else if (database_lost(blobs->writer))
        blobs->directory->lost = true;
    sqlite3_busy_timeout(blobs->writer, DATABASE_BUSY_MS);
}

// Takes from the queue what fits into one transaction: at least the first.
static struct waiting *queue_take(struct sqlite_blobs *blobs)
{
    struct waiting *all = blobs->first, *end = all;
    size_t bytes = all->bytes;
    while (end->next && end->next->bytes <= SHARED_BYTES_MAX - bytes) {
        end = end->next;
        bytes += end->bytes;
    }
    blobs->first = end->next;
    if (!blobs->first)
        blobs->last = NULL;
    end->next = NULL;
    return all;
}

// Called and returns with the lock held; between, the writer is this thread's.
static void lead(struct sqlite_blobs *blobs)
{
    struct err err = {0};
    struct waiting *all = queue_take(blobs);
    blobs->led = true;
    pthread_mutex_unlock(&blobs->lock);
    bool good = false;
    if (blobs->directory->lost)
        err_set(&err, "%s: an fsync has failed: the process must end; check the disk, start again",
                blobs->directory->path);
    else
        good = all_write(blobs, all, &err);
    if (blobs->scrub && good)
        log_scrub(blobs);
    pthread_mutex_lock(&blobs->lock);
    blobs->led = false;
    for (struct waiting *one = all, *next; one; one = next) {
        next = one->next; // once it is done its owner may be gone
        one->good = good;
        one->err = err;
        one->done = true;
    }
    pthread_cond_broadcast(&blobs->changed);
}

static bool write_together(struct sqlite_blobs *blobs, struct waiting *one, struct err *err)
{
    if (!blobs->writer)
        return err_set(err, "%s: is opened for reading only", blobs->directory->path);
    pthread_mutex_lock(&blobs->lock);
    if (blobs->last)
        blobs->last->next = one;
    else
        blobs->first = one;
    blobs->last = one;
    while (!one->done) {
        if (blobs->led)
            pthread_cond_wait(&blobs->changed, &blobs->lock);
        else
            lead(blobs);
    }
    pthread_mutex_unlock(&blobs->lock);
    return one->good ? true : err_set(err, "%s", one->err.text);
}

// ---- the port -----------------------------------------------------------------------------------

static digest key_of(str salt, str bytes)
{
    struct sha256 hash;
    sha256_init(&hash);
    sha256_add(&hash, salt);
    sha256_add(&hash, bytes);
    return sha256_finish(&hash);
}

static bool blobs_put_many(struct blobs *port, struct blob_put *puts, uint32_t count,
                           struct err *err)
{
    struct waiting one = {.puts = puts, .count = count};
    for (uint32_t i = 0; i < count; i++) {
        if (puts[i].bytes.len > BLOB_MAX)
            return err_set(err, "blob of %zu bytes: at most %d, make it smaller", puts[i].bytes.len,
                           BLOB_MAX);
        one.bytes += puts[i].bytes.len;
    }
    for (uint32_t i = 0; i < count; i++)
        puts[i].key = key_of((str){(const char *)puts[i].salt, SALT_SIZE}, puts[i].bytes);
    // More than one transaction's worth is still one: all or none.
    one.bytes = one.bytes < SHARED_BYTES_MAX ? one.bytes : SHARED_BYTES_MAX;
    return count == 0 || write_together((struct sqlite_blobs *)port, &one, err);
}

static bool blobs_put_salted(struct blobs *port, const uint8_t salt[16], str bytes, digest *ret_key,
                             struct err *err)
{
    struct blob_put put = {.bytes = bytes};
    memcpy(put.salt, salt, SALT_SIZE);
    if (!blobs_put_many(port, &put, 1, err))
        return false;
    *ret_key = put.key;
    return true;
}

static bool blobs_put(struct blobs *port, str bytes, digest *ret_key, struct err *err)
{
    uint8_t salt[SALT_SIZE];
    digest_random(salt, sizeof salt);
    return blobs_put_salted(port, salt, bytes, ret_key, err);
}

static bool row_get(struct reader *reader, digest key, struct buf *out, struct err *err)
{
    sqlite3_stmt *row = reader->statements[READ_BLOB];
    sqlite3_bind_blob(row, 1, key.bytes, KEY_SIZE, SQLITE_TRANSIENT);
    int code = sqlite3_step(row);
    if (code == SQLITE_DONE)
        return err_set(err, "blob: no content under this key: it was deleted or never kept");
    if (code != SQLITE_ROW)
        return database_fault(reader->database, "reading a blob", err);
    // The pointer first: asking for it may change what the size means.
    const char *salt = sqlite3_column_blob(row, 0), *bytes = sqlite3_column_blob(row, 1);
    str salt_view = {salt, (size_t)sqlite3_column_bytes(row, 0)};
    str content = {bytes, (size_t)sqlite3_column_bytes(row, 1)};
    if (!digest_same(key, key_of(salt_view, content)))
        return database_damaged(reader->database, "a blob's content is not that of its key", err);
    buf_add(out, content);
    return true;
}

static bool blobs_get(struct blobs *port, digest key, struct buf *out, struct err *err)
{
    struct sqlite_blobs *blobs = (struct sqlite_blobs *)port;
    struct reader *reader;
    if (!reader_take(&blobs->readers, &reader, err))
        return false;
    bool good = row_get(reader, key, out, err);
    reader_give(&blobs->readers, reader);
    return good;
}

static bool blobs_remove(struct blobs *port, digest key, struct err *err)
{
    struct waiting one = {.remove = &key};
    return write_together((struct sqlite_blobs *)port, &one, err);
}

static void blobs_destroy(struct blobs *port)
{
    struct sqlite_blobs *blobs = (struct sqlite_blobs *)port;
    if (!blobs)
        return;
    if (blobs->writer)
        checkpointer_finish(&blobs->checkpointer);
    for (uint32_t i = 0; i < WRITES; i++)
        sqlite3_finalize(blobs->writes[i]);
    reader_pool_finish(&blobs->readers);
    database_close(blobs->writer);
    pthread_cond_destroy(&blobs->changed);
    pthread_mutex_destroy(&blobs->lock);
    store_directory_release(blobs->directory);
    free(blobs);
}

static bool writer_open(struct sqlite_blobs *blobs, const char *path, struct err *err)
{
    sqlite3 *writer = NULL;
    if (!database_open(path, &sqlite_blobs_kind, DATABASE_WRITE, &writer, err))
        return false;
    if (!checkpointer_init(&blobs->checkpointer, blobs->directory, writer, &sqlite_blobs_kind,
                           err)) {
        database_close(writer);
        return false;
    }
    blobs->writer = writer;
    blobs->scrub = true; // whoever died before may have left removed bytes in the log
    for (uint32_t i = 0; i < WRITES; i++)
        if (!database_prepare(writer, WRITE_SQL[i], &blobs->writes[i], err))
            return false;
    return true;
}

// Prepares one reader now: a file that cannot be read is a fault of opening it.
static bool reader_try(struct sqlite_blobs *blobs, struct err *err)
{
    struct reader *reader;
    if (!reader_take(&blobs->readers, &reader, err))
        return false;
    reader_give(&blobs->readers, reader);
    return true;
}

bool sqlite_blobs_open(struct store_directory *directory, struct blobs **ret_blobs, struct err *err)
{
    static const struct blobs_ops ops = {
        .put = blobs_put,
        .put_salted = blobs_put_salted,
        .put_many = blobs_put_many,
        .get = blobs_get,
        .remove = blobs_remove,
        .destroy = blobs_destroy,
    };
    char path[STORE_PATH_MAX];
    struct sqlite_blobs *blobs = calloc(1, sizeof *blobs);
    must(blobs != NULL);
    blobs->port.ops = &ops;
    blobs->directory = directory;
    store_directory_hold(directory);
    must(pthread_mutex_init(&blobs->lock, NULL) == 0);
    must(pthread_cond_init(&blobs->changed, NULL) == 0);
    bool good = store_directory_join(directory, "blobs.db", path, err);
    reader_pool_init(&blobs->readers, good ? path : "", &sqlite_blobs_kind);
    good = good && (!directory->owns || writer_open(blobs, path, err)) && reader_try(blobs, err);
    if (good)
        *ret_blobs = &blobs->port;
    else
        blobs_destroy(&blobs->port);
    return good;
}
