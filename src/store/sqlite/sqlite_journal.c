#include "store/sqlite/sqlite_journal.h"
#include "store/sqlite/checkpointer.h"
#include "store/sqlite/database.h"
#include "store/sqlite/reader_pool.h"
#include "store/sqlite/snapshot_files.h"
#include "base/must.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 8192 }; // lines or commits read under one view

enum read_statement { READ_HEAD, READ_LINES, READ_COMMITS, READ_LEAVES };
static const char *const READS[] = {
    [READ_HEAD] = "SELECT size, time_us, root FROM commits ORDER BY size DESC LIMIT 1",
    [READ_LINES] = "SELECT seq, line FROM lines WHERE seq >= ?1 AND seq < ?2 ORDER BY seq",
    [READ_COMMITS] = "SELECT size, time_us, root FROM commits WHERE size > ?1 AND size <= ?2 "
                     "ORDER BY size LIMIT ?3",
    [READ_LEAVES] = "SELECT seq, leaf FROM lines WHERE seq >= ?1 AND seq < ?2 ORDER BY seq",
    NULL,
};

enum write_statement { WRITE_BEGIN, WRITE_LINE, WRITE_COMMIT_ROW, WRITE_COMMIT, WRITES };
static const char *const WRITE_SQL[] = {
    [WRITE_BEGIN] = "BEGIN IMMEDIATE",
    [WRITE_LINE] = "INSERT INTO lines(seq, line, leaf) VALUES(?1, ?2, ?3)",
    [WRITE_COMMIT_ROW] = "INSERT INTO commits(size, time_us, root) VALUES(?1, ?2, ?3)",
    [WRITE_COMMIT] = "COMMIT",
};

static const char *const STEPS[] = {
    "CREATE TABLE lines(seq INTEGER PRIMARY KEY, line TEXT NOT NULL, leaf BLOB) STRICT;"
    "CREATE TABLE commits(size INTEGER PRIMARY KEY, time_us INTEGER NOT NULL,"
    "  root BLOB NOT NULL) STRICT;",
};

const struct file_kind sqlite_journal_kind = {
    .name = "journal",
    .application_id = 0x7474726a, // "ttrj"
    .steps = STEPS,
    .version = sizeof STEPS / sizeof *STEPS,
    .reads = READS,
};

struct sqlite_journal {
    struct journal port;
    struct store_directory *directory;
    sqlite3 *writer; // NULL when only read
    sqlite3_stmt *writes[WRITES];
    struct checkpointer checkpointer;
    struct reader_pool readers;
    char snapshots[STORE_PATH_MAX];
    uint64_t size;  // of the last commit, as the appender knows it
    bool size_sure; // false after a failed append, until asked again
};

// ---- reading ------------------------------------------------------------------------------------

static bool commit_of_row(struct reader *reader, sqlite3_stmt *row,
                          struct journal_commit *ret_commit, struct err *err)
{
    int64_t size = sqlite3_column_int64(row, 0);
    const void *root = sqlite3_column_blob(row, 2);
    if (size < 1 || sqlite3_column_bytes(row, 2) != (int)sizeof ret_commit->root.bytes)
        return database_damaged(reader->database, "a commit without a size or a root", err);
    *ret_commit =
        (struct journal_commit){.size = (uint64_t)size, .time_us = sqlite3_column_int64(row, 1)};
    memcpy(ret_commit->root.bytes, root, sizeof ret_commit->root.bytes);
    return true;
}

static bool reader_head(struct reader *reader, struct journal_commit *ret_commit, struct err *err)
{
    sqlite3_stmt *row = reader->statements[READ_HEAD];
    struct journal_commit head = {0};
    int code = sqlite3_step(row);
    bool good = code == SQLITE_ROW    ? commit_of_row(reader, row, &head, err)
                : code == SQLITE_DONE ? true
                                      : database_fault(reader->database, "reading the head", err);
    sqlite3_reset(row);
    if (good)
        *ret_commit = head;
    return good;
}

static bool journal_head(struct journal *port, struct journal_commit *ret_commit, struct err *err)
{
    struct sqlite_journal *journal = (struct sqlite_journal *)port;
    struct reader *reader;
    if (!reader_take(&journal->readers, &reader, err))
        return false;
    bool good = reader_head(reader, ret_commit, err);
    reader_give(&journal->readers, reader);
    return good;
}

// Either lines or leaves are asked for.
struct line_visit {
    bool (*visit)(void *context, uint64_t seq, str line);
    bool (*visit_leaf)(void *context, uint64_t seq, const digest *leaf);
    void *context;
    uint64_t next, end;
    bool stopped;
};

