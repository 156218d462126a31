#include "http/node_api.h"
#include "http/page.h"

const struct field node_list_query[] = {QUERY_PAGE("node"), {0}};
const struct field chip_list_query[] = {QUERY_PAGE("chip"), {0}};

enum { DEVICE_NODE = 2 };
const struct field device_list_query[] = {
    QUERY_PAGE("device"),
    FIELD(.name = "node", .form = FIELD_NODE, .doc = "only this node's"),
    {0},
};

static bool lease_state_choice(str text, uint32_t *ret_choice)
{
    for (uint32_t state = 0; state < LEASE_STATE_COUNT; state++) {
        if (!str_is(text, str_from(lease_state_text(state))))
            continue;
        *ret_choice = state;
        return true;
    }
    return false;
}

enum { LEASE_ACCOUNT = 2, LEASE_STATE };
const struct field lease_list_query[] = {
    QUERY_PAGE("lease"),
    FIELD(.name = "account", .form = FIELD_ACCOUNT, .doc = "only this account's"),
    FIELD(.name = "state", .form = FIELD_CHOICE, .choice = lease_state_choice,
          .choices = "offered, held, active, notice, ended", .doc = "only in this state"),
    FIELD(0),
};

const struct reply_field reply_node[] = {
    ROW("id", REPLY_ID, false, NULL, "node-1"),
    ROW("name", REPLY_TEXT, false, NULL, "its host name"),
    ROW("state", REPLY_TEXT, false, NULL, "new, ready, draining, repair, retired"),
    ROW("arch", REPLY_TEXT, false, NULL, "x86_64, aarch64"),
    ROW("chip", REPLY_TEXT, true, NULL, "of all its devices; null when they differ"),
    ROW("devices", REPLY_NUMBER, false, NULL, "how many"),
    ROW("open", REPLY_TEXT, false, NULL, "indexes of those that are free to lease: \"0-3\""),
    ROW("leased", REPLY_TEXT, false, NULL, "indexes of those under a lease"),
    ROW("cpu_milli", REPLY_NUMBER, false, NULL, "thousandths of a processor core"),
    ROW("memory_mib", REPLY_NUMBER, false, NULL, "memory"),
    ROW("memory_leased_mib", REPLY_NUMBER, false, NULL, "memory under leases"),
    ROW("cpu_leased_milli", REPLY_NUMBER, false, NULL, "of it, under leases"),
    ROW("health", REPLY_TEXT, false, NULL, "of the node as a whole: healthy, suspect, …"),
    ROW("unhealthy", REPLY_TEXT, false, NULL, "indexes of devices that are not healthy"),
    ROW("site", REPLY_TEXT, true, NULL, "where it stands"),
    ROW("rack", REPLY_TEXT, true, NULL, "in which rack; null: in none"),
    ROW("labels", REPLY_TEXT, false, NULL, "what rules see of it: key=value, …"),
    ROW("maintenance", REPLY_TIME, true, NULL, "when the next window begins"),
    ROW("added", REPLY_TIME, false, NULL, "known since"),
    ROW(0),
};
static const struct reply_field reply_device[] = {
    ROW("id", REPLY_ID, false, NULL, "device-3"),
    ROW("node", REPLY_TEXT, true, NULL, "name of its node"),
    ROW("index", REPLY_NUMBER, false, NULL, "on its node"),
    ROW("chip", REPLY_TEXT, true, NULL, "its kind"),
    ROW("state", REPLY_TEXT, false, NULL, "healthy, suspect, cordoned, repair, retest"),
    ROW("capacity", REPLY_TEXT, false, NULL, "dark, faulty, closed, open, leased"),
    ROW("lease", REPLY_ID, true, NULL, "that holds it, if the key may see that lease"),
    ROW("numa", REPLY_NUMBER, true, NULL, "NUMA node"),
    ROW("serial", REPLY_TEXT, true, NULL, "the maker's id"),
    ROW("added", REPLY_TIME, false, NULL, "known since"),
    ROW(0),
};
static const struct reply_field reply_chip[] = {
    ROW("id", REPLY_ID, false, NULL, "chip-1"),
    ROW("name", REPLY_TEXT, false, NULL, "cpu-core"),
    ROW("description", REPLY_TEXT, true, NULL, "as the maker prints it"),
    ROW("memory_mib", REPLY_NUMBER, false, NULL, "of one device"),
    ROW("idle_w", REPLY_NUMBER, false, NULL, "watts of an idle device"),
    ROW("class_w", REPLY_NUMBER, false, NULL, "watts a busy device is counted with"),
    ROW("max_w", REPLY_NUMBER, false, NULL, "most watts of a device"),
    ROW("device_count", REPLY_NUMBER, false, NULL, "devices of this kind in the house"),
    ROW("device_open", REPLY_NUMBER, false, NULL, "of them free to lease"),
    ROW(0),
};
static const struct reply_field reply_lease[] = {
    ROW("id", REPLY_ID, false, NULL, "lease-9"),
    ROW("account", REPLY_ID, false, NULL, "whose"),
    ROW("job", REPLY_ID, true, NULL, "what runs in it"),
    ROW("node", REPLY_TEXT, true, NULL, "name of its node"),
    ROW("device_set", REPLY_TEXT, false, NULL, "indexes on that node"),
    ROW("memory_mib", REPLY_NUMBER, false, NULL, "memory"),
    ROW("class", REPLY_TEXT, false, NULL, "reserved, on_demand, spot, interruptible"),
    ROW("state", REPLY_TEXT, false, NULL, "offered, held, active, notice, ended"),
    ROW("start", REPLY_TIME, false, NULL, "from"),
    ROW("end", REPLY_TIME, true, NULL, "until; null while it is open"),
    ROW("price", REPLY_ID, true, NULL, "the price it was opened with"),
    {0},
};

