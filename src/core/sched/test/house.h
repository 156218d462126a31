// house.h - a small house for the tests of sched: its state, its ids, its time, and what its
// accounts have been charged. Each function makes one fact and applies it, as cloud does.
#pragma once
#include "base/must.h"
#include "base/rng.h"
#include "core/sched/place.h"
#include <stdio.h>
#include <string.h>

enum { HOUSE_ACCOUNTS = 16 };

struct house {
    struct inventory inventory;
    struct market market;
    struct sched sched;
    int64_t time_us;
    int64_t spent[HOUSE_ACCOUNTS + 1];
    uint64_t spent_epoch, spent_epochs;
    uint64_t chip, node, device, account, price, lease, job; // the newest of each
};

static inline int64_t house_spent(const void *context, uint64_t account)
{
    const struct house *house = context;
    return house->spent[account];
}

static inline void house_init(struct house *house)
{
    *house = (struct house){.time_us = 1000};
    inventory_init(&house->inventory);
    market_init(&house->market);
    sched_init(&house->sched);
}

static inline void house_finish(struct house *house)
{
    inventory_finish(&house->inventory);
    market_finish(&house->market);
    sched_finish(&house->sched);
}

static inline struct place_view house_view(const struct house *house)
{
    return (struct place_view){&house->inventory, &house->market, &house->sched,
                               house_spent,       house,          house->spent_epoch,
                               house->time_us};
}

static inline uint64_t house_chip(struct house *house)
{
    struct chip_added fact = {
        .chip = {.id = ++house->chip, .memory_mib = 1024, .max_w = 10}
    };
    snprintf(fact.chip.name, sizeof fact.chip.name, "chip-%d", (int)house->chip);
    chip_apply_added(&house->inventory, &fact, house->time_us);
    return house->chip;
}

static inline void house_node_set(struct house *house, uint64_t node, enum node_state state,
                                  int64_t memory_mib)
{
    struct node_changed fact = {node, state, 1000, memory_mib};
    node_apply_changed(&house->inventory, &fact, house->time_us);
}

// A ready node; `chips` has one chip a device.
static inline uint64_t house_node(struct house *house, const uint64_t *chips, uint32_t devices,
                                  int64_t memory_mib)
{
    struct node_added fact = {.node = ++house->node,
                              .first_device = house->device + 1,
                              .cpu_milli = 1000,
                              .memory_mib = memory_mib};
    snprintf(fact.name, sizeof fact.name, "n%d", (int)house->node);
    node_apply_added(&house->inventory, &fact, house->time_us);
    for (uint32_t i = 0; i < devices; i++) {
        struct device_added device = {
            .device = ++house->device, .node = house->node, .chip = chips[i], .index = i};
        device_apply_added(&house->inventory, &device, house->time_us);
    }
    house_node_set(house, house->node, NODE_READY, memory_mib);
    return house->node;
}

static inline void house_device_set(struct house *house, uint64_t device, enum device_state state)
{
    struct device_changed fact = {device, state};
    device_apply_changed(&house->inventory, &fact, house->time_us);
}

static inline uint64_t house_account(struct house *house)
{
    must(house->account < HOUSE_ACCOUNTS);
    struct account_added fact = {.account = ++house->account, .currency = CURRENCY_JPY};
    snprintf(fact.slug, sizeof fact.slug, "a%d", (int)house->account);
    account_apply_added(&house->market, &fact, house->time_us);
    return house->account;
}

static inline void house_limits(struct house *house, uint64_t account, int64_t devices_max,
                                int64_t month_minor_max)
{
    limit_apply_set(&house->market, &(struct limit_set){.account = account,
                                                        .devices_max = devices_max,
                                                        .month_minor_max = month_minor_max});
}

static inline uint64_t house_price(struct house *house, uint64_t chip)
{
    struct price_set fact = {.price = ++house->price,
                             .chip = chip,
                             .value = 450,
                             .currency = CURRENCY_JPY,
                             .class = LEASE_ON_DEMAND};
    price_apply_set(&house->market, &fact, house->time_us);
    return house->price;
}

static inline uint64_t house_submit(struct house *house, uint64_t account,
                                    const struct shape *shape, int64_t run_ms_max)
{
    struct job_queued fact = {.job = ++house->job,
                              .account = account,
                              .shape = *shape,
                              .run_ms_max = run_ms_max,
                              .restartable = 1};
    job_apply_queued(&house->sched, &house->market, &fact, house->time_us);
    return house->job;
}

