// str.h - a view of text: a pointer and a length.
//
// Text is passed by view and never owned by it; "\0" exists only where the operating system
// wants it. Comparison is by bytes.
//
//   Owner      whoever owns the bytes; a view must not outlive them
//   Invariant  ptr may be NULL only when len is 0
//   Refusal    none
//   Fault      the parsers return false and leave their output untouched
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *ptr;
    size_t len;
} str;

#define S(literal) ((str){"" literal, sizeof(literal) - 1})
// For printf: printf("%.*s", STR(view)).
#define STR(view) (int)(view).len, (view).ptr

str str_from(const char *text); // NULL gives the empty view
bool str_is(str a, str b);
int str_order(str a, str b); // as memcmp, the shorter first
bool str_starts(str text, str head);
bool str_ends(str text, str tail);
str str_trim(str text);           // without blanks and line ends at both ends
str str_skip(str text, size_t n); // without the first n bytes, or empty
// Cuts at the first `mark`: ret_head is before it, ret_rest after it. Without a mark: false, and
// both are left untouched.
bool str_cut(str text, char mark, str *ret_head, str *ret_rest);
// Whole text must be a decimal integer in range; no blanks, no plus sign, no leading zeros.
bool str_to_i64(str text, int64_t *ret_value);
bool str_to_u64(str text, uint64_t *ret_value);
bool str_is_utf8(str text);
// Bytes of the first UTF-8 character and its code point; 0 when there is none (empty, not UTF-8).
size_t str_character(str text, uint32_t *ret_code_point);
// Copies into a fixed array and ends it with a zero byte; false when it does not fit or holds one.
bool str_copy(str text, char *ret_bytes, size_t size);
// Edits to turn a into b (Levenshtein), for "did you mean"; a and b up to 64 bytes, else 64.
uint32_t str_distance(str a, str b);