#define PAGE_OF(name, of)                                                        \
    const struct reply_field name[] = {                                          \
        ROW("items", REPLY_LIST, false, of, "in the order of their ids"),        \
        ROW("next", REPLY_ID, true, NULL, "give it as after for the next page"), \
        {0},                                                                     \
    }
PAGE_OF(reply_node_page, reply_node);
PAGE_OF(reply_device_page, reply_device);
PAGE_OF(reply_chip_page, reply_chip);
PAGE_OF(reply_lease_page, reply_lease);

static void reply_set(struct json_out *json, const char *name, const device_set *set)
{
    struct buf text;
    buf_init(&text, 2048);
    device_set_text(set, &text);
    reply_text(json, name, buf_cstr(&text));
    buf_finish(&text);
}

static void reply_chip_name(struct json_out *json, const struct cloud *cloud, uint64_t id)
{
    const struct chip *chip = table_get(&cloud->inventory.chips, id);
    reply_text_or_null(json, "chip", chip ? chip->name : NULL);
}

static void reply_node_name(struct json_out *json, const struct cloud *cloud, uint64_t id)
{
    const struct node *node = table_get(&cloud->inventory.nodes, id);
    reply_text_or_null(json, "node", node ? node->name : NULL);
}

// What rules see of the node, but for its site and its site's country.
static void reply_labels(struct json_out *json, const struct inventory *inventory,
                         const struct node *node)
{
    struct attribute seen[ATTRIBUTES_MAX];
    uint32_t count = class_attributes(inventory, 0, node->class, seen);
    struct buf text;
    buf_init(&text, 4096);
    for (uint32_t i = 0; i < count; i++)
        if (seen[i].value.len)
            buf_format(&text, "%s%.*s=%.*s", text.len ? "," : "", STR(seen[i].key),
                       STR(seen[i].value));
    reply_text(json, "labels", buf_cstr(&text));
    buf_finish(&text);
}

