#include "core/inventory/inventory.h"
#include "base/must.h"
#include "core/inventory/capacity.h"
#include "core/inventory/feeder.h"
#include "core/inventory/placing.h"
#include "core/inventory/health.h"
#include "core/inventory/inventory_maps.h"
#include "core/inventory/maintenance.h"
#include "core/inventory/node_class.h"
#include "core/inventory/rack.h"
#include "core/inventory/site.h"
#include <stddef.h>
#include <stdlib.h>

enum {
    FEW = 1 << 12,
    MANY = 1 << 20,
    NODES_MAX = 1 << 22,
    DEVICES_MAX = 1 << 24,
    CAPS_MAX = 1 << 24
};

static const struct {
    size_t offset;
    uint32_t row_size, rows_max;
} tables[] = {
#define T(member, row, most)                                         \
    {                                                                \
        offsetof(struct inventory, member), sizeof(struct row), most \
    }
    T(chips, chip, FEW),
    T(nodes, node, NODES_MAX),
    T(devices, device, DEVICES_MAX),
    T(capacities, capacity, FEW),
    T(entities, entity, MANY),
    T(sites, site, MANY),
    T(feeders, feeder, MANY),
    T(caps, feeder_cap, CAPS_MAX),
    T(blocks, block, MANY),
    T(racks, rack, MANY),
    T(classes, node_class, CLASSES_MAX),
    T(pools, pool, MANY),
    T(shares, share, DEVICES_MAX),
    T(health, health, DEVICES_MAX),
    T(maintenances, maintenance, MANY),
#undef T
};
enum { TABLE_COUNT = sizeof tables / sizeof *tables };

static struct table *table_of(struct inventory *inventory, int i)
{
    return (struct table *)((char *)inventory + tables[i].offset);
}

#define NAMED(row, name, scope) \
    offsetof(struct row, name), sizeof(((struct row *)0)->name), (uint32_t)(scope)

static void maps_init(struct inventory_maps *maps)
{
    name_map_init(&maps->nodes, NAMED(node, name, 0));
    name_map_init(&maps->entities, NAMED(entity, slug, 0));
    name_map_init(&maps->sites, NAMED(site, slug, 0));
    name_map_init(&maps->feeders, NAMED(feeder, name, offsetof(struct feeder, site)));
    name_map_init(&maps->blocks, NAMED(block, name, offsetof(struct block, site)));
    name_map_init(&maps->racks, NAMED(rack, name, offsetof(struct rack, site)));
    lookup_init(&maps->pools);
    lookup_init(&maps->health);
    lookup_init(&maps->shares);
    maps->maintenance_due_us = INT64_MAX;
}

static void maps_finish(struct inventory_maps *maps)
{
    name_map_finish(&maps->nodes);
    name_map_finish(&maps->entities);
    name_map_finish(&maps->sites);
    name_map_finish(&maps->feeders);
    name_map_finish(&maps->blocks);
    name_map_finish(&maps->racks);
    lookup_finish(&maps->pools);
    lookup_finish(&maps->health);
    lookup_finish(&maps->shares);
}

void inventory_init(struct inventory *inventory)
{
    *inventory = (struct inventory){0};
    for (int i = 0; i < TABLE_COUNT; i++)
        table_init(table_of(inventory, i), tables[i].row_size, tables[i].rows_max);
    inventory->maps = calloc(1, sizeof *inventory->maps);
    must(inventory->maps);
    maps_init(inventory->maps);
    placing_create(inventory);
}

void inventory_finish(struct inventory *inventory)
{
    placing_destroy(inventory);
    if (inventory->maps)
        maps_finish(inventory->maps);
    free(inventory->maps);
    inventory->maps = NULL;
    for (int i = 0; i < TABLE_COUNT; i++)
        table_finish(table_of(inventory, i));
}

static void lookups_rebuild(struct inventory *inventory)
{
    struct inventory_maps *maps = inventory->maps;
    uint32_t cursor = 0;
    lookup_clear(&maps->pools);
    for (const struct pool *row; (row = table_step(&inventory->pools, &cursor));)
        lookup_put(&maps->pools,
                   (struct lookup_key){
                       {row->site, row->chip}
        },
                   row->id);
    cursor = 0;
    lookup_clear(&maps->health);
    for (const struct health *row; (row = table_step(&inventory->health, &cursor));)
        lookup_put(&maps->health,
                   (struct lookup_key){
                       {row->node, (uint64_t)(int64_t)row->index}
        },
                   row->id);
    cursor = 0;
    lookup_clear(&maps->shares);
    for (const struct share *row; (row = table_step(&inventory->shares, &cursor));)
        lookup_put(&maps->shares, (struct lookup_key){{row->device}}, row->id);
}

