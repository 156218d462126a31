// keeper_stream.h - one stream of a command's output: from a pipe into a file, up to a cap.
//
// What comes after the cap, or does not fit on a full disk, is read, counted and dropped, so that
// the command never blocks on it; a last line in the file says how much it was.
//
//   Owner      the keeper; finish closes what is open
//   Invariant  the file holds the first bytes of the stream, in order, and at most the last line
//              besides
//   Refusal    none
//   Fault      keeper_stream_open: no file or pipe
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct keeper_stream {
    int pipe, writer, file; // -1 when closed; writer is the command's end
    int64_t kept, dropped, cap;
};

bool keeper_stream_open(struct keeper_stream *stream, int folder, const char *name, int64_t cap,
                        struct err *err);
// Moves what is there, at most a few pipes full. False once nothing more can come.
bool keeper_stream_pump(struct keeper_stream *stream);
void keeper_stream_finish(struct keeper_stream *stream, bool keep);
