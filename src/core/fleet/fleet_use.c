#include "core/fleet/fleet_use.h"
#include "base/must.h"
#include "core/fleet/fleet_cell.h"
#include "core/fleet/power_tree.h"
#include <stdlib.h>

void share_room(struct fleet *fleet, uint32_t node, uint32_t devices)
{
    struct node_house *house = &fleet->houses[node];
    if (devices > house->share_room)
        house->shares =
            fleet_grown(fleet, house->shares, &house->share_room, devices, sizeof *house->shares);
}

static bool share_fits(const struct node_house *house, uint32_t device,
                       const struct fleet_shape *shape)
{
    const struct share *share = &house->shares[device];
    if ((share->slices > 0) != (shape->slices > 0)) // a device is cut in one way
        return false;
    return share->milli + shape->milli <= FLEET_MILLI_WHOLE &&
           share->slices + shape->slices <= FLEET_SLICES_WHOLE &&
           share->memory_mib + shape->device_memory_mib <= house->device_memory_mib;
}

uint32_t share_best(const struct query *query, uint32_t node, uint32_t *ret_left)
{
    const struct node_house *house = &query->fleet->houses[node];
    uint32_t best = FLEET_NONE, least = UINT32_MAX;
    if (!query_shares(query, node))
        return FLEET_NONE;
    device_set locked = windows_lock(house, &query->shape);
    for (uint32_t device = 0; device < house->share_room; device++) {
        uint32_t left = FLEET_MILLI_WHOLE - (uint32_t)house->shares[device].milli;
        if (!house->shares[device].milli || left >= least ||
            !device_set_has(&house->sellable, device) || device_set_has(&locked, device) ||
            !share_fits(house, device, &query->shape))
            continue;
        best = device;
        least = left;
    }
    *ret_left = least;
    return best;
}

static void shared_mark(struct node_row *row, bool shared)
{
    struct cell *cell = row->cell;
    uint64_t bit = UINT64_C(1) << row->place % 64;
    bool was = cell->shared[row->place / 64] & bit;
    if (was == shared)
        return;
    cell->shared[row->place / 64] ^= bit;
    cell->shared_nodes += shared ? 1U : -1U;
    cell->pool->shared_nodes += shared ? 1U : -1U;
    row->flags = (uint16_t)(shared ? row->flags | NODE_SHARED : row->flags & ~NODE_SHARED);
}

static void share_take(struct fleet *fleet, uint32_t node, const struct fleet_use *use)
{
    struct node_house *house = &fleet->houses[node];
    struct node_row *row = &fleet->rows[node];
    uint32_t device = device_set_next(&use->devices, 0);
    must(device_set_count(&use->devices) == 1);
    share_room(fleet, node, device + 1);
    struct share *share = &house->shares[device];
    if (share->milli == 0) {
        uint64_t *open = fleet_open_word(fleet, node, (int)device / 64);
        must(*open >> device % 64 & 1);
        *open &= ~(UINT64_C(1) << device % 64);
        row->count--;
        house->shared_devices++;
        shared_mark(row, true);
    }
    share->milli = (uint16_t)(share->milli + use->milli);
    share->slices = (uint16_t)(share->slices + use->slices);
    share->memory_mib += use->device_memory_mib;
    must(share->milli <= FLEET_MILLI_WHOLE && share->slices <= FLEET_SLICES_WHOLE);
}

static void whole_take(struct fleet *fleet, uint32_t node, const device_set *devices)
{
    struct node_row *row = &fleet->rows[node];
    uint32_t count = 0;
    for (int i = 0; i < 4; i++) {
        uint64_t bits = devices->bits[i];
        if (!bits)
            continue;
        uint64_t *open = fleet_open_word(fleet, node, i);
        must((*open & bits) == bits);
        *open &= ~bits;
        count += bits_count(bits);
    }
    row->count = (uint16_t)(row->count - count);
}

// Those of the set that are not stuck any more: they were, and nobody can have them now.
static device_set unstick(struct node_row *row, struct node_house *house, const device_set *devices)
{
    device_set rest = *devices;
    uint64_t stuck = 0;
    for (int i = 0; i < 4; i++) {
        rest.bits[i] &= ~house->stuck.bits[i];
        stuck |= house->stuck.bits[i] &= ~devices->bits[i];
    }
    if (!stuck)
        row->flags &= (uint16_t)~NODE_STUCK;
    return rest;
}

static void whole_give(struct fleet *fleet, uint32_t node, const device_set *devices)
{
    struct node_row *row = &fleet->rows[node];
    device_set rest = *devices;
    uint32_t count = 0;
    if (row->flags & NODE_STUCK)
        rest = unstick(row, &fleet->houses[node], devices);
    for (int i = 0; i < 4; i++) {
        uint64_t bits = rest.bits[i];
        if (!bits)
            continue;
        uint64_t *open = fleet_open_word(fleet, node, i);
        must((*open & bits) == 0);
        *open |= bits;
        count += bits_count(bits);
    }
    row->count = (uint16_t)(row->count + count);
}

static void share_give(struct fleet *fleet, uint32_t node, const struct fleet_use *use)
{
    struct node_house *house = &fleet->houses[node];
    struct node_row *row = &fleet->rows[node];
    uint32_t device = device_set_next(&use->devices, 0);
    must(device < house->share_room);
    struct share *share = &house->shares[device];
    must(share->milli >= use->milli && share->slices >= use->slices);
    share->milli = (uint16_t)(share->milli - use->milli);
    share->slices = (uint16_t)(share->slices - use->slices);
    share->memory_mib -= use->device_memory_mib;
    if (share->milli)
        return;
    must(share->slices == 0 && share->memory_mib == 0);
    whole_give(fleet, node, &use->devices);
    if (--house->shared_devices == 0)
        shared_mark(row, false);
}

