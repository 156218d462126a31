#include "core/inventory/feeder.h"
#include "core/inventory/placing.h"
#include "base/must.h"
#include "core/inventory/inventory_maps.h"
#include <string.h>

const char *feeder_kind_text(enum feeder_kind kind)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {FEEDER_KINDS(X)};
#undef X
    must(kind < FEEDER_KIND_COUNT);
    return texts[kind];
}

const struct feeder *feeder_named(const struct inventory *inventory, uint64_t site, str name)
{
    return name_map_get(&inventory->maps->feeders, &inventory->feeders, site, name);
}

int64_t feeder_limit_w(const struct inventory *inventory, const struct feeder *feeder,
                       int64_t time_us)
{
    int64_t limit_w = feeder->rated_w;
    uint32_t cursor = 0;
    for (const struct feeder_cap *cap; (cap = table_step(&inventory->caps, &cursor));)
        if (cap->feeder == feeder->id && cap->from_us <= time_us &&
            (cap->until_us == 0 || time_us < cap->until_us) && cap->cap_w < limit_w)
            limit_w = cap->cap_w;
    return limit_w;
}

bool feeder_is_leaf(const struct inventory *inventory, const struct feeder *feeder)
{
    uint32_t cursor = 0;
    for (const struct feeder *row; (row = table_step(&inventory->feeders, &cursor));)
        if (row->parent == feeder->id)
            return false;
    return true;
}

void feeder_apply_added(struct inventory *inventory, const struct feeder_added *fact,
                        int64_t time_us)
{
    const struct feeder *parent = table_get(&inventory->feeders, fact->parent);
    must(table_get(&inventory->sites, fact->site) && fact->kind < FEEDER_KIND_COUNT);
    must(!fact->parent || (parent && parent->site == fact->site));
    must(fact->rated_w > 0 && fact->ramp_w_per_s >= 0);
    struct feeder *feeder = table_add(&inventory->feeders, fact->feeder);
    feeder->site = fact->site;
    feeder->parent = fact->parent;
    feeder->added_us = time_us;
    feeder->rated_w = fact->rated_w;
    feeder->ramp_w_per_s = fact->ramp_w_per_s;
    memcpy(feeder->name, fact->name, sizeof feeder->name);
    feeder->kind = fact->kind;
    feeder->efficiency_ppm = fact->efficiency_ppm;
    name_map_put(&inventory->maps->feeders, &inventory->feeders, feeder);
    placing_feeder(inventory, feeder);
}

void feeder_apply_cap_set(struct inventory *inventory, const struct feeder_cap_set *fact)
{
    must(table_get(&inventory->feeders, fact->feeder) && fact->cap_w >= 0);
    must(fact->until_us == 0 || fact->until_us > fact->from_us);
    struct feeder_cap *cap = table_add(&inventory->caps, fact->cap);
    cap->feeder = fact->feeder;
    cap->cap_w = fact->cap_w;
    cap->from_us = fact->from_us;
    cap->until_us = fact->until_us;
    placing_cap(inventory, cap, true);
}

void feeder_apply_cap_ended(struct inventory *inventory, const struct feeder_cap_ended *fact)
{
    const struct feeder_cap *cap = table_get(&inventory->caps, fact->cap);
    must(cap);
    placing_cap(inventory, cap, false);
    table_remove(&inventory->caps, fact->cap);
}
