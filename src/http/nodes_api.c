#include "http/nodes_api.h"
#include "core/cloud/cloud.h"
#include "http/body.h"
#include "http/site_api.h"
#include <stdio.h>
#include <string.h>

enum {
    NODE_NAME,
    NODE_SITE,
    NODE_BLOCK,
    NODE_RACK,
    NODE_FEEDER_A,
    NODE_FEEDER_B,
    NODE_CHIP,
    NODE_DEVICES,
    NODE_MEMORY,
    NODE_CPU,
    NODE_ARCH,
    NODE_BASE_W,
    NODE_CAP_W,
    NODE_LABELS,
    NODE_CHIP_MIB,
    NODE_CHIP_IDLE_W,
    NODE_CHIP_CLASS_W,
    NODE_CHIP_MAX_W,
    NODE_FIELDS
};
enum { WATTS_MAX = 1000000, MIB_MAX = 1 << 30 };
#define TEXT(title, most, words, ...) \
    FIELD(.name = (title), .form = FIELD_TEXT, .max = (most), .doc = (words), __VA_ARGS__)
#define NUMBER(title, most, words, ...) \
    FIELD(.name = (title), .form = FIELD_INTEGER, .max = (most), .doc = (words), __VA_ARGS__)
static const struct field node_fields[] = {
    [NODE_NAME] = TEXT("name", 63, "its name in the house", .required = true),
    [NODE_SITE] = TEXT("site", 31, "slug of its site", .required = true),
    [NODE_BLOCK] = TEXT("block", 31, "made when it is new", .required = true),
    [NODE_RACK] = TEXT("rack", 31, "made when it is new", .required = true),
    [NODE_FEEDER_A] = TEXT("feeder_a", 31, "leaf its rack hangs on", .nullable = true),
    [NODE_FEEDER_B] = TEXT("feeder_b", 31, "the other leaf", .nullable = true),
    [NODE_CHIP] = TEXT("chip", 31, "kind of its devices; made when it is new", .required = true),
    [NODE_DEVICES] = NUMBER("devices", DEVICE_SET_MAX, "how many", .required = true),
    [NODE_MEMORY] = NUMBER("memory_mib", MIB_MAX, "its memory", .required = true),
    [NODE_CPU] = NUMBER("cpu_milli", 1 << 24, "thousandths of a processor core"),
    [NODE_ARCH] = TEXT("arch", 15, "x86_64, aarch64"),
    [NODE_BASE_W] = NUMBER("base_w", WATTS_MAX, "watts without its devices"),
    [NODE_CAP_W] = NUMBER("cap_w", INT32_MAX, "limit of its watts; 0: none"),
    [NODE_LABELS] = TEXT("labels", 400, "as of a rack: \"owner=acme,origin=TW,disk=nvme\""),
    [NODE_CHIP_MIB] = NUMBER("chip_memory_mib", MIB_MAX, "of a device, of a chip that is new"),
    [NODE_CHIP_IDLE_W] = NUMBER("chip_idle_w", WATTS_MAX, "of an idle device"),
    [NODE_CHIP_CLASS_W] = NUMBER("chip_class_w", WATTS_MAX, "a busy device is counted with"),
    [NODE_CHIP_MAX_W] = NUMBER("chip_max_w", WATTS_MAX, "most watts of a device"),
    {0},
};
enum { NODES_CHECK, NODES_LIST };
const struct field nodes_new_fields[] = {
    [NODES_CHECK] =
        FIELD(.name = "check", .form = FIELD_BOOL, .doc = "add nothing, list every problem"),
    [NODES_LIST] = FIELD(.name = "nodes", .form = FIELD_OBJECTS, .required = true, .min = 1,
                         .max = NODES_NEW_MAX, .of = node_fields,
                         .doc = "name, site, block, rack, feeder_a, feeder_b, chip, devices, "
                                "memory_mib, cpu_milli, arch, base_w, cap_w, labels; of a chip "
                                "that is new chip_memory_mib, chip_idle_w, chip_class_w, "
                                "chip_max_w"),
    {0},
};
static const struct reply_field reply_problem[] = {
    ROW("index", REPLY_NUMBER, false, NULL, "of the node in the list, from 0"),
    ROW("field", REPLY_TEXT, true, NULL, "what is wrong of it"),
    ROW("message", REPLY_TEXT, false, NULL, "why"),
    ROW("fix", REPLY_TEXT, false, NULL, "what to do"),
    ROW(0),
};
const struct reply_field reply_nodes_new[] = {
    ROW("added", REPLY_NUMBER, false, NULL, "nodes that were added, or with check would be"),
    ROW("equal", REPLY_NUMBER, false, NULL, "nodes that were there already, as the list says"),
    ROW("problems", REPLY_LIST, false, reply_problem, "in the order of the list"),
    ROW(0),
};

struct looking {
    struct exchange *exchange;
    const struct cloud *cloud;
    bool check;
    uint32_t index, count, equal, problems;
    struct node_new *nodes; // those that are not there yet
    uint32_t *places;       // of each of them in the list
    struct refusal first;
};

