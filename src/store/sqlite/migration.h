// migration.h - the versions of a file's schema, and the way from any to the newest.
//
// A kind of file has a list of steps: step 1 makes an empty file version 1, step n brings version
// n - 1 to n. Steps are never changed once released, only added. The version is SQLite's
// user_version; application_id says which kind a file is.
//
//   Owner      the kinds are static tables of their rooms
//   Invariant  all missing steps run in one transaction: a file is at its old version or its new
//   Refusal    none
//   Fault      a file of another kind, or newer than this program; SQLite's faults. Before an old
//              file is touched a copy is made beside it: FILE.vN-backup
#pragma once
#include "base/err.h"
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct file_kind {
    const char *name; // "journal"
    uint32_t application_id;
    const char *const *steps; // SQL
    uint32_t version;         // how many steps
    // Statements that readers keep prepared; NULL ends the list.
    const char *const *reads;
};

// Checks what the file is and brings it to the newest version, or with `may_write` unset only
// checks that it is there.
bool migration_run(sqlite3 *database, const struct file_kind *kind, bool may_write,
                   struct err *err);