// CPU, memory and watts are the machine's: of a node and of its twins.
static void machine_take(struct fleet *fleet, uint32_t node, const struct fleet_use *use, int sign)
{
    uint32_t at = node;
    do {
        fleet->rows[at].cpu_milli -= (int32_t)(sign * use->cpu_milli);
        fleet->rows[at].memory_mib -= (int32_t)(sign * use->memory_mib);
        if (fleet->rows[at].flags & NODE_CAPPED)
            fleet->houses[at].watts += sign * use->watts;
        if (!(fleet->rows[node].flags & NODE_TWINS))
            return;
        if (sign < 0 && at != node)
            cell_raise(fleet, at);
        fleet_touch(fleet, at);
        at = fleet->houses[at].twin;
    } while (at != node);
}

static void watts_take(struct fleet *fleet, const struct fleet_use *use, uint32_t count, int sign)
{
    for (uint32_t i = 0; i < count;) {
        const struct fleet_rack *rack = fleet_rack_of(fleet, &fleet->rows[use->node + i]);
        uint32_t same = 1;
        while (i + same < count && fleet_rack_of(fleet, &fleet->rows[use->node + i + same]) == rack)
            same++;
        if (rack->line != FLEET_NONE && sign > 0)
            power_promise(fleet->power, rack->line, use->watts * same);
        else if (rack->line != FLEET_NONE)
            power_hand_back(fleet->power, rack->line, use->watts * same);
        i += same;
    }
}

void fleet_take(struct fleet *fleet, const struct fleet_use *use)
{
    uint32_t count = use->count ? use->count : 1;
    must(use->node < fleet->node_count && count <= fleet->node_count - use->node);
    for (uint32_t node = use->node; node < use->node + count; node++) {
        struct node_row *row = &fleet->rows[node];
        uint32_t before = row->count;
        if (use_is_share(use->milli))
            share_take(fleet, node, use);
        else
            whole_take(fleet, node, &use->devices);
        if (use->cpu_milli || use->memory_mib || (use->watts && row->flags & NODE_CAPPED))
            machine_take(fleet, node, use, 1);
        cell_open(fleet, row, before);
        fleet_touch(fleet, node);
    }
    if (use->watts)
        watts_take(fleet, use, count, 1);
}

void fleet_give(struct fleet *fleet, const struct fleet_use *use)
{
    uint32_t count = use->count ? use->count : 1;
    must(use->node < fleet->node_count && count <= fleet->node_count - use->node);
    for (uint32_t node = use->node; node < use->node + count; node++) {
        struct node_row *row = &fleet->rows[node];
        uint32_t before = row->count;
        if (use_is_share(use->milli))
            share_give(fleet, node, use);
        else
            whole_give(fleet, node, &use->devices);
        if (use->cpu_milli || use->memory_mib || (use->watts && row->flags & NODE_CAPPED))
            machine_take(fleet, node, use, -1);
        cell_open(fleet, row, before);
        fleet_touch(fleet, node);
    }
    if (use->watts)
        watts_take(fleet, use, count, -1);
    fleet->generation[ROOM_OPEN]++;
}

static void windowed_mark(struct fleet *fleet, uint32_t node)
{
    struct node_row *row = &fleet->rows[node];
    struct cell *cell = row->cell;
    uint64_t bit = UINT64_C(1) << row->place % 64;
    bool has = fleet->houses[node].window_count, was = cell->windowed[row->place / 64] & bit;
    if (has == was)
        return;
    cell->windowed[row->place / 64] ^= bit;
    cell->windowed_nodes += has ? 1U : -1U;
    row->flags = (uint16_t)(has ? row->flags | NODE_WINDOWS : row->flags & ~NODE_WINDOWS);
}

void fleet_window_add(struct fleet *fleet, uint32_t node, const struct fleet_window *window)
{
    must(node < fleet->node_count && window->owner && window->from_us < window->until_us);
    struct node_house *house = &fleet->houses[node];
    house->windows = fleet_grown(fleet, house->windows, &house->window_room,
                                 house->window_count + 1, sizeof *house->windows);
    house->windows[house->window_count++] = *window;
    fleet->window_count++;
    windowed_mark(fleet, node);
}

static bool same_window(const struct fleet_window *a, const struct fleet_window *b)
{
    for (int i = 0; i < 4; i++)
        if (a->devices.bits[i] != b->devices.bits[i])
            return false;
    return a->from_us == b->from_us && a->until_us == b->until_us && a->owner == b->owner;
}

void fleet_window_remove(struct fleet *fleet, uint32_t node, const struct fleet_window *window)
{
    must(node < fleet->node_count);
    struct node_house *house = &fleet->houses[node];
    uint32_t at = 0;
    while (at < house->window_count && !same_window(&house->windows[at], window))
        at++;
    must(at < house->window_count);
    house->windows[at] = house->windows[--house->window_count];
    fleet->window_count--;
    windowed_mark(fleet, node);
    fleet->generation[ROOM_OPEN]++;
    fleet->generation[ROOM_SELLABLE]++;
}

device_set windows_lock(const struct node_house *house, const struct fleet_shape *shape)
{
    device_set locked = {0};
    for (uint32_t i = 0; i < house->window_count; i++) {
        const struct fleet_window *window = &house->windows[i];
        if (window->owner == shape->owner || window->until_us <= shape->from_us ||
            window->from_us >= shape->until_us)
            continue;
        for (int word = 0; word < 4; word++)
            locked.bits[word] |= window->devices.bits[word];
    }
    return locked;
}
