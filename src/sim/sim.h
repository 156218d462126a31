// sim.h - the turn on a virtual clock: the product itself, with a seed in place of the world.
//
// A simulation owns a turn over a journal, a virtual engine and a random load: accounts come, keys
// are made and revoked, jobs are submitted and stopped, prices and limits change, nodes drain,
// invoices are issued. The same seed and settings give the same bytes.
//
//   Owner      sim_create .. sim_destroy; the journal is borrowed
//   Invariant  after every step those of the core hold (asked for by `check_every`)
//   Refusal    the load gets refusals as anybody does, and counts them
//   Fault      a broken invariant or a journal that fails for good: says which step of which seed
#pragma once
#include "sim/virtual_engine.h"
#include "turn/turn.h"
#include <stdbool.h>
#include <stdint.h>

struct sim_config {
    uint64_t seed;
    uint32_t nodes, devices_per_node, accounts_max;
    uint32_t racks;      // of a site with two feeds that cannot carry all of it; 0: no site
    int64_t gap_us_mean; // between two commands
    int64_t run_ms_mean;
    uint32_t check_every; // commits between two checks of all invariants; 0: never
    bool retry_appends;   // an append that fails is tried again until it succeeds
    struct virtual_trouble trouble;
};

struct sim {
    struct sim_config config;
    struct turn turn;
    struct virtual_engine engine;
    struct rng rng;
    int64_t time_us, ticked_us;
    uint64_t steps, answered, refused, failed_appends;
    struct engine_report *inbox;
    uint32_t inbox_count, inbox_room;
    struct node_report_device *devices;
};

struct sim_config sim_config_of(uint64_t seed); // a small random cloud
struct sim *sim_create(const struct sim_config *config, struct journal *journal, struct err *err);
void sim_destroy(struct sim *sim);
// So many commands of the load, with everything that falls due between them.
bool sim_run(struct sim *sim, uint64_t commands, struct err *err);
