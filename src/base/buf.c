#include "base/buf.h"
#include "base/must.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *buf, size_t limit)
{
    *buf = (struct buf){.limit = limit};
}

void buf_finish(struct buf *buf)
{
    free(buf->ptr);
    *buf = (struct buf){0};
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->overflow = false;
}

// One byte more than asked is kept, so that buf_cstr never moves the bytes.
static bool make_room(struct buf *buf, size_t size)
{
    if (buf->overflow || size > buf->limit - buf->len) {
        buf->overflow = true;
        return false;
    }
    if (buf->len + size < buf->cap)
        return true;
    size_t cap = buf->cap ? buf->cap * 2 : 256;
    while (cap <= buf->len + size)
        cap *= 2;
    buf->ptr = realloc(buf->ptr, cap);
    must(buf->ptr);
    buf->cap = cap;
    return true;
}

char *buf_extend(struct buf *buf, size_t size)
{
    if (!make_room(buf, size))
        return NULL;
    buf->len += size;
    return buf->ptr + buf->len - size;
}

void buf_add(struct buf *buf, str text)
{
    char *room = buf_extend(buf, text.len);
    if (room && text.len)
        memcpy(room, text.ptr, text.len);
}

void buf_byte(struct buf *buf, char byte)
{
    char *room = buf_extend(buf, 1);
    if (room)
        *room = byte;
}

void buf_u64(struct buf *buf, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    buf_add(buf, (str){digits + at, sizeof digits - at});
}

void buf_i64(struct buf *buf, int64_t value)
{
    if (value < 0)
        buf_byte(buf, '-');
    buf_u64(buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void buf_format(struct buf *buf, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    must(length >= 0);
    if (make_room(buf, (size_t)length)) {
        vsnprintf(buf->ptr + buf->len, (size_t)length + 1, format, again);
        buf->len += (size_t)length;
    }
    va_end(again);
}

str buf_str(const struct buf *buf)
{
    return (str){buf->ptr, buf->len};
}

const char *buf_cstr(struct buf *buf)
{
    if (!buf->ptr && !make_room(buf, 0))
        return "";
    buf->ptr[buf->len] = 0;
    return buf->ptr;
}
