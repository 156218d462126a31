// completion.h - bash completion, made from the table of commands.
//
// The script completes commands, options, choices, files and, by asking the server through the
// hidden `tatara complete KIND`, ids and names.
//
//   Owner      the caller's stream
//   Invariant  every option of every command that is not hidden is in it
//   Refusal    none
//   Fault      none
#pragma once
#include <stdio.h>

void completion_bash(FILE *out);
