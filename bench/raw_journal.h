// raw_journal.h - the peer of durable commands: lines put by SQLite alone, a commit a batch.
//
// The same settings as the store's (WAL, synchronous=FULL), the same two tables, prepared
// statements and nothing else: what the disk and SQLite can do on this machine at this moment.
//
//   Owner      the caller, until raw_journal_destroy, which removes the file
//   Invariant  each batch is one transaction
//   Refusal    none
//   Fault      none: SQLite's are must
#pragma once
#include <stdint.h>

struct raw_journal;
struct raw_journal *raw_journal_create(const char *path); // a file that is not there
void raw_journal_destroy(struct raw_journal *raw);
// Puts so many lines of 300 bytes in batches of a mean size; lines a second.
double raw_journal_run(struct raw_journal *raw, uint64_t lines, double batch);
