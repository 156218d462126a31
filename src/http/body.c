#include "http/body.h"
#include "base/must.h"
#include <inttypes.h>
#include <stdio.h>

static bool is_text(const struct field *field)
{
    enum field_form form = field->form;
    return form != FIELD_INTEGER && form != FIELD_BOOL && form != FIELD_TEXTS &&
           form != FIELD_TEXT_MAP && form != FIELD_OBJECTS;
}

static bool refuse_kind(const struct field *field, struct refusal *refusal)
{
    char fix[120];
    snprintf(fix, sizeof fix, "give %s%s", field_form_words(field->form),
             field->nullable ? ", or null" : "");
    return refuse(refusal, REFUSE_FIELD, field->name, fix, "%s is of the wrong kind, want %s",
                  field->name, field_form_type(field->form));
}

// TEXTS and TEXT_MAP: entries are texts without zero bytes; what they mean is the route's to check.
static bool take_tree(const struct field *field, const struct json *json, struct value *value,
                      struct refusal *refusal)
{
    enum json_kind want = field->form == FIELD_TEXTS ? JSON_ARRAY : JSON_OBJECT;
    if (json->kind != want)
        return refuse_kind(field, refusal);
    char fix[120];
    if ((int64_t)json->count < field->min || (int64_t)json->count > field->max) {
        snprintf(fix, sizeof fix, "give %" PRId64 " to %" PRId64 " of them", field->min,
                 field->max);
        return refuse(refusal, REFUSE_FIELD, field->name, fix, "%s has %" PRIu32 " entries",
                      field->name, json->count);
    }
    for (const struct json *entry = json->first; entry; entry = entry->next) {
        if (entry->kind != JSON_TEXT)
            return refuse(refusal, REFUSE_FIELD, field->name, "make every entry a text in quotes",
                          "line %" PRIu32 ": an entry of %s is not a text", entry->line,
                          field->name);
        for (size_t i = 0; i < entry->text.len; i++)
            if (entry->text.ptr[i] == 0)
                return refuse(refusal, REFUSE_FIELD, field->name, "leave out zero bytes",
                              "line %" PRIu32 ": an entry of %s holds a zero byte", entry->line,
                              field->name);
    }
    *value = (struct value){.present = true, .tree = json};
    return true;
}

static bool take_objects(const struct field *field, const struct json *json, struct value *value,
                         struct refusal *refusal)
{
    char fix[120];
    if (json->kind != JSON_ARRAY)
        return refuse_kind(field, refusal);
    snprintf(fix, sizeof fix, "give %" PRId64 " to %" PRId64 " objects", field->min, field->max);
    if ((int64_t)json->count < field->min || (int64_t)json->count > field->max)
        return refuse(refusal, REFUSE_FIELD, field->name, fix, "%s has %" PRIu32 " entries",
                      field->name, json->count);
    for (const struct json *entry = json->first; entry; entry = entry->next)
        if (entry->kind != JSON_OBJECT)
            return refuse(refusal, REFUSE_FIELD, field->name, fix,
                          "line %" PRIu32 ": an entry of %s is not an object", entry->line,
                          field->name);
    *value = (struct value){.present = true, .tree = json};
    return true;
}

static bool take(const struct field *field, const struct json *json, struct value *value,
                 struct refusal *refusal)
{
    if (json->kind == JSON_NULL && field->nullable) {
        *value = (struct value){.present = true, .is_null = true};
        return true;
    }
    if (field->form == FIELD_TEXTS || field->form == FIELD_TEXT_MAP)
        return take_tree(field, json, value, refusal);
    if (field->form == FIELD_OBJECTS)
        return take_objects(field, json, value, refusal);
    if (field->form == FIELD_INTEGER && json->kind == JSON_INTEGER)
        return field_take_integer(field, json->integer, value, refusal);
    if (field->form == FIELD_BOOL && (json->kind == JSON_TRUE || json->kind == JSON_FALSE)) {
        *value = (struct value){.present = true, .integer = json->kind == JSON_TRUE};
        return true;
    }
    if (is_text(field) && json->kind == JSON_TEXT)
        return field_take_text(field, json->text, value, refusal);
    return refuse_kind(field, refusal);
}

bool body_object(const struct field *fields, const struct json *object, struct value *ret_values,
                 struct refusal *refusal)
{
    uint32_t count = field_count(fields);
    for (uint32_t i = 0; i < count; i++)
        ret_values[i] = (struct value){0};
    for (const struct json *member = object ? object->first : NULL; member; member = member->next) {
        uint32_t i = field_find(fields, member->name);
        if (i == count)
            return field_refuse_unknown(fields, member->name, refusal);
        if (!take(&fields[i], member, &ret_values[i], refusal))
            return false;
    }
    for (uint32_t i = 0; i < count; i++)
        if (fields[i].required && !ret_values[i].present)
            return field_refuse_missing(&fields[i], refusal);
    return true;
}

bool body_read(const struct field *fields, str text, struct arena *arena, struct value *ret_values,
               struct refusal *refusal)
{
    for (uint32_t i = 0; i < field_count(fields); i++)
        ret_values[i] = (struct value){0};
    const struct json *root = NULL;
    struct err err;
    if (text.len > 0 && !json_read(text, text.len, arena, &root, &err))
        return refuse(refusal, REFUSE_MALFORMED_JSON, NULL, NULL, "%.300s", err.text);
    if (root && root->kind != JSON_OBJECT)
        return refuse(refusal, REFUSE_MALFORMED_JSON, NULL, "send an object: {…}",
                      "the body is JSON, but not an object");
    return body_object(fields, root, ret_values, refusal);
}
