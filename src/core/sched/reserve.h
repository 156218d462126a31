// reserve.h - where a reservation could be bound, and from when on.
//
// A device counts as free from the instant by which whatever holds it is gone: a job with a time
// limit when that and its notice are over, one of a spot or interruptible lease after its notice,
// any other never. These, and the windows of other reservations and of maintenance, are asked of
// the placement index as windows. CPU, memory and watts are not reserved, and not looked at.
//
//   Owner      nobody: queries; windows are lent to the index and taken back before they return
//   Invariant  a placement found can be bound; reserve_earliest gives the first instant at which
//              reserve_find has one
//   Refusal    false: nothing fits
//   Fault      none (no memory: must)
#pragma once
#include "core/sched/place.h"
#include "core/sched/reservation.h"

struct reserve_ask {
    struct shape shape;              // normal, of whole devices
    int64_t from_us, until_us;       // from_us: not before now
    int64_t lead_us;                 // notice that those who have to go are given
    const struct reservation *moves; // whose own nodes do not count as taken; NULL: a new one
};

bool reserve_find(const struct place_view *view, const struct reserve_ask *ask,
                  struct placement *ret_placement);
// The first instant from ask->from_us on at which it has (until_us - from_us) on end.
bool reserve_earliest(const struct place_view *view, const struct reserve_ask *ask,
                      int64_t *ret_us);
// What is wrong with a bound node in the window; NONE: it is good.
enum reservation_reason reserve_fault(const struct inventory *inventory,
                                      const struct reservation *row,
                                      const struct reservation_part *part);
// The next node to replace: `ret_moved` whole. False: there is no other for it.
bool reserve_move(const struct place_view *view, const struct reservation *row, uint32_t part,
                  struct reservation_moved *ret_moved);
// A job of somebody else that is on a bound node and not asked to go yet; NULL: none.
const struct job *reserve_guest(const struct place_view *view, const struct reservation *row);

// reserve_place.c: the first waiting job of an active reservation that fits into it.
bool reserve_place(const struct place_view *view, struct placement *ret_placement);
// Could a job of this (normal) shape ever run in it?
enum place_verdict reserve_feasible(const struct sched *sched, const struct inventory *inventory,
                                    const struct reservation *row, const struct shape *shape);
