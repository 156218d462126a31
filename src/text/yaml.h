// yaml.h - YAML files read by a table of keys.
//
// The caller says in a static table which keys there are; reading gives a tree of typed values and
// ALL mistakes of the file at once, one line each:
//
//     fleet.yaml:12:3: no such key "devces"; did you mean "devices"?
//     fleet.yaml:14:12: "nodes.count": 0 is outside 1 to 100000
//
// It takes the plain part of YAML: one document, block and flow collections, scalars. Anchors,
// aliases, tags, merge keys and keys that are not plain words are mistakes, and so are a key given
// twice and a value left empty. Whole numbers, decimals, true and false stand without quotes.
//
//   Owner      the arena owns the values; the report belongs to the caller (yaml_report_finish);
//              texts in the table of keys must outlive the values
//   Invariant  a tree is given only when there was no mistake: what is required is there, every
//              value is in range
//   Refusal    none
//   Fault      NULL, with at least one line in the report
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/money.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum yaml_type {
    YAML_TEXT,
    YAML_INTEGER,
    YAML_DECIMAL,  // "1.25": up to 10 digits behind the point
    YAML_BOOL,     // true or false
    YAML_DURATION, // "90s", "10m" (instant.h); range in microseconds
    YAML_INSTANT,  // "2026-11-21T00:00:00Z" or a date; in microseconds
    YAML_SIZE,     // "512MiB", "2TiB" (B, KiB, MiB, GiB, TiB); range in bytes
    YAML_MONEY,    // "¥450", "USD 12.34": always with its currency; range in minor units
    YAML_CHOICE,   // one of `choices`; `integer` is its index
    YAML_OBJECT,   // a mapping; its keys are the rows "path.name"
    YAML_OBJECTS,  // a list of mappings; `count` within min and max
    YAML_TEXTS,    // a list of texts
    YAML_INTEGERS, // a list of whole numbers, each within min and max
    YAML_LABELS    // a mapping of up to 1,024 free names to texts
};

struct yaml_key {
    const char *path; // "listen", "limits.requests", "nodes.name" (of each of the list "nodes")
    enum yaml_type type;
    bool required;
    int64_t min, max;           // both ends included; both 0: no range; of a text its bytes
    const char *const *choices; // YAML_CHOICE: ended by NULL
    const char *doc;            // one line, shown where a required key is missing
};

struct yaml_schema {
    const struct yaml_key *keys;
    uint32_t count;
};

struct yaml_value {
    const struct yaml_key *key; // NULL for the root
    const char *file;
    uint32_t line, column;
    uint32_t count;  // of children
    str name;        // the key as written; a label's name
    str text;        // a scalar as written
    int64_t integer; // whole number, microseconds, bytes, minor units, 0 or 1, or the choice
    decimal number;  // YAML_DECIMAL
    enum currency currency;
    const struct yaml_value *first, *next; // members, items or labels
};

struct yaml_report {
    struct buf text; // the lines
    uint32_t count;  // all of them; the text holds the first 100
};

enum { YAML_SIZE_MAX = 16 << 20, YAML_DEPTH_MAX = 32, YAML_LABELS_MAX = 1024 };

void yaml_report_init(struct yaml_report *report);
void yaml_report_finish(struct yaml_report *report);

// `file` is how the mistakes name the text; it is copied. The root is an object.
const struct yaml_value *yaml_read(const struct yaml_schema *schema, const char *file, str text,
                                   struct arena *arena, struct yaml_report *report);
// For what the caller finds wrong in a value: the same line, the value's place in front.
void yaml_wrong(struct yaml_report *report, const struct yaml_value *value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// A member of an object by its name; NULL when it was left out.
const struct yaml_value *yaml_get(const struct yaml_value *object, const char *name);
// The same with what holds when it was left out. Asking for a value as what it is not is a must.
int64_t yaml_integer(const struct yaml_value *object, const char *name, int64_t otherwise);
bool yaml_bool(const struct yaml_value *object, const char *name, bool otherwise);
str yaml_text(const struct yaml_value *object, const char *name, str otherwise);
