// err.h - what went wrong, as text for the person who can mend it.
//
// A fault (disk, socket, bad text) travels up as `false` and a struct err that the caller owns.
// The text says what was wrong, where (file:line, field, value) and what to do. Callers put
// context in front.
//
//   Owner      the caller; fixed size, no memory behind it
//   Invariant  text ends with a zero byte; what does not fit is cut
//   Refusal    none
//   Fault      none: setting an error cannot fail
#pragma once
#include <stdbool.h>

struct err {
    char text[1024];
};

// Always false, so that a fault reads `return err_set(err, "...")`. err may be NULL.
bool err_set(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Puts context in front: "context: what was there before". Always false.
bool err_add(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