static void reply_standing(struct json_out *json, const struct inventory *inventory,
                           const struct node *node)
{
    const struct rack *rack = table_get(&inventory->racks, node->rack);
    const struct site *site = table_get(&inventory->sites, rack ? rack->site : 0);
    device_set unhealthy = {0};
    for (uint32_t i = 0; i < node->devices; i++)
        if (!device_set_has(&node->healthy, i))
            device_set_add(&unhealthy, i);
    reply_text(json, "health", device_state_text(node->health));
    reply_set(json, "unhealthy", &unhealthy);
    reply_text_or_null(json, "site", site ? site->slug : NULL);
    reply_text_or_null(json, "rack", rack ? rack->name : NULL);
    reply_labels(json, inventory, node);
    reply_time(json, "maintenance", node->closes_us);
}

static bool node_row(struct exchange *exchange, const struct cloud *cloud, const void *row)
{
    const struct node *node = row;
    struct json_out *json = &exchange->json;
    json_object(json);
    reply_id(json, "id", "node", node->id);
    reply_text(json, "name", node->name);
    reply_text(json, "state", node_state_text(node->state));
    reply_text(json, "arch", node->arch);
    reply_chip_name(json, cloud, node->chip);
    reply_number(json, "devices", node->devices);
    reply_set(json, "open", &node->open);
    reply_set(json, "leased", &node->leased);
    reply_number(json, "cpu_milli", node->cpu_milli);
    reply_number(json, "memory_mib", node->memory_mib);
    reply_number(json, "memory_leased_mib", node->memory_leased_mib);
    reply_number(json, "cpu_leased_milli", node->cpu_leased_milli);
    reply_standing(json, &cloud->inventory, node);
    reply_time(json, "added", node->added_us);
    json_end(json);
    return true;
}

enum view node_list_view(struct exchange *exchange, const struct cloud *cloud)
{
    return page_show(exchange, cloud, &cloud->inventory.nodes, node_row);
}

static enum view show_node(struct exchange *exchange, const struct cloud *cloud, uint64_t id)
{
    const struct node *node = table_get(&cloud->inventory.nodes, id);
    json_out_init(&exchange->json, &exchange->reply);
    if (node)
        node_row(exchange, cloud, node);
    else
        refuse(&exchange->refusal, REFUSE_NOT_FOUND, NULL, NULL, NULL);
    return VIEW_DONE;
}

enum view node_show_view(struct exchange *exchange, const struct cloud *cloud)
{
    return show_node(exchange, cloud, (uint64_t)exchange->subject.integer);
}

bool node_drain_prepare(struct exchange *exchange)
{
    exchange->input.kind = INPUT_NODE_DRAIN;
    exchange->input.id = (uint64_t)exchange->subject.integer;
    return true;
}

bool node_undrain_prepare(struct exchange *exchange)
{
    exchange->input.kind = INPUT_NODE_UNDRAIN;
    exchange->input.id = (uint64_t)exchange->subject.integer;
    return true;
}

enum view node_answer_view(struct exchange *exchange, const struct cloud *cloud)
{
    return show_node(exchange, cloud, exchange->input.id);
}

enum view node_report_view(struct exchange *exchange, const struct cloud *cloud)
{
    return show_node(exchange, cloud, (uint64_t)exchange->subject.integer);
}

static bool lease_is_seen(const struct exchange *exchange, const struct cloud *cloud, uint64_t id)
{
    const struct lease *lease = cloud_lease(cloud, id);
    struct rights_view view = {exchange->by.role, exchange->by.account, ACTION_READ_OWN,
                               lease ? lease->account : 0};
    return lease && rights_check(&view) == RIGHTS_PERMITTED;
}

// Devices have ids without a gap; most have no row, only a place in their node.
static uint64_t next_device(const struct cloud *cloud, const void *list, uint64_t after,
                            const void **ret_row)
{
    (void)list;
    *ret_row = NULL;
    return after < cloud->inventory.devices.last_id ? after + 1 : 0;
}

static void device_told(struct json_out *json, const struct node *node, const struct device *told)
{
    if (told && told->numa >= 0)
        reply_number(json, "numa", told->numa);
    else
        reply_null(json, "numa");
    reply_text_or_null(json, "serial", told ? told->serial : NULL);
    reply_time(json, "added", told ? told->added_us : node->added_us);
}

