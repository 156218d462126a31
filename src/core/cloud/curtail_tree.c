#include "core/cloud/curtail_tree.h"
#include "base/must.h"
#include "core/inventory/feeder.h"
#include "core/inventory/rack.h"
#include "core/inventory/site.h"
#include "core/sched/promise.h"
#include <stdlib.h>

static const struct chip *lease_chip(const struct cloud *cloud, const struct lease *lease)
{
    const struct price *price = table_get(&cloud->market.prices, lease->price);
    return price ? table_get(&cloud->inventory.chips, price->chip) : NULL;
}

int64_t curtail_job_whole_w(const struct cloud *cloud, const struct job *job)
{
    const struct lease *lease = cloud_lease(cloud, job->lease);
    must(lease);
    if (lease->watts > 0)
        return lease->watts;
    return promise_node_w(lease_chip(cloud, lease), &job->shape, job->power, lease->nodes);
}

int64_t curtail_job_idle_w(const struct cloud *cloud, const struct job *job)
{
    const struct lease *lease = cloud_lease(cloud, job->lease);
    must(lease);
    int64_t idle_w = promise_idle_w(lease_chip(cloud, lease), &job->shape);
    int64_t whole_w = curtail_job_whole_w(cloud, job);
    return idle_w < whole_w ? idle_w : whole_w;
}

int64_t curtail_job_w(const struct cloud *cloud, const struct job *job)
{
    if (job->state == JOB_STOPPING && job->stop_reason == REASON_CURTAILED)
        return 0; // its watts are given up already
    int64_t whole_w = curtail_job_whole_w(cloud, job), idle_w = curtail_job_idle_w(cloud, job);
    if (job->paused_us)
        return idle_w;
    int64_t capped_w = job->cap_permille ? (whole_w * job->cap_permille + 999) / 1000 : whole_w;
    return capped_w < idle_w ? idle_w : capped_w;
}

int64_t curtail_loose_w(const struct cloud *cloud)
{
    const struct inventory *inventory = &cloud->inventory;
    int64_t watts = 0;
    uint32_t cursor = 0;
    for (const struct node *node; (node = table_step(&inventory->nodes, &cursor));) {
        if (node->rack || node->state == NODE_RETIRED)
            continue;
        watts += node->base_w;
        for (uint32_t i = 0; i < node->devices; i++) {
            const struct chip *chip = table_get(&inventory->chips, device_chip(inventory, node, i));
            watts += chip ? chip->max_w : 0;
        }
    }
    return watts;
}

uint64_t curtail_job_site(const struct cloud *cloud, const struct job *job)
{
    const struct lease *lease = cloud_lease(cloud, job->lease);
    const struct node *node = lease ? table_get(&cloud->inventory.nodes, lease->node) : NULL;
    return node ? node_site(&cloud->inventory, node) : 0;
}

uint32_t curtail_node_line(const struct cloud *cloud, const struct curtail_tree *tree,
                           const struct node *node)
{
    if (node->rack == 0)
        return tree->loose_line;
    const struct rack *rack = table_get(&cloud->inventory.racks, node->rack);
    must(rack);
    return tree->rack_line[table_place(&cloud->inventory.racks, rack)];
}

void curtail_tree_add(const struct cloud *cloud, struct curtail_tree *tree, const struct job *job,
                      int64_t watts)
{
    const struct lease *lease = cloud_lease(cloud, job->lease);
    must(lease);
    for (uint32_t i = 0; i <= lease->parts; i++) {
        struct lease_run run = lease_run_at(&cloud->market, lease, i);
        for (uint32_t k = 0; k < run.count; k++) {
            const struct node *node = table_get(&cloud->inventory.nodes, run.node + k);
            must(node);
            uint32_t line = curtail_node_line(cloud, tree, node);
            if (line == POWER_NONE)
                continue;
            if (watts > 0)
                power_promise(tree->power, line, watts);
            else
                power_hand_back(tree->power, line, -watts);
        }
    }
}

static uint32_t place_of(const struct cloud *cloud, uint64_t feeder)
{
    const struct feeder *row = table_get(&cloud->inventory.feeders, feeder);
    return row ? table_place(&cloud->inventory.feeders, row) : POWER_NONE;
}

// Feeders keep their places: none is ever removed.
static void make_edges(const struct cloud *cloud, struct curtail_tree *tree)
{
    const struct inventory *inventory = &cloud->inventory;
    uint32_t cursor = 0;
    for (const struct feeder *row; (row = table_step(&inventory->feeders, &cursor));) {
        const struct site *site = table_get(&inventory->sites, row->site);
        must(site);
        struct power_edge edge = {
            .parent = row->parent ? place_of(cloud, row->parent) : POWER_NONE,
            .efficiency_ppm = (int32_t)row->efficiency_ppm,
            .rated_w = row->rated_w,
            .ramp_w_per_s = row->ramp_w_per_s,
            .pue_permille = row->parent ? 0 : (int32_t)site->pue_permille,
        };
        must(power_edge_add(tree->power, &edge) == table_place(&inventory->feeders, row));
    }
    struct power_edge loose = {.parent = POWER_NONE, .rated_w = curtail_loose_w(cloud)};
    tree->loose_edge = power_edge_add(tree->power, &loose);
    tree->loose_line = power_line(tree->power, tree->loose_edge, POWER_NONE);
}

