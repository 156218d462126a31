// database.h - one SQLite file, opened the way a store needs it, and its faults told apart.
//
// Every connection: WAL, synchronous=FULL, no automatic checkpoint (checkpointer.h), strict about
// cell sizes, never memory-mapped (a file cut short must be a fault, not a SIGBUS). A file is made
// under another name and renamed when it is whole, so an empty one is always damage.
//
//   Owner      the caller closes what database_open gave
//   Invariant  a new file appears whole or not at all, with mode 0600
//   Refusal    none
//   Fault      database_fault makes the text: which file, what SQLite said, what to do. A failed
//              fsync (SQLITE_IOERR_FSYNC, SQLITE_IOERR_DIR_FSYNC) is told by database_lost: the
//              kernel may have dropped what we wrote, and a second fsync would answer well
#pragma once
#include "base/err.h"
#include "store/sqlite/migration.h"
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

enum { DATABASE_BUSY_MS = 10000 };
enum database_use { DATABASE_WRITE, DATABASE_READ };

// Makes an empty file of this kind. It must not exist.
bool database_create(const char *path, const struct file_kind *kind, struct err *err);
// DATABASE_WRITE brings an old file to the newest version first.
bool database_open(const char *path, const struct file_kind *kind, enum database_use use,
                   sqlite3 **ret_database, struct err *err);
void database_close(sqlite3 *database); // accepts NULL; statements must be finalised

bool database_prepare(sqlite3 *database, const char *sql, sqlite3_stmt **ret_statement,
                      struct err *err);
bool database_run(sqlite3 *database, const char *sql, struct err *err);
bool database_number(sqlite3 *database, const char *sql, int64_t *ret_number, struct err *err);

// Sets the error from what failed last on this connection. Always false.
bool database_fault(sqlite3 *database, const char *doing, struct err *err);
bool database_damaged(sqlite3 *database, const char *what, struct err *err); // likewise
bool database_lost(sqlite3 *database);