static bool line_missing(struct reader *reader, uint64_t seq, struct err *err)
{
    char text[64];
    snprintf(text, sizeof text, "line %" PRIu64 " is missing", seq);
    return database_damaged(reader->database, text, err);
}

static bool visit_row(struct reader *reader, struct line_visit *visit, sqlite3_stmt *row,
                      struct err *err)
{
    const char *bytes = sqlite3_column_blob(row, 1);
    size_t size = (size_t)sqlite3_column_bytes(row, 1);
    digest leaf;
    if (visit->visit) {
        visit->stopped = !visit->visit(visit->context, visit->next++, (str){bytes, size});
        return true;
    }
    if (bytes && size != sizeof leaf.bytes)
        return database_damaged(reader->database, "a leaf that is no digest", err);
    if (bytes)
        memcpy(leaf.bytes, bytes, sizeof leaf.bytes);
    visit->stopped = !visit->visit_leaf(visit->context, visit->next++, bytes ? &leaf : NULL);
    return true;
}

// One piece: [visit->next, piece_end), all of which a commit has promised to be there.
static bool lines_piece(struct reader *reader, struct line_visit *visit, uint64_t piece_end,
                        struct err *err)
{
    sqlite3_stmt *row = reader->statements[visit->visit ? READ_LINES : READ_LEAVES];
    sqlite3_bind_int64(row, 1, (int64_t)visit->next);
    sqlite3_bind_int64(row, 2, (int64_t)piece_end);
    int code;
    while ((code = sqlite3_step(row)) == SQLITE_ROW && !visit->stopped) {
        if ((uint64_t)sqlite3_column_int64(row, 0) != visit->next)
            return line_missing(reader, visit->next, err);
        if (!visit_row(reader, visit, row, err))
            return false;
    }
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        return database_fault(reader->database, "reading lines", err);
    if (!visit->stopped && visit->next < piece_end)
        return line_missing(reader, visit->next, err);
    return true;
}

static bool lines_visit(struct reader *reader, struct line_visit *visit, struct err *err)
{
    bool good = true;
    while (good && !visit->stopped && visit->next < visit->end) {
        uint64_t left = visit->end - visit->next;
        good = lines_piece(reader, visit, visit->next + (left < PIECE ? left : PIECE), err);
        sqlite3_reset(reader->statements[visit->visit ? READ_LINES : READ_LEAVES]);
    }
    return good;
}

static bool visit_range(struct journal *port, uint64_t from_seq, uint64_t count_max,
                        struct line_visit *lines, struct err *err)
{
    struct sqlite_journal *journal = (struct sqlite_journal *)port;
    struct journal_commit head;
    struct reader *reader;
    if (!reader_take(&journal->readers, &reader, err))
        return false;
    bool good = reader_head(reader, &head, err);
    if (good && from_seq < head.size) {
        uint64_t left = head.size - from_seq;
        lines->next = from_seq;
        lines->end = from_seq + (count_max < left ? count_max : left);
        good = lines_visit(reader, lines, err);
    }
    reader_give(&journal->readers, reader);
    return good;
}

static bool journal_read(struct journal *port, uint64_t from_seq, uint64_t count_max,
                         bool (*visit)(void *context, uint64_t seq, str line), void *context,
                         struct err *err)
{
    struct line_visit lines = {.visit = visit, .context = context};
    return visit_range(port, from_seq, count_max, &lines, err);
}

static bool journal_leaves(struct journal *port, uint64_t from_seq, uint64_t count_max,
                           bool (*visit)(void *context, uint64_t seq, const digest *leaf),
                           void *context, struct err *err)
{
    struct line_visit leaves = {.visit_leaf = visit, .context = context};
    return visit_range(port, from_seq, count_max, &leaves, err);
}

struct commit_visit {
    bool (*visit)(void *context, const struct journal_commit *commit);
    void *context;
    uint64_t after, end;
    bool stopped;
};

static bool commits_piece(struct reader *reader, struct commit_visit *visit, struct err *err)
{
    sqlite3_stmt *row = reader->statements[READ_COMMITS];
    sqlite3_bind_int64(row, 1, (int64_t)visit->after);
    sqlite3_bind_int64(row, 2, (int64_t)visit->end);
    sqlite3_bind_int64(row, 3, PIECE);
    int code;
    while ((code = sqlite3_step(row)) == SQLITE_ROW && !visit->stopped) {
        struct journal_commit commit;
        if (!commit_of_row(reader, row, &commit, err))
            return false;
        visit->after = commit.size;
        visit->stopped = !visit->visit(visit->context, &commit);
    }
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        return database_fault(reader->database, "reading commits", err);
    return true;
}

