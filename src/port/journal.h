// journal.h - what the turn needs from whatever keeps the journal.
//
// A journal keeps lines (canonical JSON, one an event, seq 0, 1, 2, …) and with every commit the
// size and the root of the Merkle tree over all lines so far. A batch is all or nothing. A store
// computes no tree and reads no line: it keeps bytes. Beside each line it keeps the line's leaf, so
// that an altered line can be named by its number.
//
// It also keeps snapshots: a cache of the state after some seq, tagged with a layout digest.
//
//   Owner      cmd creates a store, the turn appends to it, cmd destroys it
//   Invariant  after append returned true the batch survives kill -9 and power loss, and lines of
//              earlier batches are unchanged; lines are dense in seq
//   Refusal    none
//   Fault      append false: nothing of the batch is kept (the same batch may be given again),
//              unless `fatal` was set: a failed fsync, the process must end
//   Threads    append: one thread. Everything else: any thread, also while append runs; readers
//              see whole commits only
#pragma once
#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum { JOURNAL_LINE_MAX = 64 * 1024 };

struct journal_batch {
    uint64_t first_seq;
    const str *lines;
    const digest *leaves; // of the lines, in their order; NULL: none are kept
    uint32_t count;       // >= 1
    int64_t time_us;
    digest root; // of the tree over lines 0 .. first_seq + count - 1
};

struct journal_commit {
    uint64_t size; // lines so far
    int64_t time_us;
    digest root;
};

struct journal_snapshot {
    uint64_t size; // the state after lines 0 .. size - 1
    digest layout;
    str bytes;
};

struct journal {
    const struct journal_ops *ops;
};

struct journal_ops {
    bool (*append)(struct journal *journal, const struct journal_batch *batch, bool *ret_fatal,
                   struct err *err);
    // The last commit; size 0 for an empty journal.
    bool (*head)(struct journal *journal, struct journal_commit *ret_commit, struct err *err);
    // Lines from_seq … in order, at most count_max, until visit returns false.
    bool (*read)(struct journal *journal, uint64_t from_seq, uint64_t count_max,
                 bool (*visit)(void *context, uint64_t seq, str line), void *context,
                 struct err *err);
    // What was kept beside the lines from_seq …, as read does; NULL for a line without a leaf.
    bool (*leaves)(struct journal *journal, uint64_t from_seq, uint64_t count_max,
                   bool (*visit)(void *context, uint64_t seq, const digest *leaf), void *context,
                   struct err *err);
    // Commits with size > after_size in order, until visit returns false.
    bool (*commits)(struct journal *journal, uint64_t after_size,
                    bool (*visit)(void *context, const struct journal_commit *commit),
                    void *context, struct err *err);
    bool (*snapshot_put)(struct journal *journal, const struct journal_snapshot *snapshot,
                         struct err *err);
    // The newest snapshot with this layout and size <= size_max; ret_found false when none. bytes
    // are on the heap: free(ret_snapshot->bytes.ptr).
    bool (*snapshot_get)(struct journal *journal, digest layout, uint64_t size_max, bool *ret_found,
                         struct journal_snapshot *ret_snapshot, struct err *err);
    void (*destroy)(struct journal *journal);
};
