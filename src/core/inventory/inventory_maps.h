// inventory_maps.h - what the files of this room keep beside the tables to find rows by name.
//
// Inside the room only.
//
//   Owner      struct inventory
//   Invariant  caches: inventory_reindex makes the same ones anew
//   Refusal    none
//   Fault      none
#pragma once
#include "base/lookup.h"
#include "core/inventory/name_map.h"

struct inventory_maps {
    struct name_map nodes, entities, sites, feeders, blocks, racks;
    struct lookup pools;        // {site, chip}
    struct lookup health;       // {node, index}
    struct lookup shares;       // {device}
    int64_t maintenance_due_us; // the next window begins or ends; INT64_MAX: none
};
