// buf.h - builds text or bytes, up to a limit.
//
// A buf grows on the heap up to its limit. Past it nothing more is added and `overflow` stays
// set: a builder is checked once, at the end.
//
//   Owner      whoever called buf_init, until buf_finish
//   Invariant  len <= limit; after an overflow the content is not to be used
//   Refusal    none
//   Fault      overflow, checked once; out of memory is a must
#pragma once
#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
    char *ptr;
    size_t len, cap, limit;
    bool overflow;
};

void buf_init(struct buf *buf, size_t limit);
void buf_finish(struct buf *buf); // accepts a zeroed buf
void buf_clear(struct buf *buf);  // empty, the memory kept
void buf_u64(struct buf *buf, uint64_t value);
void buf_i64(struct buf *buf, int64_t value);
void buf_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
str buf_str(const struct buf *buf);    // a view until the next change
const char *buf_cstr(struct buf *buf); // with a zero byte behind it, not counted

bool buf_grow(struct buf *buf, size_t size); // the slow way of buf_room
// Whether `size` more bytes can be added, with the memory for them.
static inline bool buf_room(struct buf *buf, size_t size)
{
    bool at_hand = !buf->overflow && size <= buf->limit - buf->len && buf->len + size < buf->cap;
    return at_hand || buf_grow(buf, size);
}
// Room for `size` more bytes at the end, already counted in len; NULL after an overflow.
static inline char *buf_extend(struct buf *buf, size_t size)
{
    if (!buf_room(buf, size))
        return NULL;
    buf->len += size;
    return buf->ptr + buf->len - size;
}
static inline void buf_add(struct buf *buf, str text)
{
    char *room = buf_extend(buf, text.len);
    if (room && text.len)
        memcpy(room, text.ptr, text.len);
}
static inline void buf_byte(struct buf *buf, char byte)
{
    char *room = buf_extend(buf, 1);
    if (room)
        *room = byte;
}
