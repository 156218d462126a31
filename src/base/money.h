// money.h - currencies, exact decimals and prices.
//
// Money is an int64 in the currency's minor unit (JPY 0 decimals, USD 2). A price is an integer
// with a scale of up to 10 fractional digits. A product of price and quantity is exact in 128 bits
// and rounded once, half away from zero.
//
//   Owner      nobody: values
//   Invariant  no float; no rounding except in money_charge
//   Refusal    none
//   Fault      false on overflow or on text not of the form; output untouched
#pragma once
#include "base/buf.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum currency { CURRENCY_JPY, CURRENCY_USD, CURRENCIES };

str currency_code(enum currency currency); // "JPY"
str currency_sign(enum currency currency); // "¥"
bool currency_parse(str code, enum currency *ret_currency);
uint32_t currency_decimals(enum currency currency);

// value * 10^-scale, scale 0..10.
typedef struct {
    int64_t value;
    uint32_t scale;
} decimal;

bool decimal_parse(str text, uint32_t scale_max, decimal *ret_decimal); // "-12.50"
void decimal_text(decimal number, struct buf *out);                     // no trailing zeros cut

// "¥450", "JPY 450", "$12.34", "USD 12.34" -> minor units. A bare number takes `otherwise`. A minus
// stands before the sign or the number; commas, if any, before each group of three.
bool money_parse(str text, enum currency otherwise, enum currency *ret_currency,
                 int64_t *ret_minor);
void money_text(enum currency currency, int64_t minor, struct buf *out);    // "¥1,450", "$12.34"
void money_decimal(enum currency currency, int64_t minor, struct buf *out); // "1450", "12.34"

// round_half_away(quantity / per * price) in the currency's minor unit. per >= 1.
bool money_charge(int64_t quantity, int64_t per, decimal price, enum currency currency,
                  int64_t *ret_minor);
// The same product in whole units (yen, dollars), not rounded: a decimal text with up to `digits`
// fractional digits, the last one rounded half away from zero, trailing zeros cut ("0.0028").
void money_exact(int64_t quantity, int64_t per, decimal price, uint32_t digits, struct buf *out);

// A tax of rate_permille on a base: floor, half_up or ceiling of the magnitude, sign kept.
enum rounding { ROUND_FLOOR, ROUND_HALF_UP, ROUND_CEILING };
bool money_tax(int64_t base_minor, uint32_t rate_permille, enum rounding rounding,
               int64_t *ret_minor);
