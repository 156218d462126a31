// reply.h - tables of what replies hold, and the words replies are written with.
//
// A route names the table of its reply; OpenAPI comes from it, and a test holds every reply
// against its table, so that neither can drift.
//
//   Owner      tables are static
//   Invariant  an object has exactly the rows of its table, in any order
//   Refusal    none
//   Fault      none: an overflow stays in the buf under the writer
#pragma once
#include "base/json.h"
#include "base/money.h"
#include <stdbool.h>
#include <stdint.h>

#define REPLY_FORMS(X)                                                 \
    X(REPLY_TEXT, "string", "a text")                                  \
    X(REPLY_ID, "string", "an id: kind and number, as in job-17")      \
    X(REPLY_TIME, "string", "RFC 3339, UTC")                           \
    X(REPLY_BIG, "string", "a whole number in quotes (may be > 2^53)") \
    X(REPLY_AMOUNT, "string", "a decimal number in quotes")            \
    X(REPLY_NUMBER, "integer", "a whole number")                       \
    X(REPLY_BOOL, "boolean", "true or false")                          \
    X(REPLY_OBJECT, "object", "an object")                             \
    X(REPLY_LIST, "array", "a list of objects")                        \
    X(REPLY_TEXTS, "array", "a list of texts")                         \
    X(REPLY_ANY, "", "as its own document says")
#define X(name, type, words) name,
enum reply_form { REPLY_FORMS(X) REPLY_FORM_COUNT };
#undef X
const char *reply_form_type(enum reply_form form); // JSON Schema's; "" for anything

struct reply_field {
    const char *name; // NULL ends a table; "*": the members of `of` stand here
    enum reply_form form;
    bool nullable;
    const struct reply_field *of; // OBJECT, LIST
    const char *doc;
};

// A row of a table (clang-format would align a table of plain braces beyond the line).
#define ROW(...)    \
    {               \
        __VA_ARGS__ \
    }

// {currency, amount} and {currency, exact}.
extern const struct reply_field reply_money[], reply_exact[];

void reply_text(struct json_out *json, const char *name, const char *text);
void reply_text_or_null(struct json_out *json, const char *name, const char *text); // "": null
void reply_number(struct json_out *json, const char *name, int64_t value);
void reply_bool(struct json_out *json, const char *name, bool value);
void reply_null(struct json_out *json, const char *name);
void reply_big(struct json_out *json, const char *name, int64_t value);
void reply_id(struct json_out *json, const char *name, const char *kind, uint64_t id); // 0: null
void reply_id_text(struct json_out *json, const char *kind, uint64_t id);              // in a list
void reply_time(struct json_out *json, const char *name, int64_t time_us);             // 0: null
void reply_month_text(struct json_out *json, const char *name, uint32_t which);
void reply_amount(struct json_out *json, const char *name, enum currency currency, int64_t minor);
void reply_decimal(struct json_out *json, const char *name, decimal number); // "5", "0.0028"
