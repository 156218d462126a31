#include "core/inventory/placing.h"
#include "base/must.h"
#include "core/fleet/power_tree.h"
#include "core/inventory/device.h"
#include "core/inventory/feeder.h"
#include "core/inventory/rack.h"
#include "core/inventory/site.h"
#include <stdlib.h>
#include <string.h>

// A machine may come to have several chips: so many blocks of machines leave room for twins.
enum { MACHINES_A_BLOCK = FLEET_BLOCK_NODES_MAX / 8, NONE = FLEET_NONE };

struct placed { // a node of the index
    uint64_t node, chip;
    device_set devices; // all of that chip the machine has
    uint32_t next;      // of the same machine; NONE: no more
    int64_t closes_us;  // as the index knows it
    int64_t base_w;     // so many are on its rack's line for the machine
};

struct placing {
    struct fleet *fleet;
    struct placed *placed;         // by place
    uint32_t *first;               // by place in the node table: 1 + place; 0: none
    uint32_t *site, *block, *rack; // by place in their tables: 1 + place
    uint32_t placed_room, first_room, site_room, block_room, rack_room;
    uint32_t machine_site, machine_block, machines; // 1 + place; of the last block
    void *scratch;
    size_t scratch_room;
    uint64_t past[ROOM_KINDS]; // generations of the indexes before this one
};

static void *grown(void *items, uint32_t *room, uint32_t count, size_t size)
{
    uint32_t more = *room ? *room : 64;
    while (more < count)
        more *= 2;
    if (more == *room)
        return items;
    items = realloc(items, more * size);
    must(items);
    memset((char *)items + *room * size, 0, (more - *room) * size);
    *room = more;
    return items;
}

void placing_create(struct inventory *inventory)
{
    inventory->placing = calloc(1, sizeof *inventory->placing);
    must(inventory->placing);
    inventory->placing->fleet = fleet_create();
}

void placing_destroy(struct inventory *inventory)
{
    struct placing *placing = inventory->placing;
    if (!placing)
        return;
    fleet_destroy(placing->fleet);
    free(placing->placed);
    free(placing->first);
    free(placing->site);
    free(placing->block);
    free(placing->rack);
    free(placing->scratch);
    free(placing);
    inventory->placing = NULL;
}

struct fleet *placing_fleet(const struct inventory *inventory)
{
    return inventory->placing->fleet;
}

uint64_t placing_chips(const struct inventory *inventory, uint64_t chip)
{
    const struct chip *row = table_get(&inventory->chips, chip);
    uint32_t place = row ? table_place(&inventory->chips, row) : FLEET_CHIPS_MAX;
    return place < FLEET_CHIPS_MAX ? UINT64_C(1) << place : 0;
}

uint64_t placing_node(const struct inventory *inventory, uint32_t place)
{
    must(place < fleet_nodes(inventory->placing->fleet));
    return inventory->placing->placed[place].node;
}

uint32_t placing_sites(const struct inventory *inventory)
{
    const struct placing *placing = inventory->placing;
    uint32_t count = placing->machine_site != 0;
    for (uint32_t i = 0; i < placing->site_room; i++)
        count += placing->site[i] != 0;
    return count;
}

uint64_t placing_site(const struct inventory *inventory, uint32_t place)
{
    const struct placing *placing = inventory->placing;
    uint32_t cursor = 0;
    for (const struct site *site; (site = table_step(&inventory->sites, &cursor));) {
        uint32_t at = table_place(&inventory->sites, site);
        if (at < placing->site_room && placing->site[at] == place + 1)
            return site->id;
    }
    return 0;
}

void *placing_scratch(const struct inventory *inventory, size_t bytes)
{
    struct placing *placing = inventory->placing;
    if (bytes > placing->scratch_room) {
        placing->scratch = realloc(placing->scratch, bytes);
        must(placing->scratch);
        placing->scratch_room = bytes;
    }
    return placing->scratch;
}

uint64_t placing_generation(const struct inventory *inventory, enum fleet_room room)
{
    return inventory->placing->past[room] + fleet_generation(inventory->placing->fleet, room);
}

uint32_t placing_devices_max(const struct inventory *inventory, enum fleet_room room, uint64_t chip)
{
    uint64_t chips = placing_chips(inventory, chip);
    return chips ? fleet_devices_max(inventory->placing->fleet, chips, room) : 0;
}

int64_t placing_memory_max(const struct inventory *inventory, enum fleet_room room, uint64_t chip,
                           uint32_t devices)
{
    uint64_t chips = placing_chips(inventory, chip);
    return chips ? fleet_memory_max(inventory->placing->fleet, chips, devices, room) : 0;
}

