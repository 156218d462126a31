// market.h - accounts, access keys, prices, leases and limits.
//
// An account is who pays; account 1 is the house itself. A price is versioned: a new one ends the
// one before, and a lease keeps the price it was opened with. A lease is the right to devices (or
// a share of one), CPU and memory of one or many nodes for [start, end): the only thing that
// occupies capacity. Contract 0 stands for the account's on-demand terms.
//
//   Owner      struct market owns its tables and its indexes (caches)
//   Invariant  devices of active leases never overlap; account.milli_leased is their sum;
//              at most one price per (chip, class, currency) has until_us 0
//   Refusal    none here: cloud asks the questions below first
//   Fault      none
#pragma once
#include "base/device_set.h"
#include "base/digest.h"
#include "base/money.h"
#include "base/table.h"
#include "core/inventory/inventory.h"
#include "core/policy/rights.h"
#include <stdbool.h>
#include <stdint.h>

enum { NO_LIMIT = -1 };

struct account {
    uint64_t id, parent; // parent 0: none
    char slug[32];       // "acme": lower case, digits, '-'; unique
    char name[96];
    char tax_id[16]; // "T7000012050002" or empty
    int64_t created_us;
    int64_t devices_max, month_minor_max; // NO_LIMIT or the limit
    int64_t milli_leased;                 // of devices
    uint64_t queue_first, queue_last;     // jobs in state queued, oldest first (kept by sched)
    int64_t queued;
    int64_t nominal_milli; // devices it may count on; 0: none
    // Its use and that of all below it (kept by sched, see fair.h), as of fair_since_ms.
    int64_t fair_used_milli, fair_decayed, fair_since_ms;
    uint32_t currency, zone;
};
_Static_assert(sizeof(struct account) == 256, "no padding");

#define KEY_STATES(X) X(KEY_ACTIVE, "active") X(KEY_REVOKED, "revoked")
#define LEASE_STATES(X)         \
    X(LEASE_OFFERED, "offered") \
    X(LEASE_HELD, "held")       \
    X(LEASE_ACTIVE, "active")   \
    X(LEASE_NOTICE, "notice")   \
    X(LEASE_ENDED, "ended")
#define LEASE_CLASSES(X)            \
    X(LEASE_RESERVED, "reserved")   \
    X(LEASE_ON_DEMAND, "on_demand") \
    X(LEASE_SPOT, "spot")           \
    X(LEASE_INTERRUPTIBLE, "interruptible")
#define X(name, text) name,
enum key_state { KEY_STATES(X) KEY_STATE_COUNT };
enum lease_state { LEASE_STATES(X) LEASE_STATE_COUNT };
enum lease_class { LEASE_CLASSES(X) LEASE_CLASS_COUNT };
#undef X
const char *key_state_text(enum key_state state);
const char *lease_state_text(enum lease_state state);
const char *lease_class_text(enum lease_class class);

struct access_key {
    uint64_t id, account;
    int64_t created_us, expires_us; // expires_us 0: never
    digest hmac;                    // of the secret: all the journal ever sees
    char label[40];
    uint32_t role, state;
};
_Static_assert(sizeof(struct access_key) == 112, "no padding");

struct price { // money per device-hour of a chip in a class
    uint64_t id, chip;
    int64_t value;             // value * 10^-scale of `currency`, without tax
    int64_t from_us, until_us; // until_us 0: in force
    uint32_t scale, currency, class, tax_permille;
};
_Static_assert(sizeof(struct price) == 56, "no padding");

// A lease is of equal parts of one or many nodes. Nodes with consecutive ids and the same devices
// are one run; the first run stands in the lease's row, further ones in rows of `parts` with
// consecutive ids, so that a lease of 1,024 nodes is a handful of rows.
struct lease {
    uint64_t id, account, contract, job, price;              // price 0: it has no devices
    uint64_t node;                                           // the first of its first run
    uint64_t first_part;                                     // 0: one run is all
    int64_t start_us, end_us;                                // end_us 0: open
    int64_t cpu_milli, memory_mib, device_memory_mib, watts; // of each node
    device_set devices;                                      // of each node of the first run
    uint32_t count;                                          // nodes of the first run
    uint32_t parts;                                          // further runs
    uint32_t nodes, held;                                    // held < nodes: parts are to follow
    uint32_t devices_total;
    uint32_t milli, slices; // of each device; 1000: whole
    uint32_t class, state, reserved;
};
_Static_assert(sizeof(struct lease) == 176, "no padding");

