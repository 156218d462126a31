#include "base/size.h"
#include "base/must.h"

static const str units[] = {
    {"B",   1},
    {"KiB", 3},
    {"MiB", 3},
    {"GiB", 3},
    {"TiB", 3},
    {"PiB", 3}
};
enum { UNITS = sizeof units / sizeof units[0] };

bool size_parse(str text, int64_t *ret_bytes)
{
    size_t digits = 0;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    int64_t count, bytes;
    str unit = str_skip(text, digits);
    if (!str_to_i64((str){text.ptr, digits}, &count))
        return false;
    for (uint32_t i = 0; i < UNITS; i++) {
        if (!str_is(unit, unit.len ? units[i] : S("")))
            continue;
        if (__builtin_mul_overflow(count, INT64_C(1) << 10 * i, &bytes))
            return false;
        *ret_bytes = bytes;
        return true;
    }
    return false;
}

void size_text(int64_t bytes, struct buf *out)
{
    must(bytes >= 0);
    uint32_t unit = 0;
    for (; bytes > 0 && bytes % 1024 == 0 && unit + 1 < UNITS; unit++)
        bytes /= 1024;
    buf_i64(out, bytes);
    buf_add(out, units[unit]);
}
