// json.h - strict JSON reader and canonical writer (RFC 8259, RFC 8785).
//
// The reader takes every RFC 8259 text except: duplicate names, lone surrogates, integers outside
// int64, other numbers outside a finite double, depth above 64, and texts above its size limit.
// A number without point and exponent is an integer and stays exact. Errors name line and column,
// counted in characters. The canonical writer sorts names by UTF-16 code unit, writes numbers as
// ECMAScript does, and refuses an integer outside +-(2^53 - 1) by place. Reals it always writes,
// also those from 2^53 to 10^21, whose text is then an integer that it would not take back.
//
// Reading gives a tree in an arena: struct json nodes linked first child / next sibling.
// Writing is either from a tree (json_write_canonical) or by a struct json_out, a small writer
// that keeps the commas; names must then be given in sorted order where canonical text is wanted.
//
//   Owner      the arena owns the tree; its texts point into the arena
//   Invariant  a tree that json_read gave is valid: UTF-8 texts, unique names
//   Refusal    none
//   Fault      json_read and json_write_canonical: text that is not JSON as above, a full arena
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_INTEGER,
    JSON_REAL,
    JSON_TEXT,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json {
    enum json_kind kind;
    uint32_t line, column; // where it stood, from 1
    uint32_t count;        // children
    str name;              // of a member in an object
    str text;              // JSON_TEXT: decoded. Numbers: as written
    int64_t integer;       // JSON_INTEGER
    double real;           // JSON_REAL and JSON_INTEGER
    struct json *first, *next;
};

enum { JSON_DEPTH_MAX = 64 };

bool json_read(str text, size_t size_max, struct arena *arena, const struct json **ret_root,
               struct err *err);
const struct json *json_member(const struct json *object,
                               str name); // NULL when absent or no object

// Typed access: false with an error naming the member when it is absent or of another kind.
bool json_get_text(const struct json *object, str name, str *ret_text, struct err *err);
bool json_get_i64(const struct json *object, str name, int64_t *ret_value, struct err *err);
bool json_get_bool(const struct json *object, str name, bool *ret_value, struct err *err);

bool json_write_canonical(const struct json *root, struct buf *out, struct err *err);

// The small writer. json_out_init(&w, buf); json_object(&w); json_name(&w, S("a"));
// json_i64(&w, 1); json_end(&w). An overflow stays in the buf.
struct json_out {
    struct buf *buf;
    uint32_t depth;
    bool comma;
    char close[JSON_DEPTH_MAX];
};
void json_out_init(struct json_out *out, struct buf *buf);
void json_object(struct json_out *out);
void json_array(struct json_out *out);
void json_end(struct json_out *out); // closes the innermost object or array
void json_name(struct json_out *out, str name);
void json_text(struct json_out *out, str text); // must be UTF-8; escaped as RFC 8785 does
void json_i64(struct json_out *out, int64_t value);
void json_u64(struct json_out *out, uint64_t value);
void json_decimal_text(struct json_out *out, int64_t value); // an integer as a string: "450"
void json_bool(struct json_out *out, bool value);
void json_null(struct json_out *out);
void json_raw(struct json_out *out, str text); // already JSON
// One quoted, escaped string, for those who write without struct json_out.
void json_quote(struct buf *buf, str text);
