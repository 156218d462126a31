// faulty_vfs.h - SQLite's own files, with the n-th write or fsync made to fail.
//
// A VFS over the default one, made the default: every database opened afterwards goes through it.
// Counts over all files of the process.
//
//   Owner      the test program, for its whole life
//   Invariant  without an armed fault everything passes through unchanged
//   Refusal    none
//   Fault      SQLITE_FULL, SQLITE_IOERR_WRITE or SQLITE_IOERR_FSYNC, where armed
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum vfs_fault { VFS_NO_FAULT, VFS_WRITE_FULL, VFS_WRITE_FAILS, VFS_SYNC_FAILS };

void faulty_vfs_install(void);
// `count` writes (or fsyncs) fail, beginning with the n-th from now (1 is the next).
void faulty_vfs_arm(enum vfs_fault fault, uint64_t n, uint64_t count);
bool faulty_vfs_has_struck(void); // since it was armed
