#include "core/inventory/device.h"
#include "base/must.h"
#include "core/inventory/capacity.h"
#include "core/inventory/fit.h"
#include <string.h>

const char *device_state_text(enum device_state state)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {DEVICE_STATES(X)};
#undef X
    must(state < DEVICE_STATE_COUNT);
    return texts[state];
}

struct device *device_of(const struct inventory *inventory, const struct node *node, uint32_t index)
{
    must(index < node->devices);
    struct device *device = table_get(&inventory->devices, node->first_device + index);
    must(device && device->node == node->id && device->index == index);
    return device;
}

const struct device *node_device(const struct inventory *inventory, const struct node *node,
                                 uint32_t index)
{
    return index < node->devices ? device_of(inventory, node, index) : NULL;
}

enum capacity_state device_enter(struct node *node, struct device *device,
                                 enum capacity_state state)
{
    enum capacity_state before = device->capacity;
    device->capacity = state;
    if (before == CAPACITY_OPEN)
        device_set_remove(&node->open, device->index);
    if (before == CAPACITY_LEASED)
        device_set_remove(&node->leased, device->index);
    if (state == CAPACITY_OPEN)
        device_set_add(&node->open, device->index);
    if (state == CAPACITY_LEASED)
        device_set_add(&node->leased, device->index);
    return before;
}

void device_settle(struct inventory *inventory, struct node *node, struct device *device,
                   int64_t time_us)
{
    enum capacity_state state = capacity_state_of(node->state, device->state, device->lease != 0);
    if (state == device->capacity)
        return;
    enum capacity_state before = device_enter(node, device, state);
    capacity_move(inventory, &(struct capacity_step){device->chip, before, state, 1}, time_us);
}

void device_apply_added(struct inventory *inventory, const struct device_added *fact,
                        int64_t time_us)
{
    struct node *node = table_get(&inventory->nodes, fact->node);
    must(node && table_get(&inventory->chips, fact->chip));
    must(fact->index == node->devices && fact->index < DEVICE_SET_MAX);
    must(fact->device == node->first_device + fact->index);

    struct device *device = table_add(&inventory->devices, fact->device);
    device->node = fact->node;
    device->chip = fact->chip;
    device->added_us = time_us;
    device->index = fact->index;
    device->numa = fact->numa;
    device->state = DEVICE_HEALTHY;
    memcpy(device->serial, fact->serial, sizeof device->serial);

    node->chip = node->devices == 0 || node->chip == fact->chip ? fact->chip : 0;
    node->devices++;
    device_enter(node, device, capacity_state_of(node->state, device->state, false));
    capacity_add(inventory, device->chip, device->capacity, time_us);
    fit_node_changed(inventory, node);
}

void device_apply_changed(struct inventory *inventory, const struct device_changed *fact,
                          int64_t time_us)
{
    must(fact->state < DEVICE_STATE_COUNT);
    struct device *device = table_get(&inventory->devices, fact->device);
    must(device);
    struct node *node = table_get(&inventory->nodes, device->node);
    device->state = fact->state;
    device_settle(inventory, node, device, time_us);
    fit_node_changed(inventory, node);
}
