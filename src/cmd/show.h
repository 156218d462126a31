// show.h - what the server answered, for people as tables and for programs as JSON.
//
// A command says in a small table which members of an object it shows and in which form; lists
// become one table, single things one line a member. With --json the objects are printed as they
// came, in canonical form, one a line.
//
//   Owner      nobody: functions over an answer
//   Invariant  a member that is absent or null shows as "-"
//   Refusal    none
//   Fault      as in api.h: printed, and its exit code given
#pragma once
#include "cmd/api.h"
#include <stdio.h>

enum form {
    SHOW_TEXT,
    SHOW_NUMBER,
    SHOW_TIME,   // RFC 3339 to the second
    SHOW_SPAN,   // milliseconds
    SHOW_ENERGY, // joules
    SHOW_MEMORY, // MiB
    SHOW_BYTES,
    SHOW_MONEY, // {currency, amount}, or {currency, exact}
    SHOW_YES,   // true or false
    SHOW_LIST   // texts, blanks between
};

struct show_field {
    const char *title, *member; // "share.exact"; a NULL title ends the table
    enum form form;
};

// Gets all pages of a list and shows them; `none` is what a person reads when it is empty.
int show_list(const struct invocation *invocation, str path, const struct show_field *fields,
              const char *none);
// Gets one thing and shows it.
int show_one(const struct invocation *invocation, str path, const struct show_field *fields);
// Shows what is there already. Titles that are all empty leave the values alone on their lines.
void show_thing(const struct invocation *invocation, const struct json *thing,
                const struct show_field *fields);
void show_items(const struct invocation *invocation, const struct json *items,
                const struct show_field *fields, const char *none);
void show_json(const struct json *thing); // canonical, one line
void show_value(const struct json *object, const struct show_field *field, struct buf *out);
void show_safe(str text, FILE *out); // control characters as \xNN
