// maintenance.h - windows in which somebody works on a node.
//
//     set ──► started ──► ended (the row goes)
//
// From the moment a window is set its node takes no job that would still run when it begins; at the
// beginning the node is drained, at the end it is ready again. Calling a window off ends it too.
//
//   Owner      the inventory's maintenance table
//   Invariant  node.closes_us is the earliest beginning of the windows that have not started
//   Refusal    none: callers ask first
//   Fault      none
#pragma once
#include "core/inventory/inventory.h"
#include <stdint.h>

struct maintenance {
    uint64_t id, node;
    int64_t from_us, until_us;
    uint32_t started, reserved;
};
_Static_assert(sizeof(struct maintenance) == 40, "no padding");

// Facts.
struct maintenance_set {
    uint64_t maintenance, node;
    int64_t from_us, until_us;
};
struct maintenance_started {
    uint64_t maintenance;
};
struct maintenance_ended {
    uint64_t maintenance;
};

// When the next window begins or ends; INT64_MAX: none.
int64_t maintenance_due_us(const struct inventory *inventory);
// The first window that is to begin or end at this instant; NULL: none.
const struct maintenance *maintenance_due(const struct inventory *inventory, int64_t time_us);
void maintenance_reindex(struct inventory *inventory);

void maintenance_apply_set(struct inventory *inventory, const struct maintenance_set *fact);
void maintenance_apply_started(struct inventory *inventory, const struct maintenance_started *fact,
                               int64_t time_us);
void maintenance_apply_ended(struct inventory *inventory, const struct maintenance_ended *fact,
                             int64_t time_us);
