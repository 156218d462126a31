// command_plan.h - what both ways of running a command have in common: its plan, its surroundings.
//
// A keeper plans a command once, then process.h or container.h starts it. Both give back a
// descriptor on which the command's beginning, its failure to begin and, for a container, its end
// are read, as struct command_news; its end of file says that nothing more will come.
//
//   Owner      the keeper owns the plan; what starts a command gives the descriptor away
//   Invariant  a command sees the environment of its spec and the names below, nothing else
//   Refusal    COMMAND_FAILED in the news: no such program, no such folder (its errno)
//   Fault      none here
#pragma once
#include "base/arena.h"
#include "engine/local/attempt_folder.h"
#include "engine/local/keep/command_news.h"
#include "engine/local/spec.h"
#include <sys/types.h>

struct command_plan {
    const struct attempt_request *request;
    const struct spec *spec;
    int folder;       // the attempt's
    const char *path; // the same, as a path
    int out, error;   // where the streams go
};

struct command {
    pid_t pid; // a child of the keeper: the command itself, or runc while it starts
    int news;  // non-blocking
};

// "NAME=value" and a NULL: the spec's, then PATH and HOME where it has none, and always
// TATARA_JOB_ID=job-17, TATARA_ATTEMPT=1, TATARA_MARK=<token>, CUDA_VISIBLE_DEVICES.
const char **command_environment(const struct command_plan *plan, const char *home,
                                 struct arena *arena, struct err *err);
// Makes work/, owned by uid, and the spec's relative directory in it. Gives a descriptor of the
// folder to begin in, -1 on a fault.
int command_folder(const struct command_plan *plan, uid_t uid, struct err *err);
void command_plain_text(char *text); // what is not printable ASCII becomes '?'
// The text for a failure: "sh: no such file or directory".
void command_failure_text(const struct spec *spec, const struct command_news *news, char *ret_text,
                          size_t size);
