// planner_state.h - what the files of the planner share and nobody else sees.
//
//     planner.c          time: takes the least of agenda and core, settles intervals
//     planner_world.c    what the scenario says exists: accounts, sites, racks; their reports
//     planner_jobs.c     jobs: submitted, started, stopped, ended; the virtual fleet
//     planner_demand.c   classes that arrive, and services that follow a curve
//     planner_faults.c   what breaks and is repaired
//     planner_result.c   tallies into a series
//
//   Owner      planner_create
//   Invariant  a job of the core that is not done has a slot; an agenda entry about a slot whose
//              number is not the slot's is stale
//   Refusal    none
//   Fault      those of planner.h
#pragma once
#include "sim/agenda.h"
#include "sim/arrivals.h"
#include "sim/dispatch.h"
#include "sim/door.h"
#include "sim/draw.h"
#include "sim/planner.h"
#include "sim/tally.h"
#include "sim/trace.h"

enum {
    SETTLE_MINUTES = 5,
    END_DONE = 0,
    END_STOPPED = 1,
    END_FAILED = 2,
    NO_SLOT = 0,
    RESULT_COUNTS = 5
};

enum planner_event {
    PLAN_SETTLE,   // an interval ends
    PLAN_ARRIVAL,  // subject: class
    PLAN_REPLICAS, // subject: class
    PLAN_INSTALL,  // subject: fleet, detail: rack
    PLAN_ENERGISE, // subject: fleet, detail: rack
    PLAN_END,      // subject: slot, detail: END_DONE, END_STOPPED, END_FAILED + failure
    PLAN_FAILURE,  // subject: failure; of a node or rack
    PLAN_REPAIR,   // subject: node, detail: device, or ALL_DEVICES
    PLAN_CURTAIL,  // subject: curtailment
};
#define ALL_DEVICES UINT32_MAX

struct planner_run { // consecutive nodes of one lease, so many devices on each
    uint64_t node;
    uint32_t count, devices;
};

struct planner_rack {
    uint32_t fleet, draw; // its place in draw
    uint32_t first_guest; // of its list of jobs; 0: none
    uint64_t first_node;
};

struct planner_guest { // a job on a rack
    uint32_t slot, next;
};

struct planner_node {
    uint32_t rack;
    uint32_t broken; // faults that are not repaired
};

struct planner_feeds {             // a substation, with one feed or two
    uint64_t feeder_a, feeder_b;   // of the core; 0: none
    uint32_t edge, edge_a, edge_b; // of draw
    uint32_t racks, racks_max;
    int32_t efficiency; // permille
};

struct planner_site {
    uint64_t id, grid; // of the core
    struct planner_feeds *feeds;
    uint32_t feed_count, feed_next, edge;
    struct dispatch *dispatch;
    struct series_table *table, *sources;
    __int128 facility_mj, network_mj, loss_mj, cooling_mj;
    struct site_row { // of the step of the series that is open
        int64_t it_mj, facility_mj, peak_w;
        int64_t grid_mj, generated_mj, fuel_micro, grid_micro, start_micro, other_micro;
        int64_t unserved_mj, stored_mj, co2_g, starts, least_spare_w;
        int64_t group_mj[SITE_GENERATORS_MAX];
    } row;
};

struct planner_ask { // for a job
    uint32_t demand;
    struct demand_size size;
    int64_t work_us; // INT64_MAX: until it is stopped
    uint64_t job;    // the answer; 0: refused
};

struct planner_job {           // a slot
    uint64_t job, end_number;  // number of its end in the agenda; 0: none
    int64_t work_ms, saved_ms; // what it wants to run in all, what is kept of it
    int64_t submitted_us, started_us;
    uint32_t attempt, devices, demand, chip;
    uint32_t watts, idle_w; // of a device: while it runs, and without
    uint32_t end_way;       // of its end in the agenda
    int64_t end_us;
    int64_t ran_ms, energy_mj; // before it was paused; started_us is when it went on
    uint32_t next_free;
    bool runs, stopping, paused, placed_once;
};

struct planner_class { // of demand, as it goes
    struct rng rng;
    const struct trace *trace; // NULL: none
    uint64_t *replicas;        // job ids, the newest last
    uint32_t replica_count, replica_room;
    int32_t swing; // of an owner, permille now
    uint64_t submitted, ended, refused, failed, requeued;
    int64_t lost_device_ms;
};

