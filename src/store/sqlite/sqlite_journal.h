// sqlite_journal.h - the journal port over DIR/journal.db and DIR/snapshots/.
//
//     lines(seq INTEGER PRIMARY KEY, line TEXT)          dense from 0
//     commits(size INTEGER PRIMARY KEY, time_us, root)   one row a batch
//
// A batch is one transaction: an fsync each. A long read is cut into pieces with a view each, so
// that it does not keep the write-ahead log from being moved; it ends at the head it began with.
//
//   Owner      store_sqlite.h opens it; the port's destroy closes it
//   Invariant  that of port/journal.h; a gap or a short table is damage, never an end
//   Refusal    none
//   Fault      those of the port; once an fsync has failed anywhere in the directory, every
//              append answers false and fatal without touching the disk
#pragma once
#include "port/journal.h"
#include "store/sqlite/migration.h"
#include "store/sqlite/store_directory.h"
#include <stdbool.h>

extern const struct file_kind sqlite_journal_kind;

// Holds the directory until destroy. Only reads when the directory is not owned.
bool sqlite_journal_open(struct store_directory *directory, struct journal **ret_journal,
                         struct err *err);
