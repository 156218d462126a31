#include "http/house_api.h"
#include "base/codec.h"
#include "base/must.h"
#include "http/page.h"
#include <stdio.h>

static bool rounding_choice(str text, uint32_t *ret_choice)
{
    static const char *const names[] = {
        [ROUND_FLOOR] = "floor", [ROUND_HALF_UP] = "half_up", [ROUND_CEILING] = "ceiling"};
    for (uint32_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!str_is(text, str_from(names[i])))
            continue;
        *ret_choice = i;
        return true;
    }
    return false;
}

enum { OPERATOR_NAME, OPERATOR_TAX_ID, OPERATOR_ROUNDING };
const struct field operator_fields[] = {
    [OPERATOR_NAME] = FIELD(.name = "name", .form = FIELD_TEXT, .required = true, .min = 1,
                            .max = 95, .doc = "as it stands on invoices"),
    [OPERATOR_TAX_ID] =
        FIELD(.name = "tax_id", .form = FIELD_TEXT, .nullable = true, .max = 14,
              .doc = "registration number: T and 13 digits; invoices are qualified with "
                     "one"),
    [OPERATOR_ROUNDING] =
        FIELD(.name = "rounding", .form = FIELD_CHOICE, .choice = rounding_choice,
              .choices = "floor, half_up, ceiling",
              .doc = "of the tax, once per rate and invoice; floor when not given"),
    FIELD(0),
};

enum { SETTING_KEY, SETTING_VALUE };
const struct field setting_fields[] = {
    [SETTING_KEY] = FIELD(.name = "key", .form = FIELD_TEXT, .required = true, .min = 1, .max = 63,
                          .doc = "see GET /api/v1/settings"),
    [SETTING_VALUE] =
        FIELD(.name = "value", .form = FIELD_INTEGER, .required = true, .min = INT64_MIN,
              .max = INT64_MAX, .doc = "within the setting's bounds"),
    FIELD(0),
};
// Settings are few: limit and after are taken as for every list, and all are shown.
const struct field setting_list_query[] = {QUERY_PAGE("setting"), {0}};

const struct reply_field reply_health[] = {
    ROW("status", REPLY_TEXT, false, NULL, "ok, or trouble (then the status is 503)"),
    ROW("writable", REPLY_BOOL, false, NULL, "the journal takes commits"),
    ROW("trouble", REPLY_TEXT, true, NULL, "why not"),
    ROW("clock_behind", REPLY_BOOL, false, NULL, "the wall clock is behind the house's time"),
    ROW("events", REPLY_NUMBER, false, NULL, "durable events"),
    ROW("queue", REPLY_NUMBER, false, NULL, "commands that wait"),
    ROW("queue_limit", REPLY_NUMBER, false, NULL, "as many may wait"),
    ROW("time", REPLY_TIME, false, NULL, "the house's time"),
    ROW("version", REPLY_TEXT, false, NULL, "of tatara"),
    ROW(0),
};
const struct reply_field reply_whoami[] = {
    ROW("key", REPLY_ID, true, NULL, "the access key in use"),
    ROW("account", REPLY_ID, false, NULL, "whose it is"),
    ROW("slug", REPLY_TEXT, true, NULL, "that account's short name"),
    ROW("role", REPLY_TEXT, false, NULL, "reader, user, operator, admin"),
    ROW(0),
};
const struct reply_field reply_operator[] = {
    ROW("name", REPLY_TEXT, true, NULL, "as it stands on invoices"),
    ROW("tax_id", REPLY_TEXT, true, NULL, "registration number"),
    ROW("rounding", REPLY_TEXT, false, NULL, "floor, half_up, ceiling"),
    ROW(0),
};
const struct reply_field reply_house[] = {
    ROW("version", REPLY_TEXT, false, NULL, "of tatara"),
    ROW("engine", REPLY_TEXT, false, NULL, "process, container, virtual"),
    ROW("engine_limits", REPLY_TEXTS, false, NULL, "what this engine cannot enforce here"),
    ROW("events", REPLY_NUMBER, false, NULL, "durable events in the journal"),
    ROW("root", REPLY_TEXT, false, NULL, "of the tree over all of them, hex"),
    ROW("time", REPLY_TIME, false, NULL, "the house's time"),
    ROW("started", REPLY_TIME, false, NULL, "when this process started, in the house's time"),
    ROW("currency", REPLY_TEXT, false, NULL, "of the house's own account"),
    ROW("zone", REPLY_TEXT, false, NULL, "of the house's own account"),
    ROW("operator", REPLY_OBJECT, false, reply_operator, "who runs the house"),
    ROW(0),
};
const struct reply_field reply_setting[] = {
    ROW("key", REPLY_TEXT, false, NULL, "its name"),
    ROW("value", REPLY_NUMBER, false, NULL, "now"),
    ROW("default", REPLY_NUMBER, false, NULL, "at the first start"),
    ROW("min", REPLY_NUMBER, false, NULL, "least"),
    ROW("max", REPLY_NUMBER, false, NULL, "most"),
    ROW("unit", REPLY_TEXT, false, NULL, "of the value"),
    ROW("doc", REPLY_TEXT, false, NULL, "what it is for"),
    ROW(0),
};
const struct reply_field reply_setting_page[] = {
    ROW("items", REPLY_LIST, false, reply_setting, "all of them"),
    ROW("next", REPLY_ID, true, NULL, "always null"),
    {0},
};

