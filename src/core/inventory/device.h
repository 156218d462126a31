// device.h - how a device's capacity state follows from its node, itself and its lease.
//
// Inside the room only. device_settle is called after any of the three has changed.
//
//   Owner      the inventory's device table
//   Invariant  device.capacity, node.open, node.leased and the chip's counts say the same
//   Refusal    none
//   Fault      none
#pragma once
#include "core/inventory/inventory.h"

void device_settle(struct inventory *inventory, struct node *node, struct device *device,
                   int64_t time_us);
struct device *device_of(const struct inventory *inventory, const struct node *node,
                         uint32_t index);
// Sets the state and the node's sets; the chip's counts are the caller's. Gives the state before.
enum capacity_state device_enter(struct node *node, struct device *device,
                                 enum capacity_state state);