static uint32_t site_place(struct inventory *inventory, uint64_t id)
{
    struct placing *placing = inventory->placing;
    uint32_t at = table_place(&inventory->sites, table_get(&inventory->sites, id));
    placing->site = grown(placing->site, &placing->site_room, at + 1, sizeof *placing->site);
    if (!placing->site[at])
        placing->site[at] = 1 + fleet_site_add(placing->fleet);
    return placing->site[at] - 1;
}

static uint32_t feeder_place(const struct inventory *inventory, uint64_t id)
{
    const struct feeder *feeder = table_get(&inventory->feeders, id);
    return feeder ? table_place(&inventory->feeders, feeder) : NONE;
}

void placing_feeder(struct inventory *inventory, const struct feeder *feeder)
{
    const struct site *site = table_get(&inventory->sites, feeder->site);
    struct power_edge edge = {
        .parent = feeder->parent ? feeder_place(inventory, feeder->parent) : POWER_NONE,
        .efficiency_ppm = (int32_t)feeder->efficiency_ppm,
        .rated_w = feeder->rated_w,
        .ramp_w_per_s = feeder->ramp_w_per_s,
        .pue_permille = feeder->parent ? 0 : (int32_t)site->pue_permille,
    };
    uint32_t place = power_edge_add(fleet_power(inventory->placing->fleet), &edge);
    must(place == table_place(&inventory->feeders, feeder)); // none is ever removed
}

void placing_cap(struct inventory *inventory, const struct feeder_cap *cap, bool holds)
{
    struct placing *placing = inventory->placing;
    struct power_cap fact = {.edge = feeder_place(inventory, cap->feeder),
                             .from_us = cap->from_us,
                             .until_us = cap->until_us ? cap->until_us : INT64_MAX,
                             .cap_w = cap->cap_w};
    if (holds)
        power_cap_add(fleet_power(placing->fleet), &fact);
    else
        power_cap_remove(fleet_power(placing->fleet), &fact);
    placing->past[ROOM_OPEN] += !holds; // there may be room now
}

static uint32_t rack_place(struct inventory *inventory, uint64_t id)
{
    struct placing *placing = inventory->placing;
    const struct rack *rack = table_get(&inventory->racks, id);
    uint32_t at = table_place(&inventory->racks, rack);
    placing->rack = grown(placing->rack, &placing->rack_room, at + 1, sizeof *placing->rack);
    if (placing->rack[at])
        return placing->rack[at] - 1;
    uint32_t above = table_place(&inventory->blocks, table_get(&inventory->blocks, rack->block));
    placing->block = grown(placing->block, &placing->block_room, above + 1, sizeof *placing->block);
    if (!placing->block[above])
        placing->block[above] =
            1 + fleet_block_add(placing->fleet, site_place(inventory, rack->site));
    placing->rack[at] =
        1 + fleet_rack_add(placing->fleet, placing->block[above] - 1,
                           feeder_place(inventory, rack->feeder_a),
                           rack->feeder_a ? feeder_place(inventory, rack->feeder_b) : NONE);
    return placing->rack[at] - 1;
}

// A machine that reported itself has a rack to itself.
static uint32_t machine_rack(struct placing *placing)
{
    if (!placing->machine_site)
        placing->machine_site = 1 + fleet_site_add(placing->fleet);
    if (!placing->machine_block || placing->machines == MACHINES_A_BLOCK) {
        placing->machine_block = 1 + fleet_block_add(placing->fleet, placing->machine_site - 1);
        placing->machines = 0;
    }
    placing->machines++;
    return fleet_rack_add(placing->fleet, placing->machine_block - 1, NONE, NONE);
}

static uint32_t *first_of(struct inventory *inventory, const struct node *node)
{
    struct placing *placing = inventory->placing;
    uint32_t at = table_place(&inventory->nodes, node);
    placing->first = grown(placing->first, &placing->first_room, at + 1, sizeof *placing->first);
    return &placing->first[at];
}

// Of the watts that leases may be promised.
static int64_t cap_of(const struct node *node)
{
    if (node->cap_w == 0)
        return 0;
    return node->cap_w > node->base_w ? node->cap_w - node->base_w : 1;
}

