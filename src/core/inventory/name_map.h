// name_map.h - from a name to a row: the caches beside tables whose rows people call by name.
//
// Inside the room only. A map keeps places of rows, not names: 8 bytes for each row at most. Rows
// of such a table are never removed. Where a name is unique only within something (a rack within
// its site), the id of that something is the scope and stands in the row.
//
//   Owner      whoever called name_map_init, until name_map_finish
//   Invariant  a cache: no result depends on the order inside; of two rows the first wins
//   Refusal    NULL: no such name
//   Fault      none (no memory: must)
#pragma once
#include "base/str.h"
#include "base/table.h"

struct name_map {
    uint32_t name_at, name_size; // of the zero-ended name in the row
    uint32_t scope_at;           // of the scope's id in the row; 0: none
    uint32_t *slots;             // open addressing, at most half full: place + 1
    uint32_t used, mask;
};

void name_map_init(struct name_map *map, uint32_t name_at, uint32_t name_size, uint32_t scope_at);
void name_map_finish(struct name_map *map); // accepts a zeroed map
void name_map_put(struct name_map *map, const struct table *table, const void *row);
void *name_map_get(const struct name_map *map, const struct table *table, uint64_t scope, str name);
// All rows of the table, anew.
void name_map_rebuild(struct name_map *map, const struct table *table);
