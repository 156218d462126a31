#include "core/inventory/health.h"
#include "base/must.h"
#include "core/inventory/device.h"
#include "core/inventory/placing.h"
#include "core/inventory/inventory_maps.h"
#include "core/inventory/rack.h"

const char *health_kind_text(enum health_kind kind)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {HEALTH_KINDS(X)};
#undef X
    must(kind < HEALTH_KIND_COUNT);
    return texts[kind];
}

static struct lookup_key key_of(uint64_t node, int32_t index)
{
    return (struct lookup_key){
        {node, (uint64_t)(int64_t)index}
    };
}

const struct health *health_of(const struct inventory *inventory, uint64_t node, int32_t index)
{
    return table_get(&inventory->health, lookup_get(&inventory->maps->health, key_of(node, index)));
}

static struct health *row_for(struct inventory *inventory, uint64_t node, int32_t index)
{
    uint64_t id = lookup_get(&inventory->maps->health, key_of(node, index));
    if (id)
        return table_get(&inventory->health, id);
    id = inventory->health.last_id + 1;
    struct health *row = table_add(&inventory->health, id);
    row->node = node;
    row->index = index;
    lookup_put(&inventory->maps->health, key_of(node, index), id);
    return row;
}

static void enter(struct node *node, int32_t index, enum device_state state)
{
    if (index == HEALTH_WHOLE)
        node->health = state;
    else if (state == DEVICE_HEALTHY)
        device_set_add(&node->healthy, (uint32_t)index);
    else
        device_set_remove(&node->healthy, (uint32_t)index);
}

void health_apply_changed(struct inventory *inventory, const struct health_changed *fact,
                          int64_t time_us)
{
    struct node *node = table_get(&inventory->nodes, fact->node);
    must(node && fact->state < DEVICE_STATE_COUNT && fact->kind < HEALTH_KIND_COUNT);
    must(fact->index == HEALTH_WHOLE ||
         (fact->index >= 0 && (uint32_t)fact->index < node->devices));
    struct health *row = row_for(inventory, fact->node, fact->index);
    bool moved = row->state != fact->state;
    if (moved)
        node_tally(inventory, node, TALLY_OUT, time_us);
    row->since_us = moved || row->reports == 0 ? time_us : row->since_us;
    row->seen_us = time_us;
    row->state = fact->state;
    row->kind = fact->kind;
    row->detail = fact->detail;
    row->corrected = fact->corrected;
    row->window_us = fact->window_us;
    if (fact->breaker_from_us)
        pool_cordon(inventory, node, fact->index, fact->breaker_from_us);
    row->reports++;
    if (!moved)
        return;
    enter(node, fact->index, fact->state);
    node_tally(inventory, node, TALLY_IN, time_us);
    placing_changed(inventory, node);
}