static bool commits_visit(struct reader *reader, struct commit_visit *visit, struct err *err)
{
    bool good = true;
    while (good && !visit->stopped && visit->after < visit->end) {
        uint64_t before = visit->after;
        good = commits_piece(reader, visit, err);
        sqlite3_reset(reader->statements[READ_COMMITS]);
        if (good && !visit->stopped && visit->after == before)
            good = database_damaged(reader->database, "commits are missing", err);
    }
    return good;
}

static bool journal_commits(struct journal *port, uint64_t after_size,
                            bool (*visit)(void *context, const struct journal_commit *commit),
                            void *context, struct err *err)
{
    struct sqlite_journal *journal = (struct sqlite_journal *)port;
    struct commit_visit commits = {.visit = visit, .context = context, .after = after_size};
    struct journal_commit head;
    struct reader *reader;
    if (!reader_take(&journal->readers, &reader, err))
        return false;
    bool good = reader_head(reader, &head, err);
    if (good && after_size < head.size) {
        commits.end = head.size;
        good = commits_visit(reader, &commits, err);
    }
    reader_give(&journal->readers, reader);
    return good;
}

// ---- appending ----------------------------------------------------------------------------------

static bool write_step(struct sqlite_journal *journal, enum write_statement which, struct err *err)
{
    sqlite3_stmt *statement = journal->writes[which];
    bool good = sqlite3_step(statement) == SQLITE_DONE;
    if (!good) {
        database_fault(journal->writer, "appending", err);
        if (database_lost(journal->writer))
            journal->directory->lost = true;
    }
    sqlite3_reset(statement);
    return good;
}

static bool batch_write(struct sqlite_journal *journal, const struct journal_batch *batch,
                        struct err *err)
{
    if (!write_step(journal, WRITE_BEGIN, err))
        return false;
    sqlite3_stmt *line = journal->writes[WRITE_LINE];
    for (uint32_t i = 0; i < batch->count; i++) {
        str text = batch->lines[i];
        sqlite3_bind_int64(line, 1, (int64_t)(batch->first_seq + i));
        sqlite3_bind_text(line, 2, text.len ? text.ptr : "", (int)text.len, SQLITE_STATIC);
        if (batch->leaves)
            sqlite3_bind_blob(line, 3, batch->leaves[i].bytes, sizeof batch->leaves[i].bytes,
                              SQLITE_STATIC);
        else
            sqlite3_bind_null(line, 3);
        if (!write_step(journal, WRITE_LINE, err))
            return false;
    }
    sqlite3_stmt *row = journal->writes[WRITE_COMMIT_ROW];
    sqlite3_bind_int64(row, 1, (int64_t)(batch->first_seq + batch->count));
    sqlite3_bind_int64(row, 2, batch->time_us);
    sqlite3_bind_blob(row, 3, batch->root.bytes, sizeof batch->root.bytes, SQLITE_STATIC);
    return write_step(journal, WRITE_COMMIT_ROW, err) && write_step(journal, WRITE_COMMIT, err);
}

// After a failed append: what does the file say? A commit whose answer was lost counts.
static bool size_ask(struct sqlite_journal *journal, const struct journal_batch *batch,
                     bool *ret_kept, struct err *err)
{
    struct journal_commit head;
    if (!journal_head(&journal->port, &head, err))
        return false;
    journal->size = head.size;
    journal->size_sure = true;
    *ret_kept = head.size == batch->first_seq + batch->count && head.time_us == batch->time_us &&
                digest_same(head.root, batch->root);
    return true;
}

static bool batch_append(struct sqlite_journal *journal, const struct journal_batch *batch,
                         struct err *err)
{
    bool kept = false;
    if (!journal->size_sure && !size_ask(journal, batch, &kept, err))
        return false;
    if (kept)
        return true;
    must(batch->first_seq == journal->size);
    if (batch_write(journal, batch, err)) {
        journal->size += batch->count;
        return true;
    }
    journal->size_sure = false;
    if (!sqlite3_get_autocommit(journal->writer))
        sqlite3_exec(journal->writer, "ROLLBACK", NULL, NULL, NULL); // the next BEGIN would tell
    return false;
}

