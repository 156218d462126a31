// proof.h - inclusion and consistency proofs over the tree of merkle.h.
//
// An inclusion proof shows that a leaf stands at an index of the log with a given size and root. A
// consistency proof shows that the log of one size and root is the beginning of another. Making a
// proof (RFC 6962 sections 2.1.1 and 2.1.2) asks a source for perfect subtrees; checking one
// (RFC 9162 sections 2.1.3.2 and 2.1.4.2) needs nothing but the proof.
//
//   Owner      nobody: a proof is a value
//   Invariant  the checks return true for exactly one proof of each (index or size, size, leaf or
//              root, root); a proof has at most PROOF_NODES nodes
//   Refusal    a check answers false: not proved
//   Fault      making: the source fails, or an index or size outside the tree
#pragma once
#include "base/digest.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

enum { PROOF_NODES = 65 };

struct proof {
    uint32_t count;
    digest nodes[PROOF_NODES]; // in the order of the RFC: from the leaf up
};

// Where the nodes come from: memory, tiles, a journal. node gives the root of the perfect subtree
// over leaves index << level … (index + 1) << level, exclusive. Level 0 gives leaf hashes.
struct proof_source {
    uint64_t size; // leaves that it knows
    void *context;
    bool (*node)(void *context, uint32_t level, uint64_t index, digest *ret_node, struct err *err);
};

// index < size <= source->size.
bool proof_inclusion(const struct proof_source *source, uint64_t index, uint64_t size,
                     struct proof *ret_proof, struct err *err);
// 1 <= old_size <= size <= source->size; equal sizes give the empty proof.
bool proof_consistency(const struct proof_source *source, uint64_t old_size, uint64_t size,
                       struct proof *ret_proof, struct err *err);
// The root over the first `size` leaves; size <= source->size.
bool proof_root(const struct proof_source *source, uint64_t size, digest *ret_root,
                struct err *err);

bool proof_shows_inclusion(const struct proof *proof, digest leaf, uint64_t index, uint64_t size,
                           digest root);
// old_size 0 is never shown: the empty log begins every log and proves nothing.
bool proof_shows_consistency(const struct proof *proof, uint64_t old_size, digest old_root,
                             uint64_t size, digest root);
