#include "core/fleet/test/plain_fleet.h"
#include "base/must.h"
#include <string.h>

static uint32_t below(struct plain_fleet *plain, uint32_t limit)
{
    return (uint32_t)rng_below(&plain->rng, limit);
}

static void edge_add(struct plain_fleet *plain, uint32_t parent, int64_t rated_w)
{
    uint32_t place = power_edge_add(fleet_power(plain->fleet),
                                    &(struct power_edge){.parent = parent, .rated_w = rated_w});
    must(place == plain->edges);
    plain->parent[plain->edges] = parent;
    plain->rated_w[plain->edges++] = rated_w;
}

// A grid point, two feeds, and wires below them.
static void edges_add(struct plain_fleet *plain)
{
    edge_add(plain, POWER_NONE, 4 + below(plain, 40));
    edge_add(plain, 0, 2 + below(plain, 30));
    edge_add(plain, 0, 2 + below(plain, 30));
    while (plain->edges < 9)
        edge_add(plain, 1 + below(plain, 2), 1 + below(plain, 16));
}

static void node_add(struct plain_fleet *plain, uint32_t rack, uint32_t site, uint32_t block,
                     const uint32_t *edge)
{
    struct plain_node *node = &plain->node[plain->nodes];
    uint32_t devices = below(plain, PLAIN_DEVICES + 1);
    *node = (struct plain_node){
        .fact = {.rack = rack,
                 .chip = below(plain,  3) == 0,
                 .devices = devices,
                 .class = below(plain, 3),
                 .cpu_milli = 1 + below(plain, 8),
                 .memory_mib = 1 + below(plain, 8),
                 .device_memory_mib = 4 + below(plain, 5),
                 .cap_w = below(plain, 3) ? 0 : 1 + below(plain, 8)},
        .site = site,
        .block = block,
        .home = plain->nodes,
        .edge = {edge[0], edge[1]},
        .sellable = (1U << devices) - 1,
        .built = (1U << devices) - 1,
    };
    struct plain_node *before = plain->nodes ? node - 1 : NULL;
    if (before && before->fact.rack == rack && before->fact.chip != node->fact.chip &&
        before->home == plain->nodes - 1 && below(plain, 2)) {
        node->home = plain->nodes - 1;
        node->fact.twin = plain->nodes;
    }
    node->cpu_milli = node->fact.cpu_milli;
    node->memory_mib = node->fact.memory_mib;
    must(fleet_node_add(plain->fleet, &node->fact) == plain->nodes);
    plain->nodes++;
}

void plain_begin(struct plain_fleet *plain, uint64_t seed)
{
    *plain = (struct plain_fleet){.fleet = fleet_create(), .rng = {.state = seed}};
    bool powered = below(plain, 2);
    if (powered)
        edges_add(plain);
    uint32_t sites = 1 + below(plain, PLAIN_SITES);
    for (uint32_t site = 0; site < sites; site++) {
        must(fleet_site_add(plain->fleet) == site);
        plain->classes[site] = below(plain, 2) ? 7 : below(plain, 8);
        uint32_t blocks = 1 + below(plain, 2);
        for (uint32_t i = 0; i < blocks; i++) {
            uint32_t block = fleet_block_add(plain->fleet, site), racks = 1 + below(plain, 3);
            while (racks--) {
                uint32_t edge[2] = {FLEET_NONE, FLEET_NONE};
                for (int feed = 0; feed < 2 && powered && below(plain, 5); feed++)
                    edge[feed] = 1 + below(plain, plain->edges - 1);
                if (edge[0] == edge[1])
                    edge[1] = FLEET_NONE;
                uint32_t rack = fleet_rack_add(plain->fleet, block, edge[0], edge[1]);
                uint32_t nodes = 1 + below(plain, 4);
                while (nodes-- && plain->nodes < PLAIN_NODES)
                    node_add(plain, rack, site, block, edge);
            }
        }
    }
}

void plain_end(struct plain_fleet *plain)
{
    fleet_destroy(plain->fleet);
}

static enum fleet_level any_level(struct plain_fleet *plain)
{
    return (enum fleet_level)below(plain, LEVEL_NODE + 1);
}

