#include "core/inventory/name_map.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 16 };

static void slots_make(struct name_map *map, uint32_t count)
{
    map->slots = calloc(count, sizeof *map->slots);
    must(map->slots);
    map->mask = count - 1;
    map->used = 0;
}

void name_map_init(struct name_map *map, uint32_t name_at, uint32_t name_size, uint32_t scope_at)
{
    *map = (struct name_map){.name_at = name_at, .name_size = name_size, .scope_at = scope_at};
    slots_make(map, SLOTS_FIRST);
}

void name_map_finish(struct name_map *map)
{
    free(map->slots);
    *map = (struct name_map){0};
}

static str name_of(const struct name_map *map, const void *row)
{
    const char *name = (const char *)row + map->name_at;
    return (str){name, strnlen(name, map->name_size)};
}

static uint64_t scope_of(const struct name_map *map, const void *row)
{
    uint64_t scope = 0;
    if (map->scope_at)
        memcpy(&scope, (const char *)row + map->scope_at, sizeof scope);
    return scope;
}

// FNV-1a over the name, begun with the scope.
static uint32_t hash(uint64_t scope, str name)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325) ^ scope * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < name.len; i++)
        sum = (sum ^ (uint8_t)name.ptr[i]) * UINT64_C(0x100000001b3);
    return (uint32_t)(sum ^ sum >> 32);
}

// The slot of that name, or the empty one where it would stand.
static uint32_t slot_of(const struct name_map *map, const struct table *table, uint64_t scope,
                        str name)
{
    uint32_t at = hash(scope, name) & map->mask;
    for (; map->slots[at]; at = (at + 1) & map->mask) {
        const void *row = table_at(table, map->slots[at] - 1);
        if (scope_of(map, row) == scope && str_is(name_of(map, row), name))
            break;
    }
    return at;
}

static void grow(struct name_map *map, const struct table *table)
{
    uint32_t *old = map->slots, count = map->mask + 1;
    slots_make(map, count * 2);
    for (uint32_t i = 0; i < count; i++)
        if (old[i])
            name_map_put(map, table, table_at(table, old[i] - 1));
    free(old);
}

void name_map_put(struct name_map *map, const struct table *table, const void *row)
{
    if ((map->used + 1) * 2 > map->mask)
        grow(map, table);
    uint32_t at = slot_of(map, table, scope_of(map, row), name_of(map, row));
    if (map->slots[at])
        return;
    map->slots[at] = table_place(table, row) + 1;
    map->used++;
}

void *name_map_get(const struct name_map *map, const struct table *table, uint64_t scope, str name)
{
    uint32_t at = slot_of(map, table, scope, name);
    return map->slots[at] ? table_at(table, map->slots[at] - 1) : NULL;
}

void name_map_rebuild(struct name_map *map, const struct table *table)
{
    free(map->slots);
    slots_make(map, SLOTS_FIRST);
    uint32_t cursor = 0;
    for (const void *row; (row = table_step(table, &cursor));)
        name_map_put(map, table, row);
}
