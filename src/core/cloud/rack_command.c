// Commands about racks, nodes and their labels. A command that names what is not there yet (block,
// chip, class, rack) makes it first, one event a step.
#include "base/must.h"
#include "core/cloud/command_check.h"

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

static const char *class_fault(const struct cloud *cloud, const struct node_class *class)
{
    if (!entity_there(cloud, class->owner))
        return "owner";
    if (!entity_there(cloud, class->operator))
        return "operator";
    if (!entity_there(cloud, class->vendor))
        return "vendor";
    if (class->origin[0] && !country_there(class->origin, sizeof class->origin))
        return "origin";
    if (class->attestation[0] && !name_there(class->attestation, sizeof class->attestation))
        return "attestation";
    if (strnlen(class->labels, sizeof class->labels) == sizeof class->labels ||
        !labels_valid(str_from(class->labels)))
        return "labels";
    return NULL;
}

static const char *feeder_fault(const struct cloud *cloud, const struct node_place *place)
{
    const uint64_t ids[2] = {place->feeder_a, place->feeder_b};
    static const char *const fields[2] = {"feeder_a", "feeder_b"};
    for (int i = 0; i < 2; i++) {
        const struct feeder *feeder = table_get(&cloud->inventory.feeders, ids[i]);
        if (ids[i] && (!feeder || feeder->site != place->site))
            return fields[i];
    }
    return place->feeder_b && (!place->feeder_a || place->feeder_a == place->feeder_b) ? "feeder_b"
                                                                                       : NULL;
}

enum { WATTS_MAX = 1000 * 1000, MEMORY_MIB_MAX = 1 << 30, CPU_MILLI_MAX = 1 << 24 };

static const char *chip_fault(const struct cloud *cloud, const struct chip *chip)
{
    if (strnlen(chip->name, sizeof chip->name) == sizeof chip->name ||
        !place_name_valid(str_from(chip->name)))
        return "chip";
    if (chip_named(&cloud->inventory, str_from(chip->name)))
        return NULL;
    if (chip->max_w < 1 || chip->max_w > WATTS_MAX || chip->class_w < 1 ||
        chip->class_w > chip->max_w || chip->idle_w < 0 || chip->idle_w > chip->class_w)
        return "device_w"; // a chip that nobody knows comes with its watts
    return chip->memory_mib < 0 || chip->memory_mib > MEMORY_MIB_MAX ? "device_memory_mib" : NULL;
}

static const char *place_fault(const struct cloud *cloud, const struct node_place *place)
{
    if (!table_get(&cloud->inventory.sites, place->site))
        return "site";
    if (!name_there(place->block, sizeof place->block))
        return "block";
    if (!name_there(place->rack, sizeof place->rack))
        return "rack";
    const char *fault = feeder_fault(cloud, place);
    if (fault)
        return fault;
    if (place->devices > DEVICE_SET_MAX)
        return "devices";
    if (!text_valid(place->arch, sizeof place->arch))
        return "arch";
    if (place->cpu_milli < 0 || place->cpu_milli > CPU_MILLI_MAX)
        return "cpu_milli";
    if (place->memory_mib < 0 || place->memory_mib > MEMORY_MIB_MAX)
        return "memory_mib";
    if (place->base_w < 0 || place->base_w > WATTS_MAX)
        return "base_w";
    if (place->cap_w < 0)
        return "cap_w";
    fault = chip_fault(cloud, &place->chip);
    return fault ? fault : class_fault(cloud, &place->class);
}

static void class_event(const struct cloud *cloud, const struct node_class *class,
                        struct event *event)
{
    struct node_class *fact = &event->class_added.class;
    event->kind = EVENT_CLASS_ADDED;
    *fact = (struct node_class){.id = cloud->inventory.classes.last_id + 1,
                                .owner = class->owner,
                                .operator= class->operator,
                                .vendor = class->vendor };
    text_fill(fact->origin, class->origin, sizeof fact->origin);
    text_fill(fact->attestation, class->attestation, sizeof fact->attestation);
    text_fill(fact->labels, class->labels, sizeof fact->labels);
}

