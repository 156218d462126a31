// event.h - the facts: what one line of the journal says.
//
// One table (event_table.c) names every kind and its fields; the encoder, the decoder and the
// documentation come from it. A line is canonical JSON (RFC 8785): sorted names, no blanks.
//
//   Owner      a plain value, no pointers
//   Invariant  event_encode of what event_decode gave is the same bytes
//   Refusal    none
//   Fault      event_decode: a line that is not exactly what event_encode would write
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "core/billing/billing.h"
#include "core/cloud/curtail_facts.h"
#include "core/cloud/setting.h"
#include "core/inventory/feeder.h"
#include "core/inventory/health.h"
#include "core/inventory/maintenance.h"
#include "core/inventory/node_class.h"
#include "core/inventory/rack.h"
#include "core/inventory/site.h"
#include "core/ledger/ledger.h"
#include "core/meter/meter.h"
#include "core/sched/job.h"
#include <stdbool.h>
#include <stdint.h>

// name, kind text, member of the union, meaning
#define EVENT_KINDS(X)                                                                          \
    X(EVENT_OPENED, "opened", opened, "the journal begins: format, rules version, settings")    \
    X(EVENT_SET, "set", set, "a setting has a new value")                                       \
    X(EVENT_CLOCK_STEPPED, "clock_stepped", clock_stepped,                                      \
      "the wall clock was more than 60 s ahead and time has followed it")                       \
    X(EVENT_CHIP_ADDED, "chip_added", chip_added, "a kind of device is known")                  \
    X(EVENT_NODE_ADDED, "node_added", node_added, "a node exists")                              \
    X(EVENT_NODE_CHANGED, "node_changed", node_changed, "a node has another state or size")     \
    X(EVENT_DEVICE_ADDED, "device_added", device_added, "a device exists on a node")            \
    X(EVENT_DEVICE_CHANGED, "device_changed", device_changed, "a device has another state")     \
    X(EVENT_ENTITY_ADDED, "entity_added", entity_added, "a legal person is known")              \
    X(EVENT_SITE_ADDED, "site_added", site_added, "a place where machines stand")               \
    X(EVENT_FEEDER_ADDED, "feeder_added", feeder_added, "a wire of a site's power tree")        \
    X(EVENT_FEEDER_CAP_SET, "feeder_cap_set", feeder_cap_set,                                   \
      "a feeder carries less than its rating for a time")                                       \
    X(EVENT_FEEDER_CAP_ENDED, "feeder_cap_ended", feeder_cap_ended, "a cap holds no longer")    \
    X(EVENT_BLOCK_ADDED, "block_added", block_added, "racks on one fabric")                     \
    X(EVENT_CLASS_ADDED, "class_added", class_added, "attributes that nodes have in common")    \
    X(EVENT_RACK_ADDED, "rack_added", rack_added,                                               \
      "a rack exists, with equal nodes NAME-0, NAME-1, … and all their devices")                \
    X(EVENT_NODE_CLASSED, "node_classed", node_classed, "a node has other attributes")          \
    X(EVENT_HEALTH_CHANGED, "health_changed", health_changed,                                   \
      "something was said of a device's or a node's health, and where it stands now")           \
    X(EVENT_MAINTENANCE_SET, "maintenance_set", maintenance_set,                                \
      "a node will be worked on: it takes no job that would still run then")                    \
    X(EVENT_MAINTENANCE_STARTED, "maintenance_started", maintenance_started,                    \
      "the window has begun: the node is drained")                                              \
    X(EVENT_MAINTENANCE_ENDED, "maintenance_ended", maintenance_ended,                          \
      "the window is over, or was called off: the node is ready again")                         \
    X(EVENT_ACCOUNT_ADDED, "account_added", account_added, "an account exists")                 \
    X(EVENT_KEY_ADDED, "key_added", key_added, "an access key exists; only its HMAC is kept")   \
    X(EVENT_KEY_REVOKED, "key_revoked", key_revoked, "an access key no longer opens anything")  \
    X(EVENT_ISSUER_SET, "issuer_set", issuer_set, "the operator as it stands on invoices")      \
    X(EVENT_PRICE_SET, "price_set", price_set, "a price is in force and ends the one before")   \
    X(EVENT_LIMIT_SET, "limit_set", limit_set, "an account's limits")                           \
    X(EVENT_JOB_QUEUED, "job_queued", job_queued, "a job waits")                                \
    X(EVENT_LEASED, "leased", leased, "devices of a node are an account's from now on")         \
    X(EVENT_LEASE_PART, "lease_part", lease_part, "more nodes of a lease")                      \
    X(EVENT_JOB_PLACED, "job_placed", job_placed, "an attempt of a job begins under a lease")   \
    X(EVENT_JOB_STARTED, "job_started", job_started, "the engine says that its command runs")   \
    X(EVENT_JOB_STOPPING, "job_stopping", job_stopping, "the engine is asked to stop it")       \
    X(EVENT_JOB_PAUSED, "job_paused", job_paused,                                               \
      "a cap fell: the engine is asked to let it stand still")                                  \
    X(EVENT_JOB_RESUMED, "job_resumed", job_resumed, "the engine is asked to let it go on")     \
    X(EVENT_JOB_CAPPED, "job_capped", job_capped, "it may take fewer watts, or all of them")    \
    X(EVENT_SITE_CURTAILED, "site_curtailed", site_curtailed,                                   \
      "a site may take fewer watts for a while")                                                \
    X(EVENT_CURTAIL_ENDED, "curtail_ended", curtail_ended, "a curtailment is over, or lifted")  \
    X(EVENT_JOB_ENDED, "job_ended", job_ended, "an attempt has ended")                          \
    X(EVENT_LEASE_ENDED, "lease_ended", lease_ended, "the devices are given back")              \
    X(EVENT_METERED, "metered", metered, "cumulative readings of a lease")                      \
    X(EVENT_BOOK_OPENED, "book_opened", book_opened, "a book of the ledger exists")             \
    X(EVENT_POSTED, "posted", posted, "amounts moved between books")                            \
    X(EVENT_RATED_OPENED, "rated_opened", rated_opened,                                         \
      "an account begins to use a price in a month")                                            \
    X(EVENT_RATED, "rated", rated_added, "a quantity was rated in a month")                     \
    X(EVENT_INVOICE_LINE, "invoice_line", invoice_line, "a line of the invoice that follows")   \
    X(EVENT_INVOICE_ISSUED, "invoice_issued", invoice_issued, "an invoice, frozen")             \
    X(EVENT_RESERVATION_BOOKED, "reservation_booked", reservation_booked,                       \
      "devices will be an account's alone; reservation_part names them")                        \
    X(EVENT_RESERVATION_PART, "reservation_part", reservation_part, "nodes of a reservation")   \
    X(EVENT_RESERVATION_STARTED, "reservation_started", reservation_started, "its time begins") \
    X(EVENT_RESERVATION_MOVED, "reservation_moved", reservation_moved,                          \
      "a node of it can no longer be sold and another takes its place")                         \
    X(EVENT_RESERVATION_ENDED, "reservation_ended", reservation_ended,                          \
      "it is over: its time is, it was cancelled, or it broke for want of a node")              \
    X(EVENT_JOB_DROPPED, "job_dropped", job_dropped, "an old ended job left the tables")        \
    X(EVENT_LEASE_DROPPED, "lease_dropped", lease_dropped, "an old ended lease left the tables")
