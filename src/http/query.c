#include "http/query.h"
#include "base/must.h"
#include <stdio.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool decode(str text, struct arena *arena, str *ret_text)
{
    char *bytes = arena_take(arena, text.len + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            int high = i + 2 < text.len ? hex_digit(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_digit(text.ptr[i + 2]) : -1;
            if (high < 0 || low < 0 || !bytes)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (!bytes || c == 0)
            return false;
        bytes[length++] = c == '+' && text.ptr[i] == '+' ? ' ' : c;
    }
    *ret_text = (str){bytes, length};
    return str_is_utf8(*ret_text);
}

static bool take(const struct field *field, str text, struct value *value, struct refusal *refusal)
{
    if (field->form != FIELD_INTEGER)
        return field_take_text(field, text, value, refusal);
    int64_t integer;
    if (!str_to_i64(text, &integer))
        return refuse(refusal, REFUSE_FIELD, field->name, "give a whole number",
                      "%s is not a whole number", field->name);
    return field_take_integer(field, integer, value, refusal);
}

static bool take_pair(const struct field *fields, str pair, struct arena *arena,
                      struct value *values, struct refusal *refusal)
{
    str name = pair, text = {0};
    str_cut(pair, '=', &name, &text);
    if (!decode(name, arena, &name) || !decode(text, arena, &text))
        return refuse(refusal, REFUSE_BAD_REQUEST, NULL, "write %XX for each byte of UTF-8",
                      "the query is not well formed");
    uint32_t i = field_find(fields, name);
    if (i == field_count(fields))
        return field_refuse_unknown(fields, name, refusal);
    if (values[i].present)
        return refuse(refusal, REFUSE_FIELD, fields[i].name, "give it once",
                      "%s stands there twice", fields[i].name);
    return take(&fields[i], text, &values[i], refusal);
}

bool query_read(const struct field *fields, str text, struct arena *arena, struct value *ret_values,
                struct refusal *refusal)
{
    uint32_t count = field_count(fields);
    for (uint32_t i = 0; i < count; i++)
        ret_values[i] = (struct value){0};
    while (text.len > 0) {
        str pair = text, rest = {0};
        str_cut(text, '&', &pair, &rest);
        if (!take_pair(fields, pair, arena, ret_values, refusal))
            return false;
        text = rest;
    }
    for (uint32_t i = 0; i < count; i++)
        if (fields[i].required && !ret_values[i].present)
            return field_refuse_missing(&fields[i], refusal);
    return true;
}