bool health_finish(struct exchange *exchange)
{
    struct desk *desk = exchange->parts->config.desk;
    struct desk_health health;
    desk->ops->health(desk, &health);
    bool well = health.writable && !atomic_load(&exchange->parts->closing);
    struct json_out *json = &exchange->json;
    json_out_init(json, &exchange->reply);
    json_object(json);
    reply_text(json, "status", well ? "ok" : "trouble");
    reply_bool(json, "writable", health.writable);
    reply_text_or_null(json, "trouble", health.trouble);
    reply_bool(json, "clock_behind", health.clock_behind);
    reply_number(json, "events", (int64_t)health.size);
    reply_number(json, "queue", (int64_t)health.queue_length);
    reply_number(json, "queue_limit", (int64_t)health.queue_limit);
    reply_time(json, "time", health.time_us);
    reply_text(json, "version", exchange->parts->config.version);
    json_end(json);
    exchange->status = well ? 200 : 503;
    return true;
}

enum view whoami_view(struct exchange *exchange, const struct cloud *cloud)
{
    const struct account *account = table_get(&cloud->market.accounts, exchange->by.account);
    struct json_out *json = &exchange->json;
    json_out_init(json, &exchange->reply);
    json_object(json);
    reply_id(json, "key", "key", exchange->by.key);
    reply_id(json, "account", "account", exchange->by.account);
    reply_text_or_null(json, "slug", account ? account->slug : NULL);
    reply_text(json, "role", role_text(exchange->by.role));
    json_end(json);
    return VIEW_DONE;
}

static void operator_reply(struct json_out *json, const struct cloud *cloud)
{
    static const char *const roundings[] = {"floor", "half_up", "ceiling"};
    const struct issuer *issuer = table_get(&cloud->billing.issuers, 1);
    json_object(json);
    reply_text_or_null(json, "name", issuer ? issuer->name : NULL);
    reply_text_or_null(json, "tax_id", issuer ? issuer->tax_id : NULL);
    reply_text(json, "rounding", roundings[issuer ? issuer->rounding : ROUND_FLOOR]);
    json_end(json);
}

enum view house_view(struct exchange *exchange, const struct cloud *cloud)
{
    const struct account *house = table_get(&cloud->market.accounts, ACCOUNT_HOUSE);
    struct json_out *json = &exchange->json;
    json_out_init(json, &exchange->reply);
    json_object(json);
    json_name(json, S("operator"));
    operator_reply(json, cloud);
    json_name(json, S("currency"));
    json_text(json, currency_code(house ? (enum currency)house->currency : CURRENCY_JPY));
    json_name(json, S("zone"));
    json_text(json, zone_name(house ? house->zone : 0));
    return VIEW_DONE;
}

static void engine_limits(struct json_out *json, struct engine *engine)
{
    struct buf lines;
    buf_init(&lines, 16 * 1024);
    engine->ops->limits(engine, &lines);
    str left = buf_str(&lines);
    json_name(json, S("engine_limits"));
    json_array(json);
    while (left.len > 0) {
        str line = left, rest = {0};
        str_cut(left, '\n', &line, &rest);
        if (line.len > 0)
            json_text(json, line);
        left = rest;
    }
    json_end(json);
    buf_finish(&lines);
}

