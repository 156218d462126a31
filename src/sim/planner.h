// planner.h - a fleet on a virtual clock: the product's core, a scenario, and nothing real.
//
// The planner puts what a scenario says as inputs to the core: racks as they are energised, jobs as
// they come, reports of a fleet that runs nothing, faults, curtailments. What the core decides
// happens to the virtual fleet. There are no ticks of the clock: the next instant is the least of
// what the agenda holds and what the core is due. Every settlement interval (5 minutes) power and
// money are settled per site.
//
// Same scenario, seed and end: the same inputs, journal and series, to the byte.
//
//   Owner      planner_create .. planner_destroy; scenario and journal are borrowed
//   Invariant  those of the core; no level of the power tree above its rating or cap; energy is the
//              integral of power at every rack; jobs' energy + overhead = the site's meter
//   Refusal    of the core: counted, by class of demand
//   Fault      a broken invariant, or a journal that fails: says when
#pragma once
#include "port/journal.h"
#include "sim/scenario.h"
#include "sim/trace.h"
#include "text/series.h"

struct planner_options {
    uint64_t seed;
    int64_t until_us;
    struct journal *journal;    // NULL: none
    const struct trace *traces; // [demands]; without jobs: none. NULL: none at all
    void (*progress)(void *context, int64_t time_us, uint64_t jobs, uint64_t events);
    void *context;
    bool check; // all invariants of the core by recount, once a virtual day and at the end
};

struct planner;
struct planner *planner_create(const struct scenario *scenario,
                               const struct planner_options *options, struct err *err);
void planner_destroy(struct planner *planner);
bool planner_run(struct planner *planner, struct err *err);
// What came of it; it goes with the planner.
const struct series *planner_series(const struct planner *planner);

struct planner_figures { // for tests and for speed
    uint64_t jobs_submitted, jobs_ended, jobs_refused, attempts, failures, inputs, events;
    int64_t device_ms_installed, device_ms_reserved, device_ms_running, device_ms_lost;
    int64_t it_energy_mj, job_energy_mj, facility_energy_mj; // of settled intervals
    int64_t revenue_micro;
    uint64_t over_limit; // changes that left a rack or feeder above its limit
};
struct planner_figures planner_figures(const struct planner *planner);
