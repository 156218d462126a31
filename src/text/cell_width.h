// cell_width.h - how many cells of a terminal a text takes.
//
// East Asian wide characters take two, marks and formatting characters none (Unicode 14: East
// Asian Width W and F; categories Mn, Me, Cf). Bytes that are not UTF-8 take one each.
//
//   Owner      nobody: values
//   Invariant  the same on every machine: no locale is asked
//   Refusal    none
//   Fault      none
#pragma once
#include "base/str.h"
#include <stdint.h>

uint32_t cell_width(str text);
// The longest head of the text that takes at most `cells`.
str cell_head(str text, uint32_t cells);
