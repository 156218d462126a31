#include "base/must.h"
#include "core/fleet/fleet_gang.h"
#include "core/fleet/power_tree.h"
#include <stdlib.h>

struct item { // a part in the order of its bundle
    uint32_t group, line, part;
};

struct bundle { // parts that are alike for power and spread
    uint32_t first, items, line, group;
    uint32_t count, chosen;
    uint64_t rest; // the most of it and of all behind it
};

struct solving {
    const struct query *query;
    struct bundle *bundles;
    uint32_t count;
    uint32_t *tries; // left
};

static uint32_t headroom_nodes(const struct query *query, uint32_t line, uint32_t most)
{
    if (!query->powered || line == FLEET_NONE || !most)
        return most;
    int64_t watts = power_headroom(query->fleet->power, line, &query->span);
    int64_t nodes = watts < 0 ? 0 : watts / query->shape.watts;
    return nodes < most ? (uint32_t)nodes : most;
}

// In a bare span only base watts count.
static void promise(const struct query *query, uint32_t line, uint32_t nodes)
{
    if (!query->powered || line == FLEET_NONE || !nodes)
        return;
    if (query->span.bare)
        power_base(query->fleet->power, line, query->shape.watts * nodes);
    else
        power_promise(query->fleet->power, line, query->shape.watts * nodes);
}

static void hand_back(const struct query *query, uint32_t line, uint32_t nodes)
{
    if (!query->powered || line == FLEET_NONE || !nodes)
        return;
    if (query->span.bare)
        power_base(query->fleet->power, line, -query->shape.watts * nodes);
    else
        power_hand_back(query->fleet->power, line, query->shape.watts * nodes);
}

// The parts of a pick come fullest first: of those with enough for the rest the first of the
// least full.
static uint32_t best_last(const struct rack_part *parts, uint32_t count, uint32_t at, uint32_t left)
{
    uint32_t best = at;
    for (uint32_t i = at + 1; i < count && parts[i].pick == parts[at].pick; i++) {
        if (parts[i].count < left)
            break;
        if (parts[i].count < parts[best].count)
            best = i;
    }
    return best;
}

static uint32_t greedy(const struct query *query, struct rack_part *parts, uint32_t count,
                       uint32_t nodes)
{
    uint32_t left = nodes, used = FLEET_NONE; // the group that has been chosen of
    for (uint32_t i = 0; i < count; i++)
        parts[i].chosen = 0;
    for (uint32_t i = 0; i < count && left; i++) {
        if (parts[i].group != FLEET_NONE && parts[i].group == used)
            continue;
        struct rack_part *part = &parts[i];
        if (part->count >= left) {
            struct rack_part *last = &parts[best_last(parts, count, i, left)];
            part = headroom_nodes(query, last->line, left) == left ? last : part;
        }
        uint32_t most = part->count < left ? part->count : left;
        part->chosen = headroom_nodes(query, part->line, most);
        promise(query, part->line, part->chosen);
        left -= part->chosen;
        if (part->chosen)
            used = part->group;
    }
    return left;
}

static int item_order(const void *left, const void *right)
{
    const struct item *a = left, *b = right;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return a->part < b->part ? -1 : 1;
}

static uint32_t bundle_up(const struct query *query, const struct rack_part *parts,
                          const struct item *items, uint32_t count, struct bundle *bundles)
{
    uint32_t made = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct bundle *bundle = made ? &bundles[made - 1] : NULL;
        if (!bundle || bundle->group != items[i].group || bundle->line != items[i].line) {
            bundle = &bundles[made++];
            *bundle = (struct bundle){.first = i, .line = items[i].line, .group = items[i].group};
        }
        bundle->items++;
        bundle->count += parts[items[i].part].count;
        if (bundle->group != FLEET_NONE)
            bundle->count = 1;
    }
    uint64_t rest = 0;
    for (uint32_t i = made; i-- > 0;) {
        bundles[i].count = headroom_nodes(query, bundles[i].line, bundles[i].count);
        bundles[i].rest = rest += bundles[i].count;
    }
    return made;
}

static bool try_from(struct solving *solving, uint32_t at, uint32_t left, uint32_t used)
{
    if (left == 0)
        return true;
    if (at == solving->count || solving->bundles[at].rest < left || *solving->tries == 0)
        return false;
    --*solving->tries;
    struct bundle *bundle = &solving->bundles[at];
    bool closed = bundle->group != FLEET_NONE && bundle->group == used;
    uint32_t most = closed ? 0 : bundle->count < left ? bundle->count : left;
    for (uint32_t n = headroom_nodes(solving->query, bundle->line, most) + 1; n-- > 0;) {
        promise(solving->query, bundle->line, n);
        bundle->chosen = n;
        if (try_from(solving, at + 1, left - n, n ? bundle->group : used))
            return true;
        bundle->chosen = 0;
        hand_back(solving->query, bundle->line, n);
    }
    return false;
}

static void hand_out(const struct bundle *bundle, const struct item *items, struct rack_part *parts)
{
    uint32_t left = bundle->chosen;
    for (uint32_t i = 0; i < bundle->items; i++) {
        struct rack_part *part = &parts[items[bundle->first + i].part];
        part->chosen = part->count < left ? part->count : left;
        left -= part->chosen;
    }
}

// Every combination, bundle by bundle.
static bool exact(const struct query *query, struct rack_part *parts, uint32_t count,
                  uint32_t nodes)
{
    struct item *items = calloc(count, sizeof *items);
    struct bundle *bundles = calloc(count, sizeof *bundles);
    must(items && bundles);
    for (uint32_t i = 0; i < count; i++)
        items[i] = (struct item){parts[i].group, parts[i].line, i};
    qsort(items, count, sizeof *items, item_order);
    struct solving solving = {query, bundles, 0, &query->fleet->scratch.tries};
    solving.count = bundle_up(query, parts, items, count, bundles);
    bool found = solving.count && try_from(&solving, 0, nodes, FLEET_NONE);
    for (uint32_t i = 0; i < solving.count && found; i++) {
        hand_back(query, bundles[i].line, bundles[i].chosen);
        hand_out(&bundles[i], items, parts);
    }
    free(items);
    free(bundles);
    return found;
}

bool solve_parts(const struct query *query, struct rack_part *parts, uint32_t count, uint32_t nodes)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < count; i++)
        most += parts[i].count;
    if (most < nodes)
        return false;
    bool found = greedy(query, parts, count, nodes) == 0;
    for (uint32_t i = 0; i < count; i++)
        hand_back(query, parts[i].line, parts[i].chosen);
    if (found || !query->powered || count == 1)
        return found;
    if (parts->group == FLEET_NONE && lines_nested(query->fleet))
        return false;
    return exact(query, parts, count, nodes);
}

bool solve_line(const struct query *query, uint32_t line, uint32_t nodes)
{
    if (!query->powered || line == FLEET_NONE)
        return true;
    const struct power_load load = {line, query->shape.watts * nodes};
    return power_has(query->fleet->power, &load, &query->span);
}
