// Racks, and the labels, health and maintenance of nodes.
#include "http/find_thing.h"
#include "http/page.h"
#include "http/site_api.h"

enum {
    RACK_SITE,
    RACK_BLOCK,
    RACK_NAME,
    RACK_FEEDER_A,
    RACK_FEEDER_B,
    RACK_NODES,
    RACK_DEVICES,
    RACK_CHIP,
    RACK_DEVICE_W,
    RACK_DEVICE_MIB,
    RACK_MEMORY,
    RACK_CPU,
    RACK_ARCH,
    RACK_BASE_W,
    RACK_CAP_W,
    RACK_LABELS
};
const struct field rack_new_fields[] = {
    [RACK_SITE] = FIELD(.name = "site", .form = FIELD_TEXT, .required = true, .max = 31,
                        .doc = "slug of its site"),
    [RACK_BLOCK] = FIELD(.name = "block", .form = FIELD_TEXT, .required = true, .min = 1, .max = 31,
                         .doc = "racks on one fabric; made when it is new"),
    [RACK_NAME] = FIELD(.name = "name", .form = FIELD_TEXT, .required = true, .min = 1, .max = 31,
                        .doc = "its name; nodes are NAME-0, NAME-1, …"),
    [RACK_FEEDER_A] = FIELD(.name = "feeder_a", .form = FIELD_TEXT, .nullable = true, .max = 31,
                            .doc = "leaf it hangs on"),
    [RACK_FEEDER_B] = FIELD(.name = "feeder_b", .form = FIELD_TEXT, .nullable = true, .max = 31,
                            .doc = "the other leaf"),
    [RACK_NODES] = FIELD(.name = "nodes", .form = FIELD_INTEGER, .required = true,
                         .max = RACK_NODES_MAX, .doc = "equal nodes that come with it"),
    [RACK_DEVICES] = FIELD(.name = "devices", .form = FIELD_INTEGER, .required = true,
                           .max = DEVICE_SET_MAX, .doc = "devices of a node"),
    [RACK_CHIP] = FIELD(.name = "chip", .form = FIELD_TEXT, .required = true, .min = 1, .max = 31,
                        .doc = "kind of every device; made when it is new"),
    [RACK_DEVICE_W] = FIELD(.name = "device_w", .form = FIELD_INTEGER, .max = 1000000,
                            .doc = "watts of a busy device, of a chip that is new"),
    [RACK_DEVICE_MIB] = FIELD(.name = "device_memory_mib", .form = FIELD_INTEGER, .max = 1 << 30,
                              .doc = "memory of a device, of a chip that is new"),
    [RACK_MEMORY] = FIELD(.name = "memory_mib", .form = FIELD_INTEGER, .required = true,
                          .max = 1 << 30, .doc = "memory of a node"),
    [RACK_CPU] = FIELD(.name = "cpu_milli", .form = FIELD_INTEGER, .max = 1 << 24,
                       .doc = "thousandths of a processor core of a node"),
    [RACK_ARCH] = FIELD(.name = "arch", .form = FIELD_TEXT, .max = 15, .doc = "x86_64, aarch64"),
    [RACK_BASE_W] = FIELD(.name = "base_w", .form = FIELD_INTEGER, .max = 1000000,
                          .doc = "watts of a node without its devices"),
    [RACK_CAP_W] = FIELD(.name = "cap_w", .form = FIELD_INTEGER, .max = 1000000000,
                         .doc = "limit of the rack's watts; 0: none"),
    [RACK_LABELS] = FIELD(.name = "labels", .form = FIELD_TEXT, .max = 400,
                          .doc = "owner, operator, vendor, origin, attestation and free labels: "
                                 "\"owner=acme,origin=TW,disk=nvme\""),
    {0},
};
const struct field rack_list_query[] = {QUERY_PAGE("rack"), {0}};
const struct field node_label_fields[] = {
    FIELD(.name = "labels", .form = FIELD_TEXT, .required = true, .min = 1, .max = 400,
          .doc = "what is to change: \"owner=acme,disk=nvme\"; a label without a value goes"),
    {0},
};

static bool health_choice(str text, uint32_t *ret_choice)
{
    for (uint32_t kind = HEALTH_XID; kind < HEALTH_EMPTIED; kind++) {
        if (!str_is(text, str_from(health_kind_text(kind))))
            continue;
        *ret_choice = kind;
        return true;
    }
    return false;
}

