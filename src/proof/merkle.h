// merkle.h - the hash tree over a log (RFC 6962 section 2.1), built one leaf at a time.
//
// Only the peaks are kept: the roots of the perfect subtrees that the leaves so far fall into, one
// for each bit that is set in the size. That is enough to append and to give the root at any
// moment. Proofs need more nodes: proof.h, and tree.h that keeps them all.
//
//     size 6 = 110b:        root = node(peaks[2], peaks[1])
//                  root
//                /      \ .
//          peaks[2]    peaks[1]
//           /   \       /   \ .
//          *     *     l4   l5
//         / \   / \ .
//        l0 l1 l2 l3
//
//     leaf = SHA-256(0x00 ‖ entry)   node = SHA-256(0x01 ‖ left ‖ right)   empty = SHA-256("")
//
//   Owner      whoever embeds it: plain data without padding or pointers, a zeroed one is empty
//   Invariant  peaks[k] is all zero exactly where bit k of size is clear
//   Refusal    none
//   Fault      merkle_read: bytes that merkle_write did not give
#pragma once
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

enum { MERKLE_LEVELS = 64 };

struct merkle {
    uint64_t size; // leaves so far
    digest peaks[MERKLE_LEVELS];
};
static_assert(sizeof(struct merkle) == 8 + MERKLE_LEVELS * 32, "no padding");

digest merkle_leaf(str entry);
digest merkle_node(digest left, digest right);
digest merkle_empty(void);

void merkle_append(struct merkle *merkle, digest leaf); // amortised one node hash
digest merkle_root(const struct merkle *merkle);

// The invariant above, for a struct that came out of a file.
bool merkle_is_sound(const struct merkle *merkle);
// Size (8 bytes, little endian), then the peaks in use from the highest to the lowest.
void merkle_write(const struct merkle *merkle, struct buf *out);
bool merkle_read(str bytes, struct merkle *ret_merkle, struct err *err);
