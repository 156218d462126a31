// fleet_use.h - what is taken of a node: share rows and reserved windows.
//
// Inside the room only.
//
//   Owner      the node's house row
//   Invariant  a device with a share is taken; its milli, slices and memory never exceed it
//   Refusal    none
//   Fault      none (no memory: must)
#pragma once
#include "core/fleet/fleet_find.h"

static inline bool use_is_share(uint32_t milli)
{
    return milli && milli < FLEET_MILLI_WHOLE;
}

void share_room(struct fleet *fleet, uint32_t node, uint32_t devices); // rows for so many
// The partly taken device of a node with the least left that is enough for the share, and how much
// is left of it; FLEET_NONE: none.
uint32_t share_best(const struct query *query, uint32_t node, uint32_t *ret_left);
// The devices that somebody else's windows lock in [from, until).
device_set windows_lock(const struct node_house *house, const struct fleet_shape *shape);
