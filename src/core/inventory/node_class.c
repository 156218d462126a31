#include "core/inventory/node_class.h"
#include "base/must.h"
#include "core/inventory/placing.h"
#include "core/inventory/site.h"
#include <string.h>

bool class_same(const struct node_class *a, const struct node_class *b)
{
    return a->owner == b->owner &&
           a->operator== b->operator&& a->vendor == b->vendor &&
               strcmp(a->origin, b->origin) == 0 &&
           strcmp(a->attestation, b->attestation) == 0 && strcmp(a->labels, b->labels) == 0;
}

bool class_is_empty(const struct node_class *class)
{
    static const struct node_class empty;
    return class_same(class, &empty);
}

uint64_t class_find(const struct inventory *inventory, const struct node_class *class)
{
    uint32_t cursor = 0;
    for (const struct node_class *row; (row = table_step(&inventory->classes, &cursor));)
        if (class_same(row, class))
            return row->id;
    return 0;
}

static bool word_valid(str word)
{
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_' || c == '.'))
            return false;
    }
    return word.len > 0;
}

// The next "key=value" of a list; false: none left, or not of that form.
static bool label_next(str *rest, str *ret_key, str *ret_value)
{
    if (rest->len == 0)
        return false;
    const char *end = memchr(rest->ptr, ',', rest->len);
    str pair = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
    const char *sign = pair.len ? memchr(pair.ptr, '=', pair.len) : NULL;
    if (!sign)
        return false;
    *ret_key = (str){pair.ptr, (size_t)(sign - pair.ptr)};
    *ret_value = str_skip(pair, ret_key->len + 1);
    *rest = str_skip(*rest, end ? pair.len + 1 : pair.len);
    return true;
}

bool labels_valid(str labels)
{
    if (labels.len >= sizeof((struct node_class *)0)->labels)
        return false;
    str key, value, last = {0}, rest = labels;
    uint32_t count = 0;
    while (rest.len) {
        if (!label_next(&rest, &key, &value) || !word_valid(key) || !word_valid(value))
            return false;
        if (count++ == LABELS_MAX || (last.len && str_order(last, key) >= 0))
            return false;
        last = key;
    }
    return labels.len == 0 || labels.ptr[labels.len - 1] != ',';
}

static void label_add(struct buf *out, str key, str value)
{
    if (value.len == 0)
        return;
    if (out->len)
        buf_byte(out, ',');
    buf_add(out, key);
    buf_byte(out, '=');
    buf_add(out, value);
}

bool labels_set(char labels[128], str new_key, str new_value)
{
    if (!word_valid(new_key) || (new_value.len && !word_valid(new_value)))
        return false;
    struct buf text;
    buf_init(&text, 512);
    str rest = str_from(labels), key, value;
    bool done = false;
    while (label_next(&rest, &key, &value)) {
        int order = str_order(new_key, key);
        if (!done && order <= 0) {
            label_add(&text, new_key, new_value);
            done = true;
        }
        if (order != 0)
            label_add(&text, key, value);
    }
    if (!done)
        label_add(&text, new_key, new_value);
    bool good = !text.overflow && labels_valid(buf_str(&text));
    if (good) {
        memset(labels, 0, 128);
        if (text.len)
            memcpy(labels, buf_str(&text).ptr, text.len);
    }
    buf_finish(&text);
    return good;
}

bool labels_merge(char labels[128], str changes)
{
    str key, value;
    while (changes.len)
        if (!label_next(&changes, &key, &value) || !labels_set(labels, key, value))
            return false;
    return true;
}

static void attribute_add(struct attribute *attributes, uint32_t *count, str key, str value)
{
    attributes[(*count)++] = (struct attribute){key, value};
}

static void entity_attributes(const struct inventory *inventory, uint64_t id, const str keys[2],
                              struct attribute *attributes, uint32_t *count)
{
    const struct entity *entity = table_get(&inventory->entities, id);
    attribute_add(attributes, count, keys[0], entity ? str_from(entity->slug) : (str){0});
    attribute_add(attributes, count, keys[1], entity ? str_from(entity->country) : (str){0});
}

uint32_t class_attributes(const struct inventory *inventory, uint64_t site_id, uint64_t class_id,
                          struct attribute ret_attributes[ATTRIBUTES_MAX])
{
    static const struct node_class empty;
    const str owner[2] = {S("owner"), S("owner-country")};
    const str operator[2] = {S("operator"), S("operator-country")};
    const str vendor[2] = {S("vendor"), S("vendor-country")};
    const struct node_class *class = table_get(&inventory->classes, class_id);
    const struct site *site = table_get(&inventory->sites, site_id);
    class = class ? class : &empty;
    uint32_t count = 0;
    attribute_add(ret_attributes, &count, S("site"), site ? str_from(site->slug) : (str){0});
    attribute_add(ret_attributes, &count, S("country"), site ? str_from(site->country) : (str){0});
    uint64_t operator_id = class->operator|| !site ? class->operator: site->operator;
    entity_attributes(inventory, operator_id, operator, ret_attributes, &count);
    entity_attributes(inventory, class->owner, owner, ret_attributes, &count);
    entity_attributes(inventory, class->vendor, vendor, ret_attributes, &count);
    attribute_add(ret_attributes, &count, S("origin"), str_from(class->origin));
    attribute_add(ret_attributes, &count, S("attestation"), str_from(class->attestation));
    str rest = str_from(class->labels), key, value;
    while (label_next(&rest, &key, &value) && count < ATTRIBUTES_MAX)
        attribute_add(ret_attributes, &count, key, value);
    return count;
}

void class_apply_added(struct inventory *inventory, const struct class_added *fact)
{
    must(fact->class.id >= 1 && fact->class.id <= CLASSES_MAX);
    struct node_class *class = table_add(&inventory->classes, fact->class.id);
    *class = fact->class;
}

void node_apply_classed(struct inventory *inventory, const struct node_classed *fact)
{
    struct node *node = table_get(&inventory->nodes, fact->node);
    must(node && (!fact->class || table_get(&inventory->classes, fact->class)));
    node->class = fact->class;
    placing_changed(inventory, node);
}
