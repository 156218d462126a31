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
    int64_t moved[CAPACITY_STATE_COUNT][CAPACITY_STATE_COUNT];
};

static void batch_flush(struct inventory *inventory, struct batch *batch, int64_t time_us)
{
    for (enum capacity_state from = 0; from < CAPACITY_STATE_COUNT; from++) {
        for (enum capacity_state to = 0; to < CAPACITY_STATE_COUNT; to++) {
            struct capacity_step step = {batch->chip, from, to, batch->moved[from][to]};
            if (step.devices)
                capacity_move(inventory, &step, time_us);
        }
    }
    *batch = (struct batch){0};
}

static void batch_add(struct inventory *inventory, struct batch *batch, struct node *node,
                      struct device *device, int64_t time_us)
{
    if (batch->chip != device->chip) {
        batch_flush(inventory, batch, time_us);
        batch->chip = device->chip;
    }
    enum capacity_state state = capacity_state_of(node->state, device->state, device->lease != 0);
    enum capacity_state before = device_enter(node, device, state);
    batch->moved[before][state]++;
}

void node_lease(struct inventory *inventory, uint64_t id, const device_set *devices,
                int64_t memory_mib, uint64_t lease, int64_t time_us)
{
    struct node *node = table_get(&inventory->nodes, id);
    must(node && lease > 0);
    must(memory_mib >= 0 && memory_mib <= node->memory_mib - node->memory_leased_mib);
    node->memory_leased_mib += memory_mib;
    struct batch batch = {0};
    for (uint32_t i = device_set_next(devices, 0); i < DEVICE_SET_MAX;
         i = i + 1 < DEVICE_SET_MAX ? device_set_next(devices, i + 1) : DEVICE_SET_MAX) {
        struct device *device = device_of(inventory, node, i);
        must(device->capacity == CAPACITY_OPEN && device->lease == 0);
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
    struct batch batch = {0};
    for (uint32_t i = device_set_next(devices, 0); i < DEVICE_SET_MAX;
         i = i + 1 < DEVICE_SET_MAX ? device_set_next(devices, i + 1) : DEVICE_SET_MAX) {
        struct device *device = device_of(inventory, node, i);
        must(device->capacity == CAPACITY_LEASED && device->lease);
        device->lease = 0;
        batch_add(inventory, &batch, node, device, time_us);
    }
    batch_flush(inventory, &batch, time_us);
    fit_node_released(inventory, node);
}
