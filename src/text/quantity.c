#include "text/quantity.h"
#include "base/must.h"

enum { MULTIPLES_MAX = 6 };

// clang-format off
static const struct {
    const char *name;
    struct quantity_multiple multiple[MULTIPLES_MAX]; // ascending; ended by size 0
} units[QUANTITY_UNITS] = {
    [UNIT_COUNT] = {"count", {{1, "", ""}, {1000000, "", " M"}, {1000000000, "", " bn"}}},
    [UNIT_DEVICE] = {"devices", {{1, "", ""}, {1000000, "", " M"}}},
    [UNIT_WATT] = {"W", {{1, "", " W"}, {1000, "", " kW"}, {1000000, "", " MW"},
        {1000000000, "", " GW"}, {1000000000000, "", " TW"}}},
    [UNIT_JOULE] = {"J", {{1, "", " J"}, {3600, "", " Wh"}, {3600000, "", " kWh"},
        {3600000000, "", " MWh"}, {3600000000000, "", " GWh"}, {3600000000000000, "", " TWh"}}},
    [UNIT_SECOND] = {"s", {{1, "", " s"}, {60, "", " min"}, {3600, "", " h"},
        {86400, "", " days"}}},
    [UNIT_DEVICE_SECOND] = {"device-s", {{1, "", " device-s"}, {3600, "", " device-h"},
        {3600000, "", " k device-h"}, {3600000000, "", " M device-h"},
        {3600000000000, "", " bn device-h"}}},
    [UNIT_PERCENT] = {"%", {{1, "", " %"}}},
    [UNIT_JPY] = {"JPY", {{1, "¥", ""}, {1000, "¥", " k"}, {1000000, "¥", " M"},
        {1000000000, "¥", " bn"}, {1000000000000, "¥", " tn"}}},
    [UNIT_USD] = {"USD", {{1, "$", ""}, {1000, "$", " k"}, {1000000, "$", " M"},
        {1000000000, "$", " bn"}}},
    [UNIT_GRAM] = {"g", {{1, "", " g"}, {1000, "", " kg"}, {1000000, "", " t"},
        {1000000000, "", " kt"}, {1000000000000, "", " Mt"}}},
    [UNIT_CELSIUS] = {"degC", {{1, "", " °C"}}},
    [UNIT_TOKEN] = {"tokens", {{1, "", ""}, {1000000, "", " M"}, {1000000000, "", " bn"},
        {1000000000000, "", " tn"}}},
    [UNIT_BYTE] = {"B", {{1, "", " B"}, {1024, "", " KiB"}, {1048576, "", " MiB"},
        {1073741824, "", " GiB"}, {1099511627776, "", " TiB"}}},
};
// clang-format on

static unsigned __int128 power_of_ten(uint32_t exponent)
{
    unsigned __int128 power = 1;
    while (exponent--)
        power *= 10;
    return power;
}

static uint64_t magnitude_of(int64_t value)
{
    return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

const char *quantity_unit_name(enum quantity_unit unit)
{
    must(unit < QUANTITY_UNITS);
    return units[unit].name;
}

const struct quantity_multiple *quantity_multiple_of(enum quantity_unit unit, int64_t value,
                                                     uint32_t scale)
{
    must(unit < QUANTITY_UNITS && scale <= QUANTITY_SCALE_MAX);
    const struct quantity_multiple *best = units[unit].multiple;
    for (uint32_t i = 1; i < MULTIPLES_MAX && units[unit].multiple[i].size; i++) {
        const struct quantity_multiple *next = &units[unit].multiple[i];
        if (magnitude_of(value) >= (unsigned __int128)next->size * power_of_ten(scale))
            best = next;
    }
    return best;
}

// The digits of a whole number with commas between thousands.
static void grouped(unsigned __int128 whole, struct buf *out)
{
    char text[64];
    size_t at = sizeof text, count = 0;
    do {
        if (count && count % 3 == 0)
            text[--at] = ',';
        text[--at] = (char)('0' + (int)(whole % 10));
        whole /= 10;
        count++;
    } while (whole);
    buf_add(out, (str){text + at, sizeof text - at});
}

static void fraction(unsigned __int128 rest, uint32_t digits, struct buf *out)
{
    if (!digits)
        return;
    buf_byte(out, '.');
    for (uint32_t i = digits; i-- > 0;)
        buf_byte(out, (char)('0' + (int)(rest / power_of_ten(i) % 10)));
}

void quantity_in(const struct quantity_multiple *multiple, int64_t value, uint32_t scale,
                 uint32_t digits, struct buf *out)
{
    must(scale <= QUANTITY_SCALE_MAX && digits <= 6);
    unsigned __int128 divisor = power_of_ten(scale) * (unsigned __int128)multiple->size;
    unsigned __int128 number = magnitude_of(value) * power_of_ten(digits);
    number = (number + divisor / 2) / divisor;
    if (value < 0 && number)
        buf_byte(out, '-');
    buf_add(out, str_from(multiple->sign));
    grouped(number / power_of_ten(digits), out);
    fraction(number % power_of_ten(digits), digits, out);
    buf_add(out, str_from(multiple->name));
}

void quantity_text(enum quantity_unit unit, int64_t value, uint32_t scale, struct buf *out)
{
    const struct quantity_multiple *multiple = quantity_multiple_of(unit, value, scale);
    unsigned __int128 divisor = power_of_ten(scale) * (unsigned __int128)multiple->size;
    unsigned __int128 whole = magnitude_of(value) / divisor;
    uint32_t digits = whole >= 100 ? 0 : whole >= 10 ? 1 : 2;
    if (magnitude_of(value) % divisor == 0 && multiple->size == 1)
        digits = 0;
    quantity_in(multiple, value, scale, digits, out);
}

void quantity_exact(int64_t value, uint32_t scale, struct buf *out)
{
    must(scale <= QUANTITY_SCALE_MAX);
    uint64_t magnitude = magnitude_of(value), ten = (uint64_t)power_of_ten(scale);
    if (value < 0)
        buf_byte(out, '-');
    buf_u64(out, magnitude / ten);
    fraction(magnitude % ten, scale, out);
}
