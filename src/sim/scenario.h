// scenario.h - what a simulation is of: places, power, hardware, demand, faults; read from YAML.
//
// scenario_read takes the text of a file and gives plain values, or every mistake of the file at
// once: wrong keys and values (yaml.h) and names that nothing has (a site, a chip, an account, an
// entity), each with file:line:column and the nearest right word. The keys are one table,
// scenario_keys(); docs/simulator.md describes each.
//
// Names are resolved: sites, chips, accounts and entities are places in their lists, from 0.
// Money is in micro-units of the scenario's currency, power in watts, time in microseconds.
//
//   Owner      the arena that was given; the report is the caller's
//   Invariant  a scenario is given only when the file had no mistake
//   Refusal    none
//   Fault      NULL, with at least one line in the report
#pragma once
#include "base/arena.h"
#include "base/instant.h"
#include "base/money.h"
#include "core/market/market.h"
#include "sim/site_parts.h"
#include "text/yaml.h"
#include <stdbool.h>
#include <stdint.h>

enum { SCENARIO_CHIPS_MAX = 4, SCENARIO_NONE = -1 };

struct scenario_entity {
    char slug[32], name[96], country[4];
};

struct scenario_chip {
    char name[32];
    int64_t memory_mib;
    int32_t idle_w, class_w, max_w;
};

struct scenario_account {
    char slug[32], name[96];
    int32_t entity;
    uint32_t zone;
    int64_t devices_max; // 0: no limit
};

struct scenario_price { // per device-hour
    uint32_t chip, class, tax_permille;
    decimal value;
};

struct scenario_substation { // so many equal ones; feeds A and B below each
    char name[32];
    uint32_t count, feeds, racks; // racks: room for so many at each
    int64_t rating_w, feed_rating_w;
    int32_t efficiency_permille;
};

struct scenario_site {
    char name[32], country[4];
    int32_t operator; // an entity, or SCENARIO_NONE
    uint32_t zone, substations, racks_per_block;
    int32_t network_permille; // power of the network, of what devices and nodes draw
    int64_t rack_rating_w;
    const struct scenario_substation *substation;
    struct site_supply supply;
};

struct scenario_fleet { // racks of equal nodes
    uint32_t site, chip, racks, nodes, devices;
    int32_t owner;                         // an entity, or SCENARIO_NONE
    int64_t cpu_milli, memory_mib, base_w; // of a node
    int64_t from_us, over_us, energise_us; // installed evenly over, energised so much later
};

enum demand_kind {
    DEMAND_TRAINING,
    DEMAND_FINE_TUNING,
    DEMAND_BATCH,
    DEMAND_INFERENCE,
    DEMAND_OWNER
};
const char *demand_kind_text(enum demand_kind kind);

struct demand_size {
    uint32_t nodes, devices, milli, weight;
};
enum duration_kind { DURATION_FIXED, DURATION_UNIFORM, DURATION_EXPONENTIAL };
struct demand_duration {
    enum duration_kind kind;
    uint32_t weight;
    int64_t mean_us, least_us, most_us;
};
struct demand_growth { // linear between points, flat outside
    int64_t at_us, permille;
};

struct scenario_demand {
    char name[32];
    enum demand_kind kind;
    uint32_t account, chips, chip[SCENARIO_CHIPS_MAX];
    uint32_t sizes, durations, growths;
    const struct demand_size *size;
    const struct demand_duration *duration;
    const struct demand_growth *growth;
    int64_t per_hour_micro; // arrivals an hour, in millionths
    int64_t from_us, until_us, time_limit_us, checkpoint_us, restart_us, every_us;
    uint32_t replicas;            // inference and owner: at the height of the curve
    int32_t swing_permille;       // owner: how far its use jumps
    int32_t daily[24], weekly[7]; // permille of the height
    uint32_t together, spread, priority, class;
    bool must, restartable;
    int32_t power_permille;                           // of the chip's class watts while it runs
    int64_t cpu_milli, memory_mib, device_memory_mib; // of a node
    char require[192];
    char trace[256]; // a file of jobs in place of arrivals; empty: none
};

enum failure_kind { FAILURE_GPU, FAILURE_JOB, FAILURE_NODE, FAILURE_RACK };
enum failure_fault { FAULT_APPLICATION, FAULT_RESET, FAULT_REPLACE };
struct scenario_failure {
    char name[32];
    enum failure_kind kind;
    enum failure_fault fault;
    int64_t every_us; // mean time between two: of a device, a job, a node or a rack
    int64_t repair_us;
    uint32_t nodes_max; // of a job: only those of at most so many nodes; 0: all
};

struct scenario_curtailment {
    uint32_t site;
    int32_t to_permille;
    int64_t at_us, for_us, within_us;
};

struct scenario {
    char name[96];
    int64_t start_us, length_us, series_step_us;
    uint64_t seed;
    enum currency currency;
    uint32_t entities, chips, accounts, prices, sites, fleets, demands, failures, curtailments;
    const struct scenario_entity *entity;
    const struct scenario_chip *chip;
    const struct scenario_account *account;
    const struct scenario_price *price;
    const struct scenario_site *site;
    const struct scenario_fleet *fleet;
    const struct scenario_demand *demand;
    const struct scenario_failure *failure;
    const struct scenario_curtailment *curtailment;
};

const struct yaml_schema *scenario_keys(void);
const struct scenario *scenario_read(const char *file, str text, struct arena *arena,
                                     struct yaml_report *report);
