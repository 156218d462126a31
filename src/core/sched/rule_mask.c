#include "core/sched/rule_mask.h"
#include "base/must.h"
#include "core/inventory/node_class.h"
#include "core/inventory/placing.h"
#include <stdlib.h>
#include <string.h>

void rule_masks_finish(struct rule_masks *masks)
{
    for (int i = 0; i < RULE_MASKS_KEPT; i++)
        free(masks->kept[i].classes);
    *masks = (struct rule_masks){0};
}

// Grows with everything that a rule can see.
static uint64_t house_of(const struct inventory *inventory)
{
    return inventory->sites.last_id + inventory->classes.last_id + inventory->entities.last_id +
           placing_sites(inventory) + 1;
}

bool rule_mask_permits(const struct inventory *inventory, str rule, uint64_t site, uint64_t class)
{
    struct attribute said[ATTRIBUTES_MAX];
    struct rule_attribute seen[ATTRIBUTES_MAX];
    uint32_t count = class_attributes(inventory, site, class, said);
    struct rule_view view = {.attribute = seen};
    for (uint32_t i = 0; i < count; i++)
        if (said[i].value.len > 0)
            seen[view.count++] = (struct rule_attribute){said[i].key, said[i].value};
    return rule_permits(rule, &view, NULL);
}

static void make(struct rule_mask *mask, const struct inventory *inventory, str rule)
{
    must(str_copy(rule, mask->rule, sizeof mask->rule));
    mask->house = house_of(inventory);
    mask->sites = placing_sites(inventory);
    mask->classes = realloc(mask->classes, (mask->sites + 1) * sizeof *mask->classes);
    must(mask->classes);
    for (uint32_t place = 0; place < mask->sites; place++) {
        uint64_t site = placing_site(inventory, place), bits = 0;
        bits |= rule_mask_permits(inventory, rule, site, 0);
        uint32_t cursor = 0;
        for (const struct node_class *row; (row = table_step(&inventory->classes, &cursor));)
            if (rule_mask_permits(inventory, rule, site, row->id))
                bits |= UINT64_C(1) << row->id;
        mask->classes[place] = bits;
    }
}

const uint64_t *rule_mask(struct rule_masks *masks, const struct inventory *inventory, str rule)
{
    if (rule.len == 0)
        return NULL;
    uint32_t hash = 2166136261u; // FNV-1a
    for (size_t i = 0; i < rule.len; i++)
        hash = (hash ^ (uint8_t)rule.ptr[i]) * 16777619u;
    struct rule_mask *mask = &masks->kept[hash % RULE_MASKS_KEPT];
    if (mask->house != house_of(inventory) || !str_is(rule, str_from(mask->rule)))
        make(mask, inventory, rule);
    return mask->classes;
}
