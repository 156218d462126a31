#include "base/json_order.h"
#include <string.h>

// Bytes order as code points do, and so do UTF-16 code units, but for one case: characters above
// U+FFFF (lead byte F0 and up) are surrogates there and come before U+E000..U+FFFF (EE, EF).
int json_name_order(str a, str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len, at = 0;
    while (at < shorter && a.ptr[at] == b.ptr[at])
        at++;
    if (at == shorter)
        return (a.len > b.len) - (a.len < b.len);
    int left = (unsigned char)a.ptr[at], right = (unsigned char)b.ptr[at];
    if (left >= 0xee && right >= 0xee && (left >= 0xf0) != (right >= 0xf0))
        return right - left;
    return left - right;
}

static void merge(const struct json **from, const struct json **to, size_t middle, size_t count)
{
    size_t left = 0, right = middle;
    for (size_t i = 0; i < count; i++) {
        bool take_left =
            right >= count ||
            (left < middle && json_name_order(from[left]->name, from[right]->name) <= 0);
        to[i] = from[take_left ? left++ : right++];
    }
}

void json_sort(const struct json **nodes, const struct json **spare, size_t count)
{
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t i = 0; i < count; i += 2 * width) {
            size_t left = count - i;
            merge(nodes + i, spare + i, left < width ? left : width,
                  left < 2 * width ? left : 2 * width);
        }
        memcpy(nodes, spare, count * sizeof *nodes);
    }
}