// Class, chip, price and block that nodes of this place need and that are not there yet.
static bool needed_next(const struct cloud *cloud, const struct node_place *place,
                        struct event *event)
{
    const struct inventory *inventory = &cloud->inventory;
    if (!class_is_empty(&place->class) && !class_find(inventory, &place->class)) {
        class_event(cloud, &place->class, event);
        return true;
    }
    if (chip_known_next(cloud, &place->chip, event))
        return true;
    if (block_named(inventory, place->site, str_from(place->block)))
        return false;
    event->kind = EVENT_BLOCK_ADDED;
    event->block_added =
        (struct block_added){.block = inventory->blocks.last_id + 1, .site = place->site};
    text_fill(event->block_added.name, place->block, sizeof place->block);
    return true;
}

static void rack_event(const struct cloud *cloud, const struct node_place *place,
                       const struct rack_new *new, struct event *event)
{
    const struct inventory *inventory = &cloud->inventory;
    struct rack_added *fact = &event->rack_added;
    event->kind = EVENT_RACK_ADDED;
    *fact = (struct rack_added){
        .rack = inventory->racks.last_id + 1,
        .site = place->site,
        .block = block_named(inventory, place->site, str_from(place->block))->id,
        .feeder_a = place->feeder_a,
        .feeder_b = place->feeder_b,
        .state = NODE_READY,
    };
    text_fill(fact->name, place->rack, sizeof place->rack);
    if (!new)
        return;
    fact->cap_w = new->cap_w;
    if (new->nodes == 0)
        return;
    fact->first_node = inventory->nodes.last_id + 1;
    fact->first_device = inventory->devices.last_id + 1;
    fact->chip = chip_named(inventory, str_from(place->chip.name))->id;
    fact->class = class_find(inventory, &place->class);
    fact->cpu_milli = place->cpu_milli;
    fact->memory_mib = place->memory_mib;
    fact->base_w = place->base_w;
    fact->node_cap_w = place->cap_w;
    fact->nodes = new->nodes;
    fact->devices = place->devices;
    fact->state = new->dark ? NODE_NEW : NODE_READY;
    text_fill(fact->arch, place->arch, sizeof place->arch);
}

// Names that a rack would give to its nodes and that are taken already.
static bool member_taken(const struct cloud *cloud, const struct rack_new *new)
{
    struct buf name;
    bool taken = false;
    buf_init(&name, 64);
    for (uint32_t i = 0; i < new->nodes && !taken; i++) {
        buf_clear(&name);
        buf_format(&name, "%s-%u", new->place.rack, i);
        taken = node_named(&cloud->inventory, buf_str(&name));
    }
    buf_finish(&name);
    return taken;
}

static enum answer space_for(const struct cloud *cloud, const struct node_place *place,
                             uint32_t nodes)
{
    const struct inventory *inventory = &cloud->inventory;
    const struct block *block = block_named(inventory, place->site, str_from(place->block));
    bool new_class = !class_is_empty(&place->class) && !class_find(inventory, &place->class);
    if ((new_class && inventory->classes.used == CLASSES_MAX) ||
        (block && block->nodes + nodes > BLOCK_NODES_MAX))
        return ANSWER_FULL;
    bool room = table_has_room(&inventory->nodes) && table_has_room(&inventory->racks) &&
                table_has_room(&inventory->blocks) && table_has_room(&inventory->chips) &&
                table_has_room(&cloud->market.prices);
    return room ? ANSWER_OK : ANSWER_FULL;
}

bool rack_new_next(const struct cloud *cloud, const struct rack_new *new, uint32_t step,
                   struct cloud_step *ret_step)
{
    const struct node_place *place = &new->place;
    const struct rack *rack = rack_named(&cloud->inventory, place->site, str_from(place->rack));
    if (step == 0) {
        const char *fault = place_fault(cloud, place);
        if (fault)
            return bad_field(ret_step, strcmp(fault, "rack") == 0 ? "name" : fault);
        if (new->nodes > RACK_NODES_MAX)
            return bad_field(ret_step, "nodes");
        if (new->cap_w < 0)
            return bad_field(ret_step, "rack_cap_w");
        if (rack || member_taken(cloud, new))
            return refuse(ret_step, ANSWER_EXISTS);
        enum answer answer = space_for(cloud, place, new->nodes);
        if (answer != ANSWER_OK)
            return refuse(ret_step, answer);
    }
    if (rack)
        return false;
    if (!needed_next(cloud, place, &ret_step->event))
        rack_event(cloud, place, new, &ret_step->event);
    return true;
}

