// secret.h - access keys as text: made here, shown once, kept only as an HMAC.
//
//     tk_ + 43 characters (base64url of 32 bytes) + 6 characters (checksum)
//
// The checksum is the first 36 bits of SHA-256 over what stands before it: a slip of the hand is
// found without asking anybody, and a scanner that looks for leaked keys has few false alarms.
//
//   Owner      the caller gives the room
//   Invariant  the text of a key is in no event, no log line and no error
//   Refusal    none
//   Fault      secret_valid: false on text that no key has
#pragma once
#include "base/digest.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum { SECRET_LENGTH = 3 + 43 + 6 };

struct secret {
    char text[SECRET_LENGTH + 1];
};

struct secret secret_random(void); // from the kernel
// The key that belongs to a request that may come again: the same request gives the same key.
struct secret secret_derived(const uint8_t house_secret[32], const uint8_t request[16],
                             uint64_t account);
bool secret_valid(str text);
digest secret_hmac(const uint8_t house_secret[32], str text); // what the core knows it by