static uint32_t place_add(struct inventory *inventory, const struct node *node, uint64_t chip)
{
    struct placing *placing = inventory->placing;
    uint32_t *first = first_of(inventory, node);
    uint64_t bit = placing_chips(inventory, chip);
    const struct chip *row = table_get(&inventory->chips, chip);
    struct fleet_node fact = {.chip = (uint32_t)__builtin_ctzll(bit),
                              .cpu_milli = node->cpu_milli,
                              .memory_mib = node->memory_mib,
                              .device_memory_mib = row->memory_mib,
                              .class = (uint32_t)node->class,
                              .cap_w = cap_of(node),
                              .twin = *first};
    if (*first)
        fact.rack = fleet_node_rack(placing->fleet, *first - 1);
    else
        fact.rack = node->rack ? rack_place(inventory, node->rack) : machine_rack(placing);
    uint32_t place = fleet_node_add(placing->fleet, &fact);
    placing->placed =
        grown(placing->placed, &placing->placed_room, place + 1, sizeof *placing->placed);
    placing->placed[place] = (struct placed){.node = node->id, .chip = chip, .next = NONE};
    if (*first)
        placing->placed[place].next = placing->placed[*first - 1].next;
    if (*first)
        placing->placed[*first - 1].next = place;
    else
        *first = place + 1;
    return place;
}

// The place of the node's devices of a chip, made at first need; NONE: the chip is not in the
// index.
static uint32_t place_of(struct inventory *inventory, const struct node *node, uint64_t chip)
{
    struct placing *placing = inventory->placing;
    if (!placing_chips(inventory, chip))
        return NONE;
    for (uint32_t at = *first_of(inventory, node) - 1; at != NONE; at = placing->placed[at].next)
        if (placing->placed[at].chip == chip)
            return at;
    return place_add(inventory, node, chip);
}

static void devices_note(struct inventory *inventory, const struct node *node)
{
    for (uint32_t i = 0; i < node->devices; i++) {
        uint32_t at = place_of(inventory, node, device_chip(inventory, node, i));
        if (at != NONE)
            device_set_add(&inventory->placing->placed[at].devices, i);
    }
}

// Work on the machine is nobody's: from then on its devices are locked.
static void closes(struct placing *placing, uint32_t at, int64_t closes_us)
{
    struct placed *placed = &placing->placed[at];
    struct fleet_window window = {
        .from_us = placed->closes_us, .until_us = INT64_MAX, .owner = UINT64_MAX};
    if (placed->closes_us == closes_us)
        return;
    memset(&window.devices, 0xff, sizeof window.devices);
    if (placed->closes_us)
        fleet_window_remove(placing->fleet, at, &window);
    placed->closes_us = window.from_us = closes_us;
    if (closes_us)
        fleet_window_add(placing->fleet, at, &window);
}

uint32_t placing_line(const struct inventory *inventory, const struct node *node)
{
    const struct placing *placing = inventory->placing;
    const struct rack *rack = table_get(&inventory->racks, node->rack);
    uint32_t a = rack ? feeder_place(inventory, rack->feeder_a) : NONE;
    if (a == NONE)
        return NONE;
    return power_line(fleet_power(placing->fleet), a, feeder_place(inventory, rack->feeder_b));
}

// A machine that is on takes its base watts, whatever runs there.
static void base_change(struct inventory *inventory, const struct node *node, uint32_t first)
{
    struct placed *placed = &inventory->placing->placed[first];
    const struct rack *rack = table_get(&inventory->racks, node->rack);
    uint32_t a = rack ? feeder_place(inventory, rack->feeder_a) : NONE;
    bool on = node->state == NODE_READY || node->state == NODE_DRAINING;
    int64_t watts = on ? node->base_w : 0;
    if (a == NONE || watts == placed->base_w)
        return;
    struct power_tree *power = fleet_power(inventory->placing->fleet);
    uint32_t line = power_line(power, a, feeder_place(inventory, rack->feeder_b));
    power_base(power, line, watts - placed->base_w);
    inventory->placing->past[ROOM_OPEN] += watts < placed->base_w;
    placed->base_w = watts;
}

void placing_changed(struct inventory *inventory, const struct node *node)
{
    struct placing *placing = inventory->placing;
    devices_note(inventory, node);
    uint32_t first = *first_of(inventory, node) - 1;
    if (first != NONE) {
        fleet_node_size(placing->fleet, first, node->cpu_milli, node->memory_mib);
        base_change(inventory, node, first);
    }
    for (uint32_t at = first; at != NONE; at = placing->placed[at].next) {
        device_set built = {0}, sellable = {0};
        const device_set *devices = &placing->placed[at].devices;
        for (uint32_t i = 0; (i = device_set_next(devices, i)) < DEVICE_SET_MAX; i++) {
            enum device_state state = device_state_at(inventory, node, i);
            if (node->state != NODE_RETIRED)
                device_set_add(&built, i);
            if (capacity_state_of(node_standing(node), state, false) == CAPACITY_OPEN)
                device_set_add(&sellable, i);
        }
        closes(placing, at, node->closes_us);
        fleet_node_class(placing->fleet, at, (uint32_t)node->class);
        fleet_node_built(placing->fleet, at, &built);
        fleet_node_sellable(placing->fleet, at, &sellable);
    }
}

