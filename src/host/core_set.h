// core_set.h - a set of logical cores, as the kernel numbers and writes them.
//
//   Owner      nobody: a value
//   Invariant  members are below CORE_SET_MAX
//   Refusal    none
//   Fault      core_set_parse: false on text that is no list of cores; output untouched
#pragma once
#include "base/buf.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum { CORE_SET_MAX = 4096 };

typedef struct {
    uint64_t bits[CORE_SET_MAX / 64];
} core_set;

bool core_set_has(const core_set *set, uint32_t core);
void core_set_add(core_set *set, uint32_t core);
uint32_t core_set_count(const core_set *set);
uint32_t core_set_next(const core_set *set, uint32_t from); // first >= from, or CORE_SET_MAX
void core_set_meet(core_set *set, const core_set *other);   // keeps what both have
void core_set_drop(core_set *set, const core_set *other);   // keeps what only `set` has
// "0-3,7", as in Cpus_allowed_list and cpuset.cpus; blanks around it do not count; "" is empty.
bool core_set_parse(str text, core_set *ret_set);
void core_set_text(const core_set *set, struct buf *out);
