// journal_stream.h - a journal that is written as text while it grows: for `sim --journal`.
//
// It keeps the form of journal_text.h, so `journal verify --file` reads it. Nothing is read back
// from it and nothing is synced: a simulation that ends early is begun again.
//
//   Owner      journal_stream_open .. journal_stream_close
//   Invariant  the file is a prefix of the journal, with a commit line behind each commit
//   Refusal    none
//   Fault      the file cannot be written: append and close say so; reading is always a fault
#pragma once
#include "base/err.h"
#include "port/journal.h"

struct journal *journal_stream_open(const char *path, struct err *err); // NULL: err says why
bool journal_stream_close(struct journal *journal, struct err *err);    // accepts NULL