void placing_window(const struct inventory *inventory, uint64_t node,
                    const struct fleet_window *window, bool add)
{
    const struct placing *placing = inventory->placing;
    const struct node *row = table_get(&inventory->nodes, node);
    must(row && table_place(&inventory->nodes, row) < placing->first_room);
    uint32_t at = placing->first[table_place(&inventory->nodes, row)] - 1;
    for (; at != NONE; at = placing->placed[at].next) {
        struct fleet_window part = *window;
        for (int i = 0; i < 4; i++)
            part.devices.bits[i] &= placing->placed[at].devices.bits[i];
        if (device_set_count(&part.devices) == 0)
            continue;
        if (add)
            fleet_window_add(placing->fleet, at, &part);
        else
            fleet_window_remove(placing->fleet, at, &part);
    }
}

typedef void placing_step(struct fleet *fleet, const struct fleet_use *use);

// A use may be of several chips: CPU and memory go with the first of them.
static void step(struct inventory *inventory, const struct node *node, const struct node_use *use,
                 placing_step *take)
{
    struct placing *placing = inventory->placing;
    bool sizes = true, none = device_set_count(&use->devices) == 0;
    for (uint32_t at = *first_of(inventory, node) - 1; at != NONE; at = placing->placed[at].next) {
        struct fleet_use part = {.node = at, .milli = use->milli};
        for (int i = 0; i < 4; i++)
            part.devices.bits[i] = use->devices.bits[i] & placing->placed[at].devices.bits[i];
        if (!none && device_set_count(&part.devices) == 0)
            continue;
        if (sizes) {
            part.cpu_milli = use->cpu_milli;
            part.memory_mib = use->memory_mib;
            part.watts = use->watts;
        }
        sizes = false;
        take(placing->fleet, &part);
        if (none)
            return;
    }
}

void placing_take(struct inventory *inventory, const struct node *node, const struct node_use *use)
{
    step(inventory, node, use, fleet_take);
}

void placing_give(struct inventory *inventory, const struct node *node, const struct node_use *use)
{
    step(inventory, node, use, fleet_give);
}

void placing_promise(struct inventory *inventory, uint64_t node, int64_t watts)
{
    const struct node *row = table_get(&inventory->nodes, node);
    must(row);
    if (watts)
        placing_take(inventory, row, &(struct node_use){.watts = watts});
}

// What is leased, as the rows have it: one use for all that is whole, one for each share.
static void leased_take(struct inventory *inventory, const struct node *node)
{
    struct node_use whole = {.cpu_milli = node->cpu_leased_milli,
                             .memory_mib = node->memory_leased_mib};
    for (int i = 0; i < 4; i++)
        whole.devices.bits[i] = node->leased.bits[i] & ~node->shared.bits[i];
    placing_take(inventory, node, &whole);
    for (uint32_t i = 0; (i = device_set_next(&node->shared, i)) < DEVICE_SET_MAX; i++) {
        struct node_use share = {.milli = device_leased_milli(inventory, node, i)};
        device_set_add(&share.devices, i);
        placing_take(inventory, node, &share);
    }
}

void placing_rebuild(struct inventory *inventory)
{
    uint64_t past[ROOM_KINDS];
    for (enum fleet_room room = 0; room < ROOM_KINDS; room++)
        past[room] = placing_generation(inventory, room) + 1;
    placing_destroy(inventory);
    placing_create(inventory);
    memcpy(inventory->placing->past, past, sizeof past);
    uint32_t cursor = 0;
    for (const struct feeder *feeder; (feeder = table_step(&inventory->feeders, &cursor));)
        placing_feeder(inventory, feeder);
    cursor = 0;
    for (const struct feeder_cap *cap; (cap = table_step(&inventory->caps, &cursor));)
        placing_cap(inventory, cap, true);
    cursor = 0;
    for (const struct node *node; (node = table_step(&inventory->nodes, &cursor));) {
        struct placing *placing = inventory->placing;
        devices_note(inventory, node);
        uint32_t at = *first_of(inventory, node) - 1;
        for (; at != NONE; at = placing->placed[at].next) { // all of it is free before it is taken
            fleet_node_built(placing->fleet, at, &placing->placed[at].devices);
            fleet_node_sellable(placing->fleet, at, &placing->placed[at].devices);
        }
        leased_take(inventory, node);
        placing_changed(inventory, node);
    }
}
