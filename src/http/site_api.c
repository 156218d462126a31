#include "http/site_api.h"
#include "http/find_thing.h"
#include "http/page.h"

enum { ENTITY_SLUG, ENTITY_NAME, ENTITY_COUNTRY, ENTITY_OWNER };
const struct field entity_new_fields[] = {
    [ENTITY_SLUG] = FIELD(.name = "slug", .form = FIELD_TEXT, .required = true, .min = 1, .max = 31,
                          .doc = "short name"),
    [ENTITY_NAME] = FIELD(.name = "name", .form = FIELD_TEXT, .required = true, .min = 1, .max = 95,
                          .doc = "of the legal person"),
    [ENTITY_COUNTRY] = FIELD(.name = "country", .form = FIELD_TEXT, .required = true, .min = 2,
                             .max = 2, .doc = "ISO 3166-1: JP"),
    [ENTITY_OWNER] = FIELD(.name = "owner", .form = FIELD_TEXT, .nullable = true, .max = 31,
                           .doc = "slug of who owns it"),
    {0},
};
enum { SITE_SLUG, SITE_NAME, SITE_COUNTRY, SITE_OPERATOR, SITE_ZONE, SITE_PUE };
const struct field site_new_fields[] = {
    [SITE_SLUG] = FIELD(.name = "slug", .form = FIELD_TEXT, .required = true, .min = 1, .max = 31,
                        .doc = "short name"),
    [SITE_NAME] = FIELD(.name = "name", .form = FIELD_TEXT, .max = 95,
                        .doc = "full name; the slug when not given"),
    [SITE_COUNTRY] = FIELD(.name = "country", .form = FIELD_TEXT, .required = true, .min = 2,
                           .max = 2, .doc = "its jurisdiction, ISO 3166-1: JP"),
    [SITE_OPERATOR] = FIELD(.name = "operator", .form = FIELD_TEXT, .nullable = true, .max = 31,
                            .doc = "slug of who runs it; the house when not given"),
    [SITE_ZONE] = FIELD(.name = "zone", .form = FIELD_CHOICE, .choice = zone_parse,
                        .choices = "UTC, Asia/Tokyo and other IANA names",
                        .doc = "of its day; UTC when not given"),
    [SITE_PUE] = FIELD(.name = "pue_permille", .form = FIELD_INTEGER, .min = PUE_PERMILLE_MIN,
                       .max = PUE_PERMILLE_MAX,
                       .doc = "facility watts for 1,000 IT watts; 1000 when not given"),
    {0},
};

static bool kind_choice(str text, uint32_t *ret_choice)
{
    for (uint32_t kind = 0; kind < FEEDER_KIND_COUNT; kind++) {
        if (!str_is(text, str_from(feeder_kind_text(kind))))
            continue;
        *ret_choice = kind;
        return true;
    }
    return false;
}

