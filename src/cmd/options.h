// options.h - what a person typed, read by a table of options.
//
// Options are long: --name=value or --name value; a flag takes no value. They may stand anywhere
// before `--`; what follows `--` is kept word by word as the rest (a command to run). A value is
// checked by its type here, so a command never sees a bad one.
//
//   Owner      struct options points into argv and into the table; both must outlive it
//   Invariant  every value kept has passed its type; `number` is in the table's range
//   Refusal    none
//   Fault      options_read: what is wrong, which option, the nearest right word, what is wanted
#pragma once
#include "base/err.h"
#include "base/money.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

// type, what it looks like
#define OPTION_TYPES(X)                                                 \
    X(OPTION_FLAG, "no value")                                          \
    X(OPTION_TEXT, "a text")                                            \
    X(OPTION_INTEGER, "a whole number")                                 \
    X(OPTION_DURATION, "a duration such as 500ms, 90s, 10m or 3h")      \
    X(OPTION_MEMORY, "an amount such as 512MiB or 2GiB")                \
    X(OPTION_MONEY, "an amount such as ¥50000 or USD 12.50")            \
    X(OPTION_PRICE, "a price such as ¥5 or USD 0.0125")                 \
    X(OPTION_MONTH, "a month such as 2026-11")                          \
    X(OPTION_TIME, "a time such as 2026-11-21T23:00:00Z or 2026-11-21") \
    X(OPTION_CHOICE, "one of the choices")                              \
    X(OPTION_PAIR, "a pair such as NAME=value")                         \
    X(OPTION_FILE, "a file")                                            \
    X(OPTION_FOLDER, "a directory")
#define X(name, text) name,
enum option_type { OPTION_TYPES(X) };
#undef X
const char *option_type_text(enum option_type type);

struct option {
    const char *name; // without the dashes
    enum option_type type;
    const char *value;   // what the help calls it: "N", "SIZE"; NULL for a flag
    const char *help;    // half a line
    const char *choices; // OPTION_CHOICE: "user|reader"
    int64_t min, max;    // of the number, when max > min
    bool required, repeated;
    const char *completes; // kind of id that bash completes it with ("account"), or NULL
};

struct option_value {
    const struct option *option;
    const char *text;       // as typed, a PRICE without its currency; NULL for a flag
    int64_t number;         // INTEGER; DURATION in us; MEMORY in bytes; MONEY in minor units;
                            // MONTH as a month; TIME in us since 1970; CHOICE: its index
    bool has_currency;      // MONEY, PRICE: the text named one
    enum currency currency; // MONEY, PRICE
};

enum { OPTION_VALUES_MAX = 128, OPTION_WORDS_MAX = 16 };

struct options {
    struct option_value values[OPTION_VALUES_MAX];
    uint32_t count;
    const char *words[OPTION_WORDS_MAX]; // what is no option, before `--`
    uint32_t word_count;
    char **rest; // after `--`; a NULL ends it
    uint32_t rest_count;
    bool has_rest; // there was a `--`
};

// The options a command knows: its own, then those that all commands take.
struct option_tables {
    const struct option *tables[2]; // each ends with a row without a name; may be NULL
};

// arguments[0 .. count - 1] are what stands behind the command's words.
bool options_read(const struct option_tables *tables, int count, char **arguments,
                  struct options *ret_options, struct err *err);
// Required ones that are absent. Apart from options_read, so that --help works without them.
bool options_complete(const struct option_tables *tables, const struct options *options,
                      struct err *err);
// One value by its type. `otherwise` is the currency of a bare number.
bool option_value_read(const struct option *option, const char *text,
                       struct option_value *ret_value, struct err *err);

// The last value of that name, NULL when it was not given.
const struct option_value *options_find(const struct options *options, const char *name);
bool options_flag(const struct options *options, const char *name);
const char *options_text(const struct options *options, const char *name); // NULL: not given
int64_t options_number(const struct options *options, const char *name, int64_t otherwise);