static void make_caps(const struct cloud *cloud, struct curtail_tree *tree)
{
    uint32_t cursor = 0;
    for (const struct feeder_cap *cap; (cap = table_step(&cloud->inventory.caps, &cursor));)
        power_cap_add(tree->power,
                      &(struct power_cap){.edge = place_of(cloud, cap->feeder),
                                          .from_us = cap->from_us,
                                          .until_us = cap->until_us ? cap->until_us : INT64_MAX,
                                          .cap_w = cap->cap_w});
    cursor = 0;
    for (const struct curtailment *row; (row = table_step(&cloud->curtailments, &cursor));)
        if (row->site == 0)
            power_cap_add(tree->power, &(struct power_cap){.edge = tree->loose_edge,
                                                           .from_us = row->from_us,
                                                           .until_us = row->until_us,
                                                           .cap_w = row->cap_w});
}

static void make_lines(const struct cloud *cloud, struct curtail_tree *tree)
{
    const struct inventory *inventory = &cloud->inventory;
    tree->rack_line = calloc(inventory->racks.high + 1, sizeof *tree->rack_line);
    must(tree->rack_line);
    uint32_t cursor = 0;
    for (const struct rack *rack; (rack = table_step(&inventory->racks, &cursor));) {
        uint32_t a = place_of(cloud, rack->feeder_a), b = place_of(cloud, rack->feeder_b);
        tree->rack_line[table_place(&inventory->racks, rack)] =
            a == POWER_NONE ? POWER_NONE : power_line(tree->power, a, b);
    }
    cursor = 0;
    for (const struct node *node; (node = table_step(&inventory->nodes, &cursor));) {
        uint32_t line = curtail_node_line(cloud, tree, node);
        bool on = node->state == NODE_READY || node->state == NODE_DRAINING;
        if (on && line != POWER_NONE && node->base_w)
            power_base(tree->power, line, node->base_w);
    }
}

// Reserved last and training behind the rest of its class; what loses no work first.
uint32_t curtail_rank(const struct job *job)
{
    static const uint32_t classes[] = {
        [LEASE_INTERRUPTIBLE] = 0, [LEASE_SPOT] = 1, [LEASE_ON_DEMAND] = 2, [LEASE_RESERVED] = 3};
    static const uint32_t works[] = {
        [POWER_BATCH] = 0, [POWER_INFERENCE] = 1, [POWER_TRAINING] = 2};
    uint32_t keeps = job->checkpoints ? 0 : job->restartable ? 1 : 2;
    return classes[job->class] * 16 + works[job->power] * 4 + keeps;
}

struct ranked {
    uint64_t job;
    uint32_t rank, reserved;
};

static int first_to_give_way(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;
    if (left->rank != right->rank)
        return left->rank < right->rank ? -1 : 1;
    return left->job > right->job ? -1 : left->job < right->job;
}

bool curtail_job_draws(const struct job *job)
{
    return job->state == JOB_STARTING || job->state == JOB_RUNNING || job->state == JOB_STOPPING;
}

bool curtail_tree_wanted(const struct cloud *cloud)
{
    return cloud->inventory.feeders.used > 0 || cloud->curtailments.used > 0;
}

// The job of a lease that takes watts now.
static const struct job *drawing(const struct cloud *cloud, const struct lease *lease)
{
    const struct job *job = cloud_job(cloud, lease->job);
    bool draws = lease->state == LEASE_ACTIVE && job && job->lease == lease->id;
    return draws && curtail_job_draws(job) ? job : NULL;
}

void curtail_tree_unlist(struct curtail_tree *tree)
{
    free(tree->jobs);
    tree->jobs = NULL;
    tree->job_count = 0;
}

void curtail_tree_list(const struct cloud *cloud, struct curtail_tree *tree)
{
    if (tree->jobs)
        return;
    const struct market *market = &cloud->market;
    struct ranked *ranked = calloc(market->leases.used + 1, sizeof *ranked);
    tree->jobs = calloc(market->leases.used + 1, sizeof *tree->jobs);
    must(ranked && tree->jobs);
    uint32_t cursor = 0, count = 0;
    for (const struct lease *lease; (lease = table_step(&market->leases, &cursor));) {
        const struct job *job = drawing(cloud, lease);
        if (job)
            ranked[count++] = (struct ranked){.job = job->id, .rank = curtail_rank(job)};
    }
    qsort(ranked, count, sizeof *ranked, first_to_give_way);
    for (uint32_t i = 0; i < count; i++)
        tree->jobs[i] = ranked[i].job;
    tree->job_count = count;
    free(ranked);
}

void curtail_tree_make(const struct cloud *cloud, struct curtail_tree *tree)
{
    if (tree->power)
        return;
    tree->power = power_tree_create();
    make_edges(cloud, tree);
    make_caps(cloud, tree);
    make_lines(cloud, tree);
    uint32_t cursor = 0;
    for (const struct lease *lease; (lease = table_step(&cloud->market.leases, &cursor));) {
        const struct job *job = drawing(cloud, lease);
        if (job)
            curtail_tree_add(cloud, tree, job, curtail_job_w(cloud, job));
    }
    tree->quiet_until_us = INT64_MIN;
    tree->wait_us = INT64_MAX;
}

bool curtail_tree_check(const struct cloud *cloud, const struct curtail_tree *tree)
{
    if (!tree->power)
        return true;
    struct curtail_tree plain = {.power = NULL};
    curtail_tree_make(cloud, &plain);
    bool same = power_edges(plain.power) == power_edges(tree->power) &&
                power_lines(plain.power) == power_lines(tree->power);
    for (uint32_t i = 0; same && i < power_edges(plain.power); i++)
        same = power_edge_load(plain.power, i) == power_edge_load(tree->power, i);
    for (uint32_t i = 0; same && i < power_lines(plain.power); i++)
        same = power_promised(plain.power, i) == power_promised(tree->power, i);
    curtail_tree_drop(&plain);
    return same;
}

void curtail_tree_drop(struct curtail_tree *tree)
{
    power_tree_destroy(tree->power);
    free(tree->rack_line);
    free(tree->jobs);
    *tree = (struct curtail_tree){.power = NULL};
}
