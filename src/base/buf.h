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

struct buf {
    char *ptr;
    size_t len, cap, limit;
    bool overflow;
};

void buf_init(struct buf *buf, size_t limit);
void buf_finish(struct buf *buf); // accepts a zeroed buf
void buf_clear(struct buf *buf);  // empty, the memory kept
void buf_add(struct buf *buf, str text);
void buf_byte(struct buf *buf, char byte);
void buf_u64(struct buf *buf, uint64_t value);
void buf_i64(struct buf *buf, int64_t value);
void buf_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Room for `size` more bytes at the end, already counted in len; NULL after an overflow.
char *buf_extend(struct buf *buf, size_t size);
str buf_str(const struct buf *buf);    // a view until the next change
const char *buf_cstr(struct buf *buf); // with a zero byte behind it, not counted