static void problem(struct looking *looking, uint32_t index, const struct refusal *refusal)
{
    struct json_out *json = &looking->exchange->json;
    if (looking->problems++ == 0)
        looking->first = *refusal;
    json_object(json);
    reply_number(json, "index", index);
    reply_text_or_null(json, "field", refusal->field);
    reply_text(json, "message", refusal->message);
    reply_text(json, "fix", refusal->fix);
    json_end(json);
}

static bool unknown(struct refusal *refusal, const char *field, str name, const char *fix)
{
    return refuse(refusal, REFUSE_FIELD, field, fix, "nothing is called \"%.*s\"", STR(name));
}

static bool feeder_of(const struct looking *looking, const struct value *value, const char *field,
                      uint64_t site, uint64_t *ret_id)
{
    *ret_id = 0;
    if (value->text.len == 0)
        return true;
    const struct feeder *feeder = feeder_named(&looking->cloud->inventory, site, value->text);
    *ret_id = feeder ? feeder->id : 0;
    return feeder || unknown(&looking->exchange->refusal, field, value->text,
                             "give a feeder of that site; see: tatara feeder list");
}

static bool names_found(const struct looking *looking, const struct value *values,
                        struct node_place *place)
{
    struct refusal *refusal = &looking->exchange->refusal;
    const struct site *site = site_with_slug(&looking->cloud->inventory, values[NODE_SITE].text);
    struct node_label label;
    if (!site)
        return unknown(refusal, "site", values[NODE_SITE].text,
                       "give a site's slug; see: tatara site list");
    place->site = site->id;
    if (!feeder_of(looking, &values[NODE_FEEDER_A], "feeder_a", site->id, &place->feeder_a) ||
        !feeder_of(looking, &values[NODE_FEEDER_B], "feeder_b", site->id, &place->feeder_b) ||
        !labels_take(looking->exchange, looking->cloud, values[NODE_LABELS].text, &label))
        return false;
    place->class = label.class;
    return labels_merge(place->class.labels, str_from(label.labels)) ||
           refuse(refusal, REFUSE_FIELD, "labels", "give key=value, each key once",
                  "labels are of letters, digits, - _ and .");
}

static void node_fill(const struct value *values, struct node_new *node)
{
    struct node_place *place = &node->place;
    exchange_copy(&values[NODE_NAME], node->name, sizeof node->name);
    exchange_copy(&values[NODE_BLOCK], place->block, sizeof place->block);
    exchange_copy(&values[NODE_RACK], place->rack, sizeof place->rack);
    exchange_copy(&values[NODE_ARCH], place->arch, sizeof place->arch);
    exchange_copy(&values[NODE_CHIP], place->chip.name, sizeof place->chip.name);
    place->chip.memory_mib = values[NODE_CHIP_MIB].integer;
    place->chip.idle_w = (int32_t)values[NODE_CHIP_IDLE_W].integer;
    place->chip.class_w = (int32_t)values[NODE_CHIP_CLASS_W].integer;
    place->chip.max_w = (int32_t)values[NODE_CHIP_MAX_W].integer;
    place->devices = (uint32_t)values[NODE_DEVICES].integer;
    place->memory_mib = values[NODE_MEMORY].integer;
    place->cpu_milli = values[NODE_CPU].integer;
    place->base_w = values[NODE_BASE_W].integer;
    place->cap_w = values[NODE_CAP_W].integer;
}

// What of a node that is there is not as the request says; NULL: nothing.
static const char *difference(const struct inventory *inventory, const struct node *node,
                              const struct node_place *place)
{
    const struct rack *rack = table_get(&inventory->racks, node->rack);
    const struct chip *chip = table_get(&inventory->chips, node->chip);
    const struct block *block = table_get(&inventory->blocks, rack ? rack->block : 0);
    if (!rack || rack->site != place->site)
        return "site";
    if (!str_is(str_from(block->name), str_from(place->block)))
        return "block";
    if (!str_is(str_from(rack->name), str_from(place->rack)))
        return "rack";
    if (rack->feeder_a != place->feeder_a)
        return "feeder_a";
    if (rack->feeder_b != place->feeder_b)
        return "feeder_b";
    if (!chip || !str_is(str_from(chip->name), str_from(place->chip.name)))
        return "chip";
    if (node->devices != place->devices)
        return "devices";
    if (node->memory_mib != place->memory_mib)
        return "memory_mib";
    if (node->cpu_milli != place->cpu_milli)
        return "cpu_milli";
    if (!str_is(str_from(node->arch), str_from(place->arch)))
        return "arch";
    if (node->base_w != place->base_w || node->cap_w != place->cap_w)
        return node->base_w != place->base_w ? "base_w" : "cap_w";
    return node->class == class_find(inventory, &place->class) ? NULL : "labels";
}