enum { HEALTH_FIELD_KIND, HEALTH_FIELD_INDEX, HEALTH_FIELD_DETAIL, HEALTH_FIELD_SOURCE };
const struct field node_health_fields[] = {
    [HEALTH_FIELD_KIND] =
        FIELD(.name = "kind", .form = FIELD_CHOICE, .required = true, .choice = health_choice,
              .choices = "xid, ecc_corrected, ecc_uncorrected, heartbeat_lost, heartbeat_back, "
                         "thermal, link, repaired, retest_passed, retest_failed",
              .doc = "what was noticed"),
    [HEALTH_FIELD_INDEX] = FIELD(.name = "index", .form = FIELD_INTEGER, .max = DEVICE_SET_MAX - 1,
                                 .doc = "which device; the node as a whole when not given"),
    [HEALTH_FIELD_DETAIL] =
        FIELD(.name = "detail", .form = FIELD_INTEGER, .max = INT32_MAX,
              .doc = "the Xid; corrected errors since the last report; ms of silence"),
    [HEALTH_FIELD_SOURCE] =
        FIELD(.name = "source", .form = FIELD_TEXT, .max = 31, .doc = "who noticed it: \"dcgm\""),
    {0},
};
enum { MAINTENANCE_FROM, MAINTENANCE_UNTIL };
const struct field node_maintenance_fields[] = {
    [MAINTENANCE_FROM] = FIELD(.name = "from", .form = FIELD_TIME, .doc = "now when not given"),
    [MAINTENANCE_UNTIL] =
        FIELD(.name = "until", .form = FIELD_TIME, .required = true, .doc = "when it is over"),
    {0},
};

const struct reply_field reply_rack[] = {
    ROW("id", REPLY_ID, false, NULL, "rack-1"),
    ROW("site", REPLY_TEXT, false, NULL, "its site"),
    ROW("block", REPLY_TEXT, false, NULL, "its block"),
    ROW("name", REPLY_TEXT, false, NULL, "its name"),
    ROW("feeder_a", REPLY_TEXT, true, NULL, "leaf it hangs on"),
    ROW("feeder_b", REPLY_TEXT, true, NULL, "the other leaf"),
    ROW("nodes", REPLY_NUMBER, false, NULL, "how many stand in it"),
    ROW("first_node", REPLY_ID, true, NULL, "of those that came with it"),
    ROW("cap_w", REPLY_NUMBER, false, NULL, "limit of its watts; 0: none"),
    ROW("added", REPLY_TIME, false, NULL, "known since"),
    ROW(0),
};
const struct reply_field reply_rack_page[] = {
    ROW("items", REPLY_LIST, false, reply_rack, "in the order of their ids"),
    ROW("next", REPLY_ID, true, NULL, "give it as after for the next page"),
    {0},
};

static void reply_feeder_name(struct json_out *json, const struct cloud *cloud, const char *name,
                              uint64_t id)
{
    const struct feeder *feeder = table_get(&cloud->inventory.feeders, id);
    reply_text_or_null(json, name, feeder ? feeder->name : NULL);
}

static bool rack_row(struct exchange *exchange, const struct cloud *cloud, const void *row)
{
    const struct rack *rack = row;
    const struct site *site = table_get(&cloud->inventory.sites, rack->site);
    const struct block *block = table_get(&cloud->inventory.blocks, rack->block);
    struct json_out *json = &exchange->json;
    json_object(json);
    reply_id(json, "id", "rack", rack->id);
    reply_text(json, "site", site->slug);
    reply_text(json, "block", block->name);
    reply_text(json, "name", rack->name);
    reply_feeder_name(json, cloud, "feeder_a", rack->feeder_a);
    reply_feeder_name(json, cloud, "feeder_b", rack->feeder_b);
    reply_number(json, "nodes", rack->nodes);
    reply_id(json, "first_node", "node", rack->first_node);
    reply_number(json, "cap_w", rack->cap_w);
    reply_time(json, "added", rack->added_us);
    json_end(json);
    return true;
}

enum view rack_list_view(struct exchange *exchange, const struct cloud *cloud)
{
    return page_show(exchange, cloud, &cloud->inventory.racks, rack_row);
}

enum view rack_answer_view(struct exchange *exchange, const struct cloud *cloud)
{
    const struct node_place *place = &exchange->input.rack.place;
    const struct rack *rack = rack_named(&cloud->inventory, place->site, str_from(place->rack));
    json_out_init(&exchange->json, &exchange->reply);
    if (rack)
        rack_row(exchange, cloud, rack);
    else
        refuse(&exchange->refusal, REFUSE_GONE, NULL, NULL, NULL);
    return VIEW_DONE;
}

// One "key=value" of a list into a label: the named attributes apart, the others as they are.
static bool label_take(const struct cloud *cloud, str key, str value, struct node_label *label)
{
    const struct entity *entity = entity_with_slug(&cloud->inventory, value);
    bool known = value.len == 0 || entity;
    uint64_t id = entity ? entity->id : 0;
    struct node_class *class = &label->class;
    if (str_is(key, S("owner"))) {
        label->set_owner = true;
        class->owner = id;
        return known;
    }
    if (str_is(key, S("operator"))) {
        label->set_operator = true;
        class->operator= id;
        return known;
    }
    if (str_is(key, S("vendor"))) {
        label->set_vendor = true;
        class->vendor = id;
        return known;
    }
    if (str_is(key, S("origin"))) {
        label->set_origin = true;
        return value.len < sizeof class->origin &&
               (value.len == 0 || str_copy(value, class->origin, sizeof class->origin));
    }
    label->set_attestation = true;
    return value.len < sizeof class->attestation &&
           (value.len == 0 || str_copy(value, class->attestation, sizeof class->attestation));
}

