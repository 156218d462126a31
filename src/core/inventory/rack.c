#include "core/inventory/rack.h"
#include "base/must.h"
#include "base/buf.h"
#include "core/inventory/device.h"
#include "core/inventory/inventory_maps.h"
#include <string.h>

const struct block *block_named(const struct inventory *inventory, uint64_t site, str name)
{
    return name_map_get(&inventory->maps->blocks, &inventory->blocks, site, name);
}

const struct rack *rack_named(const struct inventory *inventory, uint64_t site, str name)
{
    return name_map_get(&inventory->maps->racks, &inventory->racks, site, name);
}

static struct lookup_key pool_key(uint64_t site, uint64_t chip)
{
    return (struct lookup_key){
        {site, chip}
    };
}

const struct pool *pool_of(const struct inventory *inventory, uint64_t site, uint64_t chip)
{
    return table_get(&inventory->pools, lookup_get(&inventory->maps->pools, pool_key(site, chip)));
}

static uint64_t site_of(const struct inventory *inventory, const struct node *node)
{
    const struct rack *rack = table_get(&inventory->racks, node->rack);
    return rack ? rack->site : 0;
}

void pool_add(struct inventory *inventory, const struct node *node, uint64_t chip, uint32_t nodes,
              uint32_t devices)
{
    struct lookup_key key = pool_key(site_of(inventory, node), chip);
    uint64_t id = lookup_get(&inventory->maps->pools, key);
    struct pool *pool = table_get(&inventory->pools, id);
    if (!pool) {
        pool = table_add(&inventory->pools, inventory->pools.last_id + 1);
        pool->site = key.word[0];
        pool->chip = chip;
        lookup_put(&inventory->maps->pools, key, pool->id);
    }
    pool->nodes += nodes;
    pool->devices += devices;
}

const struct pool *pool_for(const struct inventory *inventory, const struct node *node,
                            int32_t index)
{
    uint64_t chip = node->chip;
    if (!chip && node->devices)
        chip = device_chip(inventory, node, index < 0 ? 0 : (uint32_t)index);
    return pool_of(inventory, site_of(inventory, node), chip);
}

void pool_cordon(struct inventory *inventory, const struct node *node, int32_t index,
                 int64_t window_us)
{
    const struct pool *found = pool_for(inventory, node, index);
    struct pool *pool = found ? table_get(&inventory->pools, found->id) : NULL;
    if (!pool)
        return;
    if (pool->window_us != window_us)
        pool->cordoned = 0;
    pool->window_us = window_us;
    pool->cordoned++;
}

void block_apply_added(struct inventory *inventory, const struct block_added *fact)
{
    must(table_get(&inventory->sites, fact->site));
    struct block *block = table_add(&inventory->blocks, fact->block);
    block->site = fact->site;
    memcpy(block->name, fact->name, sizeof block->name);
    name_map_put(&inventory->maps->blocks, &inventory->blocks, block);
}

static void member_name(const struct rack_added *fact, uint32_t index, char ret_name[64])
{
    struct buf text;
    buf_init(&text, 64);
    buf_add(&text, str_from(fact->name));
    buf_byte(&text, '-');
    buf_u64(&text, index);
    must(!text.overflow && text.len < 64);
    memset(ret_name, 0, 64);
    memcpy(ret_name, buf_str(&text).ptr, text.len);
    buf_finish(&text);
}

static void members_add(struct inventory *inventory, const struct rack_added *fact, int64_t time_us)
{
    struct node_added member = {
        .first_device = fact->first_device,
        .cpu_milli = fact->cpu_milli,
        .memory_mib = fact->memory_mib,
        .rack = fact->rack,
        .class = fact->class,
        .chip = fact->chip,
        .base_w = fact->base_w,
        .cap_w = fact->node_cap_w,
        .devices = fact->devices,
    };
    memcpy(member.arch, fact->arch, sizeof member.arch);
    for (uint32_t i = 0; i < fact->nodes; i++) {
        member.node = fact->first_node + i;
        member_name(fact, i, member.name);
        node_apply_added(inventory, &member, time_us);
        member.first_device += fact->devices;
        struct node_changed change = {member.node, fact->state, fact->cpu_milli, fact->memory_mib};
        if (fact->state != NODE_READY)
            node_apply_changed(inventory, &change, time_us);
    }
}

void rack_apply_added(struct inventory *inventory, const struct rack_added *fact, int64_t time_us)
{
    struct block *block = table_get(&inventory->blocks, fact->block);
    must(block && block->site == fact->site && fact->nodes <= RACK_NODES_MAX);
    must(fact->devices <= DEVICE_SET_MAX && fact->state < NODE_STATE_COUNT);
    struct rack *rack = table_add(&inventory->racks, fact->rack);
    rack->site = fact->site;
    rack->block = fact->block;
    rack->feeder_a = fact->feeder_a;
    rack->feeder_b = fact->feeder_b;
    rack->first_node = fact->nodes ? fact->first_node : 0;
    rack->added_us = time_us;
    rack->cap_w = fact->cap_w;
    memcpy(rack->name, fact->name, sizeof rack->name);
    block->racks++;
    name_map_put(&inventory->maps->racks, &inventory->racks, rack);
    members_add(inventory, fact, time_us);
}
