// why.h - why a job is where it is: the rule that holds it, its place in line, an estimate.
//
// The numbers by rule:
//
//   no_free_devices       needs its devices; free, limit: the most on a node, open and sellable
//   no_free_memory        MiB: needs its own; free, limit: the most on a node with its devices
//   account_device_limit  needs the devices of its oldest job; free below the limit; limit
//   account_month_limit   minor units: needs what has been charged this month; free 0; limit
//
//   capped_for_power      needs 1000 thousandths of its maximum watts, has limit
//   reservation_…         needs its devices; free 0; limit: those of the reservation
//
// A limit is the rule for all jobs of its account; every other rule is that of the job alone.
//
//   Owner      nobody: a query over the state
//   Invariant  says the rule that place_next applies: a test holds the two against each other
//   Refusal    none
//   Fault      none
#pragma once
#include "core/sched/place.h"

#define WHY_RULES(X)                              \
    X(WHY_NEXT, "next")                           \
    X(WHY_BEHIND, "behind_others")                \
    X(WHY_NO_DEVICES, "no_free_devices")          \
    X(WHY_NO_MEMORY, "no_free_memory")            \
    X(WHY_NODES_CLOSED, "nodes_closed")           \
    X(WHY_DEVICE_LIMIT, "account_device_limit")   \
    X(WHY_MONTH_LIMIT, "account_month_limit")     \
    X(WHY_NO_PRICE, "no_price")                   \
    X(WHY_INFEASIBLE, "infeasible_now")           \
    X(WHY_FORBIDDEN, "forbidden_by_rule")         \
    X(WHY_NOT_STARTED, "reservation_not_started") \
    X(WHY_RESERVED_FULL, "reservation_full")      \
    X(WHY_RUNNING, "running")                     \
    X(WHY_PAUSED, "paused_for_power")             \
    X(WHY_CAPPED, "capped_for_power")             \
    X(WHY_DONE, "done")
#define X(name, text) name,
enum why_rule { WHY_RULES(X) WHY_RULE_COUNT };
#undef X
const char *why_rule_text(enum why_rule rule);

enum { WHY_AHEAD_MAX = 5 };
struct why {
    enum why_rule rule;
    int64_t position;              // 1 = first of all that wait; 0: it does not wait
    uint64_t ahead[WHY_AHEAD_MAX]; // the nearest jobs in front, first in line first
    uint32_t ahead_count;
    int64_t needs, free, limit; // the numbers of the rule: devices, MiB or minor units
    bool estimate_known;        // only when every job it waits for has a time limit: estimate.h
    int64_t estimate_us;        // start if those in front use all of their time limits; at the
                                // month limit: when the next month begins
    uint64_t waits_for;         // the job whose end makes room, or one without a time limit
};

void why_job(const struct place_view *view, const struct job *job, int64_t time_us,
             struct why *ret_why);
