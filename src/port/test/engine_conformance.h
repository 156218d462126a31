// engine_conformance.h - what every engine that runs real commands must do.
//
// The suite knows port/engine.h and nothing of the engine: a rig opens it, wipes it and can put a
// file into a running job's folder, which is how a job here is told to go on. Each engine's own
// test fills a rig and calls this. Commands are sh of any Unix.
//
//   Owner      the engine's test owns the rig and its context
//   Invariant  nothing waits longer than it must: a report wakes the suite; a report that does not
//              come within ENGINE_PATIENCE_S is a failure
//   Refusal    none
//   Fault      a promise not kept fails the cmocka test of its name
#pragma once
#include "port/engine.h"
#include <stdbool.h>
#include <stdint.h>

enum { ENGINE_PATIENCE_S = 60 };

struct engine_rig {
    void *context;
    void (*wipe)(void *context); // nothing is kept; called while nothing is open
    // Opens what was left by those before.
    bool (*open)(void *context, struct engine_sink sink, struct engine **ret_engine,
                 struct err *err);
    // Makes an empty file in the folder where the command began.
    void (*touch)(void *context, uint64_t job, uint32_t attempt, const char *name);
};

// Reports as they came, to be waited for. Also of use to an engine's own tests.
struct engine_witness;
struct engine_witness *engine_witness_create(void);
void engine_witness_destroy(struct engine_witness *witness);
struct engine_sink engine_witness_sink(struct engine_witness *witness);
void engine_witness_clear(struct engine_witness *witness);
// Waits for the end; false when it does not come.
bool engine_witness_end(struct engine_witness *witness, uint64_t job,
                        struct engine_report *ret_end);
// Waits until there is a report of this kind of the job.
bool engine_witness_wait(struct engine_witness *witness, uint64_t job,
                         enum engine_report_kind kind);
uint32_t engine_witness_count(struct engine_witness *witness, uint64_t job,
                              enum engine_report_kind kind);

// Runs the whole suite; the number of failed tests.
int engine_conformance(const char *name, const struct engine_rig *rig);
