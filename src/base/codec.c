#include "base/codec.h"

struct alphabet {
    char last_two[2]; // for 62 and 63
    bool padded;
};
static const struct alphabet plain =
                                 {
                                     {'+', '/'},
                                     true
},
                             url = {{'-', '_'}, false};

void hex_encode(const uint8_t *bytes, size_t size, char *ret_text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        ret_text[2 * i] = digits[bytes[i] >> 4];
        ret_text[2 * i + 1] = digits[bytes[i] & 15];
    }
}

// A digit's value and one more; 0: no digit.
static const uint8_t hex_values[256] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

bool hex_decode(str text, uint8_t *ret_bytes, size_t size)
{
    if (text.len / 2 != size || text.len % 2)
        return false;
    const uint8_t *digits = (const uint8_t *)text.ptr;
    for (size_t i = 0; i < text.len; i++)
        if (!hex_values[digits[i]])
            return false;
    for (size_t i = 0; i < size; i++)
        ret_bytes[i] =
            (uint8_t)((hex_values[digits[2 * i]] - 1) << 4 | (hex_values[digits[2 * i + 1]] - 1));
    return true;
}

static char digit_of(const struct alphabet *alphabet, uint32_t value)
{
    if (value < 26)
        return (char)('A' + value);
    if (value < 52)
        return (char)('a' + value - 26);
    return value < 62 ? (char)('0' + value - 52) : alphabet->last_two[value - 62];
}

static int value_of(const struct alphabet *alphabet, char digit)
{
    if (digit >= 'A' && digit <= 'Z')
        return digit - 'A';
    if (digit >= 'a' && digit <= 'z')
        return digit - 'a' + 26;
    if (digit >= '0' && digit <= '9')
        return digit - '0' + 52;
    if (digit == alphabet->last_two[0])
        return 62;
    return digit == alphabet->last_two[1] ? 63 : -1;
}

static void encode(const struct alphabet *alphabet, const uint8_t *bytes, size_t size,
                   struct buf *out)
{
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i < 3 ? size - i : 3;
        uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0);
        char digits[4];
        for (size_t j = 0; j < 4; j++)
            digits[j] = j <= left ? digit_of(alphabet, group >> (18 - 6 * j) & 63) : '=';
        buf_add(out, (str){digits, alphabet->padded ? 4 : left + 1});
    }
}

// Without its padding; false when padding is due and is not exactly there.
static bool strip_padding(str *text)
{
    if (text->len % 4)
        return false;
    for (int i = 0; i < 2 && text->len && text->ptr[text->len - 1] == '='; i++)
        text->len--;
    return true;
}

static bool is_exact(const struct alphabet *alphabet, str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (value_of(alphabet, text.ptr[i]) < 0)
            return false;
    if (text.len % 4 == 0)
        return true;
    uint32_t stray = text.len % 4 == 2 ? 15 : 3;
    return text.len % 4 != 1 && (value_of(alphabet, text.ptr[text.len - 1]) & stray) == 0;
}

static bool decode(const struct alphabet *alphabet, str text, struct buf *out)
{
    if ((alphabet->padded && !strip_padding(&text)) || !is_exact(alphabet, text))
        return false;
    uint32_t bits = 0, count = 0;
    for (size_t i = 0; i < text.len; i++) {
        bits = bits << 6 | (uint32_t)value_of(alphabet, text.ptr[i]);
        count += 6;
        if (count >= 8) {
            count -= 8;
            buf_byte(out, (char)(bits >> count & 0xff));
        }
    }
    return true;
}

void base64_encode(const uint8_t *bytes, size_t size, struct buf *out)
{
    encode(&plain, bytes, size, out);
}

bool base64_decode(str text, struct buf *out)
{
    return decode(&plain, text, out);
}

void base64url_encode(const uint8_t *bytes, size_t size, struct buf *out)
{
    encode(&url, bytes, size, out);
}

bool base64url_decode(str text, struct buf *out)
{
    return decode(&url, text, out);
}
