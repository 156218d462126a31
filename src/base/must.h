// must.h - the check for bugs: it stays on in release.
//
// must(condition) says what the code around it relies on. A condition that fails is a bug in
// this program, never bad input: the process prints where and aborts.
//
//   Owner      nobody: no state
//   Invariant  a failed must never returns
//   Refusal    none
//   Fault      none
#pragma once

#define must(condition) ((condition) ? (void)0 : must_failed(__FILE__, __LINE__, #condition))

_Noreturn void must_failed(const char *file, int line, const char *condition);