enum { FEED_SITE, FEED_NAME, FEED_PARENT, FEED_KIND, FEED_RATED, FEED_RAMP, FEED_EFFICIENCY };
const struct field feeder_new_fields[] = {
    [FEED_SITE] = FIELD(.name = "site", .form = FIELD_TEXT, .required = true, .max = 31,
                        .doc = "slug of its site"),
    [FEED_NAME] = FIELD(.name = "name", .form = FIELD_TEXT, .required = true, .min = 1, .max = 31,
                        .doc = "its name in the site"),
    [FEED_PARENT] = FIELD(.name = "parent", .form = FIELD_TEXT, .nullable = true, .max = 31,
                          .doc = "the feeder it hangs on; none: the grid point"),
    [FEED_KIND] = FIELD(.name = "kind", .form = FIELD_CHOICE, .choice = kind_choice,
                        .choices = "grid, substation, wire",
                        .doc = "grid without a parent, else wire, when not given"),
    [FEED_RATED] = FIELD(.name = "rated_w", .form = FIELD_INTEGER, .required = true, .min = 1,
                         .max = FEEDER_RATED_W_MAX, .doc = "watts it may carry"),
    [FEED_RAMP] = FIELD(.name = "ramp_w_per_s", .form = FIELD_INTEGER, .max = FEEDER_RATED_W_MAX,
                        .doc = "fastest change of its load; 0: no limit"),
    [FEED_EFFICIENCY] =
        FIELD(.name = "efficiency_ppm", .form = FIELD_INTEGER, .min = EFFICIENCY_PPM_MAX / 2,
              .max = EFFICIENCY_PPM_MAX, .doc = "of a million watts, so many; all when not given"),
    {0},
};
enum { CAP_SITE, CAP_FEEDER, CAP_WATTS, CAP_FROM, CAP_UNTIL };
const struct field feeder_cap_fields[] = {
    [CAP_SITE] = FIELD(.name = "site", .form = FIELD_TEXT, .required = true, .max = 31,
                       .doc = "slug of its site"),
    [CAP_FEEDER] =
        FIELD(.name = "feeder", .form = FIELD_TEXT, .required = true, .max = 31, .doc = "its name"),
    [CAP_WATTS] = FIELD(.name = "cap_w", .form = FIELD_INTEGER, .required = true,
                        .max = FEEDER_RATED_W_MAX, .doc = "watts it may carry meanwhile"),
    [CAP_FROM] = FIELD(.name = "from", .form = FIELD_TIME, .doc = "now when not given"),
    [CAP_UNTIL] = FIELD(.name = "until", .form = FIELD_TIME, .doc = "open end when not given"),
    {0},
};
const struct field entity_list_query[] = {QUERY_PAGE("entity"), {0}};
const struct field site_list_query[] = {QUERY_PAGE("site"), {0}};
const struct field feeder_list_query[] = {QUERY_PAGE("feeder"), {0}};

const struct reply_field reply_entity[] = {
    ROW("id", REPLY_ID, false, NULL, "entity-1"),
    ROW("slug", REPLY_TEXT, false, NULL, "short name"),
    ROW("name", REPLY_TEXT, false, NULL, "of the legal person"),
    ROW("country", REPLY_TEXT, false, NULL, "ISO 3166-1"),
    ROW("owner", REPLY_TEXT, true, NULL, "who owns it"),
    ROW("added", REPLY_TIME, false, NULL, "known since"),
    ROW(0),
};
const struct reply_field reply_site[] = {
    ROW("id", REPLY_ID, false, NULL, "site-1"),
    ROW("slug", REPLY_TEXT, false, NULL, "short name"),
    ROW("name", REPLY_TEXT, false, NULL, "full name"),
    ROW("country", REPLY_TEXT, false, NULL, "its jurisdiction"),
    ROW("operator", REPLY_TEXT, true, NULL, "who runs it; null: the house"),
    ROW("zone", REPLY_TEXT, false, NULL, "IANA name"),
    ROW("pue_permille", REPLY_NUMBER, false, NULL, "facility watts for 1,000 IT watts"),
    ROW("added", REPLY_TIME, false, NULL, "known since"),
    ROW(0),
};
const struct reply_field reply_feeder[] = {
    ROW("id", REPLY_ID, false, NULL, "feeder-1"),
    ROW("site", REPLY_TEXT, false, NULL, "its site"),
    ROW("name", REPLY_TEXT, false, NULL, "its name there"),
    ROW("parent", REPLY_TEXT, true, NULL, "what feeds it; null: the grid"),
    ROW("kind", REPLY_TEXT, false, NULL, "grid, substation, wire"),
    ROW("rated_w", REPLY_NUMBER, false, NULL, "watts it may carry"),
    ROW("limit_w", REPLY_NUMBER, false, NULL, "the least of its rating and its caps, now"),
    ROW("ramp_w_per_s", REPLY_NUMBER, false, NULL, "fastest change of its load; 0: no limit"),
    ROW("efficiency_ppm", REPLY_NUMBER, false, NULL, "of a million watts, so many"),
    ROW(0),
};
#define PAGE_OF(name, of)                                                        \
    const struct reply_field name[] = {                                          \
        ROW("items", REPLY_LIST, false, of, "in the order of their ids"),        \
        ROW("next", REPLY_ID, true, NULL, "give it as after for the next page"), \
        {0},                                                                     \
    }
