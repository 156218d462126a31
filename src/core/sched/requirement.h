// requirement.h - the rules of jobs about where they may run, each text once.
//
// A rule (core/policy/rule.h) is kept as a row that many jobs share, so that what it means for the
// house can be cached by its id. A row goes when its last job has left the tables.
//
//   Owner      struct sched owns the table and the lookup (a cache)
//   Invariant  texts are canonical and differ; uses = jobs in the table with this id, at least 1
//   Refusal    none: cloud checks the rule first
//   Fault      none
#pragma once
#include "base/digest.h"
#include "base/lookup.h"
#include "base/str.h"
#include "base/table.h"
#include "core/policy/rule.h"
#include <stdint.h>

struct requirement {
    uint64_t id;
    int64_t uses;
    char text[RULE_SIZE];
};
_Static_assert(sizeof(struct requirement) == 144, "no padding");

// The row of a text, made when there is none; one use more. 0 for the empty text.
uint64_t requirement_take(struct table *requirements, struct lookup *lookup, const char *text);
void requirement_give(struct table *requirements, uint64_t id); // one use less
void requirements_reindex(const struct table *requirements, struct lookup *lookup);
