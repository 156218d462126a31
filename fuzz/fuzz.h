// fuzz.h - what a fuzz target is: one function and the texts it begins with.
//
// A target is one file. libFuzzer calls LLVMFuzzerTestOneInput where there is libFuzzer; driver.c
// does elsewhere, with inputs made from the seeds by a fixed sequence of changes. A property that
// does not hold is a must().
//
//   Owner      the target; the bytes are the caller's and gone after the call
//   Invariant  the same bytes always give the same result
//   Refusal    none
//   Fault      none: a target returns 0, or the process dies
#pragma once
#include <stddef.h>
#include <stdint.h>

extern const char *const fuzz_seeds[]; // ended by NULL

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
