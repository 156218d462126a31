// find_thing.h - what a body's slug or name stands for: an entity, a site, a feeder.
//
//   Owner      nobody: questions to the state
//   Invariant  absent and null mean 0
//   Refusal    bad_field, naming the field, where nothing has that name
//   Fault      none
#pragma once
#include "core/cloud/cloud.h"
#include "http/exchange.h"

static inline bool find_nothing(struct exchange *exchange, const char *field, const char *fix)
{
    return refuse(&exchange->refusal, REFUSE_FIELD, field, fix, "%s names nothing that is known",
                  field);
}

static inline bool find_entity(struct exchange *exchange, const struct cloud *cloud, uint32_t row,
                               uint64_t *ret_id)
{
    const struct value *value = &exchange->body[row];
    *ret_id = 0;
    if (!value->present || value->is_null || value->text.len == 0)
        return true;
    const struct entity *entity = entity_with_slug(&cloud->inventory, value->text);
    *ret_id = entity ? entity->id : 0;
    return entity || find_nothing(exchange, exchange->route->body[row].name,
                                  "give an entity's slug; see: tatara entity list");
}

static inline bool find_site(struct exchange *exchange, const struct cloud *cloud, uint32_t row,
                             uint64_t *ret_id)
{
    const struct site *site = site_with_slug(&cloud->inventory, exchange->body[row].text);
    *ret_id = site ? site->id : 0;
    return site || find_nothing(exchange, exchange->route->body[row].name,
                                "give a site's slug; see: tatara site list");
}

static inline bool find_feeder(struct exchange *exchange, const struct cloud *cloud, uint64_t site,
                               uint32_t row, uint64_t *ret_id)
{
    const struct value *value = &exchange->body[row];
    *ret_id = 0;
    if (!value->present || value->is_null || value->text.len == 0)
        return true;
    const struct feeder *feeder = feeder_named(&cloud->inventory, site, value->text);
    *ret_id = feeder ? feeder->id : 0;
    return feeder ||
           find_nothing(exchange, exchange->route->body[row].name,
                        "give the name of a feeder of that site; see: tatara feeder list");
}
