// event_docs.h - docs/events.md, made from the one table of events.
//
//   Owner      nobody: writes to a stream
//   Invariant  names every kind and every field of it, in the order of the line
//   Refusal    none
//   Fault      the stream keeps it
#pragma once
#include <stdio.h>

void event_docs(FILE *out);
