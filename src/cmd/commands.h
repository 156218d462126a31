// commands.h - the one table of what tatara can be asked to do.
//
// The parser, the help, the manual page, bash completion and docs/commands.md are made from it.
// To add a command: 1. one row in commands.c; 2. its function in cmd_NAME.c, declared in
// commands_all.h; 3. build/tatara help --docs > docs/commands.md; 4. an end-to-end test in e2e/.
// Tests fail when a row lacks its help, its example or its place in the docs.
//
//   Owner      static rows; an invocation lives for one command
//   Invariant  words are unique; every row that is not hidden has a summary and an example
//   Refusal    none
//   Fault      commands_run prints what is wrong and gives EXIT_USE
#pragma once
#include "cmd/options.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// name, code, meaning
#define EXITS(X)                                                            \
    X(EXIT_DONE, 0, "done")                                                 \
    X(EXIT_REFUSED, 1, "refused, or it failed: the error says why")         \
    X(EXIT_USE, 2, "bad use: an unknown word, option or value")             \
    X(EXIT_NOT_FOUND, 3, "there is no such thing")                          \
    X(EXIT_NO_SERVER, 4, "no server answers, or it cannot answer just now") \
    X(EXIT_NOT_ALLOWED, 5, "the access key is unknown, or may not do that")
#define X(name, code, meaning) name = code,
enum exit_code { EXITS(X) };
#undef X
// Of `run` besides: the job's own code, 128 + signal, and these.
enum { EXIT_TIME_LIMIT = 124, EXIT_TATARA = 125, EXIT_INTERRUPTED = 130 };

struct invocation {
    const struct command *command;
    struct options options;
    const char *program; // path of this binary, as it was started
    bool json, quiet, color;
};

struct command {
    const char *words;     // "job list"
    const char *summary;   // one line, lower case, no full stop
    const char *arguments; // of the usage line: "ID", "-- COMMAND [ARGUMENT…]"; NULL: none
    uint32_t words_min, words_max;
    bool takes_rest;       // a `--` and what follows is part of it
    bool hidden;           // for machines: in no help
    const char *completes; // kind of id of its first word ("job", "node", "account"), or NULL
    const struct option *options; // ends with a row without a name; NULL: only the global ones
    const char *about;            // a paragraph or more; NULL: the summary says it all
    const char *example;          // what to type, one command a line
    const char *exits;            // exit codes besides the common ones, "CODE meaning" a line
    int (*run)(struct invocation *invocation); // gives the exit code
};

const struct command *commands_row(uint32_t index); // NULL past the last
const struct option *commands_globals(void);
// The command that these words begin with; ret_used: how many of them are its name. NULL: none.
const struct command *commands_find(int count, char **words, int *ret_used);
// Runs what was typed and gives the exit code of the process.
int commands_run(int count, char **arguments);
