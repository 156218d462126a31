// command_news.h - what the side that runs a command tells its keeper, over a descriptor.
//
// Also read by the container's first process, which is built on its own: no other include here.
//
//   Owner      nobody: a value, written in one write
//   Invariant  COMMAND_BEGAN or COMMAND_FAILED comes first, COMMAND_ENDED at most once and last
//   Refusal    none
//   Fault      none
#pragma once
#include <stdint.h>

enum command_event {
    COMMAND_BEGAN,  // or, of a plain process, is about to: FAILED may follow
    COMMAND_FAILED, // value: errno; stage: what was tried
    COMMAND_ENDED,  // value: as waitpid gives it
};

enum command_stage { COMMAND_RUN, COMMAND_ENTER, COMMAND_PREPARE };

struct command_news {
    int32_t event, value, stage, spare;
    int64_t time_us; // CLOCK_BOOTTIME where it happened: the keeper may be slow to read
};
