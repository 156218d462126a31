// quantity.h - an integer with a scale and a unit, as people read it: "1.24 GW", "$3.10 bn".
//
// A quantity is value * 10^-scale in its unit. For people it is shown in the multiple that fits its
// size, with three digits or more: watts as kW, MW, GW; joules as kWh, MWh, GWh; seconds as min, h,
// days; device-seconds as device-hours. For machines it is an exact decimal in the unit itself.
//
//   Owner      nobody: values
//   Invariant  no float; the exact text reads back to the same value and scale
//   Refusal    none
//   Fault      none; scale 0..10 is a must
#pragma once
#include "base/buf.h"
#include "base/str.h"
#include <stdint.h>

enum quantity_unit {
    UNIT_COUNT,
    UNIT_DEVICE,
    UNIT_WATT,
    UNIT_JOULE,
    UNIT_SECOND,
    UNIT_DEVICE_SECOND,
    UNIT_PERCENT,
    UNIT_JPY,
    UNIT_USD,
    UNIT_GRAM,
    UNIT_CELSIUS,
    UNIT_TOKEN,
    UNIT_BYTE,
    QUANTITY_UNITS
};

struct quantity_multiple {
    int64_t size;     // in the unit: kW is 1000 W, MWh is 3,600,000,000 J
    const char *sign; // in front: "$"
    const char *name; // behind, with its blank: " kW"
};

enum { QUANTITY_SCALE_MAX = 10 };

const char *quantity_unit_name(enum quantity_unit unit); // "W", "device-s": for heads of columns
// The largest multiple that is not above the magnitude of the value; the smallest for 0.
const struct quantity_multiple *quantity_multiple_of(enum quantity_unit unit, int64_t value,
                                                     uint32_t scale);
// The number in that multiple with `digits` behind the point, half away from zero, commas between
// thousands, sign and name around it: "1,240.5 MW".
void quantity_in(const struct quantity_multiple *multiple, int64_t value, uint32_t scale,
                 uint32_t digits, struct buf *out);
// For people: the multiple that fits and at least three digits; whole counts below a million whole.
void quantity_text(enum quantity_unit unit, int64_t value, uint32_t scale, struct buf *out);
// For machines: "-12.50" with exactly `scale` digits behind the point.
void quantity_exact(int64_t value, uint32_t scale, struct buf *out);
