// tree.h - the whole hash tree in memory: the source of proofs for tools and auditors.
//
// Keeps every perfect node, 64 bytes a leaf on the heap. Whoever only needs the root keeps a
// struct merkle instead.
//
//   Owner      whoever called tree_init, until tree_finish
//   Invariant  levels[k] holds size >> k nodes
//   Refusal    none
//   Fault      the source faults on a node outside the tree; out of memory is a must
#pragma once
#include "proof/merkle.h"
#include "proof/proof.h"

struct tree_level {
    digest *nodes;
    uint64_t count, room;
};

struct tree {
    uint64_t size;
    struct tree_level levels[MERKLE_LEVELS];
};

void tree_init(struct tree *tree);
void tree_finish(struct tree *tree); // accepts a zeroed tree
void tree_append(struct tree *tree, digest leaf);
// A view of the tree as it is now; it must not outlive the next append.
struct proof_source tree_source(const struct tree *tree);
