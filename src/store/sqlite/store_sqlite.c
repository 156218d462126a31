#include "store/sqlite/store_sqlite.h"
#include "store/sqlite/database.h"
#include "store/sqlite/sqlite_blobs.h"
#include "store/sqlite/sqlite_journal.h"
#include "store/sqlite/store_directory.h"
#include "base/must.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void directory_release(struct store_directory **directory)
{
    store_directory_release(*directory);
}
#define AUTO_RELEASE __attribute__((cleanup(directory_release)))

static bool is_there(const struct store_directory *directory, const char *name)
{
    char path[STORE_PATH_MAX];
    return store_directory_join(directory, name, path, NULL) && access(path, F_OK) == 0;
}

// Makes the journal's file on the first start. It is the first of a store's files: where it is
// missing none of the others may be there.
static bool make_journal(struct store_directory *directory, struct err *err)
{
    static const char *const traces[] = {"journal.db-wal", "blobs.db", "snapshots"};
    char journal[STORE_PATH_MAX];
    if (!store_directory_join(directory, "journal.db", journal, err))
        return false;
    bool is_new = !is_there(directory, "journal.db");
    for (size_t i = 0; is_new && i < sizeof traces / sizeof *traces; i++)
        if (is_there(directory, traces[i]))
            return err_set(err,
                           "%s: is missing, but %s is there: put back the last backup of the data "
                           "directory, or give an empty one",
                           journal, traces[i]);
    return !is_new || database_create(journal, &sqlite_journal_kind, err);
}

// Makes the blobs' file, where the journal is still empty: the first start, or one that ended
// between the two files.
static bool make_blobs(struct store_directory *directory, struct journal *journal, struct err *err)
{
    char path[STORE_PATH_MAX];
    struct journal_commit head;
    if (is_there(directory, "blobs.db"))
        return true;
    if (!store_directory_join(directory, "blobs.db", path, err) ||
        !journal->ops->head(journal, &head, err))
        return false;
    if (head.size > 0)
        return err_set(err,
                       "%s: is missing, but the journal has %" PRIu64 " lines: put back blobs.db "
                       "from the last backup of the data directory, an older one will do",
                       path, head.size);
    return database_create(path, &sqlite_blobs_kind, err);
}

bool store_sqlite_open(const char *path, enum store_access access, struct journal **ret_journal,
                       struct blobs **ret_blobs, struct err *err)
{
    must(sqlite3_threadsafe());
    bool owns = access == STORE_OWN;
    AUTO_RELEASE struct store_directory *directory = store_directory_open(path, owns, err);
    if (!directory || (owns && !make_journal(directory, err)))
        return false;
    struct journal *journal;
    if (!sqlite_journal_open(directory, &journal, err))
        return false;
    struct blobs *blobs;
    if ((owns && !make_blobs(directory, journal, err)) ||
        !sqlite_blobs_open(directory, &blobs, err)) {
        journal->ops->destroy(journal);
        return false;
    }
    // SQLite has made the logs and their index by now; their names must outlive a power cut too.
    if (owns && !store_directory_sync(directory->path, err)) {
        journal->ops->destroy(journal);
        blobs->ops->destroy(blobs);
        return false;
    }
    *ret_journal = journal;
    *ret_blobs = blobs;
    return true;
}

// ---- backup -------------------------------------------------------------------------------------

static void connection_close(sqlite3 **database)
{
    database_close(*database);
}
#define AUTO_DATABASE __attribute__((cleanup(connection_close)))

static bool pages_copy(sqlite3 *from, sqlite3 *to, struct err *err)
{
    sqlite3_backup *copy = sqlite3_backup_init(to, "main", from, "main");
    if (!copy)
        return database_fault(to, "beginning the copy", err);
    // All pages in one step: one view of the source, whoever writes to it meanwhile.
    int code;
    while ((code = sqlite3_backup_step(copy, -1)) == SQLITE_BUSY || code == SQLITE_LOCKED)
        sqlite3_sleep(10);
    sqlite3_backup_finish(copy);
    if (code == SQLITE_DONE)
        return true;
    bool source = sqlite3_errcode(from) != SQLITE_OK && sqlite3_errcode(from) != SQLITE_DONE;
    return database_fault(source ? from : to, "copying", err);
}

