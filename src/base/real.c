#include "base/real.h"
#include "base/must.h"
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPONENT_MAX = 1000000000, DIGITS_MAX = 17 };

// A number's text in parts; the value is mantissa * 10^exponent while there are few digits.
struct parts {
    bool negative;
    uint64_t mantissa;
    size_t digits; // behind leading zeros
    int64_t exponent;
};

static bool is_digit(const char *at, const char *end)
{
    return at < end && *at >= '0' && *at <= '9';
}

static const char *take_digits(const char *at, const char *end, struct parts *parts)
{
    for (; is_digit(at, end); at++) {
        if (parts->digits > 0 || *at != '0')
            parts->digits++;
        if (parts->digits <= DIGITS_MAX)
            parts->mantissa = parts->mantissa * 10 + (uint64_t)(*at - '0');
    }
    return at;
}

static const char *take_exponent(const char *at, const char *end, struct parts *parts)
{
    bool negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    if (!is_digit(at, end))
        return NULL;
    int64_t exponent = 0;
    for (; is_digit(at, end); at++)
        if (exponent < EXPONENT_MAX)
            exponent = exponent * 10 + (*at - '0');
    parts->exponent += negative ? -exponent : exponent;
    return at;
}

static bool split(str text, struct parts *ret_parts)
{
    const char *at = text.ptr, *end = text.ptr + text.len;
    struct parts parts = {.negative = str_starts(text, S("-"))};
    at += parts.negative;
    const char *whole = at;
    at = take_digits(at, end, &parts);
    if (at == whole || (*whole == '0' && at > whole + 1))
        return false;
    if (at < end && *at == '.') {
        const char *fraction = at + 1;
        at = take_digits(fraction, end, &parts);
        if (at == fraction)
            return false;
        parts.exponent = -(at - fraction);
    }
    if (at < end && (*at == 'e' || *at == 'E'))
        at = take_exponent(at + 1, end, &parts);
    if (at != end)
        return false;
    *ret_parts = parts;
    return true;
}

// strtod on digits and an exponent, without a point: no locale changes what that means.
static double from_digits(char *bytes, size_t digits, size_t size, int64_t exponent)
{
    int length = snprintf(bytes + digits, size - digits, "e%lld", (long long)exponent);
    must(length > 0 && digits + (size_t)length < size);
    return strtod(bytes, NULL);
}

static double by_strtod(str text, int64_t exponent)
{
    enum { NEAR = 96 };
    char near[NEAR];
    size_t size = text.len + 32, digits = 0;
    char *far = size > NEAR ? malloc(size) : NULL, *bytes = far ? far : near;
    must(size <= NEAR || far);
    for (size_t i = 0; i < text.len && text.ptr[i] != 'e' && text.ptr[i] != 'E'; i++)
        if (text.ptr[i] >= '0' && text.ptr[i] <= '9')
            bytes[digits++] = text.ptr[i];
    double value = from_digits(bytes, digits, size, exponent);
    free(far);
    return value;
}

bool real_parse(str text, double *ret_value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct parts parts;
    if (!split(text, &parts))
        return false;
    // Both factors are exact doubles, so one rounding is left (Clinger 1990).
    bool exact = parts.digits <= DIGITS_MAX && parts.mantissa <= UINT64_C(1) << 53 &&
                 parts.exponent >= -22 && parts.exponent <= 22;
    double size = exact ? (double)parts.mantissa : by_strtod(text, parts.exponent);
    if (exact && parts.exponent < 0)
        size /= powers[-parts.exponent];
    else if (exact)
        size *= powers[parts.exponent];
    if (!__builtin_isfinite(size))
        return false;
    *ret_value = parts.negative ? -size : size;
    return true;
}

// value = 0.DIGITS * 10^point.
struct digits {
    char bytes[DIGITS_MAX + 16]; // room for an exponent
    int count, point;
};

static void round_to(double value, int count, struct digits *ret_digits)
{
    char text[64];
    int length = snprintf(text, sizeof text, "%.*e", count - 1, value);
    must(length > 0 && length < (int)sizeof text);
    const char *mark = memchr(text, 'e', (size_t)length);
    must(mark);
    ret_digits->count = 0;
    for (const char *at = text; at < mark; at++) // the point is the locale's, so only digits count
        if (is_digit(at, mark))
            ret_digits->bytes[ret_digits->count++] = *at;
    must(ret_digits->count == count);
    ret_digits->point = (int)strtol(mark + 1, NULL, 10) + 1;
}

static bool reads_back(double value, struct digits *digits)
{
    return from_digits(digits->bytes, (size_t)digits->count, sizeof digits->bytes,
                       digits->point - digits->count) == value;
}

static void step_up(struct digits *digits)
{
    int at = digits->count - 1;
    for (; at >= 0 && digits->bytes[at] == '9'; at--)
        digits->bytes[at] = '0';
    if (at >= 0) {
        digits->bytes[at]++;
        return;
    }
    digits->bytes[0] = '1';
    digits->point++;
}

// A normal double that has a text of up to 15 digits is given it by rounding to 15 (DBL_DIG). With
// 16 the nearest text may fail below a power of two, where doubles lie twice as close, while the
// next one up succeeds. Every double reads back from its nearest 17.
static void shortest(double value, struct digits *ret_digits)
{
    int count = value < DBL_MIN ? 1 : DBL_DIG;
    round_to(value, count, ret_digits);
    while (!reads_back(value, ret_digits)) {
        must(count < DIGITS_MAX);
        round_to(value, ++count, ret_digits);
        if (count == DBL_DIG + 1 && !reads_back(value, ret_digits))
            step_up(ret_digits);
    }
    while (ret_digits->count > 1 && ret_digits->bytes[ret_digits->count - 1] == '0')
        ret_digits->count--;
}

static void add_zeros(struct buf *out, int count)
{
    for (int i = 0; i < count; i++)
        buf_byte(out, '0');
}

void real_text(double value, struct buf *out)
{
    must(__builtin_isfinite(value));
    if (value < 0) {
        buf_byte(out, '-');
        value = -value;
    }
    if (value < 0x1p53 && value == (double)(uint64_t)value) {
        buf_u64(out, (uint64_t)value);
        return;
    }
    struct digits digits;
    shortest(value, &digits);
    int point = digits.point, count = digits.count;
    bool plain = point > -6 && point <= 21;
    int before = !plain ? 1 : point <= 0 ? 0 : point < count ? point : count;
    if (before == 0) {
        buf_add(out, S("0."));
        add_zeros(out, -point);
    }
    buf_add(out, (str){digits.bytes, (size_t)before});
    if (plain && point > count)
        add_zeros(out, point - count);
    else if (before > 0 && before < count)
        buf_byte(out, '.');
    buf_add(out, (str){digits.bytes + before, (size_t)(count - before)});
    if (!plain)
        buf_format(out, "e%c%d", point > 0 ? '+' : '-', point > 0 ? point - 1 : 1 - point);
}
