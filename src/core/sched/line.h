// line.h - the ids of all jobs that wait, in order: how many are before one, and who.
//
// Inside the room only. Bits by id in blocks of 4,096 with a count each; a block without bits takes
// no memory. Counting sums block counts and the bits of one block.
//
//   Owner      struct sched_index; a function of the job table
//   Invariant  the bit of an id is set exactly when that job is queued
//   Refusal    none
//   Fault      none (no memory: must)
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct line {
    uint64_t **bits;      // by block: 64 words, or NULL
    uint16_t *count;      // by block
    uint64_t blocks, low; // no bit stands before block `low`
};

void line_finish(struct line *line);
void line_add(struct line *line, uint64_t id);
void line_remove(struct line *line, uint64_t id);
int64_t line_before(const struct line *line, uint64_t id);    // how many are smaller
uint64_t line_previous(const struct line *line, uint64_t id); // the largest smaller one; 0: none
uint64_t line_next(const struct line *line, uint64_t id);     // the smallest larger one; 0: none
