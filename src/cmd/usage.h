// usage.h - help, the manual page and docs/commands.md, all from the table of commands.
//
//   Owner      the caller's stream
//   Invariant  hidden commands appear nowhere
//   Refusal    none
//   Fault      none: what cannot be written shows in the stream's error
#pragma once
#include "cmd/commands.h"
#include <stdio.h>

void usage_all(FILE *out);                      // `tatara help`
void usage_family(const char *word, FILE *out); // `tatara job`
bool usage_is_family(const char *word);         // the first word of commands such as `job list`
void usage_command(const struct command *command, FILE *out); // `tatara job list --help`
void usage_manual(FILE *out);                                 // a manual page in troff, for man(1)
void usage_docs(FILE *out);                                   // docs/commands.md
