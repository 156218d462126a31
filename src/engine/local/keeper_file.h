// keeper_file.h - the keeper as a program of its own, carried as bytes inside this one.
//
// `/proc/self/exe keeper` is a keeper too, but loading the libraries of all of tatara takes longer
// than everything a keeper does before its command begins. The bytes stand in a file without a
// name, sealed against change, for local_options.keeper_argv. A keeper that runs goes on when the
// file is closed.
//
//   Owner      the caller closes it after the engine is destroyed
//   Invariant  the file is exactly the program that was linked in
//   Refusal    none
//   Fault      open: false, and nothing to close, where such files may not be run or there is no
//              memory; the engine's default does the same then
#pragma once
#include <stdbool.h>

enum { KEEPER_PROGRAM_USE = 2 }; // its exit code without a folder

struct keeper_file {
    int descriptor;
    char path[48];       // through this process: "/proc/PID/fd/N"
    const char *argv[3]; // ends with NULL
};

bool keeper_file_open(struct keeper_file *file); // it must not move until it is closed
void keeper_file_close(struct keeper_file *file);
