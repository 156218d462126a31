#include "store/sqlite/database.h"
#include "store/sqlite/store_directory.h"
#include "base/must.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PRIVATE_FILE = 0600, PAGE_SIZE = 4096 };

static const char DAMAGE_HELP[] =
    "stop the server, keep a copy of the file, and put back the last backup of the data directory";

bool database_lost(sqlite3 *database)
{
    int code = sqlite3_extended_errcode(database);
    return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

bool database_damaged(sqlite3 *database, const char *what, struct err *err)
{
    return err_set(err, "%s: is damaged: %s: %s", sqlite3_db_filename(database, "main"), what,
                   DAMAGE_HELP);
}

static const char *fault_help(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return "the disk is full: free some space, work then goes on by itself";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return DAMAGE_HELP;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program holds the file: stop it";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return "check that the data directory is there and this user may write it";
    case SQLITE_NOMEM:
        return "memory is short: free some";
    default:
        return "check the disk and its file system (dmesg); work goes on by itself once it answers";
    }
}

// The operating system's word, where this fault is one of its calls.
static const char *system_text(sqlite3 *database, int code)
{
    int kind = code & 0xff, number = sqlite3_system_errno(database);
    bool told = kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN || kind == SQLITE_FULL;
    return told && number ? strerror(number) : "no system error";
}

bool database_fault(sqlite3 *database, const char *doing, struct err *err)
{
    int code = sqlite3_extended_errcode(database);
    const char *path = sqlite3_db_filename(database, "main");
    if (database_lost(database))
        return err_set(err,
                       "%s: %s: fsync failed (%s): what was written may be lost: the process must "
                       "end; check the disk, then start again",
                       path, doing, system_text(database, code));
    bool damage = (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
    return err_set(err, "%s: %s%s: %s (SQLite %d, %s): %s", path, damage ? "is damaged: " : "",
                   doing, sqlite3_errmsg(database), code, system_text(database, code),
                   fault_help(code));
}

bool database_prepare(sqlite3 *database, const char *sql, sqlite3_stmt **ret_statement,
                      struct err *err)
{
    if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_statement, NULL))
        return database_fault(database, "reading its schema", err);
    return true;
}

bool database_run(sqlite3 *database, const char *sql, struct err *err)
{
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK)
        return database_fault(database, sql, err);
    return true;
}

bool database_number(sqlite3 *database, const char *sql, int64_t *ret_number, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    if (!database_prepare(database, sql, &statement, err))
        return false;
    bool good = sqlite3_step(statement) == SQLITE_ROW;
    if (good)
        *ret_number = sqlite3_column_int64(statement, 0);
    else
        database_fault(database, sql, err);
    sqlite3_finalize(statement);
    return good;
}

// Asks for WAL and looks at the answer: where shared memory does not work SQLite says another mode.
static bool wal_on(sqlite3 *database, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    if (!database_prepare(database, "PRAGMA journal_mode=WAL", &statement, err))
        return false;
    bool good = sqlite3_step(statement) == SQLITE_ROW;
    const char *mode = good ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (!good)
        database_fault(database, "turning WAL on", err);
    else if (!mode || strcmp(mode, "wal") != 0)
        good = err_set(err, "%s: SQLite's journal mode is %s, want wal: use a local file system",
                       sqlite3_db_filename(database, "main"), mode ? mode : "unknown");
    sqlite3_finalize(statement);
    return good;
}

static bool connection_set_up(sqlite3 *database, struct err *err)
{
    sqlite3_extended_result_codes(database, 1);
    sqlite3_busy_timeout(database, DATABASE_BUSY_MS);
    sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return database_run(database,
                        "PRAGMA synchronous=FULL;"
                        "PRAGMA wal_autocheckpoint=0;"
                        "PRAGMA journal_size_limit=67108864;"
                        "PRAGMA cell_size_check=ON;"
                        "PRAGMA secure_delete=ON;"
                        "PRAGMA temp_store=MEMORY;"
                        "PRAGMA mmap_size=0",
                        err);
}

