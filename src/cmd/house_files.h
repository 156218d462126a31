// house_files.h - the small files of a data directory: keys and the address.
//
//     secret.key   what access keys are hashed with: 64 hex digits
//     admin.key    the first access key, as it is typed; the operator may move it away
//     address      where the running server listens: a URL, for the command line on this machine
//
// Journal and blobs stand beside them (store/sqlite) and the engine's jobs/ below.
//
//   Owner      cmd_up
//   Invariant  files are made whole or not at all (written aside, synced, renamed), mode 0600
//   Refusal    none
//   Fault      a file that cannot be read or written, or holds something else: its path is named
#pragma once
#include "base/err.h"
#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Reads secret.key, or makes it when `make`.
bool house_secret(const char *directory, bool make, uint8_t ret_secret[32], struct err *err);
// The text of admin.key; made when it is absent. room takes a whole key and its zero byte.
bool house_admin_key(const char *directory, char *ret_key, size_t room, struct err *err);
// A new one in its place, whether one is there or not.
bool house_new_admin_key(const char *directory, char *ret_key, size_t room, struct err *err);
bool house_has_admin_key(const char *directory);
bool house_write_address(const char *directory, const char *url, struct err *err);
void house_remove_address(const char *directory);