// A rack that exists must stand where the nodes say, and have room for them.
static const char *rack_fault(const struct cloud *cloud, const struct node_place *place,
                              uint32_t nodes)
{
    const struct inventory *inventory = &cloud->inventory;
    const struct rack *rack = rack_named(inventory, place->site, str_from(place->rack));
    if (!rack)
        return nodes > RACK_NODES_MAX ? "rack" : NULL;
    const struct block *block = table_get(&inventory->blocks, rack->block);
    if (!str_is(str_from(block->name), str_from(place->block)))
        return "block";
    if (place->feeder_a != rack->feeder_a)
        return "feeder_a";
    if (place->feeder_b != rack->feeder_b)
        return "feeder_b";
    return rack->nodes + nodes > RACK_NODES_MAX ? "rack" : NULL;
}

static bool same_block(const struct node_new *a, const struct node_new *b)
{
    return a->place.site == b->place.site && strcmp(a->place.block, b->place.block) == 0;
}

static bool same_rack(const struct node_new *a, const struct node_new *b)
{
    return a->place.site == b->place.site && strcmp(a->place.rack, b->place.rack) == 0;
}

struct nodes_so_far {     // of a list, up to and with a node of it
    uint32_t rack, block; // nodes in the rack and the block of that node
    uint32_t classes;     // that are new
    bool moved;           // its rack stands elsewhere further up
};

static bool stands_alike(const struct node_place *a, const struct node_place *b)
{
    return strcmp(a->block, b->block) == 0 && a->feeder_a == b->feeder_a &&
           a->feeder_b == b->feeder_b;
}

static void nodes_count(const struct cloud *cloud, const struct nodes_new *new, uint32_t at,
                        struct nodes_so_far *so_far)
{
    const struct node_new *node = &new->nodes[at];
    const struct node_class *class = &node->place.class;
    bool known = class_is_empty(class) || class_find(&cloud->inventory, class);
    so_far->rack = so_far->block = 1;
    so_far->moved = false;
    for (uint32_t i = 0; i < at; i++) {
        const struct node_new *other = &new->nodes[i];
        bool rack = same_rack(other, node);
        so_far->rack += rack;
        so_far->block += same_block(other, node);
        so_far->moved = so_far->moved || (rack && !stands_alike(&other->place, &node->place));
        known = known || class_same(&other->place.class, class);
    }
    so_far->classes += !known;
}

// Names of the list, to find one that is there twice.
enum { NODES_SLOTS = 2048 };
_Static_assert((int)NODES_SLOTS > (int)NODES_NEW_MAX, "a slot is always free");

static bool named_twice(const struct nodes_new *new, uint32_t at, uint16_t slots[NODES_SLOTS])
{
    const char *name = new->nodes[at].name;
    uint32_t hash = 2166136261u;
    for (size_t i = 0; name[i]; i++)
        hash = (hash ^ (uint8_t)name[i]) * 16777619u;
    uint32_t slot = hash % NODES_SLOTS;
    for (; slots[slot]; slot = (slot + 1) % NODES_SLOTS)
        if (strcmp(new->nodes[slots[slot] - 1].name, name) == 0)
            return true;
    slots[slot] = (uint16_t)(at + 1);
    return false;
}

static enum answer nodes_space(const struct cloud *cloud, const struct node_place *place,
                               const struct nodes_so_far *so_far)
{
    if (cloud->inventory.classes.used + so_far->classes > CLASSES_MAX)
        return ANSWER_FULL;
    return space_for(cloud, place, so_far->block);
}

static bool node_may(const struct cloud *cloud, const struct nodes_new *new, uint32_t at,
                     struct nodes_so_far *so_far, struct cloud_step *ret_step)
{
    const struct node_new *node = &new->nodes[at];
    const char *fault = place_fault(cloud, &node->place);
    if (fault)
        return bad_field(ret_step, fault);
    if (node_named(&cloud->inventory, str_from(node->name)))
        return refuse(ret_step, ANSWER_EXISTS);
    nodes_count(cloud, new, at, so_far);
    fault = so_far->moved ? "rack" : rack_fault(cloud, &node->place, so_far->rack);
    if (fault)
        return bad_field(ret_step, fault);
    enum answer answer = nodes_space(cloud, &node->place, so_far);
    return answer == ANSWER_OK || refuse(ret_step, answer);
}

