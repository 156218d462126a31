// rule.h - what a job, an account or a data set says of where it may run: "country=JP !origin=XX".
//
//     rule   = term *( blank term )        every term must hold
//     term   = key "=" values              the thing has one of these values
//            | "!" key "=" values          the thing has none of them
//     values = value *( "," value )        "*" stands for any value at all
//
// A rule is held against a view: keys and values that the caller filled. A key may stand there
// several times (labels). What nobody stated has no value: "country=JP" and "country=*" deny a node
// whose country is not known, "!country=XX" permits it; write "country=* !country=XX" to deny both.
//
//   Owner      nobody: functions of texts
//   Invariant  a canonical rule has sorted terms, sorted values, single blanks, and means the same
//   Refusal    rule_permits false, with the term that denies
//   Fault      rule_valid: the term that is wrong, why, and what to write
#pragma once
#include "base/err.h"
#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RULE_SIZE = 128, RULE_TERMS_MAX = 16 }; // a canonical rule with its zero byte fits RULE_SIZE

struct rule_attribute {
    str key, value;
};
struct rule_view {
    const struct rule_attribute *attribute;
    uint32_t count;
};

// An empty rule is valid and permits everything. Keys: a-z, 0-9, '-', '.', '_', beginning with a
// letter; values: printable ASCII without blank, ',', '=' and '!'.
bool rule_valid(str text, struct err *err);
// The canonical form of a valid rule; false when it does not fit.
bool rule_canonical(str text, char *ret_text, size_t size);
// ret_term (may be NULL): the first term that does not hold. The rule must be valid.
bool rule_permits(str rule, const struct rule_view *view, str *ret_term);
