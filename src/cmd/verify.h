// verify.h - replays a journal from event 0 and holds every line against the stored roots.
//
// Lines come in order, and behind the last line of each commit its size and root. Only when a
// commit's root is the root of the tree over all lines so far are its events applied: an altered
// line is found before it can do anything. At the end every book is recounted (cloud_check).
//
//   Owner      verify_finish gives the memory back
//   Invariant  the state holds exactly the lines of the commits that were found good
//   Refusal    none
//   Fault      a line that is not an event, out of order or altered, named by its number; a line
//              without a commit; a book that does not balance
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
    struct cloud cloud;
    struct merkle tree;
    struct buf events; // struct event each: lines whose commit has not come yet
    uint64_t lines, commits;
    int64_t time_us; // of the last line
};

void verify_init(struct verify *verify);
void verify_finish(struct verify *verify);
bool verify_line(struct verify *verify, str line, struct err *err);
bool verify_commit(struct verify *verify, const struct journal_commit *commit, struct err *err);
bool verify_end(struct verify *verify, struct err *err);
