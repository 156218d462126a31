// snapshot_files.h - snapshots of the state as files: DIR/snapshots/SIZE.snap, the last two.
//
//     offset  bytes
//          0      8  "tatarasn"
//          8      8  version of this form, 1 (little endian, as all numbers here)
//         16      8  size: the journal's lines that are in the state
//         24     32  layout digest
//         56      8  length of the content
//         64     32  SHA-256 over bytes 0 to 63 and the content
//         96      …  content
//
// A snapshot is written under another name, synced and renamed. It is a cache: one that is damaged
// is passed over for an older one, and the journal has everything. (SQLite would refuse a value
// above 10^9 bytes, a file does not.)
//
//   Owner      the caller frees the bytes that get gave
//   Invariant  get gives exactly what a put was given, or nothing
//   Refusal    none
//   Fault      put: the disk. get: the directory cannot be read
#pragma once
#include "base/err.h"
#include "port/journal.h"
#include <stdbool.h>
#include <stdint.h>

enum { SNAPSHOTS_KEPT = 2 };

bool snapshot_files_put(const char *folder, const struct journal_snapshot *snapshot,
                        struct err *err);
bool snapshot_files_get(const char *folder, digest layout, uint64_t size_max, bool *ret_found,
                        struct journal_snapshot *ret_snapshot, struct err *err);
// Removes those of a larger size: after an older journal was put back they belong to another one.
bool snapshot_files_cut(const char *folder, uint64_t size_max, struct err *err);