static bool copy_check(sqlite3 *copy, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    if (!database_prepare(copy, "PRAGMA quick_check(1)", &statement, err))
        return false;
    bool good = sqlite3_step(statement) == SQLITE_ROW;
    const char *answer = good ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (!good)
        database_fault(copy, "checking the copy", err);
    else if (!answer || strcmp(answer, "ok") != 0)
        good = database_damaged(copy, answer ? answer : "no answer", err);
    sqlite3_finalize(statement);
    return good;
}

static bool file_copy(const char *from_path, const struct file_kind *kind, const char *to_path,
                      struct err *err)
{
    AUTO_DATABASE sqlite3 *from = NULL;
    AUTO_DATABASE sqlite3 *to = NULL;
    int descriptor = open(to_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return err_set(err, "%s: cannot be made: %s", to_path, strerror(errno));
    close(descriptor);
    if (!database_open(from_path, kind, DATABASE_READ, &from, err))
        return false;
    if (sqlite3_open_v2(to_path, &to, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        return database_fault(to, "opening", err);
    sqlite3_extended_result_codes(to, 1);
    return pages_copy(from, to, err) && copy_check(to, err);
}

static bool files_copy(const struct store_directory *from, const char *folder, struct err *err)
{
    // The journal first: each blob that it names was put before, so the later copy has it too.
    static const struct {
        const char *name;
        const struct file_kind *kind;
    } files[] = {
        {"journal.db", &sqlite_journal_kind},
        {"blobs.db",   &sqlite_blobs_kind  }
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char from_path[STORE_PATH_MAX], to_path[STORE_PATH_MAX + 32];
        if (!store_directory_join(from, files[i].name, from_path, err))
            return false;
        snprintf(to_path, sizeof to_path, "%s/%s", folder, files[i].name);
        if (!file_copy(from_path, files[i].kind, to_path, err))
            return err_add(err, "backup of %s", from_path);
    }
    return store_directory_sync(folder, err);
}

static void remove_copies(const char *folder)
{
    static const char *const names[] = {"journal.db",     "journal.db-journal", "journal.db-wal",
                                        "journal.db-shm", "blobs.db",           "blobs.db-journal",
                                        "blobs.db-wal",   "blobs.db-shm"};
    char path[STORE_PATH_MAX + 32];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

static bool above_sync(const char *target, struct err *err)
{
    char above[STORE_PATH_MAX];
    snprintf(above, sizeof above, "%s", target);
    char *slash = strrchr(above, '/');
    if (slash)
        *slash = 0;
    return store_directory_sync(!slash ? "." : above[0] ? above : "/", err);
}

bool store_sqlite_backup(const char *path, const char *target, struct err *err)
{
    char folder[STORE_PATH_MAX];
    int length = snprintf(folder, sizeof folder, "%s.unfinished", target);
    if (target[0] == 0 || length < 0 || length >= STORE_PATH_MAX)
        return err_set(err, "backup: the target's name is empty or too long");
    AUTO_RELEASE struct store_directory *from = store_directory_open(path, false, err);
    if (!from)
        return false;
    remove_copies(folder); // of a backup that was cut short
    if (mkdir(folder, 0700) != 0)
        return err_set(err, "%s: cannot be made: %s", folder, strerror(errno));
    bool good = files_copy(from, folder, err);
    if (good && rename(folder, target) != 0)
        good = err_set(err, "%s: %s: want a name that is not taken, or an empty directory", target,
                       strerror(errno));
    if (!good) {
        remove_copies(folder);
        return false;
    }
    return above_sync(target, err);
}
