// search.h - nodes for a shape: now, once all that runs has ended, or in the house as it is built.
//
// Inside the room only.
//
//   Owner      nobody: a query
//   Invariant  the plan of core/fleet/fleet.h: the lowest chip with room, best fit within it
//   Refusal    false: no such node
//   Fault      none
#pragma once
#include "core/inventory/placing.h"
#include "core/sched/place.h"
#include "core/sched/rule_mask.h"

struct search {
    const struct inventory *inventory;
    const struct market *market;
    const struct account *account; // only chips with a price for it; NULL: every chip
    struct shape shape;
    enum lease_class class; // of the price
    int64_t until_us;       // it would run until then; 0: it does not matter
    struct rule_masks *rules;
    str require;           // where it may run; empty: anywhere
    uint64_t reservation;  // whose windows it may use; 0: none
    int64_t from_us;       // it would begin then
    const struct job *job; // whose watts are asked for; NULL: none are
};

// Fills node, chip and price.
bool search_node(const struct search *search, enum fleet_room room,
                 struct placement *ret_placement);
// Is there a price for it, of the chip asked for or of any chip?
bool search_priced(const struct search *search);
struct search search_for(const struct place_view *view, const struct job *job);
