// frag_row.h - the classes that one shape fits under one policy, the best on top.
//
// Inside the room only, for frag.c. A row keeps what the shape scores on each class, and a heap of
// (score, lowest place of the class). It follows the changes of classes by their log: a class that
// came, or whose lowest place is another, is put on the heap again; what is on it wrongly is seen
// by comparison and dropped when it comes to the top. So a decision costs as much as has changed
// since the row was asked last, however many nodes there are.
//
//   Owner      frag.c; row_finish gives the memory back
//   Invariant  after row_follow each live class that fits is on the heap with its score and place
//   Refusal    row_top CLASS_NONE: no class fits
//   Fault      none (no memory: must)
#pragma once
#include "core/fleet/frag_class.h"

enum { SCORE_UNKNOWN = INT32_MIN + 1 }; // SCORE_NONE is below

struct row_entry {
    int32_t score;
    uint32_t first, id;
};

struct frag_row {
    struct frag_want want;
    int32_t *score; // by class
    uint32_t room;
    struct row_entry *heap;
    uint32_t count, heap_room;
    uint64_t seen; // changes of the classes that are on the heap
    bool whole;    // it follows at all
};

void row_finish(struct frag_row *row); // accepts a zeroed one
// The row is for this want from now on.
void row_begin(struct frag_row *row, const struct frag_want *want);
// The number stands for another class than before.
void row_forget(struct frag_row *row, uint32_t id);
int32_t row_score(struct frag_row *row, struct frag_classes *classes,
                  const struct frag_demand *demand, uint32_t id);
void row_follow(struct frag_row *row, struct frag_classes *classes,
                const struct frag_demand *demand);
// The best class is taken off the heap, or only looked at; CLASS_NONE: none is left.
uint32_t row_top(struct frag_row *row, const struct frag_classes *classes,
                 struct row_entry *ret_entry);
void row_pop(struct frag_row *row);
void row_push(struct frag_row *row, struct row_entry entry);
