// Classes of demand: jobs that arrive, and services and owners that follow a curve.
#include "base/must.h"
#include "sim/planner_state.h"
#include <stdlib.h>

static uint32_t zone_of(const struct planner *planner, uint32_t demand)
{
    return planner->scenario->account[planner->scenario->demand[demand].account].zone;
}

static bool follows_curve(const struct scenario_demand *demand)
{
    return demand->kind == DEMAND_INFERENCE || demand->kind == DEMAND_OWNER;
}

static void plan_arrival(struct planner *planner, uint32_t demand)
{
    const struct scenario_demand *row = &planner->scenario->demand[demand];
    int64_t next_us = arrivals_next(row, zone_of(planner, demand), planner->now_us,
                                    &planner->classes[demand].rng);
    if (next_us < planner->options.until_us)
        planner_at(planner, next_us, PLAN_ARRIVAL, demand, 0);
}

// Each class draws from its own sequence: one more class changes no other's arrivals.
void demand_open(struct planner *planner)
{
    for (uint32_t i = 0; i < planner->scenario->demands; i++) {
        const struct scenario_demand *row = &planner->scenario->demand[i];
        struct rng seed = {.state = planner->options.seed + i};
        planner->classes[i].rng.state = rng_next(&seed);
        if (follows_curve(row))
            planner_at(planner, row->from_us > planner->now_us ? row->from_us : planner->now_us,
                       PLAN_REPLICAS, i, 0);
        else if (row->trace[0] == '\0')
            plan_arrival(planner, i);
        else if (planner->classes[i].trace && planner->classes[i].trace->count)
            planner_at(planner, planner->now_us + planner->classes[i].trace->job[0].submit_us,
                       PLAN_ARRIVAL, i, 0);
    }
}

void demand_close(struct planner *planner)
{
    for (uint32_t i = 0; planner->classes && i < planner->scenario->demands; i++)
        free(planner->classes[i].replicas);
    free(planner->classes);
}

static bool trace_arrival(struct planner *planner, const struct agenda_entry *entry,
                          struct err *err)
{
    uint32_t demand = (uint32_t)entry->subject, next = entry->detail + 1;
    const struct trace *trace = planner->classes[demand].trace;
    const struct trace_job *job = &trace->job[entry->detail];
    struct demand_size size = {job->nodes, job->devices, 0, 1};
    if (next < trace->count)
        planner_at(planner, planner->scenario->start_us + trace->job[next].submit_us, PLAN_ARRIVAL,
                   demand, next);
    struct planner_ask ask = {.demand = demand, .size = size, .work_us = job->run_us};
    return jobs_submit(planner, &ask, err);
}

bool demand_arrival(struct planner *planner, const struct agenda_entry *entry, struct err *err)
{
    uint32_t demand = (uint32_t)entry->subject;
    const struct scenario_demand *row = &planner->scenario->demand[demand];
    if (planner->classes[demand].trace)
        return trace_arrival(planner, entry, err);
    struct rng *rng = &planner->classes[demand].rng;
    uint32_t size = arrivals_size(row, rng);
    int64_t work_us = arrivals_duration_us(row, rng);
    plan_arrival(planner, demand);
    struct planner_ask ask = {.demand = demand, .size = row->size[size], .work_us = work_us};
    return jobs_submit(planner, &ask, err);
}

// An owner's use jumps, now and then, by up to its swing either way.
static int64_t wanted(struct planner *planner, uint32_t demand)
{
    const struct scenario_demand *row = &planner->scenario->demand[demand];
    struct planner_class *class = &planner->classes[demand];
    int64_t ppm = arrivals_level_ppm(row, zone_of(planner, demand), planner->now_us);
    int64_t target = (int64_t)((__int128)row->replicas * ppm / 1000000);
    if (row->swing_permille == 0)
        return target;
    if (rng_below(&class->rng, 24) == 0)
        class->swing = (int32_t)rng_between(&class->rng, -row->swing_permille, row->swing_permille);
    target += (int64_t)row->replicas * class->swing / 1000;
    return target < 0 ? 0 : target > row->replicas ? row->replicas : target;
}

// Those whose job has ended (refused later, failed for good) leave the list, the order is kept.
static void drop_ended(struct planner *planner, struct planner_class *class)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < class->replica_count; i++)
        if (jobs_alive(planner, class->replicas[i]))
            class->replicas[kept++] = class->replicas[i];
    class->replica_count = kept;
}

static void keep_replica(struct planner_class *class, uint64_t job)
{
    if (class->replica_count == class->replica_room) {
        class->replica_room = class->replica_room ? class->replica_room * 2 : 64;
        class->replicas = realloc(class->replicas, class->replica_room * sizeof *class->replicas);
        must(class->replicas);
    }
    class->replicas[class->replica_count++] = job;
}

bool demand_replicas(struct planner *planner, const struct agenda_entry *entry, struct err *err)
{
    uint32_t demand = (uint32_t)entry->subject;
    const struct scenario_demand *row = &planner->scenario->demand[demand];
    struct planner_class *class = &planner->classes[demand];
    planner_at(planner, planner->now_us + row->every_us, PLAN_REPLICAS, demand, 0);
    drop_ended(planner, class);
    int64_t target = wanted(planner, demand);
    while (class->replica_count > target)
        if (!jobs_stop(planner, class->replicas[--class->replica_count], err))
            return false;
    while (class->replica_count < target) {
        uint32_t size = arrivals_size(row, &class->rng);
        struct planner_ask ask = {.demand = demand, .size = row->size[size], .work_us = INT64_MAX};
        if (!jobs_submit(planner, &ask, err))
            return false;
        if (ask.job == 0)
            return true; // refused: asked again at the next step
        keep_replica(class, ask.job);
    }
    return true;
}
