#include "base/must.h"
#include "core/inventory/capacity.h"
#include "core/inventory/device.h"
#include "core/inventory/fit.h"
#include <string.h>

const char *node_state_text(enum node_state state)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {NODE_STATES(X)};
#undef X
    must(state < NODE_STATE_COUNT);
    return texts[state];
}

const struct node *node_named(const struct inventory *inventory, str name)
{
    uint32_t cursor = 0;
    for (const struct node *node; (node = table_step(&inventory->nodes, &cursor));)
        if (str_is(str_from(node->name), name))
            return node;
    return NULL;
}

void node_apply_added(struct inventory *inventory, const struct node_added *fact, int64_t time_us)
{
    must(fact->cpu_milli >= 0 && fact->memory_mib >= 0);
    struct node *node = table_add(&inventory->nodes, fact->node);
    node->first_device = fact->first_device;
    memcpy(node->name, fact->name, sizeof node->name);
    memcpy(node->arch, fact->arch, sizeof node->arch);
    node->cpu_milli = fact->cpu_milli;
    node->memory_mib = fact->memory_mib;
    node->added_us = time_us;
    node->state = NODE_NEW;
    fit_node_added(inventory);
}

void node_apply_changed(struct inventory *inventory, const struct node_changed *fact,
                        int64_t time_us)
{
    struct node *node = table_get(&inventory->nodes, fact->node);
    must(node && fact->state < NODE_STATE_COUNT);
    must(fact->cpu_milli >= 0 && fact->memory_mib >= 0);
    node->state = fact->state;
    node->cpu_milli = fact->cpu_milli;
    node->memory_mib = fact->memory_mib;
    for (uint32_t i = 0; i < node->devices; i++)
        device_settle(inventory, node, device_of(inventory, node, i), time_us);
    fit_node_changed(inventory, node);
}

// Devices that change state together, chip by chip: one settling of the chip's integrals for all
// devices of a lease.
struct batch {
    uint64_t chip;
    enum capacity_state from;
    int64_t to[CAPACITY_STATE_COUNT];
};

static void batch_flush(struct inventory *inventory, struct batch *batch, int64_t time_us)
{
    for (enum capacity_state to = 0; to < CAPACITY_STATE_COUNT; to++) {
        if (batch->to[to])
            capacity_move(inventory,
                          &(struct capacity_step){batch->chip, batch->from, to, batch->to[to]},
                          time_us);
        batch->to[to] = 0;
    }
}

static void batch_add(struct inventory *inventory, struct batch *batch, struct node *node,
                      struct device *device, int64_t time_us)
{
    if (batch->chip != device->chip) {
        batch_flush(inventory, batch, time_us);
        batch->chip = device->chip;
    }
    enum capacity_state state = capacity_state_of(node->state, device->state, device->lease != 0);
    must(device_enter(node, device, state) == batch->from);
    batch->to[state]++;
}

void node_lease(struct inventory *inventory, uint64_t id, const device_set *devices,
                int64_t memory_mib, uint64_t lease, int64_t time_us)
{
    struct node *node = table_get(&inventory->nodes, id);
    must(node && lease > 0);
    must(memory_mib >= 0 && memory_mib <= node->memory_mib - node->memory_leased_mib);
    node->memory_leased_mib += memory_mib;
    struct batch batch = {.from = CAPACITY_OPEN};
    for (uint32_t i = 0; (i = device_set_next(devices, i)) < DEVICE_SET_MAX; i++) {
        struct device *device = device_of(inventory, node, i);
        must(device->lease == 0);
        device->lease = lease;
        batch_add(inventory, &batch, node, device, time_us);
    }
    batch_flush(inventory, &batch, time_us);
    fit_node_leased(inventory, node);
}

void node_release(struct inventory *inventory, uint64_t id, const device_set *devices,
                  int64_t memory_mib, int64_t time_us)
{
    struct node *node = table_get(&inventory->nodes, id);
    must(node && memory_mib >= 0 && memory_mib <= node->memory_leased_mib);
    node->memory_leased_mib -= memory_mib;
    struct batch batch = {.from = CAPACITY_LEASED};
    for (uint32_t i = 0; (i = device_set_next(devices, i)) < DEVICE_SET_MAX; i++) {
        struct device *device = device_of(inventory, node, i);
        must(device->lease);
        device->lease = 0;
        batch_add(inventory, &batch, node, device, time_us);
    }
    batch_flush(inventory, &batch, time_us);
    fit_node_released(inventory, node);
}
