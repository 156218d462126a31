// sha256_block.h - SHA-256's compression function in plain C (FIPS 180-4, section 6.2.2).
//
// For machines without libcrypto, and to hold libcrypto against in tests. digest.h is the door.
//
//   Owner      the caller's eight words
//   Invariant  the same result on every compiler and CPU
//   Refusal    none
//   Fault      none
#pragma once
#include <stddef.h>
#include <stdint.h>

extern const uint32_t sha256_start[8]; // the words before the first block
// Folds `count` blocks of 64 bytes into the eight words.
void sha256_blocks(uint32_t words[8], const uint8_t *blocks, size_t count);
