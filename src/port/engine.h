// engine.h - what the core needs from whatever runs jobs.
//
// An engine starts, stops and watches attempts of jobs on nodes. The core speaks by effects
// (start, adopt, stop, pause, resume, cap, forget, drop), the engine answers later with reports,
// through the sink it was given. Calls never block. Every call is idempotent by (job, attempt):
// after a start of tatara all outstanding calls come again, and an engine that has that attempt
// reports what it knows.
//
// Durations come from the engine: CLOCK_BOOTTIME between the start and the end of the command,
// never from wall clocks. Output is kept by the engine, in two streams per attempt.
//
//   Owner      cmd creates an engine, live or sim use it, cmd destroys it
//   Invariant  for each (job, attempt) started: at most one STARTED, then exactly one ENDED
//   Refusal    an attempt that cannot be started is reported ENDED with ENGINE_NOT_STARTED
//   Fault      output: the stream cannot be read (says why)
#pragma once
#include "base/buf.h"
#include "base/device_set.h"
#include "base/err.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

struct engine_start {
    uint64_t job, account;
    uint32_t attempt;
    device_set devices;   // indexes on this node
    int64_t memory_bytes; // 0: no limit asked
    int64_t run_ms_max;   // 0: no limit (the core stops the job, the engine need not)
    int64_t saved_ms;     // work of earlier attempts that its checkpoints keep
    int64_t cpu_milli;    // 0: no limit asked
    uint32_t milli;       // 1..999: a share of the one device; 0: whole devices
    bool checkpoints;     // it keeps its progress and says how far it is
    str spec; // JSON: {"argv":[…],"env":{…},"directory":"…","rootfs":"…"}; see docs
};

enum engine_energy { ENERGY_NONE, ENERGY_MEASURED, ENERGY_ATTRIBUTED, ENERGY_ESTIMATED };

enum engine_report_kind {
    ENGINE_STARTED, // the command runs
    ENGINE_ALIVE,   // still running: ran_ms and energy_j so far
    ENGINE_ENDED,
};

enum engine_end {
    ENGINE_EXITED,    // code
    ENGINE_SIGNALLED, // signal
    ENGINE_OUT_OF_MEMORY,
    ENGINE_LOST,        // keeper killed, host rebooted: ran_ms is up to the last heartbeat
    ENGINE_NOT_STARTED, // text says why
};

struct engine_report {
    enum engine_report_kind kind;
    uint64_t job;
    uint32_t attempt;
    int64_t ran_ms;   // since the command started, without pauses, BOOTTIME; never decreases
    int64_t energy_j; // since the command started; never decreases
    int64_t saved_ms; // work that a checkpoint keeps, over all attempts; 0: not known
    enum engine_energy energy;
    int64_t cpu_ms, memory_peak_bytes;
    enum engine_end end;
    int32_t code, signal;
    char text[160]; // for people: why it was not started or lost
};

// Where reports go. May be called from the engine's own threads; it copies and returns at once.
struct engine_sink {
    void (*report)(void *context, const struct engine_report *report);
    void *context;
};

enum engine_stream { ENGINE_STDOUT, ENGINE_STDERR };

struct engine {
    const struct engine_ops *ops;
};

struct engine_ops {
    const char *name; // "process", "container", "virtual"
    void (*start)(struct engine *engine, const struct engine_start *start);
    // This attempt ran when the house last knew. What is known of it is reported again; an engine
    // that knows nothing of it (the journal came from a backup) reports it ENDED with ENGINE_LOST
    // and never starts it.
    void (*adopt)(struct engine *engine, uint64_t job, uint32_t attempt);
    // SIGTERM now, SIGKILL after grace_ms (0: at once).
    void (*stop)(struct engine *engine, uint64_t job, uint32_t attempt, int64_t grace_ms);
    // The command and all that it started stand still until `resume`: no CPU time passes, devices
    // and memory stay theirs. The last wish counts, also before the command runs, and also when
    // the house dies. A stop ends what is paused too.
    void (*pause)(struct engine *engine, uint64_t job, uint32_t attempt);
    void (*resume)(struct engine *engine, uint64_t job, uint32_t attempt);
    // At most so many thousandths of its devices' maximum watts; 1000: no cap. Best effort: an
    // engine that cannot says so in `limits`.
    void (*cap)(struct engine *engine, uint64_t job, uint32_t attempt, int32_t permille);
    // The end is durable in the journal: the working folder may go, output stays.
    void (*forget)(struct engine *engine, uint64_t job, uint32_t attempt);
    // The job has left the tables: nothing of it is asked for again, its output may go.
    void (*drop)(struct engine *engine, uint64_t job);
    // Bytes of a stream from an offset, at most what `out` takes. ret_end: the attempt has ended
    // and nothing follows. An attempt never started has empty streams, but where the command
    // could not be executed its stderr says why.
    bool (*output)(struct engine *engine, uint64_t job, uint32_t attempt, enum engine_stream stream,
                   uint64_t offset, struct buf *out, bool *ret_end, struct err *err);
    // What this engine cannot enforce here, a line each; for the operator.
    void (*limits)(struct engine *engine, struct buf *out);
    void (*destroy)(struct engine *engine); // jobs go on
};
