#include "core/inventory/site.h"
#include "base/must.h"
#include "core/inventory/inventory_maps.h"
#include "core/inventory/rack.h"
#include <string.h>

const struct entity *entity_with_slug(const struct inventory *inventory, str slug)
{
    return name_map_get(&inventory->maps->entities, &inventory->entities, 0, slug);
}

const struct site *site_with_slug(const struct inventory *inventory, str slug)
{
    return name_map_get(&inventory->maps->sites, &inventory->sites, 0, slug);
}

uint64_t node_site(const struct inventory *inventory, const struct node *node)
{
    const struct rack *rack = table_get(&inventory->racks, node->rack);
    return rack ? rack->site : 0;
}

bool country_valid(str country)
{
    return country.len == 2 && country.ptr[0] >= 'A' && country.ptr[0] <= 'Z' &&
           country.ptr[1] >= 'A' && country.ptr[1] <= 'Z';
}

static bool name_valid(str name, size_t most)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (i == 0 || (c != '-' && c != '_' && c != '.')))
            return false;
    }
    return name.len >= 1 && name.len <= most;
}

bool place_name_valid(str name)
{
    return name_valid(name, 31);
}

bool node_name_valid(str name)
{
    return name_valid(name, 63);
}

void entity_apply_added(struct inventory *inventory, const struct entity_added *fact,
                        int64_t time_us)
{
    must(!fact->owner || table_get(&inventory->entities, fact->owner));
    struct entity *entity = table_add(&inventory->entities, fact->entity);
    entity->owner = fact->owner;
    entity->added_us = time_us;
    memcpy(entity->slug, fact->slug, sizeof entity->slug);
    memcpy(entity->name, fact->name, sizeof entity->name);
    memcpy(entity->country, fact->country, sizeof entity->country);
    name_map_put(&inventory->maps->entities, &inventory->entities, entity);
}

void site_apply_added(struct inventory *inventory, const struct site_added *fact, int64_t time_us)
{
    must(!fact->operator|| table_get(&inventory->entities, fact->operator));
    must(fact->pue_permille >= PUE_PERMILLE_MIN);
    struct site *site = table_add(&inventory->sites, fact->site);
    site->operator= fact->operator;
    site->added_us = time_us;
    memcpy(site->slug, fact->slug, sizeof site->slug);
    memcpy(site->name, fact->name, sizeof site->name);
    memcpy(site->country, fact->country, sizeof site->country);
    site->zone = fact->zone;
    site->pue_permille = fact->pue_permille;
    name_map_put(&inventory->maps->sites, &inventory->sites, site);
}