struct planner {
    const struct scenario *scenario;
    struct planner_options options;
    struct rng faults;
    struct door door;
    struct agenda agenda;
    struct draw draw;
    struct tallies tallies;
    int64_t now_us, ticked_us, settled_us, checked_us, row_us, step_us;
    uint64_t *account_id, *chip_id, *entity_id, *unit_number;
    struct planner_site *sites;
    struct planner_rack *racks;
    struct planner_node *nodes; // by node id
    uint32_t rack_count, rack_room, node_room;
    uint64_t node_last;
    struct planner_guest *guests; // 0 is none
    uint32_t guest_count, guest_room, guest_free;
    struct planner_job *jobs; // slot 0 is none
    uint32_t job_count, job_room, job_free;
    uint32_t *slot_of; // by job id
    uint64_t slot_room;
    struct planner_class *classes;
    struct planner_run *runs; // of the lease in hand
    uint32_t run_count, run_room;
    int64_t joule_rest_mj; // of jobs' energy: below a joule, for the next reading
    int64_t joules_told;
    struct series *series;
    struct {
        struct series_table *devices, *jobs, *money, *power, *sources;
    } tables;
    struct { // at the end of the last row
        __int128 integral[TALLY_COUNT], earned;
        int64_t wasted_ms;
        uint64_t count[RESULT_COUNTS];
    } last;
    struct {
        int64_t fuel_micro, grid_micro, other_micro, co2_g;
    } cost;
};

static inline int64_t planner_ms(const struct planner *planner)
{
    return planner->now_us / MS_US;
}

// planner.c
bool planner_put(struct planner *planner, struct input *input, struct err *err);
static inline uint64_t planner_at(struct planner *planner, int64_t time_us, enum planner_event kind,
                                  uint64_t subject, uint32_t detail)
{
    return agenda_add(&planner->agenda,
                      (struct agenda_entry){time_us, 0, subject, (uint32_t)kind, detail});
}

// planner_world.c
bool world_open(struct planner *planner, struct err *err);
void world_close(struct planner *planner);
bool world_install(struct planner *planner, const struct agenda_entry *entry, struct err *err);
bool world_energise(struct planner *planner, const struct agenda_entry *entry, struct err *err);
// A device of a node (or all) is broken, or works again.
// So many devices of a node are broken, or work again.
bool world_break(struct planner *planner, uint64_t node, uint32_t devices, struct err *err);
bool world_repair(struct planner *planner, uint64_t node, uint32_t devices, struct err *err);
bool world_curtail(struct planner *planner, const struct agenda_entry *entry, struct err *err);
enum job_priority world_priority(const struct scenario_demand *demand);
enum class_asked world_class(const struct scenario_demand *demand);
enum job_power world_power(const struct scenario_demand *demand);
uint32_t world_chip(const struct planner *planner, uint64_t node); // place in the scenario
// Watts of a device of the job whose runs are in hand.
void world_watts(const struct planner *planner, struct planner_job *job);
// Micro-units of money an hour while it runs.
int64_t world_rate(const struct planner *planner, const struct planner_job *job);

// planner_jobs.c
bool jobs_submit(struct planner *planner, struct planner_ask *ask, struct err *err);
bool jobs_stop(struct planner *planner, uint64_t job, struct err *err);
bool jobs_effects(struct planner *planner, struct err *err);
bool jobs_end(struct planner *planner, const struct agenda_entry *entry, struct err *err);
// Every job on these nodes fails now, of this failure.
bool jobs_fail_nodes(struct planner *planner, uint64_t first, uint32_t count, uint32_t failure,
                     struct err *err);
// The runs of a job's lease, in planner->runs.
void jobs_runs(struct planner *planner, uint64_t job);
bool jobs_alive(const struct planner *planner, uint64_t job); // waits or runs
// Energy of what runs, up to now.
int64_t jobs_under_way_mj(struct planner *planner);
void jobs_close(struct planner *planner);

// planner_demand.c
void demand_open(struct planner *planner);
bool demand_arrival(struct planner *planner, const struct agenda_entry *entry, struct err *err);
bool demand_replicas(struct planner *planner, const struct agenda_entry *entry, struct err *err);
void demand_close(struct planner *planner);

// planner_faults.c
void faults_open(struct planner *planner);
// How long until one of the failures meets these devices; ret_failure: which.
int64_t faults_draw(struct planner *planner, const struct planner_job *job, uint32_t nodes,
                    uint32_t *ret_failure);
bool faults_unit(struct planner *planner, const struct agenda_entry *entry, struct err *err);
bool faults_hit(struct planner *planner, uint64_t node, uint32_t devices, uint32_t failure,
                struct err *err);

// planner_result.c
void result_open(struct planner *planner);
bool result_interval(struct planner *planner, uint32_t site, int64_t from_us,
                     const struct draw_interval *interval, struct err *err);
void result_row(struct planner *planner); // a step of the series ends now
bool result_end(struct planner *planner, struct err *err);
void result_close(struct planner *planner);
