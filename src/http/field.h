// field.h - tables of fields: what a request may carry, and the checking of each value.
//
// A route names two tables, one for its body and one for its query. The reader (body.h, query.h),
// the OpenAPI document and the pages come from the same rows. Reading gives one struct value a
// row, at the row's index.
//
//   Owner      tables are static; texts of values belong to the exchange's arena or tree
//   Invariant  a value that was accepted is within its row's bounds
//   Refusal    each names the field, what is wrong with it and what to do
//   Fault      none
#pragma once
#include "base/json.h"
#include "base/money.h"
#include "http/refusal.h"
#include <stdbool.h>
#include <stdint.h>

#define FIELD_FORMS(X)                                       \
    X(FIELD_TEXT, "string", "text")                          \
    X(FIELD_INTEGER, "integer", "a whole number")            \
    X(FIELD_BOOL, "boolean", "true or false")                \
    X(FIELD_TIME, "string", "a time (RFC 3339)")             \
    X(FIELD_MONTH, "string", "a month, YYYY-MM")             \
    X(FIELD_DECIMAL, "string", "a decimal number in quotes") \
    X(FIELD_CHOICE, "string", "one of a few words")          \
    X(FIELD_ACCOUNT, "string", "an account's id or slug")    \
    X(FIELD_CHIP, "string", "a chip's id or name")           \
    X(FIELD_NODE, "string", "a node's id or name")           \
    X(FIELD_SITE, "string", "a site's id or slug")           \
    X(FIELD_ID, "string", "an id")                           \
    X(FIELD_TEXTS, "array", "a list of texts")               \
    X(FIELD_TEXT_MAP, "object", "names, each with its text") \
    X(FIELD_OBJECTS, "array", "a list of objects")
#define X(name, type, words) name,
enum field_form { FIELD_FORMS(X) FIELD_FORM_COUNT };
#undef X
const char *field_form_type(enum field_form form); // JSON Schema's
const char *field_form_words(enum field_form form);

struct field {
    const char *name; // NULL ends a table
    enum field_form form;
    bool required, nullable;
    int64_t min, max;       // INTEGER: the value. TEXT: bytes. TEXTS and TEXT_MAP: entries.
                            // DECIMAL: max = digits behind the point
    const struct field *of; // OBJECTS: the fields of each
    bool (*choice)(str text, uint32_t *ret_choice); // CHOICE
    const char *choices;                            // CHOICE: "floor, half_up"; ID: "job"
    const char *doc;
};

// A row of a table (clang-format would align a table of plain braces beyond the line).
#define FIELD(...)  \
    {               \
        __VA_ARGS__ \
    }

enum { FIELDS_MAX = 40 }; // rows a table may have

struct value {
    bool present, is_null;
    bool unresolved; // ACCOUNT, CHIP, NODE: `text` is a name that names.h must look up
    int64_t integer; // INTEGER, BOOL, TIME (us), MONTH, CHOICE; ids of ACCOUNT, CHIP, NODE, ID
    decimal number;  // DECIMAL
    str text;        // TEXT and everything that came as a text
    const struct json *tree; // TEXTS, TEXT_MAP, OBJECTS
};

uint32_t field_count(const struct field *fields); // NULL is an empty table
// The row of this name, or field_count when there is none.
uint32_t field_find(const struct field *fields, str name);
// The nearest name for one that is not in the table; NULL when none is near.
const char *field_nearest(const struct field *fields, str name);
bool field_refuse_unknown(const struct field *fields, str name, struct refusal *refusal);
bool field_refuse_missing(const struct field *field, struct refusal *refusal);

// One scalar that came as text (a JSON string or a query value), into ret_value.
bool field_take_text(const struct field *field, str text, struct value *ret_value,
                     struct refusal *refusal);
bool field_take_integer(const struct field *field, int64_t integer, struct value *ret_value,
                        struct refusal *refusal);
// No control characters, no characters that change the direction of writing.
bool text_is_plain(str text);
// "job-17" with kind "job" gives 17; ids have no leading zeros.
bool id_parse(str text, const char *kind, uint64_t *ret_id);
