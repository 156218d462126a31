// reservation.h - devices that are an account's alone from one instant to another.
//
//     booked ──► active ──► ended
//        └──────────┴─────► cancelled, broken
//
// A reservation is bound to nodes when it is booked: so many devices of each, as windows of the
// placement index (core/fleet/fleet.h), which lock them against everything but its own jobs. Jobs
// that name it wait outside the queue, run only on its devices and only while it is active, the
// oldest that fits first. A node that can no longer be sold is replaced by another; when there is
// none the reservation breaks: an active one at once, a booked one at its start.
//
//   Owner      struct sched owns both tables; the windows are the index's, made anew by a reindex
//   Invariant  while it is booked or active its parts are bound, to nodes all different, and
//              each stands in the index as a window; `waiting` counts its queued jobs
//   Refusal    none: cloud asks reserve.h first
//   Fault      none
#pragma once
#include "base/table.h"
#include "core/market/market.h"
#include "core/sched/shape.h"

struct sched;
struct job;

#define RESERVATION_STATES(X)             \
    X(RESERVATION_BOOKED, "booked")       \
    X(RESERVATION_ACTIVE, "active")       \
    X(RESERVATION_ENDED, "ended")         \
    X(RESERVATION_CANCELLED, "cancelled") \
    X(RESERVATION_BROKEN, "broken")
#define RESERVATION_REASONS(X)                    \
    X(RESERVATION_REASON_NONE, "")                \
    X(RESERVATION_REASON_NODE, "node_closed")     \
    X(RESERVATION_REASON_DEVICE, "device_closed") \
    X(RESERVATION_REASON_WORK, "maintenance")
#define X(name, text) name,
enum reservation_state { RESERVATION_STATES(X) RESERVATION_STATE_COUNT };
enum reservation_reason { RESERVATION_REASONS(X) RESERVATION_REASON_COUNT };
#undef X
const char *reservation_state_text(enum reservation_state state);
const char *reservation_reason_text(enum reservation_reason reason);

struct reservation {
    uint64_t id, account, key; // key: the access key it was booked with
    uint64_t first_part;       // of shape.nodes consecutive rows
    uint64_t lost_node;        // the node it broke for; 0: it did not
    struct shape shape;        // whole devices
    int64_t booked_us, start_us, end_us;
    int64_t lead_us;  // what is to be gone by the start, or the end, is asked so long before
    int64_t ended_us; // ended, cancelled or broken since; 0: not yet
    char name[32];
    uint32_t bound; // parts so far
    uint32_t state, reason;
    uint32_t waiting;         // queued jobs that name it
    uint32_t moves, reserved; // nodes that were replaced
};
_Static_assert(sizeof(struct reservation) == 224, "no padding");

struct reservation_part {
    uint64_t id, reservation, node;
    device_set devices;
};
_Static_assert(sizeof(struct reservation_part) == 56, "no padding");

// Facts.
struct reservation_booked { // its nodes follow in parts, in the same commit
    uint64_t reservation, account, key;
    struct shape shape;
    int64_t start_us, end_us, lead_us;
    char name[32];
};
struct reservation_started {
    uint64_t reservation;
};
struct reservation_moved { // one node is replaced by another
    uint64_t reservation, from, to;
    device_set devices; // of the new one
    uint32_t reason, reserved;
};
struct reservation_ended {
    uint64_t reservation, node;
    uint32_t state, reason; // node and reason: of broken
};

bool reservation_live(const struct reservation *row); // booked or active
const struct reservation *reservation_get(const struct sched *sched, uint64_t id); // NULL: none
const struct reservation_part *reservation_part_at(const struct sched *sched,
                                                   const struct reservation *row, uint32_t index);
// When its running jobs are asked to stop, so that they are gone by its end.
int64_t reservation_stop_us(const struct reservation *row);

void reservation_apply_booked(struct sched *sched, const struct reservation_booked *fact,
                              int64_t time_us);
// `fact->lease` is the reservation.
void reservation_apply_part(struct sched *sched, struct inventory *inventory,
                            const struct lease_part_added *fact);
void reservation_apply_started(struct sched *sched, const struct reservation_started *fact);
void reservation_apply_moved(struct sched *sched, struct inventory *inventory,
                             const struct reservation_moved *fact);
void reservation_apply_ended(struct sched *sched, struct inventory *inventory,
                             const struct reservation_ended *fact, int64_t time_us);
// A job that names it begins (+1) or ceases (-1) to wait.
void reservation_wait(struct sched *sched, const struct job *job, int sign);
// After a load, behind the inventory's own reindex.
void reservations_reindex(struct sched *sched, struct inventory *inventory);
// False with the first reservation whose rows do not agree.
bool reservations_check(const struct sched *sched, uint64_t *ret_reservation);