// What the core would say of these nodes, as a list of their own.
static enum answer decided(const struct looking *looking, uint32_t from, uint32_t count,
                           const char **ret_field)
{
    struct input input = {.kind = INPUT_NODES_NEW, .by = looking->exchange->by};
    struct cloud_step step;
    input.time_us = cloud_time_us(looking->cloud);
    input.nodes = (struct nodes_new){count, looking->nodes + from};
    cloud_decide(looking->cloud, &input, 0, &step);
    *ret_field = step.field;
    return step.answer;
}

static bool node_look(struct looking *looking, const struct json *entry)
{
    struct refusal *refusal = &looking->exchange->refusal;
    struct value values[NODE_FIELDS];
    struct node_new *node = &looking->nodes[looking->count];
    *node = (struct node_new){0};
    if (!body_object(node_fields, entry, values, refusal) ||
        !names_found(looking, values, &node->place))
        return false;
    node_fill(values, node);
    const struct inventory *inventory = &looking->cloud->inventory;
    const struct node *there = node_named(inventory, str_from(node->name));
    const char *field = there ? difference(inventory, there, &node->place) : NULL;
    if (field)
        return refuse(refusal, REFUSE_FIELD, field,
                      "make it equal, or give another name; an import changes nothing",
                      "%s is there already, with another %s", node->name, field);
    if (there) {
        looking->equal++;
        return true;
    }
    enum answer answer = decided(looking, looking->count, 1, &field);
    if (answer != ANSWER_OK)
        return refuse_answer(refusal, answer, field);
    looking->places[looking->count++] = looking->index;
    return true;
}

// Every node alone would do: the first with which the list would not.
static void list_look(struct looking *looking)
{
    const char *field;
    enum answer answer = looking->count ? decided(looking, 0, looking->count, &field) : ANSWER_OK;
    if (answer == ANSWER_OK)
        return;
    uint32_t good = 0, bad = looking->count;
    while (bad - good > 1) {
        uint32_t middle = good + (bad - good) / 2;
        if (decided(looking, 0, middle, &field) == ANSWER_OK)
            good = middle;
        else
            bad = middle;
    }
    struct refusal refusal = {0};
    answer = decided(looking, 0, bad, &field);
    if (answer == ANSWER_FULL)
        refuse(&refusal, REFUSE_FIELD, "labels",
               "at most 1,024 nodes in a block and 64 kinds of labels in a house",
               "with this node the block, or the house's kinds of labels, are too many");
    else if (strcmp(field, "rack") == 0)
        refuse(&refusal, REFUSE_FIELD, "rack",
               "at most 64 nodes in a rack, all in its block and on its feeders",
               "with this node the rack holds too many, or stands in two places");
    else
        refuse_answer(&refusal, answer, field);
    problem(looking, looking->places[bad - 1], &refusal);
}

static void list_begin(struct exchange *exchange)
{
    buf_clear(&exchange->reply);
    json_out_init(&exchange->json, &exchange->reply);
    json_object(&exchange->json);
    json_name(&exchange->json, S("problems"));
    json_array(&exchange->json);
}

static void list_end(struct looking *looking)
{
    struct exchange *exchange = looking->exchange;
    struct json_out *json = &exchange->json;
    json_end(json);
    reply_number(json, "added", looking->count);
    reply_number(json, "equal", looking->equal);
    json_end(json);
    if (looking->check)
        return;
    if (looking->problems) {
        exchange->refusal = looking->first;
        return;
    }
    if (looking->count == 0)
        return;
    exchange->input.kind = INPUT_NODES_NEW;
    exchange->input.nodes = (struct nodes_new){looking->count, looking->nodes};
}

void nodes_new_look(struct exchange *exchange, const struct cloud *cloud)
{
    const struct value *list = &exchange->body[NODES_LIST];
    struct looking looking = {.exchange = exchange, .cloud = cloud};
    if (!exchange_may(exchange, 0))
        return;
    looking.check = exchange->body[NODES_CHECK].present && exchange->body[NODES_CHECK].integer;
    looking.nodes = arena_take(&exchange->arena, list->tree->count * sizeof *looking.nodes);
    looking.places = arena_take(&exchange->arena, list->tree->count * sizeof *looking.places);
    if (!looking.nodes || !looking.places) {
        refuse(&exchange->refusal, REFUSE_TOO_LARGE, "nodes", "send fewer at once", NULL);
        return;
    }
    list_begin(exchange);
    for (const struct json *entry = list->tree->first; entry; entry = entry->next) {
        if (!node_look(&looking, entry)) {
            struct refusal refusal = exchange->refusal;
            exchange->refusal = (struct refusal){0};
            problem(&looking, looking.index, &refusal);
        }
        looking.index++;
    }
    if (looking.problems == 0)
        list_look(&looking);
    list_end(&looking);
}

bool nodes_new_prepare(struct exchange *exchange)
{
    return exchange->refusal.status == 0;
}

// It was written while the list was looked through.
enum view nodes_new_view(struct exchange *exchange, const struct cloud *cloud)
{
    (void)exchange, (void)cloud;
    return VIEW_DONE;
}
