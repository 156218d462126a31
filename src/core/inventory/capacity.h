// capacity.h - moves devices between capacity states and keeps the integrals exact.
//
// Inside the room only: who changes a device's state calls capacity_move, which first brings the
// chip's integrals up to the instant of the change.
//
//   Owner      the inventory's capacity table
//   Invariant  time does not run backwards for a chip; no count falls below 0
//   Refusal    none
//   Fault      none
#pragma once
#include "core/inventory/inventory.h"

void capacity_open(struct inventory *inventory, uint64_t chip, int64_t time_us);
// Milli of devices come into a state (below 0: leave it).
void capacity_add(struct inventory *inventory, uint64_t chip, enum capacity_state state,
                  int64_t milli, int64_t time_us);

struct capacity_step {
    uint64_t chip;
    enum capacity_state from, to;
    int64_t milli;
};
void capacity_move(struct inventory *inventory, const struct capacity_step *step, int64_t time_us);

int64_t capacity_ms(int64_t time_us); // whole milliseconds, cut towards the past