static bool is_named(str key)
{
    static const str names[] = {
        {"owner",       5 },
        {"operator",    8 },
        {"vendor",      6 },
        {"origin",      6 },
        {"attestation", 11}
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is(key, names[i]))
            return true;
    return false;
}

bool labels_take(struct exchange *exchange, const struct cloud *cloud, str list,
                 struct node_label *label)
{
    size_t length = 0;
    *label = (struct node_label){0};
    while (list.len) {
        const char *end = memchr(list.ptr, ',', list.len);
        str pair = {list.ptr, end ? (size_t)(end - list.ptr) : list.len};
        const char *sign = pair.len ? memchr(pair.ptr, '=', pair.len) : NULL;
        list = str_skip(list, pair.len + (end ? 1 : 0));
        str key = {pair.ptr, sign ? (size_t)(sign - pair.ptr) : 0};
        bool good = sign != NULL;
        if (good && is_named(key)) {
            good = label_take(cloud, key, str_skip(pair, key.len + 1), label);
        } else if (good) {
            good = length + pair.len + 1 < sizeof label->labels;
            if (good && length)
                label->labels[length++] = ',';
            if (good)
                memcpy(label->labels + length, pair.ptr, pair.len);
            length += pair.len;
        }
        if (!good)
            return refuse(&exchange->refusal, REFUSE_FIELD, "labels",
                          "give key=value, separated by commas; owner, operator and vendor are "
                          "slugs of entities",
                          "labels: \"%.*s\" cannot be taken", (int)pair.len, pair.ptr);
    }
    return true;
}

static void chip_take(const struct value *body, struct chip *chip)
{
    int32_t busy_w = (int32_t)body[RACK_DEVICE_W].integer;
    exchange_copy(&body[RACK_CHIP], chip->name, sizeof chip->name);
    chip->memory_mib = body[RACK_DEVICE_MIB].integer;
    chip->class_w = chip->max_w = busy_w;
    chip->idle_w = busy_w / 8; // an idle accelerator draws about an eighth
}

static void place_take(const struct value *body, struct node_place *place)
{
    exchange_copy(&body[RACK_BLOCK], place->block, sizeof place->block);
    exchange_copy(&body[RACK_NAME], place->rack, sizeof place->rack);
    exchange_copy(&body[RACK_ARCH], place->arch, sizeof place->arch);
    chip_take(body, &place->chip);
    place->devices = (uint32_t)body[RACK_DEVICES].integer;
    place->memory_mib = body[RACK_MEMORY].integer;
    place->cpu_milli = body[RACK_CPU].integer;
    place->base_w = body[RACK_BASE_W].integer;
}

void rack_new_look(struct exchange *exchange, const struct cloud *cloud)
{
    const struct value *body = exchange->body;
    struct rack_new rack = {0};
    struct node_place *place = &rack.place;
    struct node_label label;
    if (!find_site(exchange, cloud, RACK_SITE, &place->site) ||
        !find_feeder(exchange, cloud, place->site, RACK_FEEDER_A, &place->feeder_a) ||
        !find_feeder(exchange, cloud, place->site, RACK_FEEDER_B, &place->feeder_b) ||
        !labels_take(exchange, cloud, body[RACK_LABELS].text, &label))
        return;
    place_take(body, place);
    place->class = label.class;
    labels_merge(place->class.labels, str_from(label.labels));
    rack.nodes = (uint32_t)body[RACK_NODES].integer;
    rack.cap_w = body[RACK_CAP_W].integer;
    exchange->input.kind = INPUT_RACK_NEW;
    exchange->input.rack = rack;
}

void node_label_look(struct exchange *exchange, const struct cloud *cloud)
{
    struct node_label label;
    if (!labels_take(exchange, cloud, exchange->body[0].text, &label))
        return;
    label.node = (uint64_t)exchange->subject.integer;
    exchange->input.kind = INPUT_NODE_LABEL;
    exchange->input.label = label;
}

bool node_health_prepare(struct exchange *exchange)
{
    const struct value *body = exchange->body;
    struct health_report *report = &exchange->input.health;
    exchange->input.kind = INPUT_HEALTH_REPORT;
    report->node = (uint64_t)exchange->subject.integer;
    report->index =
        body[HEALTH_FIELD_INDEX].present ? (int32_t)body[HEALTH_FIELD_INDEX].integer : HEALTH_WHOLE;
    report->kind = (uint32_t)body[HEALTH_FIELD_KIND].integer;
    report->detail = (int32_t)body[HEALTH_FIELD_DETAIL].integer;
    exchange_copy(&body[HEALTH_FIELD_SOURCE], report->source, sizeof report->source);
    return true;
}

bool node_maintenance_prepare(struct exchange *exchange)
{
    const struct value *body = exchange->body;
    exchange->input.kind = INPUT_MAINTENANCE_NEW;
    exchange->input.maintenance =
        (struct maintenance_new){(uint64_t)exchange->subject.integer,
                                 body[MAINTENANCE_FROM].integer, body[MAINTENANCE_UNTIL].integer};
    return true;
}
