#include "base/str.h"
#include "base/must.h"
#include <string.h>

str str_from(const char *text)
{
    return text ? (str){text, strlen(text)} : (str){0};
}

bool str_is(str a, str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

int str_order(str a, str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;
    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool str_starts(str text, str head)
{
    return text.len >= head.len && str_is((str){text.ptr, head.len}, head);
}

bool str_ends(str text, str tail)
{
    return text.len >= tail.len && str_is(str_skip(text, text.len - tail.len), tail);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

str str_trim(str text)
{
    while (text.len && is_blank(text.ptr[0]))
        text = str_skip(text, 1);
    while (text.len && is_blank(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

str str_skip(str text, size_t n)
{
    return n >= text.len ? (str){0} : (str){text.ptr + n, text.len - n};
}

bool str_cut(str text, char mark, str *ret_head, str *ret_rest)
{
    const char *at = text.len ? memchr(text.ptr, mark, text.len) : NULL;
    if (!at)
        return false;
    size_t head = (size_t)(at - text.ptr);
    *ret_head = (str){text.ptr, head};
    *ret_rest = (str){at + 1, text.len - head - 1};
    return true;
}

bool str_to_u64(str text, uint64_t *ret_value)
{
    if (text.len == 0 || (text.len > 1 && text.ptr[0] == '0'))
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text.ptr[i] - '0'), &value))
            return false;
    }
    *ret_value = value;
    return true;
}

bool str_to_i64(str text, int64_t *ret_value)
{
    bool negative = text.len > 1 && text.ptr[0] == '-';
    uint64_t size;
    if (!str_to_u64(negative ? str_skip(text, 1) : text, &size))
        return false;
    if (size > (uint64_t)INT64_MAX + negative || (negative && size == 0))
        return false;
    *ret_value = negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

// Bytes of the UTF-8 character at ptr (RFC 3629: no overlong form, no surrogate), 0 if none.
static size_t utf8_length(const unsigned char *at, size_t left)
{
    if (at[0] < 0x80)
        return 1;
    size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4 || left < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool outside = (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf4 && at[1] > 0x8f);
    return overlong || outside ? 0 : length;
}

size_t str_character(str text, uint32_t *ret_code_point)
{
    const unsigned char *at = (const unsigned char *)text.ptr;
    size_t length = text.len ? utf8_length(at, text.len) : 0;
    if (length == 0)
        return 0;
    static const unsigned char lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code_point = at[0] & lead_bits[length];
    for (size_t i = 1; i < length; i++)
        code_point = code_point << 6 | (at[i] & 0x3f);
    *ret_code_point = code_point;
    return length;
}

bool str_is_utf8(str text)
{
    for (size_t i = 0; i < text.len;) {
        size_t length = utf8_length((const unsigned char *)text.ptr + i, text.len - i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

bool str_copy(str text, char *ret_bytes, size_t size)
{
    must(size > 0);
    if (text.len >= size || (text.len && memchr(text.ptr, 0, text.len)))
        return false;
    if (text.len)
        memcpy(ret_bytes, text.ptr, text.len);
    ret_bytes[text.len] = 0;
    return true;
}

uint32_t str_distance(str a, str b)
{
    enum { LONGEST = 64 };
    if (a.len > LONGEST || b.len > LONGEST)
        return LONGEST;
    uint32_t row[LONGEST + 1];
    for (uint32_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (uint32_t i = 1; i <= a.len; i++) {
        uint32_t diagonal = row[0];
        row[0] = i;
        for (uint32_t j = 1; j <= b.len; j++) {
            uint32_t replace = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            uint32_t insert = row[j - 1] + 1, remove = row[j] + 1;
            diagonal = row[j];
            row[j] = replace < insert ? replace : insert;
            row[j] = remove < row[j] ? remove : row[j];
        }
    }
    return row[b.len];
}
