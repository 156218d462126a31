// fake_tree.h - a made-up /proc and /sys in a temporary folder, for the tests of host.
//
//   Owner      the test, between fake_tree_make and fake_tree_remove
//   Invariant  paths are given as the kernel names them
//   Refusal    none
//   Fault      any failure fails the test
#pragma once

struct fake_tree {
    char root[64];
};

void fake_tree_make(struct fake_tree *tree);
void fake_tree_remove(struct fake_tree *tree);
// Writes the file and makes the folders above it. text NULL removes the file.
void fake_tree_put(struct fake_tree *tree, const char *path, const char *text);
// The text of a file, in a static array.
const char *fake_tree_get(struct fake_tree *tree, const char *path);
// A machine of two NUMA nodes with 8 cores and 64 GiB, without cgroups.
void fake_tree_put_machine(struct fake_tree *tree);