void inventory_reindex(struct inventory *inventory)
{
    struct inventory_maps *maps = inventory->maps;
    maintenance_reindex(inventory);
    name_map_rebuild(&maps->nodes, &inventory->nodes);
    name_map_rebuild(&maps->entities, &inventory->entities);
    name_map_rebuild(&maps->sites, &inventory->sites);
    name_map_rebuild(&maps->feeders, &inventory->feeders);
    name_map_rebuild(&maps->blocks, &inventory->blocks);
    name_map_rebuild(&maps->racks, &inventory->racks);
    lookups_rebuild(inventory);
    placing_rebuild(inventory);
}

// What the devices of each chip add up to, counted one by one.
struct sums {
    int64_t count[CAPACITY_STATE_COUNT];
    __int128 installed_ms;
};

static bool device_agrees(const struct inventory *inventory, const struct node *node,
                          uint32_t index, int64_t time_us, struct sums *sums)
{
    const struct device *device = node_device(inventory, node, index);
    const struct health *health = health_of(inventory, node->id, (int32_t)index);
    bool healthy = !health || health->state == DEVICE_HEALTHY;
    if (healthy != device_set_has(&node->healthy, index))
        return false;
    enum device_state state = device_state_at(inventory, node, index);
    int64_t leased = device_leased_milli(inventory, node, index);
    enum capacity_state rest = capacity_state_of(node_standing(node), state, false);
    bool shared = device_set_has(&node->shared, index);
    sums->count[CAPACITY_LEASED] += leased;
    sums->count[rest] += DEVICE_MILLI - leased;
    sums->installed_ms +=
        capacity_ms(time_us) - capacity_ms(device ? device->added_us : node->added_us);
    return leased <= DEVICE_MILLI && (!shared || leased > 0) &&
           (leased > 0) == device_set_has(&node->leased, index) &&
           device_set_has(&node->open, index) == (rest == CAPACITY_OPEN && leased == 0);
}

static bool node_agrees(const struct inventory *inventory, const struct node *node, int64_t time_us,
                        struct sums *sums, uint64_t *ret_chip)
{
    uint32_t shared_milli = 0;
    for (uint32_t i = 0; i < node->devices; i++) {
        uint64_t chip = device_chip(inventory, node, i);
        uint32_t place =
            table_place(&inventory->capacities, table_get(&inventory->capacities, chip));
        if (device_set_has(&node->shared, i))
            shared_milli += device_leased_milli(inventory, node, i);
        *ret_chip = chip;
        if (!device_agrees(inventory, node, i, time_us, &sums[place]))
            return false;
    }
    const struct health *whole = health_of(inventory, node->id, HEALTH_WHOLE);
    return shared_milli == node->shared_milli &&
           node->health == (whole ? whole->state : DEVICE_HEALTHY) &&
           node_named(inventory, str_from(node->name)) != NULL;
}

static bool chip_agrees(const struct capacity *capacity, const struct sums *sums, int64_t time_us)
{
    __int128 booked_milli = 0;
    __int128 passed_ms = capacity_ms(time_us) - capacity->since_ms;
    for (enum capacity_state state = 0; state < CAPACITY_STATE_COUNT; state++) {
        if (sums->count[state] != capacity->count[state])
            return false;
        booked_milli += (__int128)capacity->device_ms[state] * DEVICE_MILLI +
                        capacity->rest_milli[state] + capacity->count[state] * passed_ms;
    }
    return booked_milli == sums->installed_ms * DEVICE_MILLI;
}

bool inventory_check(const struct inventory *inventory, int64_t time_us, uint64_t *ret_chip)
{
    struct sums *sums = calloc((size_t)inventory->capacities.high + 1, sizeof *sums);
    must(sums);
    bool good = true;
    uint32_t cursor = 0;
    for (const struct node *node; good && (node = table_step(&inventory->nodes, &cursor));)
        good = node_agrees(inventory, node, time_us, sums, ret_chip);
    cursor = 0;
    for (const struct capacity *row; good && (row = table_step(&inventory->capacities, &cursor));) {
        *ret_chip = row->id;
        good = chip_agrees(row, &sums[table_place(&inventory->capacities, row)], time_us);
    }
    free(sums);
    return good;
}
