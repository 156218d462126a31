// query.h - what stands behind the question mark, read by a table of fields.
//
// Each name at most once; %XX and + are decoded here, strictly, and nowhere else.
//
//   Owner      the arena owns every text
//   Invariant  ret_values has one entry a row; what was not given is not present
//   Refusal    a name that is unknown or comes twice, a value that is not UTF-8 or out of bounds
//   Fault      none
#pragma once
#include "base/arena.h"
#include "http/field.h"

bool query_read(const struct field *fields, str text, struct arena *arena, struct value *ret_values,
                struct refusal *refusal);
