// arena.h - memory for one step or one request, handed back all at once.
//
// An arena grows by chunks up to a limit and is reset at the end of the step or request. Nothing
// is freed one by one.
//
//   Owner      whoever called arena_init; everything taken from it dies with reset or finish
//   Invariant  what arena_take returns is zeroed and aligned to 16 bytes
//   Refusal    none
//   Fault      over its limit arena_take gives NULL and `full` stays set: check it once at the end;
//              out of memory is a must (the process cannot go on)
#pragma once
#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>

struct arena_chunk;
struct arena {
    struct arena_chunk *chunk; // the newest; older ones behind it
    size_t taken, limit;       // bytes over all chunks
    bool full;
};

void arena_init(struct arena *arena, size_t limit);
void arena_reset(struct arena *arena); // keeps the first chunk
void arena_finish(struct arena *arena);
void *arena_take(struct arena *arena, size_t size);
str arena_copy(struct arena *arena, str text);         // with a zero byte behind it
const char *arena_cstr(struct arena *arena, str text); // for the operating system; NULL when full
str arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
