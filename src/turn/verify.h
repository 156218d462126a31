// verify.h - lines become state again, none of them before the root of its commit is found good.
//
//     line and its kept leaf ──► decode ──► wait ──► commit: the root fits? ──► apply
//
// Lines come in order, and behind the last line of each commit its size and root. An altered line
// is found before it can do anything. Its number is known by the leaf that was kept beside it;
// where none was kept, the lines of its commit are named together. turn_load, `journal verify` and
// the replica go this way.
//
//   Owner      verify_finish gives the memory back; the state and the tree are borrowed
//   Invariant  state and tree hold exactly the lines of the commits that were found good
//   Refusal    none
//   Fault      a line altered, missing, out of order or of another version; a leaf altered; a root
//              that does not fit; a line without a commit; books that do not balance. After a
//              fault the state is that of the last good commit, the tree is not to be used.
//              An end that was cut off whole, or a journal written anew from some line on, fits its
//              own roots: only a root that was kept elsewhere tells
#pragma once
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "core/cloud/cloud.h"
#include "port/journal.h"
#include "proof/merkle.h"
#include <stdbool.h>
#include <stdint.h>

struct verify {
    struct cloud *cloud;
    struct merkle *tree;
    struct buf events; // struct event each: lines whose commit has not come yet
    uint64_t lines, commits;
    int64_t time_us;  // of the last line
    bool suspicious;  // a line of this commit does not fit its leaf
    bool bare;        // a line of this commit has no leaf
    uint64_t suspect; // the first line that does not fit
    // Told every few thousand lines when set after verify_init.
    void (*progress)(void *context, uint64_t lines);
    void *context;
};

// Goes on from what the state and the tree hold: both the same number of lines.
void verify_init(struct verify *verify, struct cloud *cloud, struct merkle *tree);
void verify_finish(struct verify *verify);

bool verify_line(struct verify *verify, str line, const digest *leaf, struct err *err);
bool verify_commit(struct verify *verify, const struct journal_commit *commit, struct err *err);
bool verify_end(struct verify *verify, struct err *err); // nothing waits, and every invariant holds
// Every line and commit of a journal from verify->lines on, in whole commits.
bool verify_journal(struct verify *verify, struct journal *journal, struct err *err);
