// fleet_score.h - the index with scoring: shapes of one node go where they waste least.
//
// Off until the typical shapes are known; then fleet_find asks frag.h for whatever is wanted of one
// node in ROOM_OPEN: a share, whole devices, CPU and memory only. Gangs and the other kinds of
// room are searched as before.
//
//   Owner      the fleet
//   Invariant  fleet_find finds a plan when it would have found one without scoring
//   Refusal    none
//   Fault      none (no memory: must)
#pragma once
#include "core/fleet/fleet.h"
#include "core/fleet/typical.h"

struct query;

// What is mostly asked for. Switches scoring on; may come again when demand has changed.
void fleet_typical(struct fleet *fleet, const struct typical *table, uint32_t count);
void fleet_policy(struct fleet *fleet, enum fleet_policy policy); // else POLICY_TATARA
int64_t fleet_fragmentation(struct fleet *fleet); // frag_fragmentation; 0 without scoring

// Inside the room.
bool score_find(const struct query *query, struct fleet_plan *ret_plan);
