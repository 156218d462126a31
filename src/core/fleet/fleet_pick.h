// fleet_pick.h - what the cells and racks of a search have for a gang, and the plan made of it.
//
// Inside the room only. A pick is a cell with the nodes of it that pass; its parts are their racks,
// fullest first. When parts have been chosen (fleet_solve.c), the lowest nodes of each become runs.
//
//   Owner      the scratch of struct fleet
//   Invariant  picks, parts and runs are of one search
//   Refusal    pick_add false: no node of the cell passes
//   Fault      none (no memory: must)
#pragma once
#include "core/fleet/fleet_find.h"

static inline bool query_spreads(const struct query *query)
{
    return query->shape.spread >= LEVEL_SITE && query->shape.spread <= LEVEL_RACK;
}

void scratch_clear(struct fleet *fleet);
uint32_t cell_most(const struct query *query, const struct cell *cell); // by counts alone
bool pick_add(const struct query *query, struct cell *cell);
void parts_add(const struct query *query, uint32_t pick_place);
void run_add(struct fleet *fleet, uint32_t node, const device_set *devices); // nodes ascend
void plan_picks(const struct query *query); // runs of what is chosen
