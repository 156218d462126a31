// body.h - a request's body: JSON read by a table of fields.
//
//   Owner      the arena owns the tree and every text
//   Invariant  ret_values has one entry a row; what was not given is not present
//   Refusal    not JSON, not an object, a field that is unknown, missing, of another kind or out of
//              its bounds: always the first one met, by name
//   Fault      none
#pragma once
#include "base/arena.h"
#include "http/field.h"

// An object of a list (FIELD_OBJECTS) by its own table.
bool body_object(const struct field *fields, const struct json *object, struct value *ret_values,
                 struct refusal *refusal);

// An empty text stands for {}.
bool body_read(const struct field *fields, str text, struct arena *arena, struct value *ret_values,
               struct refusal *refusal);
