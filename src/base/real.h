// real.h - doubles as decimal text and back, whatever the locale.
//
// Text is ECMAScript's (ECMA-262, Number::toString, as RFC 8785 wants it): the fewest digits that
// read back to the same double, and of those the nearest.
//
//   Owner      nobody: values
//   Invariant  real_parse of real_text gives the same double (-0 is written as 0)
//   Refusal    none
//   Fault      real_parse: false on text that is not a JSON number, or not a finite double
#pragma once
#include "base/buf.h"
#include "base/str.h"
#include <stdbool.h>

bool real_parse(str text, double *ret_value);
void real_text(double value, struct buf *out); // the value must be finite
