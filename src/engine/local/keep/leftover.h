// leftover.h - ends the processes a job leaves behind, and holds those it has.
//
// Two cases. The keeper of a command is a subreaper: whatever the command started is below it, and
// when the command has ended all of that is killed and reaped. When a keeper itself was killed,
// its command's processes have lost that parent: they are found by the mark in their environment
// or by the command's session.
//
//   Owner      nobody: reads /proc, sends SIGKILL
//   Invariant  a process is only touched when it is a descendant, or bears the mark, or is in the
//              session of that very command (pid and start time)
//   Refusal    none
//   Fault      none: false when something still lives after the patience is over (it hangs in the
//              kernel, or belongs to another user)
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// All descendants of the caller, reaped as well. The caller's SIGCHLD must be blocked.
bool leftover_kill_descendants(int64_t patience_ms);

// All descendants of the caller stand still (SIGSTOP), or go on (SIGCONT). What stands cannot be
// woken by what stands beside it.
void leftover_pause_descendants(bool paused);

struct leftover_mark {
    const char *token;     // TATARA_MARK=<token>
    int64_t session;       // the command's pid, 0 when not known
    int64_t session_ticks; // its start time
};
bool leftover_kill_marked(const struct leftover_mark *mark, int64_t patience_ms);

// CPU time of all living descendants of `pid`, and what those have waited for, in milliseconds.
int64_t leftover_cpu_ms(pid_t pid);
// Field 22 of /proc/PID/stat; 0 when there is no such process.
int64_t leftover_ticks(pid_t pid);
