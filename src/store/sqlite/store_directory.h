// store_directory.h - the directory a store lives in: made, checked, and owned by one process.
//
//     DIR/               0700
//     DIR/lock           the owner's pid; locked with flock while it lives
//     DIR/journal.db     lines and commits (WAL beside it while in use)
//     DIR/blobs.db       blobs, in a file of their own so that what is deleted is really gone
//     DIR/snapshots/     SIZE.snap, the last two
//
// Other files in it (keys, jobs) belong to others.
//
//   Owner      counted: journal and blobs each hold it; the last release unlocks
//   Invariant  while `owns` is set no other process owns DIR; `lost` is never cleared
//   Refusal    none
//   Fault      no such directory and none can be made, not ours, shared, or owned by a process
//              that lives: its pid is named
#pragma once
#include "base/err.h"
#include <stdatomic.h>
#include <stdbool.h>

enum { STORE_PATH_MAX = 4096 };

struct store_directory {
    char path[STORE_PATH_MAX];
    int lock_descriptor; // -1 when only read
    bool owns;
    atomic_uint holders;
    atomic_bool lost; // a failed fsync: nothing may be written any more
};

// owns: make it where it is missing, and lock it. Held once on return.
struct store_directory *store_directory_open(const char *path, bool owns, struct err *err);
void store_directory_hold(struct store_directory *directory);
void store_directory_release(struct store_directory *directory); // accepts NULL

// "DIR/name" into a path; false when it is too long.
bool store_directory_join(const struct store_directory *directory, const char *name,
                          char ret_path[STORE_PATH_MAX], struct err *err);
// Makes what was created or renamed in a directory durable.
bool store_directory_sync(const char *path, struct err *err);
