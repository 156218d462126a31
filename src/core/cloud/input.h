// input.h - everything that can be put to the core.
//
// An input is a command of somebody with an access key, a report from an engine or of this
// machine, or a tick of the clock. It carries its time. Texts are fixed arrays that end with a
// zero byte and are UTF-8; http and cmd check form, cloud_decide checks meaning.
//
//   Owner      a plain value; node_report points at its devices while it is decided
//   Invariant  request all zero: no idempotency key
//   Refusal    see answer.h
//   Fault      none
#pragma once
#include "base/digest.h"
#include "core/cloud/answer.h"
#include "core/cloud/curtail_facts.h"
#include "core/inventory/feeder.h"
#include "core/inventory/health.h"
#include "core/inventory/inventory.h"
#include "core/inventory/node_class.h"
#include "core/inventory/rack.h"
#include "core/inventory/site.h"
#include "base/instant.h"
#include "base/money.h"
#include "core/market/market.h"
#include "core/sched/job.h"
#include <stdbool.h>
#include <stdint.h>

#define INPUT_KINDS(X)                          \
    X(INPUT_TICK, "tick")                       \
    X(INPUT_OPEN, "open")                       \
    X(INPUT_CLOCK_STEPPED, "clock_stepped")     \
    X(INPUT_NODE_REPORT, "node_report")         \
    X(INPUT_ATTEMPT_REPORT, "attempt_report")   \
    X(INPUT_ACCOUNT_NEW, "account_new")         \
    X(INPUT_KEY_NEW, "key_new")                 \
    X(INPUT_KEY_REVOKE, "key_revoke")           \
    X(INPUT_OPERATOR_SET, "operator_set")       \
    X(INPUT_PRICE_SET, "price_set")             \
    X(INPUT_LIMIT_SET, "limit_set")             \
    X(INPUT_SETTING_SET, "setting_set")         \
    X(INPUT_JOB_SUBMIT, "job_submit")           \
    X(INPUT_JOB_STOP, "job_stop")               \
    X(INPUT_NODE_FAILED, "node_failed")         \
    X(INPUT_NODE_DRAIN, "node_drain")           \
    X(INPUT_NODE_UNDRAIN, "node_undrain")       \
    X(INPUT_INVOICE_ISSUE, "invoice_issue")     \
    X(INPUT_ENTITY_NEW, "entity_new")           \
    X(INPUT_SITE_NEW, "site_new")               \
    X(INPUT_FEEDER_NEW, "feeder_new")           \
    X(INPUT_FEEDER_CAP, "feeder_cap")           \
    X(INPUT_FEEDER_UNCAP, "feeder_uncap")       \
    X(INPUT_SITE_CURTAIL, "site_curtail")       \
    X(INPUT_RACK_NEW, "rack_new")               \
    X(INPUT_NODES_NEW, "nodes_new")             \
    X(INPUT_NODE_LABEL, "node_label")           \
    X(INPUT_HEALTH_REPORT, "health_report")     \
    X(INPUT_MAINTENANCE_NEW, "maintenance_new") \
    X(INPUT_MAINTENANCE_END, "maintenance_end") \
    X(INPUT_RESERVATION_NEW, "reservation_new") \
    X(INPUT_RESERVATION_CANCEL, "reservation_cancel")
#define X(name, text) name,
enum input_kind { INPUT_KINDS(X) INPUT_KIND_COUNT };
#undef X
const char *input_kind_text(enum input_kind kind);

// Who asks. The house itself (reports, ticks, the first start) is {0, ACCOUNT_HOUSE, ROLE_ADMIN}.
struct principal {
    uint64_t key, account;
    enum role role;
};

// The first start: the first admin key. Settings have their defaults.
struct open_input {
    digest admin_hmac;
    uint32_t currency, zone; // of the house's own account
};

struct node_report { // a machine and its devices, as found
    char name[64], arch[16];
    int64_t cpu_milli, memory_mib;
    bool alone; // no other node is this engine's: the others are retired
    uint32_t count;
    const struct node_report_device {
        char chip[32], description[96], serial[48];
        int64_t memory_mib;
        int32_t idle_w, class_w, max_w, numa;
        bool faulty; // it is there, but must not be sold
    } * devices;     // [count], in index order
};

// As struct engine_report (port/engine.h), which live and sim translate.
enum attempt_event { ATTEMPT_STARTED, ATTEMPT_ALIVE, ATTEMPT_ENDED };
struct attempt_report {
    uint64_t job;
    uint32_t attempt;
    enum attempt_event event;
    int64_t ran_ms, energy_j, cpu_ms, memory_peak_bytes;
    enum energy_kind energy;
    int64_t saved_ms; // work that a checkpoint keeps, over all attempts, as run time; 0: not known
    enum job_reason reason; // ENDED: exited, signalled, out_of_memory, lost, not_started
    int32_t code, signal;
};

