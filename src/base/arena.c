#include "base/arena.h"
#include "base/must.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 * 1024, ALIGN = 16 };

struct arena_chunk {
    struct arena_chunk *older;
    size_t used, size;
    _Alignas(ALIGN) unsigned char bytes[];
};

void arena_init(struct arena *arena, size_t limit)
{
    *arena = (struct arena){.limit = limit};
}

void arena_reset(struct arena *arena)
{
    while (arena->chunk && arena->chunk->older) {
        struct arena_chunk *older = arena->chunk->older;
        free(arena->chunk);
        arena->chunk = older;
    }
    if (arena->chunk) {
        memset(arena->chunk->bytes, 0, arena->chunk->used);
        arena->chunk->used = 0;
    }
    arena->taken = 0;
    arena->full = false;
}

void arena_finish(struct arena *arena)
{
    arena_reset(arena);
    free(arena->chunk);
    arena->chunk = NULL;
}

void *arena_take(struct arena *arena, size_t size)
{
    if (arena->full || size > arena->limit || arena->taken > arena->limit - size) {
        arena->full = true;
        return NULL;
    }
    size_t rounded = (size + ALIGN - 1) / ALIGN * ALIGN;
    struct arena_chunk *chunk = arena->chunk;
    if (!chunk || chunk->size - chunk->used < rounded) {
        size_t room = rounded > CHUNK ? rounded : CHUNK;
        chunk = calloc(1, sizeof *chunk + room);
        must(chunk);
        *chunk = (struct arena_chunk){.older = arena->chunk, .size = room};
        arena->chunk = chunk;
    }
    void *bytes = chunk->bytes + chunk->used;
    chunk->used += rounded;
    arena->taken += size;
    return bytes;
}

str arena_copy(struct arena *arena, str text)
{
    char *bytes = arena_take(arena, text.len + 1);
    if (!bytes)
        return (str){0};
    if (text.len)
        memcpy(bytes, text.ptr, text.len);
    return (str){bytes, text.len};
}

const char *arena_cstr(struct arena *arena, str text)
{
    return arena_copy(arena, text).ptr;
}

str arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    must(length >= 0);
    char *bytes = arena_take(arena, (size_t)length + 1);
    if (bytes)
        vsnprintf(bytes, (size_t)length + 1, format, again);
    va_end(again);
    return bytes ? (str){bytes, (size_t)length} : (str){0};
}
