// store_sqlite.h - journal and blobs in one directory, kept by SQLite.
//
// The way in: makes the directory on the first start, and opens both ports. What the directory
// holds is drawn in store_directory.h. Blobs have a file of their own, beside the journal's: what
// must be deletable is overwritten there without touching a journal that only grows, and a put
// does not wait for an append.
//
//   Owner      the caller destroys journal and blobs by their `destroy`, in any order
//   Invariant  one process at a time owns a directory; others may read it beside
//   Refusal    none
//   Fault      see store_directory.h, migration.h and database.h: each says which file and what to
//              do. A missing journal.db beside other files of a store is damage, and so is a
//              missing blobs.db beside a journal with lines
#pragma once
#include "base/err.h"
#include "port/blob.h"
#include "port/journal.h"
#include <stdbool.h>

enum store_access {
    STORE_OWN, // make it, upgrade it, append; one process
    STORE_READ // read only, beside the owner or without one
};

bool store_sqlite_open(const char *directory, enum store_access access,
                       struct journal **ret_journal, struct blobs **ret_blobs, struct err *err);

// Copies journal.db and blobs.db, each as it was at one instant, while a server may be running,
// and checks the copies. target must not exist or be an empty directory; it appears when it is
// whole. A directory like that is a data directory: to restore is to start on a copy of it, never
// to copy files over others, whose write-ahead logs would then belong to another journal.
bool store_sqlite_backup(const char *directory, const char *target, struct err *err);
