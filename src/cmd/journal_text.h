// journal_text.h - a journal as a text file: what `journal export` writes and `verify` reads.
//
//     #tatara journal 1
//     {"kind":"opened",…}                    lines as they are, event 0 first
//     {"kind":"chip_added",…}
//     #commit 2 1795302140123456 9f86d0…     size, time in microseconds, root in hex:
//     …                                      behind the last line of each commit
//
//   Owner      the caller's file
//   Invariant  a line of the journal begins with '{', never with '#'
//   Refusal    none
//   Fault      a line that is none of these, longer than a journal's line may be, I/O
#pragma once
#include "base/err.h"
#include "base/str.h"
#include "port/journal.h"
#include <stdbool.h>
#include <stdio.h>

void journal_text_head(FILE *out);
void journal_text_line(FILE *out, str line);
void journal_text_commit(FILE *out, const struct journal_commit *commit);

struct journal_text_visit {
    bool (*line)(void *context, str line, struct err *err);
    bool (*commit)(void *context, const struct journal_commit *commit, struct err *err);
    void *context;
};
// From the head to the end; a visit that gives false ends it with its error.
bool journal_text_read(FILE *in, const struct journal_text_visit *visit, struct err *err);