static inline void house_place(struct house *house, const struct placement *placement)
{
    const struct job *job = table_get(&house->sched.jobs, placement->job);
    struct leased leased = {.lease = ++house->lease,
                            .account = job->account,
                            .job = job->id,
                            .node = placement->node,
                            .price = placement->price,
                            .memory_mib = job->shape.memory_mib,
                            .devices = placement->devices,
                            .class = LEASE_ON_DEMAND};
    lease_apply_opened(&house->market, &house->inventory, &leased, house->time_us);
    struct job_placed placed = {placement->job, house->lease, job->attempt + 1, 0};
    job_apply_placed(&house->sched, &house->market, &placed, house->time_us);
}

// Ends a job in any state but done; requeued only when it has been placed.
static inline void house_end(struct house *house, uint64_t id, bool requeued)
{
    const struct job *job = table_get(&house->sched.jobs, id);
    bool placed = job->state != JOB_QUEUED;
    struct lease_ended lease = {job->lease};
    struct job_ended fact = {.job = id, .attempt = job->attempt, .requeued = requeued};
    fact.reason = requeued ? REASON_LOST : placed ? REASON_EXITED : REASON_STOPPED;
    job_apply_ended(&house->sched, &house->market, &fact, house->time_us);
    if (placed)
        lease_apply_ended(&house->market, &house->inventory, &lease, house->time_us);
}

static inline void house_copy_table(struct table *to, const struct table *from)
{
    table_clear(to);
    uint32_t cursor = 0;
    for (const void *row; (row = table_step(from, &cursor));)
        memcpy(table_add(to, table_id(row)), row, from->row_size);
    to->last_id = from->last_id; // ids of rows that are gone are not given again
}

// What a start from a snapshot does: rows in id order, then the caches.
static inline void house_copy(struct house *to, const struct house *from)
{
    house_copy_table(&to->inventory.chips, &from->inventory.chips);
    house_copy_table(&to->inventory.nodes, &from->inventory.nodes);
    house_copy_table(&to->inventory.devices, &from->inventory.devices);
    house_copy_table(&to->inventory.capacities, &from->inventory.capacities);
    house_copy_table(&to->inventory.health, &from->inventory.health);
    house_copy_table(&to->market.accounts, &from->market.accounts);
    house_copy_table(&to->market.keys, &from->market.keys);
    house_copy_table(&to->market.prices, &from->market.prices);
    house_copy_table(&to->market.leases, &from->market.leases);
    house_copy_table(&to->sched.jobs, &from->sched.jobs);
    house_copy_table(&to->sched.requirements, &from->sched.requirements);
    house_copy_table(&to->sched.usual_shapes, &from->sched.usual_shapes);
    inventory_reindex(&to->inventory);
    market_reindex(&to->market);
    sched_reindex(&to->sched, &to->market);
    memcpy(to->spent, from->spent, sizeof to->spent);
    to->time_us = from->time_us;
    to->spent_epoch = from->spent_epoch;
    to->spent_epochs = from->spent_epochs;
    to->chip = from->chip, to->node = from->node, to->device = from->device;
    to->account = from->account, to->price = from->price;
    to->lease = from->lease, to->job = from->job;
}

enum { HOUSE_TABLES = 10 };

static inline const struct table *house_table(const struct house *house, int i)
{
    const struct table *tables[HOUSE_TABLES] = {
        &house->inventory.chips,      &house->inventory.nodes, &house->inventory.devices,
        &house->inventory.capacities, &house->market.accounts, &house->market.keys,
        &house->market.prices,        &house->market.leases,   &house->sched.jobs,
        &house->sched.requirements};
    return tables[i];
}

// The same rows, in the same order, byte for byte.
static inline bool house_same(const struct house *a, const struct house *b)
{
    for (int i = 0; i < HOUSE_TABLES; i++) {
        const struct table *left = house_table(a, i), *right = house_table(b, i);
        uint32_t left_cursor = 0, right_cursor = 0;
        for (const void *row; (row = table_step(left, &left_cursor));) {
            const void *other = table_step(right, &right_cursor);
            if (!other || memcmp(row, other, left->row_size) != 0)
                return false;
        }
        if (table_step(right, &right_cursor))
            return false;
    }
    return true;
}