static bool device_row(struct exchange *exchange, const struct cloud *cloud, const void *row)
{
    (void)row;
    const struct inventory *inventory = &cloud->inventory;
    const struct value *asked = &exchange->query[DEVICE_NODE];
    struct json_out *json = &exchange->json;
    uint32_t index;
    const struct node *node = device_node(inventory, exchange->cursor, &index);
    if (!node || (asked->present && node->id != (uint64_t)asked->integer))
        return false;
    uint64_t lease = lease_holding(&cloud->market, node, index);
    json_object(json);
    reply_id(json, "id", "device", exchange->cursor);
    reply_text(json, "node", node->name);
    reply_number(json, "index", index);
    reply_chip_name(json, cloud, device_chip(inventory, node, index));
    reply_text(json, "state", device_state_text(device_state_at(inventory, node, index)));
    reply_text(json, "capacity", capacity_state_text(device_capacity(inventory, node, index)));
    reply_id(json, "lease", "lease", lease_is_seen(exchange, cloud, lease) ? lease : 0);
    device_told(json, node, node_device(inventory, node, index));
    json_end(json);
    return true;
}

enum view device_list_view(struct exchange *exchange, const struct cloud *cloud)
{
    return page_walk(exchange, cloud, NULL, next_device, device_row);
}

static bool chip_row(struct exchange *exchange, const struct cloud *cloud, const void *row)
{
    const struct chip *chip = row;
    const struct capacity *capacity = table_get(&cloud->inventory.capacities, chip->id);
    struct json_out *json = &exchange->json;
    int64_t all = 0;
    for (uint32_t state = 0; capacity && state < CAPACITY_STATE_COUNT; state++)
        all += capacity->count[state];
    json_object(json);
    reply_id(json, "id", "chip", chip->id);
    reply_text(json, "name", chip->name);
    reply_text_or_null(json, "description", chip->description);
    reply_number(json, "memory_mib", chip->memory_mib);
    reply_number(json, "idle_w", chip->idle_w);
    reply_number(json, "class_w", chip->class_w);
    reply_number(json, "max_w", chip->max_w);
    reply_number(json, "device_count", all / DEVICE_MILLI);
    reply_number(json, "device_open", capacity ? capacity->count[CAPACITY_OPEN] / DEVICE_MILLI : 0);
    json_end(json);
    return true;
}

enum view chip_list_view(struct exchange *exchange, const struct cloud *cloud)
{
    return page_show(exchange, cloud, &cloud->inventory.chips, chip_row);
}

static bool lease_row(struct exchange *exchange, const struct cloud *cloud, const void *row)
{
    const struct lease *lease = row;
    const struct value *state = &exchange->query[LEASE_STATE];
    uint64_t account = exchange->scratch[7];
    struct json_out *json = &exchange->json;
    if ((account && lease->account != account) ||
        (state->present && lease->state != state->integer))
        return false;
    json_object(json);
    reply_id(json, "id", "lease", lease->id);
    reply_id(json, "account", "account", lease->account);
    reply_id(json, "job", "job", lease->job);
    reply_node_name(json, cloud, lease->node);
    reply_set(json, "device_set", &lease->devices);
    reply_number(json, "memory_mib", lease->memory_mib);
    reply_text(json, "class", lease_class_text(lease->class));
    reply_text(json, "state", lease_state_text(lease->state));
    reply_time(json, "start", lease->start_us);
    reply_time(json, "end", lease->end_us);
    reply_id(json, "price", "price", lease->price);
    json_end(json);
    return true;
}

enum view lease_list_view(struct exchange *exchange, const struct cloud *cloud)
{
    if (!page_account(exchange, LEASE_ACCOUNT, &exchange->scratch[7]))
        return VIEW_DONE;
    return page_show(exchange, cloud, &cloud->market.leases, lease_row);
}