#define X(name, text, member, meaning) name,
enum event_kind { EVENT_KINDS(X) EVENT_KIND_COUNT };
#undef X
const char *event_kind_text(enum event_kind kind);
const char *event_kind_meaning(enum event_kind kind);

enum { JOURNAL_FORMAT = 1, RULES_VERSION = 1, POSTED_MAX = 12 };

struct opened { // settings that a later version brought are not in it: they have their defaults
    uint32_t format, rules;
    uint64_t present; // a bit for each setting that is
    int64_t settings[SETTING_COUNT];
};
_Static_assert(SETTING_COUNT <= 64, "a bit each");
struct set {
    uint32_t setting, reserved;
    int64_t value;
};
struct clock_stepped {
    int64_t from_us; // what time would have been; the event's own time is the new one
};
struct posted {
    uint64_t cause; // the lease or invoice it is for; 0: capacity alone
    uint32_t about; // enum posted_about
    uint32_t count;
    struct transfer transfers[POSTED_MAX];
};
#define POSTED_ABOUT(X)            \
    X(POSTED_CAPACITY, "capacity") \
    X(POSTED_LEASE, "lease")       \
    X(POSTED_INVOICE, "invoice")
#define X(name, text) name,
enum posted_about { POSTED_ABOUT(X) POSTED_ABOUT_COUNT };
#undef X

struct event {
    uint64_t seq;
    int64_t time_us;
    uint8_t request[16], body[16]; // of the command that caused it, first event only; else zero
    enum event_kind kind;
    union {
        struct opened opened;
        struct set set;
        struct clock_stepped clock_stepped;
        struct chip_added chip_added;
        struct node_added node_added;
        struct node_changed node_changed;
        struct device_added device_added;
        struct device_changed device_changed;
        struct entity_added entity_added;
        struct site_added site_added;
        struct feeder_added feeder_added;
        struct feeder_cap_set feeder_cap_set;
        struct feeder_cap_ended feeder_cap_ended;
        struct block_added block_added;
        struct class_added class_added;
        struct rack_added rack_added;
        struct node_classed node_classed;
        struct health_changed health_changed;
        struct maintenance_set maintenance_set;
        struct maintenance_started maintenance_started;
        struct maintenance_ended maintenance_ended;
        struct account_added account_added;
        struct key_added key_added;
        struct key_revoked key_revoked;
        struct issuer_set issuer_set;
        struct price_set price_set;
        struct limit_set limit_set;
        struct job_queued job_queued;
        struct leased leased;
        struct lease_part_added lease_part;
        struct job_placed job_placed;
        struct job_started job_started;
        struct job_stopping job_stopping;
        struct job_paused job_paused;
        struct job_resumed job_resumed;
        struct job_capped job_capped;
        struct site_curtailed site_curtailed;
        struct curtail_ended curtail_ended;
        struct job_ended job_ended;
        struct lease_ended lease_ended;
        struct metered metered;
        struct book_opened book_opened;
        struct posted posted;
        struct rated_opened rated_opened;
        struct rated_added rated_added;
        struct invoice_line_added invoice_line;
        struct invoice_issued invoice_issued;
        struct reservation_booked reservation_booked;
        struct lease_part_added reservation_part; // lease: the reservation
        struct reservation_started reservation_started;
        struct reservation_moved reservation_moved;
        struct reservation_ended reservation_ended;
        struct job_dropped job_dropped;
        struct lease_dropped lease_dropped;
    };
};

// One line, without a line end. The event must be one that the core made.
void event_encode(const struct event *event, struct buf *out);
bool event_decode(str line, struct event *ret_event, struct err *err);
// The id of the thing the event made or is about, for answers: "job-17", or 0.
uint64_t event_subject(const struct event *event);

// For docs and OpenAPI: field `index` of a kind, in the order of the line; false past the last.
struct event_field_text {
    str name;
    const char *form, *meaning;
    bool optional; // absent when zero or empty
};
bool event_field(enum event_kind kind, uint32_t index, struct event_field_text *ret_field);
