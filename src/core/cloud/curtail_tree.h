// curtail_tree.h - the power tree of the state as it stands: a plain recount of all promises.
//
// Made anew from feeders, caps, racks and nodes when one of these has changed since, and kept up to
// date as jobs are placed, held and end. Machines that stand in no rack hang on one edge
// of their own (site 0), rated for what they take at most.
//
//   Owner      the cloud's index; curtail_tree_drop frees it
//   Invariant  the load of every edge is the sum over active leases of what their jobs take now
//   Refusal    none
//   Fault      none (no memory: must)
#pragma once
#include "core/cloud/cloud.h"
#include "core/fleet/power_tree.h"

struct curtail_tree {
    struct power_tree *power; // NULL: to be made
    uint32_t *rack_line;      // by place in the table of racks; POWER_NONE: not fed
    uint64_t *jobs;           // that take watts, the first to give way first; NULL: to be listed
    uint32_t job_count, loose_edge, loose_line;
    int64_t quiet_until_us; // nothing is to be done before
    int64_t wait_us;        // a job waits for its ramp until then; INT64_MAX: none does
};

void curtail_tree_make(const struct cloud *cloud, struct curtail_tree *tree);
void curtail_tree_list(const struct cloud *cloud, struct curtail_tree *tree);
void curtail_tree_unlist(struct curtail_tree *tree);
// The tree that is kept is the one that would be made now.
bool curtail_tree_check(const struct cloud *cloud, const struct curtail_tree *tree);
void curtail_tree_drop(struct curtail_tree *tree);
// Whether the state has a power tree at all: feeders, or a curtailment of machines in no rack.
bool curtail_tree_wanted(const struct cloud *cloud);
// A job has its devices: it takes watts.
bool curtail_job_draws(const struct job *job);
// What a job takes of each node of its lease: as it runs, capped, or standing still.
int64_t curtail_job_w(const struct cloud *cloud, const struct job *job);
int64_t curtail_job_whole_w(const struct cloud *cloud, const struct job *job);
int64_t curtail_job_idle_w(const struct cloud *cloud, const struct job *job);
// So many more watts on each node of the job's lease; below 0: fewer.
void curtail_tree_add(const struct cloud *cloud, struct curtail_tree *tree, const struct job *job,
                      int64_t watts);
// The line a node hangs on; POWER_NONE: none.
uint32_t curtail_node_line(const struct cloud *cloud, const struct curtail_tree *tree,
                           const struct node *node);
uint64_t curtail_job_site(const struct cloud *cloud, const struct job *job);
// Watts that machines in no rack take at most, all together.
int64_t curtail_loose_w(const struct cloud *cloud);
// The earlier a job gives way, the lower; equal ranks: the later job first.
uint32_t curtail_rank(const struct job *job);
