// progress.h - how much of its work a job says it has saved.
//
// A job that keeps checkpoints writes a number into the file that TATARA_PROGRESS names: the
// milliseconds of its work, from the beginning of the job over all attempts, that need not be done
// again. It is read whenever something is said of the attempt. The job writes the file, so it is
// judged as hostile: a plain file of a few digits, or nothing.
//
//   Owner      nobody
//   Invariant  0 or more; what is no number is 0
//   Refusal    none
//   Fault      none: a file that cannot be read says nothing
#pragma once
#include <stdint.h>

#define PROGRESS_FILE ".tatara-progress" // in the attempt's work folder

int64_t progress_read(int folder); // the attempt's