PAGE_OF(reply_entity_page, reply_entity);
PAGE_OF(reply_site_page, reply_site);
PAGE_OF(reply_feeder_page, reply_feeder);

static void reply_entity_slug(struct json_out *json, const struct cloud *cloud, const char *name,
                              uint64_t id)
{
    const struct entity *entity = table_get(&cloud->inventory.entities, id);
    reply_text_or_null(json, name, entity ? entity->slug : NULL);
}

static bool entity_row(struct exchange *exchange, const struct cloud *cloud, const void *row)
{
    const struct entity *entity = row;
    struct json_out *json = &exchange->json;
    json_object(json);
    reply_id(json, "id", "entity", entity->id);
    reply_text(json, "slug", entity->slug);
    reply_text(json, "name", entity->name);
    reply_text(json, "country", entity->country);
    reply_entity_slug(json, cloud, "owner", entity->owner);
    reply_time(json, "added", entity->added_us);
    json_end(json);
    return true;
}

static bool site_row(struct exchange *exchange, const struct cloud *cloud, const void *row)
{
    const struct site *site = row;
    struct json_out *json = &exchange->json;
    json_object(json);
    reply_id(json, "id", "site", site->id);
    reply_text(json, "slug", site->slug);
    reply_text(json, "name", site->name);
    reply_text(json, "country", site->country);
    reply_entity_slug(json, cloud, "operator", site->operator);
    json_name(json, S("zone"));
    json_text(json, zone_name(site->zone));
    reply_number(json, "pue_permille", site->pue_permille);
    reply_time(json, "added", site->added_us);
    json_end(json);
    return true;
}

static bool feeder_row(struct exchange *exchange, const struct cloud *cloud, const void *row)
{
    const struct inventory *inventory = &cloud->inventory;
    const struct feeder *feeder = row, *parent = table_get(&inventory->feeders, feeder->parent);
    const struct site *site = table_get(&inventory->sites, feeder->site);
    struct json_out *json = &exchange->json;
    json_object(json);
    reply_id(json, "id", "feeder", feeder->id);
    reply_text(json, "site", site->slug);
    reply_text(json, "name", feeder->name);
    reply_text_or_null(json, "parent", parent ? parent->name : NULL);
    reply_text(json, "kind", feeder_kind_text(feeder->kind));
    reply_number(json, "rated_w", feeder->rated_w);
    reply_number(json, "limit_w", feeder_limit_w(inventory, feeder, cloud_time_us(cloud)));
    reply_number(json, "ramp_w_per_s", feeder->ramp_w_per_s);
    reply_number(json, "efficiency_ppm", feeder->efficiency_ppm);
    json_end(json);
    return true;
}

enum view entity_list_view(struct exchange *exchange, const struct cloud *cloud)
{
    return page_show(exchange, cloud, &cloud->inventory.entities, entity_row);
}

enum view site_list_view(struct exchange *exchange, const struct cloud *cloud)
{
    return page_show(exchange, cloud, &cloud->inventory.sites, site_row);
}

enum view feeder_list_view(struct exchange *exchange, const struct cloud *cloud)
{
    return page_show(exchange, cloud, &cloud->inventory.feeders, feeder_row);
}

bool looked_prepare(struct exchange *exchange)
{
    return exchange->refusal.status == 0;
}

void entity_new_look(struct exchange *exchange, const struct cloud *cloud)
{
    struct entity_new *new = &exchange->input.entity;
    const struct value *body = exchange->body;
    uint64_t owner;
    if (!find_entity(exchange, cloud, ENTITY_OWNER, &owner))
        return;
    exchange->input.kind = INPUT_ENTITY_NEW;
    new->owner = owner;
    exchange_copy(&body[ENTITY_SLUG], new->slug, sizeof new->slug);
    exchange_copy(&body[ENTITY_NAME], new->name, sizeof new->name);
    exchange_copy(&body[ENTITY_COUNTRY], new->country, sizeof new->country);
}