bool house_finish(struct exchange *exchange)
{
    const struct http_config *config = &exchange->parts->config;
    struct json_out *json = &exchange->json;
    struct desk_health health;
    char root[64];
    config->desk->ops->health(config->desk, &health);
    hex_encode(health.root.bytes, sizeof health.root.bytes, root);
    reply_text(json, "version", config->version);
    reply_text(json, "engine", config->engine->ops->name);
    engine_limits(json, config->engine);
    reply_number(json, "events", (int64_t)health.size);
    json_name(json, S("root"));
    json_text(json, (str){root, sizeof root});
    reply_time(json, "time", health.time_us);
    reply_time(json, "started", health.started_us);
    json_end(json);
    return true;
}

enum view operator_view(struct exchange *exchange, const struct cloud *cloud)
{
    json_out_init(&exchange->json, &exchange->reply);
    operator_reply(&exchange->json, cloud);
    return VIEW_DONE;
}

bool operator_prepare(struct exchange *exchange)
{
    const struct value *body = exchange->body;
    struct operator_set *operator= & exchange->input.operator;
    exchange->input.kind = INPUT_OPERATOR_SET;
    exchange_copy(&body[OPERATOR_NAME], operator->name, sizeof operator->name);
    exchange_copy(&body[OPERATOR_TAX_ID], operator->tax_id, sizeof operator->tax_id);
    operator->rounding = body[OPERATOR_ROUNDING].present ? (uint32_t)body[OPERATOR_ROUNDING].integer
                                                         : ROUND_FLOOR;
    return true;
}

static void setting_reply(struct json_out *json, const struct cloud *cloud, enum setting setting)
{
    const struct setting_row *row = setting_row(setting);
    json_object(json);
    reply_text(json, "key", row->key);
    reply_number(json, "value", cloud_setting(cloud, setting));
    reply_number(json, "default", row->value);
    reply_number(json, "min", row->min);
    reply_number(json, "max", row->max);
    reply_text(json, "unit", row->unit);
    reply_text(json, "doc", row->doc);
    json_end(json);
}

enum view setting_list_view(struct exchange *exchange, const struct cloud *cloud)
{
    page_begin(exchange);
    for (enum setting setting = 0; setting < SETTING_COUNT; setting++)
        setting_reply(&exchange->json, cloud, setting);
    page_end(exchange);
    return VIEW_DONE;
}

static bool refuse_setting(struct exchange *exchange, str key)
{
    const char *nearest = NULL;
    uint32_t least = 8;
    char fix[120] = "see GET /api/v1/settings";
    for (enum setting setting = 0; setting < SETTING_COUNT; setting++) {
        uint32_t distance = str_distance(str_from(setting_row(setting)->key), key);
        if (distance >= least)
            continue;
        least = distance;
        nearest = setting_row(setting)->key;
    }
    if (nearest)
        snprintf(fix, sizeof fix, "did you mean %s?", nearest);
    return refuse(&exchange->refusal, REFUSE_FIELD, "key", fix, "there is no setting of that name");
}

bool setting_prepare(struct exchange *exchange)
{
    const struct value *key = &exchange->body[SETTING_KEY], *value = &exchange->body[SETTING_VALUE];
    enum setting setting;
    if (!setting_parse(key->text, &setting))
        return refuse_setting(exchange, key->text);
    const struct setting_row *row = setting_row(setting);
    char fix[120];
    snprintf(fix, sizeof fix, "give %lld to %lld %s", (long long)row->min, (long long)row->max,
             row->unit);
    if (value->integer < row->min || value->integer > row->max)
        return refuse(&exchange->refusal, REFUSE_FIELD, "value", fix, "%s cannot be %lld", row->key,
                      (long long)value->integer);
    exchange->input.kind = INPUT_SETTING_SET;
    exchange->input.setting = (struct setting_new){.setting = setting, .value = value->integer};
    return true;
}

enum view setting_answer_view(struct exchange *exchange, const struct cloud *cloud)
{
    json_out_init(&exchange->json, &exchange->reply);
    setting_reply(&exchange->json, cloud, (enum setting)exchange->input.setting.setting);
    return VIEW_DONE;
}
