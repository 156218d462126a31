// scratch.h - a directory for one test, removed with all that is in it.
//
//   Owner      the test: scratch_make, then scratch_remove
//   Invariant  lies in memory (/dev/shm) where that is writable, else under TMPDIR or /tmp
//   Refusal    none
//   Fault      none: a machine without room for a directory is a must
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { SCRATCH_PATH_MAX = 256 };

struct scratch {
    char path[SCRATCH_PATH_MAX];
};

void scratch_make(struct scratch *scratch);
void scratch_make_on_disk(struct scratch *scratch); // never in memory
void scratch_remove(struct scratch *scratch);       // accepts a zeroed one
void scratch_empty(struct scratch *scratch);        // the directory stays
