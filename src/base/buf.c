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
bool buf_grow(struct buf *buf, size_t size)
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

void buf_u64(struct buf *buf, uint64_t value)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    char digits[20];
    size_t at = sizeof digits;
    for (; value >= 10; value /= 100) {
        at -= 2;
        memcpy(digits + at, pairs + value % 100 * 2, 2);
    }
    if (value || at == sizeof digits) // an odd number of digits, or a single zero
        digits[--at] = (char)('0' + value);
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
    if (buf_room(buf, (size_t)length)) {
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
    if (!buf->ptr && !buf_room(buf, 0))
        return "";
    buf->ptr[buf->len] = 0;
    return buf->ptr;
}
