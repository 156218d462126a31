// Commands about entities, sites and feeders; those about racks and nodes are in rack_command.c.
#include "base/must.h"
#include "core/cloud/command_check.h"

static bool slug_free(const void *taken, const char *slug, size_t size, struct cloud_step *ret_step)
{
    if (!text_valid(slug, size) || !account_slug_valid(str_from(slug)))
        return bad_field(ret_step, "slug");
    return taken ? refuse(ret_step, ANSWER_EXISTS) : true;
}

static bool entity_there(const struct cloud *cloud, uint64_t id)
{
    return id == 0 || table_get(&cloud->inventory.entities, id);
}

static bool country_there(const char *country, size_t size)
{
    return strnlen(country, size) < size && country_valid(str_from(country));
}

static bool name_there(const char *name, size_t size)
{
    return strnlen(name, size) < size && place_name_valid(str_from(name));
}

static bool entity_new(const struct cloud *cloud, const struct entity_new *new,
                       struct cloud_step *ret_step)
{
    const void *taken = entity_with_slug(&cloud->inventory, str_from(new->slug));
    if (!slug_free(taken, new->slug, sizeof new->slug, ret_step))
        return false;
    if (new->name[0] == 0 || !text_valid(new->name, sizeof new->name))
        return bad_field(ret_step, "name");
    if (!country_there(new->country, sizeof new->country))
        return bad_field(ret_step, "country");
    if (!entity_there(cloud, new->owner))
        return bad_field(ret_step, "owner");
    struct event *event = &ret_step->event;
    event->kind = EVENT_ENTITY_ADDED;
    event->entity_added.entity = cloud->inventory.entities.last_id + 1;
    event->entity_added.owner = new->owner;
    text_fill(event->entity_added.slug, new->slug, sizeof new->slug);
    text_fill(event->entity_added.name, new->name, sizeof new->name);
    text_fill(event->entity_added.country, new->country, sizeof new->country);
    return true;
}

static bool site_new(const struct cloud *cloud, const struct site_new *new,
                     struct cloud_step *ret_step)
{
    const void *taken = site_with_slug(&cloud->inventory, str_from(new->slug));
    if (!slug_free(taken, new->slug, sizeof new->slug, ret_step))
        return false;
    if (new->name[0] == 0 || !text_valid(new->name, sizeof new->name))
        return bad_field(ret_step, "name");
    if (!country_there(new->country, sizeof new->country))
        return bad_field(ret_step, "country");
    if (!entity_there(cloud, new->operator))
        return bad_field(ret_step, "operator");
    if (new->zone >= zone_count())
        return bad_field(ret_step, "zone");
    if (new->pue_permille < PUE_PERMILLE_MIN || new->pue_permille > PUE_PERMILLE_MAX)
        return bad_field(ret_step, "pue");
    struct event *event = &ret_step->event;
    event->kind = EVENT_SITE_ADDED;
    event->site_added = (struct site_added){.site = cloud->inventory.sites.last_id + 1,
                                            .operator= new->operator,
                                            .zone = new->zone,
                                            .pue_permille = new->pue_permille};
    text_fill(event->site_added.slug, new->slug, sizeof new->slug);
    text_fill(event->site_added.name, new->name, sizeof new->name);
    text_fill(event->site_added.country, new->country, sizeof new->country);
    return true;
}

static bool feeder_new(const struct cloud *cloud, const struct feeder_new *new,
                       struct cloud_step *ret_step)
{
    const struct inventory *inventory = &cloud->inventory;
    const struct feeder *parent = table_get(&inventory->feeders, new->parent);
    if (!table_get(&inventory->sites, new->site))
        return bad_field(ret_step, "site");
    if (!name_there(new->name, sizeof new->name))
        return bad_field(ret_step, "name");
    if (new->parent && (!parent || parent->site != new->site))
        return bad_field(ret_step, "parent");
    if (new->kind >= FEEDER_KIND_COUNT || (new->kind == FEEDER_GRID) != (new->parent == 0))
        return bad_field(ret_step, "kind");
    if (new->rated_w < 1 || new->rated_w > FEEDER_RATED_W_MAX)
        return bad_field(ret_step, "rated_w");
    if (new->ramp_w_per_s < 0)
        return bad_field(ret_step, "ramp_w_per_s");
    if (new->efficiency_ppm < EFFICIENCY_PPM_MAX / 2 || new->efficiency_ppm > EFFICIENCY_PPM_MAX)
        return bad_field(ret_step, "efficiency");
    if (feeder_named(inventory, new->site, str_from(new->name)))
        return refuse(ret_step, ANSWER_EXISTS);
    struct event *event = &ret_step->event;
    event->kind = EVENT_FEEDER_ADDED;
    event->feeder_added = (struct feeder_added){.feeder = inventory->feeders.last_id + 1,
                                                .site = new->site,
                                                .parent = new->parent,
                                                .rated_w = new->rated_w,
                                                .ramp_w_per_s = new->ramp_w_per_s,
                                                .kind = new->kind,
                                                .efficiency_ppm = new->efficiency_ppm};
    text_fill(event->feeder_added.name, new->name, sizeof new->name);
    return true;
}

