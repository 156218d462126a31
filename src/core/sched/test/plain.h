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
static inline bool plain_fits_node(const struct house *house, const struct node *node,
                                   uint64_t chip, const struct job *job, bool now)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < node->devices; i++) {
        bool sellable = node->state == NODE_READY &&
                        device_state_at(&house->inventory, node, i) == DEVICE_HEALTHY;
        bool leased = device_set_has(&node->leased, i);
        count += device_chip(&house->inventory, node, i) == chip && sellable && !(now && leased);
    }
    int64_t memory_mib = node->memory_mib - (now ? node->memory_leased_mib : 0);
    return count >= job->shape.devices && memory_mib >= job->shape.memory_mib;
}

static inline bool plain_find(const struct house *house, const struct job *job, bool now,
                              struct placement *ret_placement)
{
    for (uint64_t n = 1; n <= house->node; n++) {
        const struct node *node = table_get(&house->inventory.nodes, n);
        for (uint64_t chip = 1; chip <= house->chip; chip++) {
            const struct price *price = NULL, *row;
            for (uint64_t p = 1; p <= house->price; p++)
                if ((row = table_get(&house->market.prices, p)) && row->chip == chip &&
                    row->until_us == 0 && row->currency == CURRENCY_JPY)
                    price = row;
            if (!price || (job->shape.chips[0] && job->shape.chips[0] != chip) ||
                !plain_fits_node(house, node, chip, job, now))
                continue;
            *ret_placement =
                (struct placement){.job = job->id, .node = n, .chip = chip, .price = price->id};
            for (uint32_t i = 0, left = job->shape.devices; now && left; i++) {
                if (device_chip(&house->inventory, node, i) != chip ||
                    device_set_has(&node->leased, i) ||
                    device_state_at(&house->inventory, node, i) != DEVICE_HEALTHY)
                    continue;
                device_set_add(&ret_placement->devices, i);
                left--;
            }
            return true;
        }
    }
    return false;
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
