// digest.h - SHA-256 and HMAC-SHA-256, and digests as values.
//
// libcrypto does the work where there is one; sha256_block.h where there is none (cross builds).
// Both give the same bytes.
//
//   Owner      struct sha256 is a running hash without memory behind it; copying it copies the hash
//   Invariant  digest_same takes the same time whatever the bytes are
//   Refusal    none
//   Fault      none
#pragma once
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint8_t bytes[32];
} digest;

struct sha256 {
    uint64_t opaque[16];
};
void sha256_init(struct sha256 *hash);
void sha256_add(struct sha256 *hash, str bytes);
digest sha256_finish(struct sha256 *hash);

digest digest_of(str bytes);            // SHA-256
digest digest_hmac(str key, str bytes); // HMAC-SHA-256 (RFC 2104)
bool digest_same(digest a, digest b);   // constant time
bool digest_is_zero(digest a);
// Secret random bytes from the kernel; must on failure. Never called below floor 5.
void digest_random(uint8_t *ret_bytes, size_t size);
