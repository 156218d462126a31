// process.h - runs a command as a plain process: its own session, rlimits, cores, environment.
//
// A plain process isolates nothing. It runs as the user the server runs as and sees what that
// user sees; it is for jobs of one organisation. It gets a session and process group of its own,
// the leased cores as affinity, no_new_privs, a clean environment, no descriptor but 0, 1 and 2,
// and dies with its keeper (PR_SET_PDEATHSIG). Memory is held by RLIMIT_DATA, which is coarse: it
// counts each process alone, and what is over it fails in the program.
//
//   Owner      the keeper waits for the process and closes the news
//   Invariant  no rlimit is ever raised
//   Refusal    told as COMMAND_FAILED in the news: no program, no folder
//   Fault      process_start: no more processes or descriptors
#pragma once
#include "engine/local/keep/command_plan.h"

bool process_start(const struct command_plan *plan, struct command *ret_command, struct err *err);