struct lease_part {
    uint64_t id, lease, node;
    device_set devices;
    uint32_t count, reserved;
};
_Static_assert(sizeof(struct lease_part) == 64, "no padding");

struct lease_run { // `count` nodes from `node` on, the same devices of each
    uint64_t node;
    device_set devices;
    uint32_t count, reserved;
};

struct market {
    struct table accounts, keys, prices, leases, parts;
    struct market_index *index; // slug -> account, hmac -> key, what -> price in force
};

// Facts.
struct account_added {
    uint64_t account, parent;
    char slug[32], name[96], tax_id[16];
    uint32_t currency, zone;
};
struct key_added {
    uint64_t key, account;
    int64_t expires_us;
    digest hmac;
    char label[40];
    uint32_t role;
    uint32_t reserved;
};
struct key_revoked {
    uint64_t key;
};
struct price_set {
    uint64_t price, chip;
    int64_t value;
    uint32_t scale, currency, class, tax_permille;
};
struct limit_set { // both limits, each NO_LIMIT or a number, and the nominal quota, 0: none
    uint64_t account;
    int64_t devices_max, month_minor_max;
    int64_t nominal_milli;
};
struct leased { // with the first run; zero: one node, count nodes, whole devices
    uint64_t lease, account, contract, job, node, price;
    int64_t cpu_milli, memory_mib, device_memory_mib, watts;
    device_set devices;
    uint32_t count, nodes, milli, slices;
    uint32_t class, reserved;
};
enum { LEASE_RUNS_MAX = 8 };
struct lease_part_added { // further runs, in the commit of their lease
    uint64_t lease;
    uint32_t count, reserved;
    struct lease_run runs[LEASE_RUNS_MAX];
};
struct lease_ended {
    uint64_t lease;
};
struct lease_dropped { // an ended lease leaves the table: an archive has it
    uint64_t lease;
};

void market_init(struct market *market);
void market_finish(struct market *market);
void market_reindex(struct market *market); // after rows were loaded from a snapshot

const struct account *account_with_slug(const struct market *market, str slug); // NULL: none
bool account_slug_valid(str slug); // 1-31 of a-z, 0-9, '-', beginning with a letter
// T and 13 digits with the right first digit (9 - (sum P_n Q_n mod 9)); facts: qualified invoices.
bool tax_id_valid(str tax_id);
// The key with this HMAC, active or not; NULL: none. Compared in constant time.
const struct access_key *key_with_hmac(const struct market *market, const digest *hmac);
bool key_usable(const struct access_key *key, int64_t time_us); // active and not expired
const struct price *price_for(const struct market *market, uint64_t chip, enum lease_class class,
                              enum currency currency); // in force; NULL: none

void account_apply_added(struct market *market, const struct account_added *fact, int64_t time_us);
void key_apply_added(struct market *market, const struct key_added *fact, int64_t time_us);
void key_apply_revoked(struct market *market, const struct key_revoked *fact);
void price_apply_set(struct market *market, const struct price_set *fact, int64_t time_us);
void limit_apply_set(struct market *market, const struct limit_set *fact);
// Also moves what it takes of nodes in the inventory.
void lease_apply_opened(struct market *market, struct inventory *inventory,
                        const struct leased *fact, int64_t time_us);
void lease_apply_part(struct market *market, struct inventory *inventory,
                      const struct lease_part_added *fact, int64_t time_us);
void lease_apply_ended(struct market *market, struct inventory *inventory,
                       const struct lease_ended *fact, int64_t time_us);
void lease_apply_dropped(struct market *market, const struct lease_dropped *fact);

// Run `index` of a lease, from 0 to lease->parts.
struct lease_run lease_run_at(const struct market *market, const struct lease *lease,
                              uint32_t index);
// The newest active lease on a device of a node; 0: none.
uint64_t lease_holding(const struct market *market, const struct node *node, uint32_t index);
// Device-ms of so many ms of a lease: of its cumulative time, so that differences telescope.
int64_t lease_device_ms(const struct lease *lease, int64_t ms);

// The newest active lease on a node that is older than `before` (UINT64_MAX: of all); NULL: none.
const struct lease *lease_on_node(const struct market *market, uint64_t node, uint64_t before);

// For those who cache what limits and prices have refused. A number that grows with every price
// and every reindex; and the accounts that got more room (a lease ended, limits set) since they
// were last taken, each once; 0: no more.
uint64_t market_generation(const struct market *market);
uint64_t market_take_loosened(const struct market *market);

// False with the first lease that breaks an invariant, 0 when it is a sum or a price.
bool market_check(const struct market *market, const struct inventory *inventory,
                  uint64_t *ret_lease);