struct fleet_shape plain_shape(struct plain_fleet *plain)
{
    struct fleet_shape shape = {.nodes = below(plain, 3) ? 1 : 1 + below(plain, 6),
                                .devices = below(plain, PLAIN_DEVICES + 1),
                                .chips = below(plain, 4),
                                .together = any_level(plain),
                                .must = below(plain, 2)};
    if (below(plain, 3) == 0)
        shape.spread = any_level(plain);
    if (below(plain, 2))
        shape.cpu_milli = below(plain, 4);
    if (below(plain, 2))
        shape.memory_mib = below(plain, 4);
    if (below(plain, 4) == 0)
        shape.device_memory_mib = below(plain, 8);
    if (below(plain, 2))
        shape.watts = below(plain, 6);
    if (below(plain, 2))
        shape.classes = plain->classes;
    shape.from_us = below(plain, 40);
    shape.until_us = below(plain, 2) ? INT64_MAX : shape.from_us + 1 + below(plain, 40);
    shape.owner = below(plain, 3);
    shape.room = below(plain, 4) ? ROOM_OPEN : (enum fleet_room)below(plain, ROOM_KINDS);
    if (below(plain, 4) == 0) {
        shape.nodes = shape.devices = 1;
        shape.slices = below(plain, 2) ? 1 + below(plain, 4) : 0;
        shape.milli = shape.slices ? 1000 * shape.slices / 7 : 100 + below(plain, 800);
        shape.device_memory_mib = below(plain, 4);
    }
    return shape;
}

static unsigned locked(const struct plain_fleet *plain, uint32_t node,
                       const struct fleet_shape *shape)
{
    unsigned devices = 0;
    for (uint32_t i = 0; i < plain->windows; i++) {
        const struct fleet_window *window = &plain->window[i].window;
        if (plain->window[i].node == node && window->owner != shape->owner &&
            window->from_us < shape->until_us && shape->from_us < window->until_us)
            devices |= (unsigned)window->devices.bits[0];
    }
    return devices;
}

// Has this device room for the shape's share, or is it wholly free?
static bool device_has(const struct plain_node *node, uint32_t device,
                       const struct fleet_shape *shape)
{
    if (!node->users[device])
        return node->fact.device_memory_mib >= shape->device_memory_mib;
    if (!shape->milli || shape->milli == 1000 || shape->room != ROOM_OPEN)
        return shape->room != ROOM_OPEN && node->fact.device_memory_mib >= shape->device_memory_mib;
    return !shape->slices == !node->slices[device] && node->milli[device] < 1000 &&
           node->milli[device] + shape->milli <= 1000 &&
           node->slices[device] + shape->slices <= 7 &&
           node->device_mib[device] + shape->device_memory_mib <= node->fact.device_memory_mib;
}

static bool node_has(const struct plain_fleet *plain, uint32_t place,
                     const struct fleet_shape *shape)
{
    const struct plain_node *node = &plain->node[place], *home = &plain->node[node->home];
    bool open = shape->room == ROOM_OPEN;
    if (shape->classes && !(shape->classes[node->site] >> node->fact.class & 1))
        return false;
    if (shape->cpu_milli && (open ? home->cpu_milli : home->fact.cpu_milli) < shape->cpu_milli)
        return false;
    if (shape->memory_mib && (open ? home->memory_mib : home->fact.memory_mib) < shape->memory_mib)
        return false;
    if (shape->watts && home->fact.cap_w &&
        (open ? home->watts : 0) + shape->watts > home->fact.cap_w)
        return false;
    unsigned devices = shape->room == ROOM_BUILT ? node->built : node->sellable;
    if (shape->room != ROOM_BUILT)
        devices &= ~locked(plain, place, shape);
    uint32_t count = 0;
    for (uint32_t i = 0; i < PLAIN_DEVICES; i++)
        count += (devices >> i & 1) && device_has(node, i, shape);
    return count >= shape->devices;
}

static bool above(const struct plain_fleet *plain, uint32_t edge, const struct plain_node *node)
{
    for (int feed = 0; feed < 2; feed++)
        for (uint32_t at = node->edge[feed]; at != FLEET_NONE; at = plain->parent[at])
            if (at == edge)
                return true;
    return false;
}

