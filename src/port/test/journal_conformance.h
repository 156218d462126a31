// journal_conformance.h - what every store must do to be a journal and a blob store.
//
// The suite knows port/journal.h and port/blob.h and nothing of the store: a rig opens it, wipes
// it and makes its writes fail. Each store's own test fills a rig and calls this.
//
//   Owner      the store's test owns the rig and its context
//   Invariant  a store that passes keeps each promise of the two headers but the one about power,
//              which only a real disk can be asked for
//   Refusal    none
//   Fault      a promise not kept fails the cmocka test of its name
#pragma once
#include "port/blob.h"
#include "port/journal.h"
#include <stdbool.h>
#include <stdint.h>

enum rig_fault {
    RIG_NO_FAULT,   // and none from now on
    RIG_DISK_FULL,  // the write fails and leaves nothing
    RIG_FSYNC_FAILS // the write may or may not be kept
};

struct journal_rig {
    void *context;
    void (*wipe)(void *context); // nothing is kept; called while nothing is open
    // Opens what was left by those before. False with an error under a fault only.
    bool (*open)(void *context, struct journal **ret_journal, struct blobs **ret_blobs,
                 struct err *err);
    // From now on `count` low-level writes fail, beginning with the n-th (1 is the next).
    void (*inject)(void *context, enum rig_fault fault, uint64_t n, uint64_t count);
    bool (*has_struck)(void *context); // since the last inject: at least one write failed
    uint64_t fail_step;                // try every fail_step-th n; 1 where writes are few
};

// Runs the whole suite; the number of failed tests.
int journal_conformance(const char *name, const struct journal_rig *rig);
