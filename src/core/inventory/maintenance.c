#include "core/inventory/maintenance.h"
#include "base/must.h"
#include "core/inventory/inventory_maps.h"
#include "core/inventory/placing.h"

static int64_t turn_us(const struct maintenance *row)
{
    return row->started ? row->until_us : row->from_us;
}

void maintenance_reindex(struct inventory *inventory)
{
    int64_t due_us = INT64_MAX;
    uint32_t cursor = 0;
    for (const struct maintenance *row; (row = table_step(&inventory->maintenances, &cursor));)
        due_us = turn_us(row) < due_us ? turn_us(row) : due_us;
    inventory->maps->maintenance_due_us = due_us;
}

int64_t maintenance_due_us(const struct inventory *inventory)
{
    return inventory->maps->maintenance_due_us;
}

const struct maintenance *maintenance_due(const struct inventory *inventory, int64_t time_us)
{
    if (inventory->maps->maintenance_due_us > time_us)
        return NULL;
    uint32_t cursor = 0;
    const struct maintenance *row;
    do
        row = table_step(&inventory->maintenances, &cursor);
    while (row && turn_us(row) > time_us);
    return row;
}

// What follows for the node, and for whoever asks when to wake.
static void changed(struct inventory *inventory, struct node *node)
{
    int64_t closes_us = 0;
    uint32_t cursor = 0;
    for (const struct maintenance *row; (row = table_step(&inventory->maintenances, &cursor));)
        if (row->node == node->id && !row->started && (!closes_us || row->from_us < closes_us))
            closes_us = row->from_us;
    node->closes_us = closes_us;
    maintenance_reindex(inventory);
    placing_changed(inventory, node);
}

static void enter(struct inventory *inventory, const struct node *node, enum node_state state,
                  int64_t time_us)
{
    struct node_changed fact = {node->id, state, node->cpu_milli, node->memory_mib};
    node_apply_changed(inventory, &fact, time_us);
}

void maintenance_apply_set(struct inventory *inventory, const struct maintenance_set *fact)
{
    struct node *node = table_get(&inventory->nodes, fact->node);
    must(node && fact->from_us < fact->until_us);
    struct maintenance *row = table_add(&inventory->maintenances, fact->maintenance);
    row->node = fact->node;
    row->from_us = fact->from_us;
    row->until_us = fact->until_us;
    changed(inventory, node);
}

void maintenance_apply_started(struct inventory *inventory, const struct maintenance_started *fact,
                               int64_t time_us)
{
    struct maintenance *row = table_get(&inventory->maintenances, fact->maintenance);
    must(row && !row->started);
    row->started = 1;
    struct node *node = table_get(&inventory->nodes, row->node);
    if (node->state == NODE_READY)
        enter(inventory, node, NODE_DRAINING, time_us);
    changed(inventory, node);
}

// Another window of the node may go on.
static bool worked_on(const struct inventory *inventory, uint64_t node)
{
    uint32_t cursor = 0;
    for (const struct maintenance *row; (row = table_step(&inventory->maintenances, &cursor));)
        if (row->node == node && row->started)
            return true;
    return false;
}

void maintenance_apply_ended(struct inventory *inventory, const struct maintenance_ended *fact,
                             int64_t time_us)
{
    const struct maintenance *row = table_get(&inventory->maintenances, fact->maintenance);
    must(row);
    struct node *node = table_get(&inventory->nodes, row->node);
    bool started = row->started;
    table_remove(&inventory->maintenances, fact->maintenance);
    if (started && node->state == NODE_DRAINING && !worked_on(inventory, node->id))
        enter(inventory, node, NODE_READY, time_us);
    changed(inventory, node);
}
