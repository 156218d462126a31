// suggest.h - the nearest right word for a wrong one: "did you mean ...?".
//
// Give it every right word, one by one; it keeps the nearest by str_distance. A right word that
// begins with the wrong one counts as near too.
//
//   Owner      the caller; words are views and must outlive the suggestion
//   Invariant  of equally near words the first given wins
//   Refusal    none
//   Fault      none
#pragma once
#include "base/str.h"
#include <stddef.h>
#include <stdint.h>

struct suggestion {
    str wrong, nearest;
    uint32_t distance;
};

void suggest_init(struct suggestion *suggestion, str wrong);
void suggest_try(struct suggestion *suggestion, str word);
str suggest_nearest(const struct suggestion *suggestion); // empty when none is near enough

// The same over an array.
str suggest_word(str wrong, const str *words, size_t count);
