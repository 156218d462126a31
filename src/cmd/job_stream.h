// job_stream.h - a job's output as it flows, its end, and stopping it.
//
// The server's stream of a job has events `stdout` and `stderr` (base64), `attempt` when a
// restartable job begins again, and `end` with the job itself. What was written is flushed at
// once, each stream to its own descriptor. A lost connection is taken up where it broke.
//
//   Owner      struct job_stream belongs to the caller; job_stream_finish frees the end's text
//   Invariant  bytes are written once and in order, stdout and stderr apart
//   Refusal    as in api.h
//   Fault      as in api.h; an output that cannot be written ends the stream
#pragma once
#include "cmd/api.h"
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

enum job_stream_end {
    JOB_STREAM_ENDED,   // `job` holds the job's JSON
    JOB_STREAM_STOPPED, // keep_on said so: follow again to go on
    JOB_STREAM_FAILED,  // printed; `code` is the exit code
};

struct job_stream {
    struct api *api;
    const char *id;
    bool hide_stdout, hide_stderr;
    bool as_result;                 // stderr goes to standard output too
    bool (*keep_on)(void *context); // NULL: always
    void *context;
    bool begun; // some output or an attempt was seen

    char last_id[64]; // where to go on
    struct buf job;   // JSON of the job that has ended
    struct buf bytes; // decoded
    bool ended, write_failed;
    int code;
};

void job_stream_init(struct job_stream *stream, struct api *api, const char *id);
void job_stream_finish(struct job_stream *stream);
enum job_stream_end job_stream_follow(struct job_stream *stream);

// Asks the job to stop; grace_ms -1: as the house does it.
int job_stop(struct api *api, const char *id, int64_t grace_ms);
// `job log --follow`: one stream of the two, until the job has ended.
int job_follow_log(struct api *api, const char *id, bool of_stderr);
