// site.h - legal persons, and the places where machines stand.
//
// An entity owns, operates, makes or lends; it has a country, and may be owned by another. A site
// is a place with a jurisdiction, a zone for its day, a PUE and a power tree: the feeders of the
// site whose parent is 0 are its grid points.
//
//   Owner      the inventory's tables
//   Invariant  slugs are unique; who owns an entity was there before it, so there is no circle
//   Refusal    none: callers ask first
//   Fault      none
#pragma once
#include "base/str.h"
#include "core/inventory/inventory.h"
#include <stdint.h>

struct entity {
    uint64_t id, owner; // owner: who owns it; 0: nobody that is known
    int64_t added_us;
    char slug[32], name[96];
    char country[8]; // "JP": ISO 3166-1 alpha-2
};
_Static_assert(sizeof(struct entity) == 160, "no padding");

struct site {
    uint64_t id, operator; // operator: an entity; 0: the house itself
    int64_t added_us;
    char slug[32], name[96], country[8];
    uint32_t zone, pue_permille; // pue_permille: facility watts for 1,000 IT watts
};
_Static_assert(sizeof(struct site) == 168, "no padding");

// Facts.
struct entity_added {
    uint64_t entity, owner;
    char slug[32], name[96], country[8];
};
struct site_added {
    uint64_t site, operator;
    char slug[32], name[96], country[8];
    uint32_t zone, pue_permille;
};

enum { PUE_PERMILLE_MIN = 1000, PUE_PERMILLE_MAX = 5000 };

const struct entity *entity_with_slug(const struct inventory *inventory, str slug); // NULL: none
const struct site *site_with_slug(const struct inventory *inventory, str slug);
// The site of a node; 0: of a machine that stands in no rack.
uint64_t node_site(const struct inventory *inventory, const struct node *node);
bool country_valid(str country); // two capital letters
bool node_name_valid(str name);  // the same, 1-63
bool place_name_valid(str name); // 1-31 of letters, digits, '-', '_', '.', first no sign

void entity_apply_added(struct inventory *inventory, const struct entity_added *fact,
                        int64_t time_us);
void site_apply_added(struct inventory *inventory, const struct site_added *fact, int64_t time_us);
