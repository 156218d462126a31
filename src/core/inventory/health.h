// health.h - what is wrong with a device or a node, and where it stands on its way back.
//
//     healthy ──► suspect ──► cordoned ──► repair ──► retest ──► healthy
//                 watched      its jobs     out of     put back
//                              end first    the house  to the test
//
// Anything but healthy is not sold; what runs there runs on. A row exists for what ever had
// trouble, never for the millions that had none. What leads from state to state is decided in
// core/cloud; here the facts are kept.
//
//   Owner      the inventory's health table
//   Invariant  node.healthy holds a device exactly when its row, if any, says healthy
//   Refusal    none
//   Fault      none
#pragma once
#include "core/inventory/inventory.h"
#include <stdint.h>

#define HEALTH_KINDS(X)                          \
    X(HEALTH_REPORTED, "reported")               \
    X(HEALTH_XID, "xid")                         \
    X(HEALTH_ECC_CORRECTED, "ecc_corrected")     \
    X(HEALTH_ECC_UNCORRECTED, "ecc_uncorrected") \
    X(HEALTH_HEARTBEAT_LOST, "heartbeat_lost")   \
    X(HEALTH_HEARTBEAT_BACK, "heartbeat_back")   \
    X(HEALTH_THERMAL, "thermal")                 \
    X(HEALTH_LINK, "link")                       \
    X(HEALTH_RETEST_PASSED, "retest_passed")     \
    X(HEALTH_RETEST_FAILED, "retest_failed")     \
    X(HEALTH_REPAIRED, "repaired")               \
    X(HEALTH_EMPTIED, "emptied")
#define X(name, text) name,
enum health_kind { HEALTH_KINDS(X) HEALTH_KIND_COUNT };
#undef X
const char *health_kind_text(enum health_kind kind);

enum { HEALTH_WHOLE = -1 }; // as an index: the node as a whole

struct health {
    uint64_t id, node;
    int64_t since_us;   // in this state
    int64_t seen_us;    // the last fact of it
    int32_t index;      // of the device, or HEALTH_WHOLE
    uint32_t state;     // enum device_state
    uint32_t kind;      // what brought it there
    int32_t detail;     // of that: the Xid, or a count
    uint32_t reports;   // facts so far
    uint32_t corrected; // ECC errors since window_us
    int64_t window_us;
};
_Static_assert(sizeof(struct health) == 64, "no padding");

// Fact: something was said of it, and this is its state now (perhaps the same).
struct health_changed {
    uint64_t node;
    int32_t index; // or HEALTH_WHOLE
    uint32_t state, kind;
    int32_t detail;
    uint32_t corrected;      // ECC errors that count now, since window_us
    int64_t window_us;       // 0: none are counted
    int64_t breaker_from_us; // the node counts as cordoned in its pool's window that began then
    char source[32];         // who said it
};

const struct health *health_of(const struct inventory *inventory, uint64_t node, int32_t index);
void health_apply_changed(struct inventory *inventory, const struct health_changed *fact,
                          int64_t time_us);