static int64_t limit(const struct plain_fleet *plain, uint32_t edge,
                     const struct fleet_shape *shape)
{
    int64_t least = plain->rated_w[edge];
    for (uint32_t i = 0; i < plain->caps && shape->room == ROOM_OPEN; i++) {
        const struct power_cap *cap = &plain->cap[i];
        if (cap->edge == edge && cap->from_us < shape->until_us && shape->from_us < cap->until_us &&
            cap->cap_w < least)
            least = cap->cap_w;
    }
    return least;
}

// Every edge that the set's watts would touch, recounted.
static bool power_has_room(const struct plain_fleet *plain, const struct fleet_shape *shape,
                           unsigned set)
{
    for (uint32_t edge = 0; edge < plain->edges && shape->watts; edge++) {
        int64_t watts = 0;
        bool touched = false;
        for (uint32_t i = 0; i < plain->nodes; i++) {
            const struct plain_node *node = &plain->node[i];
            if (!above(plain, edge, node))
                continue;
            if (node->home == i && shape->room == ROOM_OPEN)
                watts += node->watts;
            watts += (set >> i & 1) ? shape->watts : 0;
            touched |= set >> i & 1;
        }
        if (touched && watts > limit(plain, edge, shape))
            return false;
    }
    return true;
}

static uint32_t place_at(const struct plain_node *node, enum fleet_level level, uint32_t self)
{
    const uint32_t at[] = {[LEVEL_ANY] = 0,
                           [LEVEL_SITE] = node->site,
                           [LEVEL_BLOCK] = node->block,
                           [LEVEL_RACK] = node->fact.rack,
                           [LEVEL_NODE] = self};
    return at[level];
}

static bool set_is_plan(const struct plain_fleet *plain, const struct fleet_shape *shape,
                        unsigned set)
{
    uint32_t first = FLEET_NONE;
    for (uint32_t i = 0; i < plain->nodes; i++) {
        if (!(set >> i & 1))
            continue;
        first = first == FLEET_NONE ? i : first;
        const struct plain_node *node = &plain->node[i], *one = &plain->node[first];
        uint64_t chips = shape->chips ? shape->chips : ~UINT64_C(0);
        if (node->fact.chip != one->fact.chip || !(chips >> node->fact.chip & 1) ||
            !node_has(plain, i, shape))
            return false;
        if (shape->must &&
            place_at(node, shape->together, i) != place_at(one, shape->together, first))
            return false;
        for (uint32_t j = 0; j < i && shape->spread != LEVEL_ANY; j++)
            if ((set >> j & 1) &&
                place_at(node, shape->spread, i) == place_at(&plain->node[j], shape->spread, j))
                return false;
    }
    return power_has_room(plain, shape, set);
}

bool plain_exists(const struct plain_fleet *plain, const struct fleet_shape *shape)
{
    for (unsigned set = 1; set < 1U << plain->nodes; set++)
        if ((uint32_t)__builtin_popcount(set) == shape->nodes && set_is_plan(plain, shape, set))
            return true;
    return false;
}

bool plain_valid(const struct plain_fleet *plain, const struct fleet_shape *shape,
                 const struct fleet_plan *plan)
{
    unsigned set = 0;
    for (uint32_t i = 0; i < plan->runs; i++) {
        const struct fleet_run *run = &plan->run[i];
        for (uint32_t at = run->node; at < run->node + run->count; at++) {
            const struct plain_node *node = &plain->node[at];
            unsigned devices = (unsigned)run->devices.bits[0];
            unsigned among = shape->room == ROOM_BUILT ? node->built : node->sellable;
            if (shape->room != ROOM_BUILT)
                among &= ~locked(plain, at, shape);
            if (set >> at & 1 || devices & ~among ||
                device_set_count(&run->devices) != shape->devices)
                return false;
            for (uint32_t k = 0; k < PLAIN_DEVICES; k++)
                if ((devices >> k & 1) && !device_has(node, k, shape))
                    return false;
            set |= 1U << at;
        }
    }
    return plan->nodes == shape->nodes && (uint32_t)__builtin_popcount(set) == shape->nodes &&
           set_is_plan(plain, shape, set);
}

