#include "core/inventory/inventory.h"
#include "base/must.h"
#include "core/inventory/capacity.h"
#include "core/inventory/fit.h"

enum { CHIPS_MAX = 1 << 12, NODES_MAX = 1 << 21, DEVICES_MAX = 1 << 24 };

void inventory_init(struct inventory *inventory)
{
    *inventory = (struct inventory){0};
    table_init(&inventory->chips, sizeof(struct chip), CHIPS_MAX);
    table_init(&inventory->nodes, sizeof(struct node), NODES_MAX);
    table_init(&inventory->devices, sizeof(struct device), DEVICES_MAX);
    table_init(&inventory->capacities, sizeof(struct capacity), CHIPS_MAX);
    fit_create(inventory);
}

void inventory_finish(struct inventory *inventory)
{
    fit_destroy(inventory);
    table_finish(&inventory->chips);
    table_finish(&inventory->nodes);
    table_finish(&inventory->devices);
    table_finish(&inventory->capacities);
}

void inventory_reindex(struct inventory *inventory)
{
    fit_rebuild(inventory);
}

static bool device_agrees(const struct inventory *inventory, const struct device *device)
{
    const struct node *node = table_get(&inventory->nodes, device->node);
    if (!node || device->index >= node->devices)
        return false;
    enum capacity_state state = capacity_state_of(node->state, device->state, device->lease != 0);
    return device->capacity == state && node->first_device + device->index == device->id &&
           device_set_has(&node->open, device->index) == (state == CAPACITY_OPEN) &&
           device_set_has(&node->leased, device->index) == (state == CAPACITY_LEASED) &&
           (node->chip == 0 || node->chip == device->chip);
}

static bool chip_agrees(const struct inventory *inventory, const struct capacity *capacity,
                        int64_t time_us)
{
    int64_t count[CAPACITY_STATE_COUNT] = {0};
    __int128 installed_ms = 0, booked_ms = 0;
    uint32_t cursor = 0;
    for (const struct device *device; (device = table_step(&inventory->devices, &cursor));) {
        if (device->chip != capacity->id)
            continue;
        if (!device_agrees(inventory, device))
            return false;
        count[device->capacity]++;
        installed_ms += capacity_ms(time_us) - capacity_ms(device->added_us);
    }
    for (enum capacity_state state = 0; state < CAPACITY_STATE_COUNT; state++) {
        if (count[state] != capacity->count[state])
            return false;
        booked_ms += capacity_device_ms(capacity, state, time_us);
    }
    return booked_ms == installed_ms;
}

bool inventory_check(const struct inventory *inventory, int64_t time_us, uint64_t *ret_chip)
{
    uint32_t cursor = 0;
    for (const struct capacity *row; (row = table_step(&inventory->capacities, &cursor));) {
        if (!chip_agrees(inventory, row, time_us)) {
            *ret_chip = row->id;
            return false;
        }
    }
    return true;
}
