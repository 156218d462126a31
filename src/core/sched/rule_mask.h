// rule_mask.h - what a rule about places means for this house: which classes of nodes it permits.
//
// Nodes fall into at most 64 classes of attributes (core/inventory/node_class.h), so a rule is
// asked once for each class at each site, and the answer is a bit that the placement index looks
// at. Answers are kept by the rule's text until sites, classes or entities come.
//
//   Owner      struct sched_index; a cache
//   Invariant  a bit says what rule_permits says of that class at that site
//   Refusal    none
//   Fault      none (no memory: must)
#pragma once
#include "base/str.h"
#include "core/inventory/inventory.h"
#include "core/policy/rule.h"
#include <stdint.h>

enum { RULE_MASKS_KEPT = 64 };

struct rule_mask {
    char rule[RULE_SIZE];
    uint64_t house; // what it was made of
    uint64_t *classes;
    uint32_t sites;
};

struct rule_masks {
    struct rule_mask kept[RULE_MASKS_KEPT];
};

void rule_masks_finish(struct rule_masks *masks);
// What a rule says of one class at one site.
bool rule_mask_permits(const struct inventory *inventory, str rule, uint64_t site, uint64_t class);
// By site place of the index; NULL: an empty rule permits everything. Valid until the next call.
const uint64_t *rule_mask(struct rule_masks *masks, const struct inventory *inventory, str rule);
