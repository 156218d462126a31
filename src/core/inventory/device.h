// device.h - how what a node's devices are in follows from node, health and leases.
//
// Inside the room only. Who changes a node's state, its health or a device's tallies the node out,
// changes it, and tallies it in again; node_tally also makes the set of open devices anew.
//
//   Owner      the inventory's node, device, share and health tables
//   Invariant  node.open, node.leased and the chips' counts say the same
//   Refusal    none
//   Fault      none
#pragma once
#include "core/inventory/inventory.h"

enum tally { TALLY_OUT = -1, TALLY_IN = 1 };

void node_tally(struct inventory *inventory, struct node *node, enum tally tally, int64_t time_us);
void node_open_anew(struct node *node);
// The row of a shared device, made when it is the first time; milli under leases is the caller's.
struct share *device_share(struct inventory *inventory, const struct node *node, uint32_t index);
