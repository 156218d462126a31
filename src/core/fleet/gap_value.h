// gap_value.h - what the rest of a partly taken device is worth, given the shares people ask for.
//
// Shares of known sizes and frequencies are to be packed into devices of 1,000 milli. The linear
// program of Gilmore and Gomory (Operations Research 9, 1961): fewest devices, one variable for
// each pattern of shares that fits one device. Its dual prices say what a share of each size costs
// in devices when all are packed as well as can be (810 of 1,000 a whole one, 470 a half, 320 a
// third). A gap is worth the dearest set of shares that fits into it; the rest of it is waste:
//
//     waste(g) = g - 1000 * max { sum of prices : sizes add up to at most g },   waste(1000) = 0
//
// Patterns are made as they are needed, by a knapsack over 0..1,000 milli; numbers are fixed point
// with 32 bits behind the point, so that every machine gives the same table.
//
//   Owner      the caller: plain arrays
//   Invariant  waste(0) = waste(1000) = 0; of no gap more than itself is wasted
//   Refusal    none: without shares every gap is all waste
//   Fault      none
#pragma once
#include <stdint.h>

enum { GAP_SIZES_MAX = 32, GAP_VALUES = 1001 };

struct gap_size {
    uint32_t milli;  // 1 .. 999
    uint64_t weight; // how often, in any unit
};

// Sizes may come in any order and repeat; of more than 32 different ones those that ask for most
// count. ret_price (may be NULL, else as many as sizes): micro-devices of each.
void gap_value(const struct gap_size *sizes, uint32_t count, int32_t ret_waste[GAP_VALUES],
               uint32_t *ret_price);
