// journal_walk.h - the lines and commits of a data directory's journal, in order.
//
// Reads beside a running server: what is seen is whole commits only.
//
//   Owner      the walk opens the store and closes it
//   Invariant  behind the last line of a commit comes the commit, then the next line
//   Refusal    none
//   Fault      no journal there, a damaged file, lines missing; what a visit said
#pragma once
#include "cmd/journal_text.h"

// Visits as journal_text_read does.
bool journal_walk(const char *directory, const struct journal_text_visit *visit, struct err *err);
// Opens it for reading and gives it to fn, for as long as fn runs.
bool journal_walk_open(const char *directory,
                       bool (*fn)(void *context, struct journal *journal, struct err *err),
                       void *context, struct err *err);