static void use_count(struct plain_fleet *plain, const struct fleet_use *use, int sign)
{
    uint32_t count = use->count ? use->count : 1;
    for (uint32_t at = use->node; at < use->node + count; at++) {
        struct plain_node *node = &plain->node[at], *home = &plain->node[node->home];
        for (uint32_t i = 0; i < PLAIN_DEVICES; i++) {
            if (!device_set_has(&use->devices, i))
                continue;
            node->users[i] += (uint32_t)sign;
            node->milli[i] += (uint32_t)sign * (use->milli ? use->milli : 1000);
            node->slices[i] += (uint32_t)sign * use->slices;
            node->device_mib[i] += sign * use->device_memory_mib;
        }
        home->cpu_milli -= sign * use->cpu_milli;
        home->memory_mib -= sign * use->memory_mib;
        home->watts += sign * use->watts;
    }
}

void plain_take(struct plain_fleet *plain, const struct fleet_use *use)
{
    must(plain->uses < PLAIN_USES);
    plain->use[plain->uses++] = *use;
    fleet_take(plain->fleet, use);
    use_count(plain, use, 1);
}

void plain_give(struct plain_fleet *plain, uint32_t at)
{
    struct fleet_use use = plain->use[at];
    plain->use[at] = plain->use[--plain->uses];
    fleet_give(plain->fleet, &use);
    use_count(plain, &use, -1);
}

static void disturb_caps(struct plain_fleet *plain)
{
    struct power_tree *tree = fleet_power(plain->fleet);
    if (plain->caps && below(plain, 2)) {
        power_cap_remove(tree, &plain->cap[--plain->caps]);
    } else if (plain->edges && plain->caps < PLAIN_CAPS) {
        int64_t from_us = below(plain, 60);
        struct power_cap cap = {below(plain, plain->edges), from_us,
                                below(plain, 3) ? from_us + 1 + below(plain, 30) : INT64_MAX,
                                1 + below(plain, 12)};
        power_cap_add(tree, &cap);
        plain->cap[plain->caps++] = cap;
    }
}

static void disturb_windows(struct plain_fleet *plain)
{
    if (plain->windows && below(plain, 2)) {
        const struct plain_window *last = &plain->window[--plain->windows];
        fleet_window_remove(plain->fleet, last->node, &last->window);
    } else if (plain->windows < PLAIN_WINDOWS) {
        int64_t from_us = below(plain, 60);
        struct plain_window window = {
            below(plain, plain->nodes),
            {{{1 + below(plain, 15)}},
                                   from_us, from_us + 1 + below(plain, 30),
                                   1 + below(plain, 2)}
        };
        fleet_window_add(plain->fleet, window.node, &window.window);
        plain->window[plain->windows++] = window;
    }
}

void plain_disturb(struct plain_fleet *plain)
{
    uint32_t at = below(plain, plain->nodes);
    struct plain_node *node = &plain->node[at];
    device_set set = {{below(plain, 2) ? 15 : below(plain, 16)}};
    switch (below(plain, 6)) {
    case 0:
        node->sellable = node->built & (unsigned)set.bits[0];
        fleet_node_sellable(plain->fleet, at, &set);
        break;
    case 1: // what it has is as healthy as before only when all of it was
        fleet_node_built(plain->fleet, at, &set);
        fleet_node_sellable(plain->fleet, at, &set);
        node->built = node->sellable = (unsigned)set.bits[0];
        break;
    case 2:
        node->fact.class = below(plain, 3);
        fleet_node_class(plain->fleet, at, node->fact.class);
        break;
    case 3: {
        struct plain_node *home = &plain->node[node->home];
        int64_t cpu_milli = 1 + below(plain, 8), memory_mib = 1 + below(plain, 8);
        fleet_node_size(plain->fleet, at, cpu_milli, memory_mib);
        home->cpu_milli += cpu_milli - home->fact.cpu_milli;
        home->memory_mib += memory_mib - home->fact.memory_mib;
        home->fact.cpu_milli = cpu_milli;
        home->fact.memory_mib = memory_mib;
        break;
    }
    case 4:
        disturb_caps(plain);
        break;
    default:
        disturb_windows(plain);
        break;
    }
}
