// sample.h - a journal whose lines follow from their numbers, with true roots, to be looked at
// after something has happened to it.
//
//   Owner      the test
//   Invariant  the same seq gives the same line in every process
//   Refusal    none
//   Fault      sample_look tells what it found, it asserts nothing
#pragma once
#include "port/journal.h"
#include <stdbool.h>
#include <stdint.h>

enum { SAMPLE_BATCH_MAX = 16 };

// Appends the next batch, whose size follows from where it begins; *size grows by it on success.
// `tree` is a struct merkle of the lines before, and grows too; the batch may be given again.
struct merkle;
bool sample_append(struct journal *journal, struct merkle *tree, bool *ret_fatal, struct err *err);
uint32_t sample_batch(uint64_t first_seq);

enum sample_found {
    SAMPLE_WHOLE,  // all lines and commits are as they were appended
    SAMPLE_FAULT,  // the store said so
    SAMPLE_ALTERED // it did not, but the roots do not fit the lines: the tree's owner finds it
};
enum sample_found sample_look(struct journal *journal, uint64_t *ret_size, struct err *err);
