// storm.h - random operations on a house: everything that can happen to what a placer looks at.
#pragma once
#include "core/sched/test/house.h"

enum { STORM_NODES = 9, STORM_CHIPS = 3, STORM_JOBS = 40 };

static inline uint64_t storm_job(const struct house *house, struct rng *rng, bool queued)
{
    uint64_t id = (uint64_t)rng_below(rng, (int64_t)house->job + 1);
    for (int tries = 0; tries < 2; tries++, id = 0) {
        for (const struct job *job; (job = table_after(&house->sched.jobs, id)); id = job->id)
            if (job->state != JOB_DONE && (job->state == JOB_QUEUED) == queued)
                return job->id;
    }
    return 0;
}

static inline void storm_node(struct house *house, struct rng *rng)
{
    uint64_t chips[8];
    uint32_t devices = 1 + (uint32_t)rng_below(rng, 8);
    bool mixed = rng_below(rng, 3) == 0;
    for (uint32_t i = 0; i < devices; i++)
        chips[i] = i && !mixed ? chips[0] : 1 + (uint64_t)rng_below(rng, (int64_t)house->chip);
    house_node(house, chips, devices, 100 * rng_between(rng, 1, 8));
}

static inline void storm_begin(struct house *house, struct rng *rng)
{
    for (int i = 0; i < STORM_CHIPS; i++)
        house_chip(house);
    house_price(house, 1);
    for (int i = 0; i < 4; i++)
        house_account(house);
    for (int i = 0; i < 3; i++)
        storm_node(house, rng);
}

static inline void storm_submit(struct house *house, struct rng *rng)
{
    if (house->sched.jobs.used >= STORM_JOBS)
        return;
    struct shape shape = {.chips[0] = (uint64_t)rng_below(rng, 1 + (int64_t)house->chip)};
    shape.memory_mib = 100 * rng_below(rng, 5);
    shape.devices = 1 + (uint32_t)rng_below(rng, 6);
    if (rng_below(rng, 3))
        shape.devices = 1;
    int64_t run_ms = 1000 * rng_below(rng, 3); // one number at a time: arguments have no order
    house_submit(house, 1 + (uint64_t)rng_below(rng, (int64_t)house->account), &shape, run_ms);
}

// Ends, requeues, stops and drops jobs.
static inline void storm_end(struct house *house, struct rng *rng)
{
    uint64_t job = storm_job(house, rng, rng_below(rng, 5) == 0);
    const struct job *row = table_get(&house->sched.jobs, job);
    if (!row)
        return;
    if (row->state == JOB_STARTING && rng_below(rng, 2))
        job_apply_started(&house->sched, &(struct job_started){job, row->attempt, 0},
                          house->time_us);
    if (row->state != JOB_QUEUED && rng_below(rng, 4) == 0)
        job_apply_stopping(&house->sched, &(struct job_stopping){.job = job, .grace_ms = 5},
                           house->time_us);
    uint64_t lease = row->lease;
    house_end(house, job, row->state != JOB_QUEUED && rng_below(rng, 3) == 0);
    if (row->state == JOB_DONE && rng_below(rng, 5)) {
        job_apply_dropped(&house->sched, &(struct job_dropped){job});
        if (lease)
            lease_apply_dropped(&house->market, &(struct lease_dropped){lease});
    }
}

static inline void storm_drop_done(struct house *house)
{
    uint32_t cursor = 0;
    for (const struct job *job; (job = table_step(&house->sched.jobs, &cursor));) {
        if (job->state != JOB_DONE)
            continue;
        job_apply_dropped(&house->sched, &(struct job_dropped){job->id});
        return;
    }
}

static inline void storm_house(struct house *house, struct rng *rng)
{
    static const enum node_state states[] = {NODE_READY, NODE_READY, NODE_READY, NODE_DRAINING,
                                             NODE_REPAIR};
    uint64_t node = 1 + (uint64_t)rng_below(rng, (int64_t)house->node);
    enum device_state state;
    int64_t memory_mib;
    switch (rng_below(rng, 5)) {
    case 0:
        if (house->node < STORM_NODES)
            storm_node(house, rng);
        return;
    case 1:
        memory_mib = 100 * rng_between(rng, 1, 8);
        house_node_set(house, node, states[rng_below(rng, 5)], memory_mib);
        return;
    case 2:
        if (node > 5) // some stay, so that the house never dies out
            house_node_set(house, node, NODE_RETIRED, 100);
        return;
    default:
        state = rng_below(rng, 3) ? DEVICE_HEALTHY : (enum device_state)rng_below(rng, 4);
        house_device_set(house, 1 + (uint64_t)rng_below(rng, (int64_t)house->device), state);
    }
}

static inline void storm_market(struct house *house, struct rng *rng)
{
    uint64_t account = 1 + (uint64_t)rng_below(rng, (int64_t)house->account);
    int64_t month_max;
    switch (rng_below(rng, 8)) {
    case 0:
        if (house->account < HOUSE_ACCOUNTS)
            house_account(house);
        return;
    case 1:
        if (house->price < 20)
            house_price(house, 1 + (uint64_t)rng_below(rng, (int64_t)house->chip));
        return;
    case 2:
    case 3:
        house->spent[account] = rng_below(rng, 200);
        house->spent_epoch = rng_below(rng, 2) ? 0 : ++house->spent_epochs;
        return;
    default:
        month_max = rng_below(rng, 2) ? NO_LIMIT : rng_below(rng, 200);
        house_limits(house, account, rng_below(rng, 2) ? NO_LIMIT : rng_below(rng, 8), month_max);
    }
}

static inline void storm_step(struct house *house, struct rng *rng)
{
    house->time_us += rng_below(rng, 5000);
    int64_t dice = rng_below(rng, 100);
    if (dice < 45)
        storm_submit(house, rng);
    else if (dice < 85)
        storm_end(house, rng);
    else if (dice < 88)
        storm_drop_done(house);
    else if (dice < 94)
        storm_house(house, rng);
    else
        storm_market(house, rng);
}
