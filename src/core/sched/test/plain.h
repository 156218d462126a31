// plain.h - the queue's rule written again without any cache: every queued job, every node, every
// device, in id order. Slow and obvious; the placer is held against it.
#pragma once
#include "core/sched/test/house.h"

struct plain_turn {
    enum place_turn turn;
    uint64_t job;
    struct placement placement;
    bool held[HOUSE_ACCOUNTS + 1];  // the account's own limits hold it
    bool stuck[HOUSE_ACCOUNTS + 1]; // its oldest job would not fit an empty house
};

// Devices of one chip on a node that are open now, or that a ready node could sell.
static inline uint32_t plain_count(const struct house *house, const struct node *node,
                                   uint64_t chip, bool now)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < node->devices; i++) {
        bool sellable = node->state == NODE_READY &&
                        device_state_at(&house->inventory, node, i) == DEVICE_HEALTHY;
        bool leased = device_set_has(&node->leased, i);
        count += device_chip(&house->inventory, node, i) == chip && sellable && !(now && leased);
    }
    return count;
}

static inline bool plain_fits_node(const struct house *house, const struct node *node,
                                   uint64_t chip, const struct job *job, bool now)
{
    uint32_t count = plain_count(house, node, chip, now);
    int64_t memory_mib = node->memory_mib - (now ? node->memory_leased_mib : 0);
    return count >= job->shape.devices && memory_mib >= job->shape.memory_mib;
}

static inline uint64_t plain_price(const struct house *house, uint64_t chip)
{
    const struct price *row;
    uint64_t price = 0;
    for (uint64_t p = 1; p <= house->price; p++)
        if ((row = table_get(&house->market.prices, p)) && row->chip == chip &&
            row->until_us == 0 && row->currency == CURRENCY_JPY)
            price = row->id;
    return price;
}

// The lowest chip that has room; of its nodes the one with the fewest devices that are enough.
static inline bool plain_find(const struct house *house, const struct job *job, bool now,
                              struct placement *ret_placement)
{
    uint32_t fewest = UINT32_MAX;
    for (uint64_t chip = 1; chip <= house->chip && fewest == UINT32_MAX; chip++) {
        uint64_t price = plain_price(house, chip);
        if (!price || (job->shape.chips[0] && job->shape.chips[0] != chip))
            continue;
        for (uint64_t n = 1; n <= house->node; n++) {
            const struct node *node = table_get(&house->inventory.nodes, n);
            uint32_t count = plain_count(house, node, chip, now);
            if (!plain_fits_node(house, node, chip, job, now) || count >= fewest)
                continue;
            fewest = count;
            *ret_placement =
                (struct placement){.job = job->id, .node = n, .chip = chip, .price = price};
        }
    }
    const struct node *node = table_get(&house->inventory.nodes, ret_placement->node);
    for (uint32_t i = 0, left = now ? job->shape.devices : 0; left && fewest != UINT32_MAX; i++) {
        if (device_chip(&house->inventory, node, i) != ret_placement->chip ||
            device_set_has(&node->leased, i) ||
            device_state_at(&house->inventory, node, i) != DEVICE_HEALTHY)
            continue;
        device_set_add(&ret_placement->devices, i);
        left--;
    }
    return fewest != UINT32_MAX;
}

static inline bool plain_over_limit(const struct house *house, const struct job *job)
{
    const struct account *account = table_get(&house->market.accounts, job->account);
    int64_t leased = 0;
    uint32_t cursor = 0;
    for (const struct lease *lease; (lease = table_step(&house->market.leases, &cursor));)
        if (lease->account == account->id && lease->state == LEASE_ACTIVE)
            leased += device_set_count(&lease->devices);
    if (account->devices_max >= 0 && leased + job->shape.devices > account->devices_max)
        return true;
    return account->month_minor_max >= 0 && house->spent[account->id] >= account->month_minor_max;
}

static inline struct plain_turn plain_next(const struct house *house)
{
    struct plain_turn plain = {0};
    uint32_t cursor = 0;
    for (const struct job *job; (job = table_step(&house->sched.jobs, &cursor));) {
        if (job->state != JOB_QUEUED || plain.held[job->account] || plain.stuck[job->account])
            continue;
        if (plain_over_limit(house, job)) {
            plain.held[job->account] = true;
            continue;
        }
        plain.job = job->id;
        plain.turn = PLACE_TURN_FITS;
        if (plain_find(house, job, true, &plain.placement))
            return plain;
        plain.turn = PLACE_TURN_BLOCKED;
        if (plain_find(house, job, false, &plain.placement))
            return plain;
        plain.turn = PLACE_TURN_NONE;
        plain.stuck[job->account] = true;
    }
    return plain;
}