static bool journal_append(struct journal *port, const struct journal_batch *batch, bool *ret_fatal,
                           struct err *err)
{
    struct sqlite_journal *journal = (struct sqlite_journal *)port;
    must(batch->count > 0 && batch->first_seq <= (uint64_t)INT64_MAX - batch->count);
    for (uint32_t i = 0; i < batch->count; i++)
        must(batch->lines[i].len <= JOURNAL_LINE_MAX);
    *ret_fatal = false;
    if (!journal->writer)
        return err_set(err, "%s: is opened for reading only", journal->directory->path);
    bool good = false;
    if (journal->directory->lost)
        err_set(err, "%s: an fsync has failed: the process must end; check the disk, start again",
                journal->directory->path);
    else
        good = batch_append(journal, batch, err);
    // A checkpoint beside us may have lost writes: then this answer must not count either.
    *ret_fatal = !good && journal->directory->lost;
    return good;
}

// ---- snapshots ----------------------------------------------------------------------------------

static bool journal_snapshot_put(struct journal *port, const struct journal_snapshot *snapshot,
                                 struct err *err)
{
    struct sqlite_journal *journal = (struct sqlite_journal *)port;
    if (!journal->writer)
        return err_set(err, "%s: is opened for reading only", journal->directory->path);
    return snapshot_files_put(journal->snapshots, snapshot, err);
}

static bool journal_snapshot_get(struct journal *port, digest layout, uint64_t size_max,
                                 bool *ret_found, struct journal_snapshot *ret_snapshot,
                                 struct err *err)
{
    struct sqlite_journal *journal = (struct sqlite_journal *)port;
    return snapshot_files_get(journal->snapshots, layout, size_max, ret_found, ret_snapshot, err);
}

// ---- opening and closing ------------------------------------------------------------------------

static void journal_destroy(struct journal *port)
{
    struct sqlite_journal *journal = (struct sqlite_journal *)port;
    if (!journal)
        return;
    if (journal->writer)
        checkpointer_finish(&journal->checkpointer);
    for (uint32_t i = 0; i < WRITES; i++)
        sqlite3_finalize(journal->writes[i]);
    reader_pool_finish(&journal->readers);
    database_close(journal->writer);
    store_directory_release(journal->directory);
    free(journal);
}

static bool writer_open(struct sqlite_journal *journal, const char *path, struct err *err)
{
    sqlite3 *writer = NULL;
    if (!database_open(path, &sqlite_journal_kind, DATABASE_WRITE, &writer, err))
        return false;
    if (!checkpointer_init(&journal->checkpointer, journal->directory, writer, &sqlite_journal_kind,
                           err)) {
        database_close(writer);
        return false;
    }
    journal->writer = writer;
    for (uint32_t i = 0; i < WRITES; i++)
        if (!database_prepare(writer, WRITE_SQL[i], &journal->writes[i], err))
            return false;
    return true;
}

// The commits and the lines must end at the same number: a file cut short, or put together from
// two, does not.
static bool ends_check(struct sqlite_journal *journal, struct err *err)
{
    struct journal_commit head;
    struct reader *reader;
    int64_t last = 0;
    if (!reader_take(&journal->readers, &reader, err))
        return false;
    bool good =
        reader_head(reader, &head, err) &&
        database_number(reader->database, "SELECT coalesce(max(seq), -1) FROM lines", &last, err);
    if (good && last + 1 != (int64_t)head.size) {
        char text[128];
        snprintf(text, sizeof text, "%" PRId64 " lines, but the last commit says %" PRIu64,
                 last + 1, head.size);
        good = database_damaged(reader->database, text, err);
    }
    reader_give(&journal->readers, reader);
    journal->size = good ? head.size : 0;
    journal->size_sure = good;
    return good;
}

bool sqlite_journal_open(struct store_directory *directory, struct journal **ret_journal,
                         struct err *err)
{
    static const struct journal_ops ops = {
        .append = journal_append,
        .head = journal_head,
        .read = journal_read,
        .leaves = journal_leaves,
        .commits = journal_commits,
        .snapshot_put = journal_snapshot_put,
        .snapshot_get = journal_snapshot_get,
        .destroy = journal_destroy,
    };
    char path[STORE_PATH_MAX];
    struct sqlite_journal *journal = calloc(1, sizeof *journal);
    must(journal != NULL);
    journal->port.ops = &ops;
    journal->directory = directory;
    store_directory_hold(directory);
    bool good = store_directory_join(directory, "journal.db", path, err) &&
                store_directory_join(directory, "snapshots", journal->snapshots, err);
    reader_pool_init(&journal->readers, good ? path : "", &sqlite_journal_kind);
    good =
        good && (!directory->owns || writer_open(journal, path, err)) && ends_check(journal, err);
    if (good && directory->owns)
        good = snapshot_files_cut(journal->snapshots, journal->size, err);
    if (good)
        *ret_journal = &journal->port;
    else
        journal_destroy(&journal->port);
    return good;
}
