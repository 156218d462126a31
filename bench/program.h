// program.h - the real program, started on a data directory, measured from outside.
//
//   Owner      the caller stops what it started
//   Invariant  program_start returns when the program has printed "ready"
//   Refusal    none
//   Fault      a program that cannot be run or ends before it is ready ends this one, with its text
#pragma once
#include <stdint.h>
#include <sys/types.h>

struct program {
    const char *directory;
    pid_t pid;
    uint16_t port;
    char key[128]; // the admin's
    double ready_s;
};

// `path up --data directory --engine engine`, on a free port of 127.0.0.1.
void program_start(struct program *program, const char *path, const char *directory,
                   const char *engine);
void program_stop(struct program *program, int signal);   // and waits until it has ended
double program_memory_mib(const struct program *program); // VmRSS
double program_cpu_s(const struct program *program);      // user and system, so far
