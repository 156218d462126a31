// fleet_gang.h - several nodes at once: the closest place that has room for all of them.
//
// Inside the room only. Levels are tried from the tightest: a rack (the one it fits best), a block
// (the one it fits best, fullest racks first, the last rack as it fits best), a site (the blocks
// with most room first), all sites. Where watts are scarce nodes are promised rack by rack on the
// tree itself, so every edge counts all of them, and taken back before the search returns.
//
//   Owner      the scratch of struct fleet
//   Invariant  the power tree is as it was
//   Refusal    false
//   Fault      none (no memory: must)
#pragma once
#include "core/fleet/fleet_pick.h"

bool gang_find(const struct query *query, struct fleet_plan *ret_plan);
// Chooses so many nodes of these parts (fleet_solve.c); false when power does not allow it.
bool solve_parts(const struct query *query, struct rack_part *parts, uint32_t count,
                 uint32_t nodes);
// Headroom for so many nodes on one line.
bool solve_line(const struct query *query, uint32_t line, uint32_t nodes);
// The rack that fits best, of one pool (fleet_rack.c): as parts or already as runs.
bool pool_rack(const struct query *query, const struct pool *pool);