struct account_new {
    uint64_t parent; // 0: none
    char slug[32], name[96], tax_id[16];
    uint32_t currency, zone;
};
struct key_new {
    uint64_t account;
    int64_t expires_us; // 0: never
    digest hmac;
    char label[40];
    enum role role;
};
struct operator_set {
    char name[96], tax_id[16];
    uint32_t rounding;
};
struct price_new {
    uint64_t chip;
    decimal value; // per device-hour, without tax
    uint32_t currency, class, tax_permille;
};
struct limit_new {
    uint64_t account;
    bool set_devices, set_month; // what is not set stays
    bool set_nominal;
    int64_t nominal_devices;              // it may count on, 0: none
    int64_t devices_max, month_minor_max; // NO_LIMIT: none
};
struct setting_new {
    uint32_t setting; // enum setting
    int64_t value;
};
struct job_submit {
    uint64_t account;     // who pays; a user's own
    uint64_t reservation; // 0: none
    struct shape shape;   // zeros: what was not asked
    int64_t run_ms_max;
    digest spec;
    char name[32], require[RULE_SIZE];
    enum job_priority priority; // critical: for operators
    enum class_asked class_asked;
    enum job_power power;
    bool restartable, checkpoints;
};
struct job_stop {
    uint64_t job;
    int64_t grace_ms; // -1: the setting stop_grace_ms
};
struct invoice_issue {
    uint64_t account;
    month period;
    bool early; // before the month's end: what comes later becomes a correction
};

struct entity_new {
    uint64_t owner; // 0: none
    char slug[32], name[96], country[8];
};
struct site_new {
    uint64_t operator; // entity; 0: the house
    char slug[32], name[96], country[8];
    uint32_t zone, pue_permille;
};
struct feeder_new {
    uint64_t site, parent; // parent 0: the grid point
    int64_t rated_w, ramp_w_per_s;
    char name[32];
    uint32_t kind, efficiency_ppm;
};
struct feeder_cap_new { // until_us 0: open end
    uint64_t feeder;
    int64_t cap_w, from_us, until_us;
};
// Where nodes stand and what they are. Block, chip and class are made when they are new.
struct node_place {
    uint64_t site, feeder_a, feeder_b; // feeders 0: none
    char block[32], rack[32];
    struct chip chip;        // found by its name; id is not looked at
    struct node_class class; // id is not looked at
    char arch[16];
    int64_t cpu_milli, memory_mib, base_w, cap_w; // of one node; cap 0: none
    uint32_t devices, reserved;                   // of one node
};
struct rack_new { // a new rack with equal nodes NAME-0, NAME-1, …; 0 nodes: an empty rack
    struct node_place place;
    int64_t cap_w; // of the rack; 0: none
    uint32_t nodes;
    bool dark; // its nodes are not energised yet: state new
};
enum { NODES_NEW_MAX = 1000 };
struct nodes_new { // nodes by name, into racks that are made when they are new; all or none
    uint32_t count;
    const struct node_new {
        char name[64];
        struct node_place place;
    } * nodes;
};
struct node_label { // what is not given stays; a label without value goes
    uint64_t node;
    struct node_class class; // id and labels are not looked at
    bool set_owner, set_operator, set_vendor, set_origin, set_attestation;
    char labels[128]; // "key=value,key="
};

struct health_report { // what somebody noticed of a device or, with index -1, of a node
    uint64_t node;
    int32_t index;
    uint32_t kind;   // enum health_kind
    int32_t detail;  // the Xid; corrected errors since the last report; ms of silence
    char source[32]; // "dcgm", "operator"
};
struct maintenance_new {
    uint64_t node;
    int64_t from_us, until_us; // from 0: now
};
struct reservation_new {
    uint64_t account;         // whose it is to be
    struct shape shape;       // whole devices; zeros: what was not asked
    int64_t start_us, end_us; // start 0: now
    char name[32];
};

struct input {
    enum input_kind kind;
    int64_t time_us;
    struct principal by;
    uint8_t request[16]; // digest of (account, Idempotency-Key)
    uint8_t body[16];    // digest of the request's method, path and body
    union {
        struct open_input open;
        int64_t clock_from_us;
        struct node_report node_report;
        struct attempt_report attempt;
        struct account_new account;
        struct key_new key;
        uint64_t id; // key_revoke: key; node_drain, node_undrain, node_failed: node
        struct operator_set operator;
        struct price_new price;
        struct limit_new limit;
        struct setting_new setting;
        struct job_submit job;
        struct job_stop stop;
        struct invoice_issue invoice;
        struct entity_new entity;
        struct site_new site;
        struct feeder_new feeder;
        struct site_curtail curtail;
        struct feeder_cap_new cap; // feeder_uncap: id
        struct rack_new rack;
        struct nodes_new nodes;
        struct node_label label;
        struct health_report health;
        struct maintenance_new maintenance; // maintenance_end: id
        struct reservation_new reservation; // reservation_cancel: id
    };
};