static bool nodes_may(const struct cloud *cloud, const struct nodes_new *new,
                      struct cloud_step *ret_step)
{
    if (new->count == 0 || new->count > NODES_NEW_MAX)
        return bad_field(ret_step, "nodes");
    uint16_t slots[NODES_SLOTS] = {0};
    struct nodes_so_far so_far = {0};
    for (uint32_t i = 0; i < new->count; i++) {
        const struct node_new *node = &new->nodes[i];
        if (strnlen(node->name, sizeof node->name) == sizeof node->name ||
            !node_name_valid(str_from(node->name)) || named_twice(new, i, slots))
            return bad_field(ret_step, "name");
        if (!node_may(cloud, new, i, &so_far, ret_step))
            return false;
    }
    return true;
}

static void node_event(const struct cloud *cloud, const struct node_new *new, struct event *event)
{
    const struct inventory *inventory = &cloud->inventory;
    const struct node_place *place = &new->place;
    struct node_added *fact = &event->node_added;
    event->kind = EVENT_NODE_ADDED;
    *fact = (struct node_added){
        .node = inventory->nodes.last_id + 1,
        .first_device = inventory->devices.last_id + 1,
        .cpu_milli = place->cpu_milli,
        .memory_mib = place->memory_mib,
        .rack = rack_named(inventory, place->site, str_from(place->rack))->id,
        .class = class_find(inventory, &place->class),
        .chip = chip_named(inventory, str_from(place->chip.name))->id,
        .base_w = place->base_w,
        .cap_w = place->cap_w,
        .devices = place->devices,
    };
    text_fill(fact->name, new->name, sizeof new->name);
    text_fill(fact->arch, place->arch, sizeof place->arch);
}

// The first of the list that is not there yet: they come in its order.
bool nodes_new_next(const struct cloud *cloud, const struct nodes_new *new, uint32_t step,
                    struct cloud_step *ret_step)
{
    const struct inventory *inventory = &cloud->inventory;
    if (step == 0 && !nodes_may(cloud, new, ret_step))
        return false;
    uint32_t low = 0, high = new->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (node_named(inventory, str_from(new->nodes[middle].name)))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == new->count)
        return false;
    const struct node_new *node = &new->nodes[low];
    const struct node_place *place = &node->place;
    struct event *event = &ret_step->event;
    if (needed_next(cloud, place, event))
        return true;
    if (!rack_named(inventory, place->site, str_from(place->rack)))
        rack_event(cloud, place, NULL, event);
    else
        node_event(cloud, node, event);
    return true;
}

// The class a node would have; false: a field is wrong.
static bool label_class(const struct cloud *cloud, const struct node_label *new,
                        struct node_class *ret_class, const char **ret_field)
{
    const struct node *node = table_get(&cloud->inventory.nodes, new->node);
    const struct node_class *now = table_get(&cloud->inventory.classes, node->class);
    struct node_class class = {0};
    if (now)
        class = *now;
    class.id = 0;
    class.owner = new->set_owner ? new->class.owner : class.owner;
    class.operator= new->set_operator ? new->class.operator: class.operator;
    class.vendor = new->set_vendor ? new->class.vendor : class.vendor;
    if (new->set_origin)
        memcpy(class.origin, new->class.origin, sizeof class.origin);
    if (new->set_attestation)
        memcpy(class.attestation, new->class.attestation, sizeof class.attestation);
    *ret_field = "labels";
    if (strnlen(new->labels, sizeof new->labels) == sizeof new->labels ||
        !labels_merge(class.labels, str_from(new->labels)))
        return false;
    const char *fault = class_fault(cloud, &class);
    *ret_field = fault;
    *ret_class = class;
    return !fault;
}

bool node_label_next(const struct cloud *cloud, const struct node_label *new, uint32_t step,
                     struct cloud_step *ret_step)
{
    const struct inventory *inventory = &cloud->inventory;
    const struct node *node = table_get(&inventory->nodes, new->node);
    struct node_class class;
    const char *field;
    if (step == 0 && !node)
        return refuse(ret_step, ANSWER_NOT_FOUND);
    if (!label_class(cloud, new, &class, &field))
        return step == 0 ? bad_field(ret_step, field) : false;
    uint64_t id = class_find(inventory, &class);
    bool missing = !id && !class_is_empty(&class);
    if (step == 0 && missing && inventory->classes.used == CLASSES_MAX)
        return refuse(ret_step, ANSWER_FULL);
    struct event *event = &ret_step->event;
    if (missing) {
        class_event(cloud, &class, event);
        return true;
    }
    if (id == node->class)
        return false;
    event->kind = EVENT_NODE_CLASSED;
    event->node_classed = (struct node_classed){node->id, id};
    return true;
}
