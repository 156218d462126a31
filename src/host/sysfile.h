// sysfile.h - small files of the kernel: read whole, written in one go, numbers checked.
//
// Every path is given as the kernel names it ("/proc/meminfo") and looked for under a root: "" on
// a real machine, a folder with a made-up tree in a test.
//
//   Owner      the caller owns the buf
//   Invariant  a message names the file as it was opened
//   Refusal    none
//   Fault      absent, unreadable, over SYSFILE_MAX, or not what it should hold
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum { SYSFILE_MAX = 8 * 1024 * 1024, SYSFILE_PATH_MAX = 4096 };

bool sysfile_exists(const char *root, const char *path);
// What out held before is gone; it must have been initialised.
bool sysfile_read(const char *root, const char *path, struct buf *out, struct err *err);
// Into a fixed array, blanks around it left out. Cut when it is longer.
bool sysfile_text(const char *root, const char *path, char *ret_text, size_t size, struct err *err);
// The whole file is one integer.
bool sysfile_i64(const char *root, const char *path, int64_t *ret_value, struct err *err);
// One write(2), as the kernel's files want it. The file must exist.
bool sysfile_write(const char *root, const char *path, str text, struct err *err);
// The first line "key value", "key: value" or "key   : value"; false when there is none.
bool sysfile_field(str text, str key, str *ret_value);
// Is `word` one of those that `mark` keeps apart?
bool sysfile_has_word(str text, char mark, str word);
