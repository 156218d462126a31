// What breaks: a device that runs, a job by itself, a node, a rack.
#include "base/must.h"
#include "sim/planner_state.h"

static int64_t units_of(const struct planner *planner, enum failure_kind kind)
{
    return kind == FAILURE_RACK ? planner->rack_count : (int64_t)planner->node_last;
}

// Nodes and racks fail one after another at a rate that grows with how many there are. What was
// drawn for fewer is drawn anew: waiting has no memory.
void faults_open(struct planner *planner)
{
    const struct scenario *scenario = planner->scenario;
    for (uint32_t i = 0; i < scenario->failures; i++) {
        const struct scenario_failure *row = &scenario->failure[i];
        int64_t units = row->kind >= FAILURE_NODE ? units_of(planner, row->kind) : 0;
        if (units == 0)
            continue;
        int64_t wait_us = 1 + rng_exponential(&planner->faults, row->every_us / units);
        planner->unit_number[i] =
            planner_at(planner, planner->now_us + wait_us, PLAN_FAILURE, i, 0);
    }
}

int64_t faults_draw(struct planner *planner, const struct planner_job *job, uint32_t nodes,
                    uint32_t *ret_failure)
{
    const struct scenario *scenario = planner->scenario;
    int64_t first_us = INT64_MAX;
    *ret_failure = 0;
    for (uint32_t i = 0; i < scenario->failures; i++) {
        const struct scenario_failure *row = &scenario->failure[i];
        bool own = row->kind == FAILURE_JOB && (!row->nodes_max || nodes <= row->nodes_max);
        if (row->kind != FAILURE_GPU && !own)
            continue;
        int64_t mean_us = own ? row->every_us : row->every_us / (job->devices ? job->devices : 1);
        int64_t wait_us = 1 + rng_exponential(&planner->faults, mean_us);
        if (wait_us < first_us)
            first_us = wait_us, *ret_failure = i;
    }
    return first_us;
}

// So many devices of a node are broken until they are repaired.
bool faults_hit(struct planner *planner, uint64_t node, uint32_t devices, uint32_t failure,
                struct err *err)
{
    const struct scenario_failure *row = &planner->scenario->failure[failure];
    if (row->fault == FAULT_APPLICATION)
        return true;
    planner_at(planner, planner->now_us + row->repair_us, PLAN_REPAIR, node, devices);
    return world_break(planner, node, devices, err);
}

bool faults_unit(struct planner *planner, const struct agenda_entry *entry, struct err *err)
{
    uint32_t failure = (uint32_t)entry->subject;
    const struct scenario_failure *row = &planner->scenario->failure[failure];
    if (planner->unit_number[failure] != entry->number)
        return true; // it was drawn for a smaller fleet
    int64_t units = units_of(planner, row->kind);
    uint64_t place = (uint64_t)rng_below(&planner->faults, units);
    planner->unit_number[failure] = planner_at(
        planner, planner->now_us + 1 + rng_exponential(&planner->faults, row->every_us / units),
        PLAN_FAILURE, failure, 0);
    uint64_t first = place + 1;
    uint32_t count = 1, rack = 0;
    if (row->kind == FAILURE_RACK) {
        rack = (uint32_t)place;
        first = planner->racks[rack].first_node;
        count = planner->scenario->fleet[planner->racks[rack].fleet].nodes;
    } else {
        rack = planner->nodes[first].rack;
    }
    uint32_t devices = planner->scenario->fleet[planner->racks[rack].fleet].devices;
    for (uint32_t i = 0; i < count; i++)
        if (!faults_hit(planner, first + i, devices, failure, err))
            return false;
    planner->tallies.failures_of[failure]++;
    return jobs_fail_nodes(planner, first, count, failure, err);
}
