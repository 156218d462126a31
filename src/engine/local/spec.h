// spec.h - what a user asks to be run: a command, its environment, its folder, its root.
//
// The text is JSON: {"argv":["sh","-c","..."],"env":{"A":"b"},"directory":"","rootfs":""}. Only
// argv is wanted. It was checked when it was taken in; it is checked again here, because it comes
// from a store and goes to execve.
//
//   argv       1 .. 1024 texts without a zero byte; the first is the program, looked up in PATH
//   env        names without '=' and a zero byte; at most 1024
//   directory  "" is the job's own folder; a relative one lies in it and is made; no ".."
//   rootfs     "" is the host's; else an absolute path without ".." (containers only)
//
//   Owner      the arena owns every text
//   Invariant  argv and env end with a NULL; no text is longer than the kernel takes in execve
//   Refusal    none
//   Fault      spec_parse: not JSON of this form, over a limit, an unknown member; says which
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    SPEC_BYTES_MAX = 1024 * 1024,
    SPEC_ARENA_MAX = 16 * 1024 * 1024, // enough for any spec of SPEC_BYTES_MAX
    SPEC_ARGUMENTS_MAX = 1024,
    SPEC_TEXT_MAX = 128 * 1024 - 1, // MAX_ARG_STRLEN of Linux, with its zero byte
    SPEC_PATH_MAX = 1024
};

struct spec {
    const char **argv; // argv_count texts and a NULL
    const char **env;  // env_count texts "NAME=value" and a NULL
    uint32_t argv_count, env_count;
    const char *directory, *rootfs;
};

bool spec_parse(str text, struct arena *arena, struct spec *ret_spec, struct err *err);