void site_new_look(struct exchange *exchange, const struct cloud *cloud)
{
    struct site_new *new = &exchange->input.site;
    const struct value *body = exchange->body;
    uint64_t operator;
    uint32_t zone = 0;
    zone_parse(S("UTC"), &zone);
    if (!find_entity(exchange, cloud, SITE_OPERATOR, &operator))
        return;
    exchange->input.kind = INPUT_SITE_NEW;
    new->operator= operator;
    new->zone = body[SITE_ZONE].present ? (uint32_t)body[SITE_ZONE].integer : zone;
    new->pue_permille =
        body[SITE_PUE].present ? (uint32_t)body[SITE_PUE].integer : PUE_PERMILLE_MIN;
    exchange_copy(&body[SITE_SLUG], new->slug, sizeof new->slug);
    exchange_copy(&body[body[SITE_NAME].present ? SITE_NAME : SITE_SLUG], new->name,
                  sizeof new->name);
    exchange_copy(&body[SITE_COUNTRY], new->country, sizeof new->country);
}

void feeder_new_look(struct exchange *exchange, const struct cloud *cloud)
{
    struct feeder_new *new = &exchange->input.feeder;
    const struct value *body = exchange->body;
    uint64_t site, parent;
    if (!find_site(exchange, cloud, FEED_SITE, &site) ||
        !find_feeder(exchange, cloud, site, FEED_PARENT, &parent))
        return;
    exchange->input.kind = INPUT_FEEDER_NEW;
    new->site = site;
    new->parent = parent;
    new->rated_w = body[FEED_RATED].integer;
    new->ramp_w_per_s = body[FEED_RAMP].integer;
    new->kind = body[FEED_KIND].present ? (uint32_t)body[FEED_KIND].integer
                : parent                ? FEEDER_WIRE
                                        : FEEDER_GRID;
    new->efficiency_ppm = body[FEED_EFFICIENCY].present ? (uint32_t)body[FEED_EFFICIENCY].integer
                                                        : EFFICIENCY_PPM_MAX;
    exchange_copy(&body[FEED_NAME], new->name, sizeof new->name);
}

void feeder_cap_look(struct exchange *exchange, const struct cloud *cloud)
{
    struct feeder_cap_new *new = &exchange->input.cap;
    const struct value *body = exchange->body;
    uint64_t site, feeder;
    if (!find_site(exchange, cloud, CAP_SITE, &site) ||
        !find_feeder(exchange, cloud, site, CAP_FEEDER, &feeder))
        return;
    exchange->input.kind = INPUT_FEEDER_CAP;
    new->feeder = feeder;
    new->cap_w = body[CAP_WATTS].integer;
    new->from_us = body[CAP_FROM].integer;
    new->until_us = body[CAP_UNTIL].integer;
}

static enum view answer(struct exchange *exchange, const struct cloud *cloud, const void *row,
                        page_row *show)
{
    json_out_init(&exchange->json, &exchange->reply);
    if (row)
        show(exchange, cloud, row);
    else
        refuse(&exchange->refusal, REFUSE_GONE, NULL, NULL, NULL);
    return VIEW_DONE;
}

enum view entity_answer_view(struct exchange *exchange, const struct cloud *cloud)
{
    const char *slug = exchange->input.entity.slug;
    return answer(exchange, cloud, entity_with_slug(&cloud->inventory, str_from(slug)), entity_row);
}

enum view site_answer_view(struct exchange *exchange, const struct cloud *cloud)
{
    const char *slug = exchange->input.site.slug;
    return answer(exchange, cloud, site_with_slug(&cloud->inventory, str_from(slug)), site_row);
}

// Of a new feeder, or of a cap on one.
enum view feeder_answer_view(struct exchange *exchange, const struct cloud *cloud)
{
    const struct input *input = &exchange->input;
    const void *row =
        input->kind == INPUT_FEEDER_CAP
            ? table_get(&cloud->inventory.feeders, input->cap.feeder)
            : feeder_named(&cloud->inventory, input->feeder.site, str_from(input->feeder.name));
    return answer(exchange, cloud, row, feeder_row);
}
