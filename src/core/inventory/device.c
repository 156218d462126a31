#include "core/inventory/device.h"
#include "base/must.h"
#include "core/inventory/capacity.h"
#include "core/inventory/placing.h"
#include "core/inventory/health.h"
#include "core/inventory/inventory_maps.h"
#include "core/inventory/rack.h"
#include <string.h>

const char *device_state_text(enum device_state state)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {DEVICE_STATES(X)};
#undef X
    must(state < DEVICE_STATE_COUNT);
    return texts[state];
}

const struct device *node_device(const struct inventory *inventory, const struct node *node,
                                 uint32_t index)
{
    if (node->rack || index >= node->devices)
        return NULL;
    const struct device *device = table_get(&inventory->devices, node->first_device + index);
    must(device && device->node == node->id && device->index == index);
    return device;
}

const struct node *device_node(const struct inventory *inventory, uint64_t device,
                               uint32_t *ret_index)
{
    const struct table *nodes = &inventory->nodes;
    uint32_t low = nodes->low, high = nodes->high; // the first node that begins behind the device
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (((const struct node *)table_at(nodes, middle))->first_device > device)
            high = middle;
        else
            low = middle + 1;
    }
    // A node that came while it had no devices begins where the one after it does.
    for (; low > nodes->low; low--) {
        const struct node *node = table_at(nodes, low - 1);
        if (node->devices == 0)
            continue;
        *ret_index = (uint32_t)(device - node->first_device);
        return device - node->first_device < node->devices ? node : NULL;
    }
    return NULL;
}

uint64_t device_chip(const struct inventory *inventory, const struct node *node, uint32_t index)
{
    must(index < node->devices);
    return node->chip ? node->chip : node_device(inventory, node, index)->chip;
}

enum device_state device_state_at(const struct inventory *inventory, const struct node *node,
                                  uint32_t index)
{
    must(index < node->devices);
    if (device_set_has(&node->healthy, index))
        return DEVICE_HEALTHY;
    const struct health *health = health_of(inventory, node->id, (int32_t)index);
    must(health && health->state != DEVICE_HEALTHY);
    return health->state;
}

static struct lookup_key share_key(const struct node *node, uint32_t index)
{
    return (struct lookup_key){{node->first_device + index}};
}

struct share *device_share(struct inventory *inventory, const struct node *node, uint32_t index)
{
    struct lookup_key key = share_key(node, index);
    uint64_t id = lookup_get(&inventory->maps->shares, key);
    if (id)
        return table_get(&inventory->shares, id);
    id = inventory->shares.last_id + 1;
    struct share *share = table_add(&inventory->shares, id);
    share->device = node->first_device + index;
    lookup_put(&inventory->maps->shares, key, id);
    return share;
}

uint32_t device_leased_milli(const struct inventory *inventory, const struct node *node,
                             uint32_t index)
{
    if (!device_set_has(&node->leased, index))
        return 0;
    if (!device_set_has(&node->shared, index))
        return DEVICE_MILLI;
    uint64_t id = lookup_get(&inventory->maps->shares, share_key(node, index));
    const struct share *share = table_get(&inventory->shares, id);
    must(share);
    return share->milli;
}

enum capacity_state device_capacity(const struct inventory *inventory, const struct node *node,
                                    uint32_t index)
{
    return capacity_state_of(node_standing(node), device_state_at(inventory, node, index),
                             device_leased_milli(inventory, node, index) == DEVICE_MILLI);
}

enum node_state node_standing(const struct node *node)
{
    if (node->state != NODE_READY && node->state != NODE_DRAINING)
        return node->state;
    if (node->health == DEVICE_REPAIR || node->health == DEVICE_RETEST)
        return NODE_REPAIR;
    return node->health == DEVICE_HEALTHY ? node->state : NODE_DRAINING;
}

void node_open_anew(struct node *node)
{
    node->open = (device_set){0};
    if (node_standing(node) != NODE_READY)
        return;
    for (int i = 0; i < 4; i++)
        node->open.bits[i] = node->healthy.bits[i] & ~node->leased.bits[i];
}

static void tally_each(struct inventory *inventory, const struct node *node, int64_t sign,
                       int64_t time_us)
{
    for (uint32_t i = 0; i < node->devices; i++) {
        uint64_t chip = device_chip(inventory, node, i);
        int64_t leased = device_leased_milli(inventory, node, i);
        enum capacity_state rest =
            capacity_state_of(node_standing(node), device_state_at(inventory, node, i), false);
        capacity_add(inventory, chip, CAPACITY_LEASED, sign * leased, time_us);
        capacity_add(inventory, chip, rest, sign * (DEVICE_MILLI - leased), time_us);
    }
}

void node_tally(struct inventory *inventory, struct node *node, enum tally tally, int64_t time_us)
{
    if (tally == TALLY_IN)
        node_open_anew(node);
    if (!node->chip || device_set_count(&node->healthy) != node->devices) {
        tally_each(inventory, node, tally, time_us);
        return;
    }
    int64_t leased = DEVICE_MILLI * ((int64_t)device_set_count(&node->leased) -
                                     device_set_count(&node->shared)) +
                     node->shared_milli;
    int64_t rest = (int64_t)DEVICE_MILLI * node->devices - leased;
    capacity_add(inventory, node->chip, CAPACITY_LEASED, tally * leased, time_us);
    capacity_add(inventory, node->chip,
                 capacity_state_of(node_standing(node), DEVICE_HEALTHY, false), tally * rest,
                 time_us);
}

void device_apply_added(struct inventory *inventory, const struct device_added *fact,
                        int64_t time_us)
{
    struct node *node = table_get(&inventory->nodes, fact->node);
    must(node && !node->rack && table_get(&inventory->chips, fact->chip));
    must(fact->index == node->devices && fact->index < DEVICE_SET_MAX);
    must(fact->device == node->first_device + fact->index);

    struct device *device = table_add(&inventory->devices, fact->device);
    device->node = fact->node;
    device->chip = fact->chip;
    device->added_us = time_us;
    device->index = fact->index;
    device->numa = fact->numa;
    memcpy(device->serial, fact->serial, sizeof device->serial);

    node->chip = node->devices == 0 || node->chip == fact->chip ? fact->chip : 0;
    node->devices++;
    device_set_add(&node->healthy, fact->index);
    node_open_anew(node);
    enum capacity_state state = capacity_state_of(node_standing(node), DEVICE_HEALTHY, false);
    capacity_add(inventory, fact->chip, state, DEVICE_MILLI, time_us);
    pool_add(inventory, node, fact->chip, fact->index == 0, 1);
    placing_changed(inventory, node);
}

void device_apply_changed(struct inventory *inventory, const struct device_changed *fact,
                          int64_t time_us)
{
    uint32_t index;
    const struct node *node = device_node(inventory, fact->device, &index);
    must(node && fact->state < DEVICE_STATE_COUNT);
    struct health_changed change = {
        .node = node->id, .index = (int32_t)index, .state = fact->state, .kind = HEALTH_REPORTED};
    health_apply_changed(inventory, &change, time_us);
}
