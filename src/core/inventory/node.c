#include "base/must.h"
#include "core/inventory/capacity.h"
#include "core/inventory/device.h"
#include "core/inventory/placing.h"
#include "core/inventory/inventory_maps.h"
#include "core/inventory/rack.h"
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
    return name_map_get(&inventory->maps->nodes, &inventory->nodes, 0, name);
}

// The devices of a node of a rack come with it: no rows, only their number and health.
static void take_devices(struct inventory *inventory, struct node *node,
                         const struct node_added *fact, int64_t time_us)
{
    struct rack *rack = table_get(&inventory->racks, fact->rack);
    struct table *devices = &inventory->devices;
    must(rack && table_get(&inventory->chips, fact->chip));
    must(fact->devices <= DEVICE_SET_MAX && fact->first_device == devices->last_id + 1);
    must(!fact->class || table_get(&inventory->classes, fact->class));
    struct block *block = table_get(&inventory->blocks, rack->block);
    rack->nodes++;
    block->nodes++;
    devices->last_id += fact->devices;
    node->chip = fact->chip;
    node->devices = fact->devices;
    node->state = NODE_READY;
    for (uint32_t i = 0; i < fact->devices; i++)
        device_set_add(&node->healthy, i);
    pool_add(inventory, node, fact->chip, 1, fact->devices);
    node_tally(inventory, node, TALLY_IN, time_us);
    placing_changed(inventory, node);
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
    node->rack = fact->rack;
    node->class = fact->class;
    node->base_w = fact->base_w;
    node->cap_w = fact->cap_w;
    node->state = NODE_NEW;
    name_map_put(&inventory->maps->nodes, &inventory->nodes, node);
    if (fact->rack)
        take_devices(inventory, node, fact, time_us);
}

void node_apply_changed(struct inventory *inventory, const struct node_changed *fact,
                        int64_t time_us)
{
    struct node *node = table_get(&inventory->nodes, fact->node);
    must(node && fact->state < NODE_STATE_COUNT);
    must(fact->cpu_milli >= 0 && fact->memory_mib >= 0);
    node_tally(inventory, node, TALLY_OUT, time_us);
    node->state = fact->state;
    node->cpu_milli = fact->cpu_milli;
    node->memory_mib = fact->memory_mib;
    node_tally(inventory, node, TALLY_IN, time_us);
    placing_changed(inventory, node);
}

static bool is_share(const struct node_use *use)
{
    return use->milli != 0 && use->milli != DEVICE_MILLI;
}

static void take_share(struct inventory *inventory, struct node *node, const struct node_use *use)
{
    uint32_t index = device_set_next(&use->devices, 0);
    must(device_set_count(&use->devices) == 1 && use->milli < DEVICE_MILLI);
    struct share *share = device_share(inventory, node, index);
    bool first = !device_set_has(&node->leased, index);
    must(device_set_has(first ? &node->open : &node->shared, index));
    must(share->milli + use->milli <= DEVICE_MILLI);
    share->milli += use->milli;
    node->shared_milli += use->milli;
    device_set_add(&node->shared, index);
    device_set_add(&node->leased, index);
    device_set_remove(&node->open, index);
}

static void take_whole(struct node *node, const device_set *devices)
{
    for (int i = 0; i < 4; i++) {
        must((devices->bits[i] & ~node->open.bits[i]) == 0); // else two leases would overlap
        node->open.bits[i] &= ~devices->bits[i];
        node->leased.bits[i] |= devices->bits[i];
    }
}

static void give_share(struct inventory *inventory, struct node *node, const struct node_use *use)
{
    uint32_t index = device_set_next(&use->devices, 0);
    must(device_set_count(&use->devices) == 1 && device_set_has(&node->shared, index));
    struct share *share = device_share(inventory, node, index);
    must(share->milli >= use->milli && node->shared_milli >= use->milli);
    share->milli -= use->milli;
    node->shared_milli -= use->milli;
    if (share->milli)
        return;
    device_set_remove(&node->shared, index);
    device_set_remove(&node->leased, index);
    node_open_anew(node);
}

static void give_whole(struct node *node, const device_set *devices)
{
    for (int i = 0; i < 4; i++) {
        must((devices->bits[i] & ~(node->leased.bits[i] & ~node->shared.bits[i])) == 0);
        node->leased.bits[i] &= ~devices->bits[i];
    }
    node_open_anew(node);
}

// Milli come under a lease (1) or out of it (-1), from or to the state each device has without.
// Most nodes have one chip and are well, which makes it one step for all devices.
static void move_milli(struct inventory *inventory, const struct node *node,
                       const struct node_use *use, int64_t sign, int64_t time_us)
{
    int64_t each = sign * (is_share(use) ? (int64_t)use->milli : DEVICE_MILLI);
    int64_t count = device_set_count(&use->devices);
    if (count && node->chip && device_set_count(&node->healthy) == node->devices) {
        enum capacity_state rest = capacity_state_of(node_standing(node), DEVICE_HEALTHY, false);
        capacity_add(inventory, node->chip, rest, -each * count, time_us);
        capacity_add(inventory, node->chip, CAPACITY_LEASED, each * count, time_us);
        return;
    }
    for (uint32_t i = 0; (i = device_set_next(&use->devices, i)) < DEVICE_SET_MAX; i++) {
        uint64_t chip = device_chip(inventory, node, i);
        enum capacity_state rest =
            capacity_state_of(node_standing(node), device_state_at(inventory, node, i), false);
        capacity_add(inventory, chip, rest, -each, time_us);
        capacity_add(inventory, chip, CAPACITY_LEASED, each, time_us);
    }
}

static void take(struct inventory *inventory, uint64_t id, const struct node_use *use,
                 int64_t time_us)
{
    struct node *node = table_get(&inventory->nodes, id);
    must(node && use->memory_mib >= 0 && use->cpu_milli >= 0);
    must(use->memory_mib <= node->memory_mib - node->memory_leased_mib);
    node->memory_leased_mib += use->memory_mib;
    node->cpu_leased_milli += use->cpu_milli;
    move_milli(inventory, node, use, 1, time_us);
    if (is_share(use))
        take_share(inventory, node, use);
    else
        take_whole(node, &use->devices);
    placing_take(inventory, node, use);
}

static void give(struct inventory *inventory, uint64_t id, const struct node_use *use,
                 int64_t time_us)
{
    struct node *node = table_get(&inventory->nodes, id);
    must(node && use->memory_mib >= 0 && use->memory_mib <= node->memory_leased_mib);
    must(use->cpu_milli >= 0 && use->cpu_milli <= node->cpu_leased_milli);
    node->memory_leased_mib -= use->memory_mib;
    node->cpu_leased_milli -= use->cpu_milli;
    move_milli(inventory, node, use, -1, time_us);
    if (is_share(use))
        give_share(inventory, node, use);
    else
        give_whole(node, &use->devices);
    placing_give(inventory, node, use);
}

void node_lease(struct inventory *inventory, uint64_t id, const struct node_use *use,
                int64_t time_us)
{
    for (uint32_t i = 0; i < (use->count ? use->count : 1); i++)
        take(inventory, id + i, use, time_us);
}

void node_release(struct inventory *inventory, uint64_t id, const struct node_use *use,
                  int64_t time_us)
{
    for (uint32_t i = 0; i < (use->count ? use->count : 1); i++)
        give(inventory, id + i, use, time_us);
}
