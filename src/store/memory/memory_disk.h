// memory_disk.h - a disk that is memory: what store_memory.h keeps, and the faults it meets.
//
// The disk outlives the stores that are opened over it, as a real one outlives a process: a test
// or a simulation destroys the store, opens it again and finds what was durable. Faults are part
// of it: memory_disk_fail is the hook with which tests make the n-th write fail.
//
//   Owner      the test, simulation or command that created it; destroyed after the stores over it
//   Invariant  lines never move or change until the disk is destroyed, but by memory_disk_alter;
//              all access is locked
//   Refusal    none
//   Fault      those asked for with memory_disk_fail; out of memory is a must
#pragma once
#include "port/blob.h"
#include "port/journal.h"
#include <stdbool.h>
#include <stdint.h>

// What a failing write does. A failed fsync leaves it open whether the write was kept.
enum memory_fault { MEMORY_DISK_FULL, MEMORY_FSYNC_LOST, MEMORY_FSYNC_KEPT };

struct memory_disk;

struct memory_disk *memory_disk_create(void);
void memory_disk_destroy(struct memory_disk *disk); // accepts NULL

// From now on `count` writes fail, beginning with the n-th (1 is the next). One append, put, remove
// or snapshot is one write. n 0: no more faults.
void memory_disk_fail(struct memory_disk *disk, uint64_t n, uint64_t count,
                      enum memory_fault fault);
uint64_t memory_disk_writes(struct memory_disk *disk); // tried so far, failed ones too
// What happens to a disk behind its owner's back: a line, a leaf or the root of the commit that
// ends with a line is another from now on. The line must be there (and end a commit).
void memory_disk_alter_line(struct memory_disk *disk, uint64_t seq, str line);
void memory_disk_alter_leaf(struct memory_disk *disk, uint64_t seq, digest leaf);
void memory_disk_alter_root(struct memory_disk *disk, uint64_t seq, digest root);

// What the store asks of it. *ret_lost: a failed fsync, nothing more is to be written.
bool memory_disk_append(struct memory_disk *disk, const struct journal_batch *batch, bool *ret_lost,
                        struct err *err);
struct journal_commit memory_disk_head(struct memory_disk *disk);
// Views of at most count_max lines or commits; the number there was.
uint32_t memory_disk_lines(struct memory_disk *disk, uint64_t from_seq, uint32_t count_max,
                           str *ret_lines);
uint32_t memory_disk_leaves(struct memory_disk *disk, uint64_t from_seq, uint32_t count_max,
                            digest *ret_leaves); // all zero where none was kept
uint32_t memory_disk_commits(struct memory_disk *disk, uint64_t after_size, uint32_t count_max,
                             struct journal_commit *ret_commits);
bool memory_disk_put_snapshot(struct memory_disk *disk, const struct journal_snapshot *snapshot,
                              bool *ret_lost, struct err *err);
bool memory_disk_get_snapshot(struct memory_disk *disk, digest layout, uint64_t size_max,
                              struct journal_snapshot *ret_snapshot); // bytes on the heap
bool memory_disk_put_blobs(struct memory_disk *disk, const struct blob_put *puts, uint32_t count,
                           bool *ret_lost, struct err *err);
bool memory_disk_get_blob(struct memory_disk *disk, digest key, struct buf *out);
bool memory_disk_remove_blob(struct memory_disk *disk, digest key, bool *ret_lost, struct err *err);