static bool connect(const char *path, int flags, sqlite3 **ret_database, struct err *err)
{
    sqlite3 *database = NULL;
    int code = sqlite3_open_v2(path, &database, flags | SQLITE_OPEN_NOMUTEX, NULL);
    must(database != NULL);
    bool good = code == SQLITE_OK ? connection_set_up(database, err)
                                  : database_fault(database, "opening", err);
    if (!good) {
        database_close(database);
        return err_add(err, "%s", path);
    }
    *ret_database = database;
    return true;
}

// What a process that died while making the file has left.
static void remove_unfinished(const char *path)
{
    static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
    char name[STORE_PATH_MAX + 16];
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        snprintf(name, sizeof name, "%s%s", path, tails[i]);
        unlink(name);
    }
}

static bool fill_new(const char *path, const struct file_kind *kind, struct err *err)
{
    sqlite3 *database = NULL;
    int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, PRIVATE_FILE);
    if (descriptor < 0)
        return err_set(err, "%s: cannot be made: %s", path, strerror(errno));
    close(descriptor);
    if (!connect(path, SQLITE_OPEN_READWRITE, &database, err))
        return false;
    // The version steps run under the rollback journal: closing leaves one whole, synced file.
    bool good = database_run(database, "PRAGMA page_size=4096", err) &&
                migration_run(database, kind, true, err) && wal_on(database, err);
    database_close(database);
    return good;
}

bool database_create(const char *path, const struct file_kind *kind, struct err *err)
{
    char made[STORE_PATH_MAX + 8], above[STORE_PATH_MAX];
    snprintf(made, sizeof made, "%s.new", path);
    remove_unfinished(made);
    if (!fill_new(made, kind, err)) {
        remove_unfinished(made);
        return false;
    }
    if (rename(made, path) != 0)
        return err_set(err, "%s: cannot become %s: %s", made, path, strerror(errno));
    snprintf(above, sizeof above, "%s", path);
    *strrchr(above, '/') = 0;
    return store_directory_sync(above[0] ? above : "/", err);
}

static bool log_is_there(const char *path)
{
    struct stat stat_now;
    char name[STORE_PATH_MAX + 8];
    snprintf(name, sizeof name, "%s-wal", path);
    return stat(name, &stat_now) == 0 && stat_now.st_size > 0;
}

// SQLite takes an empty file for a new one; here it is what is left of an old one.
static bool file_check(const char *path, struct err *err)
{
    struct stat stat_now;
    if (stat(path, &stat_now) != 0)
        return err_set(err, "%s: %s", path, strerror(errno));
    if (!S_ISREG(stat_now.st_mode))
        return err_set(err, "%s: is no plain file: move it away", path);
    if (stat_now.st_size == 0)
        return err_set(err, "%s: is damaged: it is empty, cut to 0 bytes: %s", path, DAMAGE_HELP);
    // SQLite would read the rest of a page cut in two as zeros. A write-ahead log may hold it.
    if (stat_now.st_size % PAGE_SIZE != 0 && !log_is_there(path))
        return err_set(err, "%s: is damaged: %lld bytes are not whole pages, it was cut short: %s",
                       path, (long long)stat_now.st_size, DAMAGE_HELP);
    if ((stat_now.st_mode & 0077) && chmod(path, PRIVATE_FILE) != 0)
        return err_set(err, "%s: cannot be closed to other users: %s", path, strerror(errno));
    return true;
}

bool database_open(const char *path, const struct file_kind *kind, enum database_use use,
                   sqlite3 **ret_database, struct err *err)
{
    sqlite3 *database = NULL;
    if (!file_check(path, err) || !connect(path, SQLITE_OPEN_READWRITE, &database, err))
        return false;
    bool writes = use == DATABASE_WRITE;
    if (migration_run(database, kind, writes, err) && wal_on(database, err) &&
        (writes || database_run(database, "PRAGMA query_only=ON; PRAGMA cache_size=-512", err))) {
        *ret_database = database;
        return true;
    }
    database_close(database);
    return false;
}

void database_close(sqlite3 *database)
{
    must(sqlite3_close(database) == SQLITE_OK); // else a statement was left open
}
