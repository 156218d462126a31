#include "http/field.h"
#include "base/instant.h"
#include "base/must.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *field_form_type(enum field_form form)
{
#define X(name, type, words) [name] = type,
    static const char *const types[] = {FIELD_FORMS(X)};
#undef X
    return types[form];
}

const char *field_form_words(enum field_form form)
{
#define X(name, type, words) [name] = words,
    static const char *const all[] = {FIELD_FORMS(X)};
#undef X
    return all[form];
}

uint32_t field_count(const struct field *fields)
{
    uint32_t count = 0;
    while (fields && fields[count].name)
        count++;
    must(count <= FIELDS_MAX);
    return count;
}

uint32_t field_find(const struct field *fields, str name)
{
    uint32_t count = field_count(fields), i = 0;
    while (i < count && !str_is(str_from(fields[i].name), name))
        i++;
    return i;
}

const char *field_nearest(const struct field *fields, str name)
{
    enum { FAR = 4 };
    const char *nearest = NULL;
    uint32_t least = FAR;
    for (uint32_t i = 0; i < field_count(fields); i++) {
        uint32_t distance = str_distance(str_from(fields[i].name), name);
        if (distance < least) {
            least = distance;
            nearest = fields[i].name;
        }
    }
    return nearest;
}

bool field_refuse_unknown(const struct field *fields, str name, struct refusal *refusal)
{
    char text[64], fix[160];
    bool shown = name.len < sizeof text && text_is_plain(name);
    snprintf(text, sizeof text, "%.*s", shown ? (int)name.len : 0, shown ? name.ptr : "");
    const char *nearest = field_nearest(fields, name);
    if (nearest)
        snprintf(fix, sizeof fix, "did you mean %s?", nearest);
    else
        snprintf(fix, sizeof fix, "leave it out; the fields are in /api/docs");
    return refuse(refusal, REFUSE_UNKNOWN_FIELD, shown ? text : NULL, fix, "there is no field %s",
                  shown ? text : "of that name");
}

bool field_refuse_missing(const struct field *field, struct refusal *refusal)
{
    char fix[240];
    snprintf(fix, sizeof fix, "add %s: %s", field->name, field->doc);
    return refuse(refusal, REFUSE_MISSING_FIELD, field->name, fix, "%s is missing", field->name);
}

bool text_is_plain(str text)
{
    while (text.len > 0) {
        uint32_t c;
        size_t size = str_character(text, &c);
        bool control = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
        bool direction = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
        if (size == 0 || control || direction)
            return false;
        text = str_skip(text, size);
    }
    return true;
}

bool id_parse(str text, const char *kind, uint64_t *ret_id)
{
    str head = str_from(kind);
    if (!str_starts(text, head))
        return false;
    str rest = str_skip(text, head.len);
    uint64_t id;
    if (rest.len < 2 || rest.ptr[0] != '-' || !str_to_u64(str_skip(rest, 1), &id) || id == 0)
        return false;
    *ret_id = id;
    return true;
}

bool field_take_integer(const struct field *field, int64_t integer, struct value *ret_value,
                        struct refusal *refusal)
{
    must(field->form == FIELD_INTEGER);
    char fix[120];
    if (integer < field->min || integer > field->max) {
        snprintf(fix, sizeof fix, "give a whole number from %" PRId64 " to %" PRId64, field->min,
                 field->max);
        return refuse(refusal, REFUSE_FIELD, field->name, fix, "%s is %" PRId64, field->name,
                      integer);
    }
    *ret_value = (struct value){.present = true, .integer = integer};
    return true;
}

static bool take_plain(const struct field *field, str text, struct refusal *refusal)
{
    char fix[120];
    if (!text_is_plain(text))
        return refuse(refusal, REFUSE_FIELD, field->name,
                      "leave out control characters and marks of writing direction",
                      "%s holds characters that are not for reading", field->name);
    if (field->form == FIELD_TEXT &&
        ((int64_t)text.len < field->min || (int64_t)text.len > field->max)) {
        snprintf(fix, sizeof fix, "give %" PRId64 " to %" PRId64 " bytes of UTF-8", field->min,
                 field->max);
        return refuse(refusal, REFUSE_FIELD, field->name, fix, "%s has %zu bytes", field->name,
                      text.len);
    }
    return true;
}

// A name or an id of what `kind` says. Names are looked up later.
static bool take_reference(const char *kind, str text, struct value *value)
{
    uint64_t id;
    if (text.len == 0 || text.len > 64)
        return false;
    value->unresolved = !id_parse(text, kind, &id);
    if (!value->unresolved && id > INT64_MAX)
        return false;
    value->integer = value->unresolved ? 0 : (int64_t)id;
    return true;
}

static bool take_form(const struct field *field, str text, struct value *value)
{
    uint64_t id;
    uint32_t small = 0;
    bool good;
    switch (field->form) {
    case FIELD_TEXT:
        return true;
    case FIELD_TIME:
        return instant_parse(text, &value->integer);
    case FIELD_MONTH:
        good = month_parse(text, &small);
        value->integer = small;
        return good;
    case FIELD_DECIMAL:
        return decimal_parse(text, (uint32_t)field->max, &value->number);
    case FIELD_CHOICE:
        good = field->choice(text, &small);
        value->integer = small;
        return good;
    case FIELD_ACCOUNT:
        return take_reference("account", text, value);
    case FIELD_CHIP:
        return take_reference("chip", text, value);
    case FIELD_NODE:
        return take_reference("node", text, value);
    case FIELD_SITE:
        return take_reference("site", text, value);
    case FIELD_ID:
        if (!id_parse(text, field->choices, &id) || id > INT64_MAX)
            return false;
        value->integer = (int64_t)id;
        return true;
    case FIELD_BOOL: // in a query
        value->integer = str_is(text, S("true"));
        return value->integer || str_is(text, S("false"));
    case FIELD_INTEGER:
    case FIELD_TEXTS:
    case FIELD_TEXT_MAP:
    case FIELD_OBJECTS:
    case FIELD_FORM_COUNT:
        break;
    }
    must(false); // the readers know these
    return false;
}

bool field_take_text(const struct field *field, str text, struct value *ret_value,
                     struct refusal *refusal)
{
    if (!take_plain(field, text, refusal))
        return false;
    struct value value = {.present = true, .text = text};
    if (!take_form(field, text, &value)) {
        char fix[200];
        if (field->form == FIELD_CHOICE)
            snprintf(fix, sizeof fix, "use one of: %s", field->choices);
        else if (field->form == FIELD_ID)
            snprintf(fix, sizeof fix, "give an id as in %s-17", field->choices);
        else
            snprintf(fix, sizeof fix, "give %s", field_form_words(field->form));
        int shown = text.len > 80 ? 0 : (int)text.len;
        return refuse(refusal, REFUSE_FIELD, field->name, fix, "%s is \"%.*s\", not %s",
                      field->name, shown, text.ptr, field_form_words(field->form));
    }
    *ret_value = value;
    return true;
}