static bool feeder_cap(const struct cloud *cloud, const struct input *input,
                       struct cloud_step *ret_step)
{
    const struct feeder_cap_new *new = &input->cap;
    const struct feeder *feeder = table_get(&cloud->inventory.feeders, new->feeder);
    if (!feeder)
        return refuse(ret_step, ANSWER_NOT_FOUND);
    if (new->cap_w < 0 || new->cap_w > feeder->rated_w)
        return bad_field(ret_step, "cap_w");
    if (new->until_us && (new->until_us <= new->from_us || new->until_us <= input->time_us))
        return bad_field(ret_step, "until");
    struct event *event = &ret_step->event;
    event->kind = EVENT_FEEDER_CAP_SET;
    event->feeder_cap_set = (struct feeder_cap_set){
        .cap = cloud->inventory.caps.last_id + 1,
        .feeder = new->feeder,
        .cap_w = new->cap_w,
        .from_us = new->from_us > input->time_us ? new->from_us : input->time_us,
        .until_us = new->until_us,
    };
    return true;
}

static bool feeder_uncap(const struct cloud *cloud, uint64_t cap, struct cloud_step *ret_step)
{
    if (!table_get(&cloud->inventory.caps, cap))
        return refuse(ret_step, ANSWER_NOT_FOUND);
    ret_step->event.kind = EVENT_FEEDER_CAP_ENDED;
    ret_step->event.feeder_cap_ended.cap = cap;
    return true;
}

static bool single_next(const struct cloud *cloud, const struct input *input,
                        struct cloud_step *ret_step)
{
    const struct inventory *inventory = &cloud->inventory;
    const struct table *adds_to = input->kind == INPUT_ENTITY_NEW   ? &inventory->entities
                                  : input->kind == INPUT_SITE_NEW   ? &inventory->sites
                                  : input->kind == INPUT_FEEDER_CAP ? &inventory->caps
                                                                    : &inventory->feeders;
    if (input->kind != INPUT_FEEDER_UNCAP && !table_has_room(adds_to))
        return refuse(ret_step, ANSWER_FULL);
    switch ((uint32_t)input->kind) {
    case INPUT_ENTITY_NEW:
        return entity_new(cloud, &input->entity, ret_step);
    case INPUT_SITE_NEW:
        return site_new(cloud, &input->site, ret_step);
    case INPUT_FEEDER_NEW:
        return feeder_new(cloud, &input->feeder, ret_step);
    case INPUT_FEEDER_CAP:
        return feeder_cap(cloud, input, ret_step);
    default:
        return feeder_uncap(cloud, input->id, ret_step);
    }
}

static bool own_next(const struct cloud *cloud, const struct input *input, uint32_t step,
                     struct cloud_step *ret_step)
{
    switch ((uint32_t)input->kind) {
    case INPUT_RACK_NEW:
        return rack_new_next(cloud, &input->rack, step, ret_step);
    case INPUT_NODES_NEW:
        return nodes_new_next(cloud, &input->nodes, step, ret_step);
    case INPUT_NODE_LABEL:
        return node_label_next(cloud, &input->label, step, ret_step);
    default:
        return step == 0 && single_next(cloud, input, ret_step);
    }
}

bool site_command_decide(const struct cloud *cloud, const struct input *input, uint32_t step,
                         struct cloud_step *ret_step)
{
    struct principal by;
    bool founds = input->kind == INPUT_ENTITY_NEW || input->kind == INPUT_SITE_NEW ||
                  input->kind == INPUT_FEEDER_NEW;
    if (step == 0 && (!who(cloud, input, &by, ret_step) ||
                      !may(&by, founds ? ACTION_MANAGE : ACTION_OPERATE, 0, ret_step)))
        return false;
    if (step == 0 && !table_has_room(&cloud->requests))
        return refuse(ret_step, ANSWER_FULL);
    bool found = own_next(cloud, input, step, ret_step);
    if (found && step == 0)
        ret_step->subject = event_subject(&ret_step->event);
    return found;
}
