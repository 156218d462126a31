#include "base/money.h"
#include "base/must.h"
#include <string.h>

typedef unsigned __int128 wide;

struct currency_row {
    str code, sign;
    uint32_t decimals;
};
static const struct currency_row currencies[CURRENCIES] = {
    [CURRENCY_JPY] = {{"JPY", 3}, {"\xc2\xa5", 2}, 0}, // U+00A5
    [CURRENCY_USD] = {{"USD", 3}, {"$", 1},        2},
};
// What a Japanese keyboard types for the yen sign: U+FFE5.
static const str wide_yen = {"\xef\xbf\xa5", 3};

enum { SCALE_MAX = 10 };
static const int64_t powers[SCALE_MAX + 1] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000};

str currency_code(enum currency currency)
{
    must(currency < CURRENCIES);
    return currencies[currency].code;
}

str currency_sign(enum currency currency)
{
    must(currency < CURRENCIES);
    return currencies[currency].sign;
}

bool currency_parse(str code, enum currency *ret_currency)
{
    for (uint32_t i = 0; i < CURRENCIES; i++) {
        if (str_is(code, currencies[i].code)) {
            *ret_currency = (enum currency)i;
            return true;
        }
    }
    return false;
}

uint32_t currency_decimals(enum currency currency)
{
    must(currency < CURRENCIES);
    return currencies[currency].decimals;
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

// False when the size does not fit with this sign.
static bool with_sign(wide size, bool negative, int64_t *ret_value)
{
    if (size > (wide)INT64_MAX + negative)
        return false;
    *ret_value = negative ? (int64_t)(0 - (uint64_t)size) : (int64_t)size;
    return true;
}

static bool is_digits(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return true;
}

bool decimal_parse(str text, uint32_t scale_max, decimal *ret_decimal)
{
    must(scale_max <= SCALE_MAX);
    bool negative = str_starts(text, S("-"));
    str whole = negative ? str_skip(text, 1) : text, fraction = {0};
    if (str_cut(whole, '.', &whole, &fraction) && fraction.len == 0)
        return false;
    uint64_t size, part = 0;
    if (fraction.len > scale_max || !is_digits(fraction) || !str_to_u64(whole, &size))
        return false;
    for (size_t i = 0; i < fraction.len; i++)
        part = part * 10 + (uint64_t)(fraction.ptr[i] - '0');
    wide all = (wide)size * (wide)powers[fraction.len] + part;
    int64_t value;
    if ((negative && all == 0) || !with_sign(all, negative, &value))
        return false;
    *ret_decimal = (decimal){value, (uint32_t)fraction.len};
    return true;
}

static void add_padded(struct buf *out, uint64_t value, uint32_t digits)
{
    char text[SCALE_MAX];
    must(digits <= SCALE_MAX);
    for (uint32_t i = digits; i > 0; i--) {
        text[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    buf_add(out, (str){text, digits});
}

void decimal_text(decimal number, struct buf *out)
{
    must(number.scale <= SCALE_MAX);
    uint64_t size = magnitude(number.value), power = (uint64_t)powers[number.scale];
    if (number.value < 0)
        buf_byte(out, '-');
    buf_u64(out, size / power);
    if (number.scale == 0)
        return;
    buf_byte(out, '.');
    add_padded(out, size % power, number.scale);
}

// Takes "1,450.25" into "1450.25": with commas, one stands before each full group of three.
static bool without_commas(str text, char *ret_bytes, size_t size, str *ret_text)
{
    str whole = text, fraction = {0};
    bool has_fraction = str_cut(text, '.', &whole, &fraction);
    if (whole.len == 0 || whole.ptr[0] == ',' || text.len >= size)
        return false;
    bool grouped = memchr(whole.ptr, ',', whole.len);
    size_t length = 0;
    for (size_t i = 0; i < whole.len; i++) {
        bool comma = whole.ptr[i] == ',';
        if (grouped && comma != ((whole.len - i) % 4 == 0))
            return false;
        if (!comma)
            ret_bytes[length++] = whole.ptr[i];
    }
    if (has_fraction)
        ret_bytes[length++] = '.';
    for (size_t i = 0; i < fraction.len; i++)
        ret_bytes[length++] = fraction.ptr[i];
    *ret_text = (str){ret_bytes, length};
    return true;
}

// Skips a currency's sign or "CODE " in front; false when there is none.
static bool skip_currency(str *text, enum currency *ret_currency)
{
    for (uint32_t i = 0; i < CURRENCIES; i++) {
        const struct currency_row *row = &currencies[i];
        bool coded = str_starts(*text, row->code) && text->len > row->code.len &&
                     text->ptr[row->code.len] == ' ';
        str sign = i == CURRENCY_JPY && str_starts(*text, wide_yen) ? wide_yen : row->sign;
        if (!coded && !str_starts(*text, sign))
            continue;
        *text = str_skip(*text, coded ? row->code.len + 1 : sign.len);
        *ret_currency = (enum currency)i;
        return true;
    }
    return false;
}

bool money_parse(str text, enum currency otherwise, enum currency *ret_currency, int64_t *ret_minor)
{
    enum currency currency = otherwise;
    bool negative = str_starts(text, S("-"));
    if (negative)
        text = str_skip(text, 1);
    if (skip_currency(&text, &currency) && !negative && str_starts(text, S("-"))) {
        negative = true;
        text = str_skip(text, 1);
    }
    char bytes[40];
    str number;
    decimal amount;
    if (str_starts(text, S("-")) || !without_commas(text, bytes, sizeof bytes, &number) ||
        !decimal_parse(number, currency_decimals(currency), &amount))
        return false;
    int64_t minor;
    if (__builtin_mul_overflow(negative ? -amount.value : amount.value,
                               powers[currency_decimals(currency) - amount.scale], &minor))
        return false;
    *ret_currency = currency;
    *ret_minor = minor;
    return true;
}

static void add_grouped(struct buf *out, uint64_t value)
{
    uint64_t thousands = 1;
    while (value / thousands >= 1000)
        thousands *= 1000;
    buf_u64(out, value / thousands);
    for (thousands /= 1000; thousands > 0; thousands /= 1000) {
        buf_byte(out, ',');
        add_padded(out, value / thousands % 1000, 3);
    }
}

void money_text(enum currency currency, int64_t minor, struct buf *out)
{
    must(currency < CURRENCIES);
    uint32_t decimals = currencies[currency].decimals;
    uint64_t size = magnitude(minor), power = (uint64_t)powers[decimals];
    if (minor < 0)
        buf_byte(out, '-');
    buf_add(out, currencies[currency].sign);
    add_grouped(out, size / power);
    if (decimals > 0) {
        buf_byte(out, '.');
        add_padded(out, size % power, decimals);
    }
}

void money_decimal(enum currency currency, int64_t minor, struct buf *out)
{
    decimal_text((decimal){minor, currency_decimals(currency)}, out);
}

bool money_charge(int64_t quantity, int64_t per, decimal price, enum currency currency,
                  int64_t *ret_minor)
{
    must(per >= 1 && price.scale <= SCALE_MAX);
    uint32_t decimals = currency_decimals(currency);
    wide product = (wide)magnitude(quantity) * magnitude(price.value);
    wide divisor = (wide)per, factor = 1;
    if (price.scale > decimals)
        divisor *= (wide)powers[price.scale - decimals];
    else
        factor = (wide)powers[decimals - price.scale];
    // factor > 1 only where divisor is `per`, below 2^63: the remainder's product fits.
    wide whole = product / divisor, rest = product % divisor * factor;
    if (whole > (wide)INT64_MAX + 1)
        return false;
    wide size = whole * factor + rest / divisor;
    wide left = rest % divisor;
    size += left >= divisor - left;
    return with_sign(size, (quantity < 0) != (price.value < 0), ret_minor);
}

static void add_wide(struct buf *out, wide value)
{
    const wide billions = (wide)1000000000 * 1000000000;
    if (value < billions) {
        buf_u64(out, (uint64_t)value);
        return;
    }
    add_wide(out, value / billions);
    add_padded(out, (uint64_t)(value % billions) / 1000000000, 9);
    add_padded(out, (uint64_t)(value % billions) % 1000000000, 9);
}

void money_exact(int64_t quantity, int64_t per, decimal price, uint32_t digits, struct buf *out)
{
    enum { DIGITS_MAX = 30 };
    must(per >= 1 && price.scale <= SCALE_MAX && digits <= DIGITS_MAX);
    wide product = (wide)magnitude(quantity) * magnitude(price.value);
    wide divisor = (wide)per * (wide)powers[price.scale];
    wide whole = product / divisor, rest = product % divisor;
    char fraction[DIGITS_MAX];
    for (uint32_t i = 0; i < digits; i++) {
        rest *= 10;
        fraction[i] = (char)('0' + (int)(rest / divisor));
        rest %= divisor;
    }
    uint32_t at = digits;
    bool carry = rest >= divisor - rest;
    for (; carry && at > 0; at--) {
        carry = fraction[at - 1] == '9';
        fraction[at - 1] = carry ? '0' : (char)(fraction[at - 1] + 1);
    }
    whole += carry;
    while (digits > 0 && fraction[digits - 1] == '0')
        digits--;
    if ((quantity < 0) != (price.value < 0) && (whole > 0 || digits > 0))
        buf_byte(out, '-');
    add_wide(out, whole);
    if (digits > 0)
        buf_byte(out, '.');
    buf_add(out, (str){fraction, digits});
}

bool money_tax(int64_t base_minor, uint32_t rate_permille, enum rounding rounding,
               int64_t *ret_minor)
{
    wide product = (wide)magnitude(base_minor) * rate_permille;
    wide size = product / 1000;
    uint32_t left = (uint32_t)(product % 1000);
    size += (rounding == ROUND_HALF_UP && left >= 500) || (rounding == ROUND_CEILING && left > 0);
    return with_sign(size, base_minor < 0, ret_minor);
}
