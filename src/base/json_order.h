// json_order.h - the order of names in canonical JSON: by UTF-16 code unit (RFC 8785, 3.2.3).
//
//   Owner      the caller's arrays
//   Invariant  the sort is stable and takes n log n comparisons whatever the names are
//   Refusal    none
//   Fault      none
#pragma once
#include "base/json.h"

int json_name_order(str a, str b); // both UTF-8
// Sorts nodes by name. `spare` has as many places.
void json_sort(const struct json **nodes, const struct json **spare, size_t count);
