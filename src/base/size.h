// size.h - amounts of memory and storage as text: "512MiB".
//
//   Owner      nobody: values
//   Invariant  units are powers of 1024: B, KiB, MiB, GiB, TiB, PiB
//   Refusal    none
//   Fault      size_parse: false on text not of the form or beyond int64; output untouched
#pragma once
#include "base/buf.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

// A whole number and a unit without a blank; a bare number is bytes.
bool size_parse(str text, int64_t *ret_bytes);
// Exact, in the largest unit that leaves no rest: "512MiB", "1000B". Not negative.
void size_text(int64_t bytes, struct buf *out);
