#include "store/sqlite/migration.h"
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

static bool file_sync(const char *path, struct err *err)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    bool good = descriptor >= 0 && fsync(descriptor) == 0;
    if (!good)
        err_set(err, "%s: cannot be made durable: %s: check the disk", path, strerror(errno));
    if (descriptor >= 0)
        close(descriptor);
    return good;
}

// A copy of the whole file as it was, under a name that says its version.
static bool backup_beside(sqlite3 *database, int64_t version, struct err *err)
{
    const char *path = sqlite3_db_filename(database, "main");
    char made[STORE_PATH_MAX + 8], final[STORE_PATH_MAX], sql[2 * STORE_PATH_MAX];
    int length = snprintf(final, sizeof final, "%s.v%" PRId64 "-backup", path, version);
    if (length < 0 || length >= STORE_PATH_MAX - 4)
        return err_set(err, "%s: the path is too long for a copy beside it", path);
    snprintf(made, sizeof made, "%s.new", final);
    unlink(made); // of an upgrade that was cut short
    sqlite3_snprintf((int)sizeof sql, sql, "VACUUM INTO %Q", made);
    if (!database_run(database, sql, err))
        return err_add(err, "copy before the upgrade to %s", made);
    if (chmod(made, 0600) != 0 || rename(made, final) != 0)
        return err_set(err, "%s: cannot become %s: %s", made, final, strerror(errno));
    return file_sync(final, err);
}

static bool steps_run(sqlite3 *database, const struct file_kind *kind, int64_t from,
                      struct err *err)
{
    char sql[64];
    bool good = database_run(database, "BEGIN IMMEDIATE", err);
    for (int64_t step = from; good && step < kind->version; step++)
        good = database_run(database, kind->steps[step], err);
    snprintf(sql, sizeof sql, "PRAGMA application_id=%" PRIu32, kind->application_id);
    good = good && database_run(database, sql, err);
    snprintf(sql, sizeof sql, "PRAGMA user_version=%" PRIu32, kind->version);
    good = good && database_run(database, sql, err) && database_run(database, "COMMIT", err);
    if (!good && !sqlite3_get_autocommit(database))
        sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL); // its answer changes nothing
    return good;
}

bool migration_run(sqlite3 *database, const struct file_kind *kind, bool may_write, struct err *err)
{
    const char *path = sqlite3_db_filename(database, "main");
    int64_t id, version, tables;
    if (!database_number(database, "PRAGMA application_id", &id, err) ||
        !database_number(database, "PRAGMA user_version", &version, err) ||
        !database_number(database, "SELECT count(*) FROM sqlite_schema", &tables, err))
        return false;
    bool empty = version == 0 && id == 0 && tables == 0;
    if (!empty && id != (int64_t)kind->application_id)
        return err_set(err, "%s: is an SQLite file, but no %s of tatara: move it away", path,
                       kind->name);
    if (version > (int64_t)kind->version)
        return err_set(err,
                       "%s: has version %" PRId64 ", this program knows up to %" PRIu32
                       ": run the newer program again, or put back the copy made before its "
                       "upgrade (%s.v%" PRIu32 "-backup)",
                       path, version, kind->version, path, kind->version);
    if (version == (int64_t)kind->version)
        return true;
    if (!may_write)
        return err_set(err,
                       "%s: has version %" PRId64 ", this program wants %" PRIu32
                       ": start the server once, it upgrades the file",
                       path, version, kind->version);
    if (!empty && !backup_beside(database, version, err))
        return false;
    return steps_run(database, kind, version, err);
}
