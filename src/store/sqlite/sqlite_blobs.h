// sqlite_blobs.h - the blob port over DIR/blobs.db.
//
//     blobs(key BLOB PRIMARY KEY, salt BLOB, bytes BLOB)
//
// Threads that put at the same moment share one transaction: the first that finds no commit under
// way leads, and takes with it all who wait. What is removed is overwritten with zeros, in the file
// and in its write-ahead log, before remove returns, or, while a reader holds an old view, by the
// next write.
//
//   Owner      store_sqlite.h opens it; the port's destroy closes it
//   Invariant  that of port/blob.h; get hashes what it read before it gives it
//   Refusal    none
//   Fault      those of the port. All who shared a transaction that failed are told so. Once an
//              fsync has failed anywhere in the directory nothing is written any more
#pragma once
#include "port/blob.h"
#include "store/sqlite/migration.h"
#include "store/sqlite/store_directory.h"
#include <stdbool.h>

extern const struct file_kind sqlite_blobs_kind;

// Holds the directory until destroy. Only reads when the directory is not owned.
bool sqlite_blobs_open(struct store_directory *directory, struct blobs **ret_blobs,
                       struct err *err);
