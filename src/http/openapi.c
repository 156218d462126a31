#include "http/openapi.h"
#include "base/must.h"
#include <string.h>

static void text(struct json_out *json, const char *name, const char *value)
{
    reply_text(json, name, value);
}

static void open_object(struct json_out *json, const char *name)
{
    json_name(json, str_from(name));
    json_object(json);
}

static void open_array(struct json_out *json, const char *name)
{
    json_name(json, str_from(name));
    json_array(json);
}

// {"type":"string"} or, where null is taken, {"type":["string","null"]}.
static void type_of(struct json_out *json, const char *type, bool nullable)
{
    if (!nullable) {
        text(json, "type", type);
        return;
    }
    open_array(json, "type");
    json_text(json, str_from(type));
    json_text(json, S("null"));
    json_end(json);
}

// Requests --------------------------------------------------------------------------------------

static void object_of(struct json_out *json, const struct field *fields);

static void bounds_of(struct json_out *json, const struct field *field)
{
    switch (field->form) {
    case FIELD_INTEGER:
        reply_number(json, "minimum", field->min);
        reply_number(json, "maximum", field->max);
        break;
    case FIELD_TEXT:
        reply_number(json, "minLength", field->min > 0);
        reply_number(json, "maxLength", field->max);
        break;
    case FIELD_TEXTS:
        reply_number(json, "minItems", field->min);
        reply_number(json, "maxItems", field->max);
        open_object(json, "items");
        text(json, "type", "string");
        json_end(json);
        break;
    case FIELD_OBJECTS:
        reply_number(json, "minItems", field->min);
        reply_number(json, "maxItems", field->max);
        open_object(json, "items");
        object_of(json, field->of);
        json_end(json);
        break;
    case FIELD_TEXT_MAP:
        reply_number(json, "maxProperties", field->max);
        open_object(json, "additionalProperties");
        text(json, "type", "string");
        json_end(json);
        break;
    case FIELD_TIME:
        text(json, "format", "date-time");
        break;
    case FIELD_MONTH:
        text(json, "pattern", "^[0-9]{4}-[0-9]{2}$");
        break;
    case FIELD_ID:
    case FIELD_BOOL:
    case FIELD_DECIMAL:
    case FIELD_CHOICE:
    case FIELD_ACCOUNT:
    case FIELD_CHIP:
    case FIELD_NODE:
    case FIELD_SITE:
    case FIELD_FORM_COUNT:
        break;
    }
}

static void describe(struct json_out *json, const struct field *field)
{
    struct buf words;
    buf_init(&words, 1024);
    buf_add(&words, str_from(field->doc));
    if (field->form == FIELD_CHOICE)
        buf_format(&words, " (%s)", field->choices);
    else if (field->form >= FIELD_DECIMAL && field->form <= FIELD_ID)
        buf_format(&words, " (%s)", field_form_words(field->form));
    text(json, "description", buf_cstr(&words));
    buf_finish(&words);
}

static void schema_of_field(struct json_out *json, const struct field *field)
{
    json_object(json);
    type_of(json, field_form_type(field->form), field->nullable);
    bounds_of(json, field);
    describe(json, field);
    json_end(json);
}

// The members of a schema; what holds a list of objects holds none of a second level.
static void object_of(struct json_out *json, const struct field *fields)
{
    text(json, "type", "object");
    json_name(json, S("additionalProperties"));
    json_bool(json, false);
    open_object(json, "properties");
    for (const struct field *field = fields; field->name; field++) {
        json_name(json, str_from(field->name));
        schema_of_field(json, field);
    }
    json_end(json);
    open_array(json, "required");
    for (const struct field *field = fields; field->name; field++)
        if (field->required)
            json_text(json, str_from(field->name));
    json_end(json);
}

static void request_body(struct json_out *json, const struct route *route)
{
    if (!route->body || field_count(route->body) == 0)
        return;
    open_object(json, "requestBody");
    open_object(json, "content");
    open_object(json, "application/json");
    open_object(json, "schema");
    object_of(json, route->body);
    json_end(json);
    if (route->example) {
        json_name(json, S("example"));
        json_raw(json, str_from(route->example));
    }
    json_end(json);
    json_end(json);
    json_end(json);
}

static void parameter(struct json_out *json, const char *where, str name, bool required)
{
    json_object(json);
    text(json, "in", where);
    json_name(json, S("name"));
    json_text(json, name);
    json_name(json, S("required"));
    json_bool(json, required);
}

static void parameters(struct json_out *json, const struct route *route)
{
    open_array(json, "parameters");
    if (route_thing(route).len > 0) {
        parameter(json, "path", route_thing(route), true);
        open_object(json, "schema");
        text(json, "type", "string");
        json_end(json);
        json_end(json);
    }
    for (const struct field *field = route->query; field && field->name; field++) {
        parameter(json, "query", str_from(field->name), field->required);
        json_name(json, S("schema"));
        schema_of_field(json, field);
        json_end(json);
    }
    if (route->method != METHOD_GET) {
        parameter(json, "header", S("Idempotency-Key"), false);
        text(json, "description",
             "1 to 128 visible ASCII characters, kept 24 h: the same key and "
             "body again give the same answer and do nothing twice");
        open_object(json, "schema");
        text(json, "type", "string");
        reply_number(json, "maxLength", 128);
        json_end(json);
        json_end(json);
    }
    json_end(json);
}

// Replies ---------------------------------------------------------------------------------------

static void schema_of_reply(struct json_out *json, const struct reply_field *fields);

static void schema_of_row(struct json_out *json, const struct reply_field *row)
{
    if (row->form == REPLY_OBJECT && !row->nullable) {
        schema_of_reply(json, row->of);
        return;
    }
    json_object(json);
    if (row->form == REPLY_OBJECT) {
        open_array(json, "anyOf");
        schema_of_reply(json, row->of);
        json_object(json);
        text(json, "type", "null");
        json_end(json);
        json_end(json);
    } else if (row->form != REPLY_ANY) {
        type_of(json, reply_form_type(row->form), row->nullable);
    }
    if (row->form == REPLY_TIME)
        text(json, "format", "date-time");
    if (row->form == REPLY_LIST || row->form == REPLY_TEXTS)
        json_name(json, S("items"));
    if (row->form == REPLY_LIST)
        schema_of_reply(json, row->of);
    if (row->form == REPLY_TEXTS) {
        json_object(json);
        text(json, "type", "string");
        json_end(json);
    }
    text(json, "description", row->doc);
    json_end(json);
}

static void properties_of(struct json_out *json, const struct reply_field *fields)
{
    for (const struct reply_field *row = fields; row->name; row++) {
        if (strcmp(row->name, "*") == 0) {
            properties_of(json, row->of);
            continue;
        }
        json_name(json, str_from(row->name));
        schema_of_row(json, row);
    }
}

static void required_of(struct json_out *json, const struct reply_field *fields)
{
    for (const struct reply_field *row = fields; row->name; row++) {
        if (strcmp(row->name, "*") == 0)
            required_of(json, row->of);
        else
            json_text(json, str_from(row->name));
    }
}

static void schema_of_reply(struct json_out *json, const struct reply_field *fields)
{
    json_object(json);
    text(json, "type", "object");
    if (strcmp(fields->name, "…") == 0) { // a document that describes itself
        json_end(json);
        return;
    }
    open_object(json, "properties");
    properties_of(json, fields);
    json_end(json);
    open_array(json, "required");
    required_of(json, fields);
    json_end(json);
    json_end(json);
}

static void responses(struct json_out *json, const struct route *route)
{
    open_object(json, "responses");
    json_name(json, route->status == 201 ? S("201") : S("200"));
    json_object(json);
    text(json, "description", route->summary);
    open_object(json, "content");
    if (route->reply) {
        open_object(json, "application/json");
        json_name(json, S("schema"));
        schema_of_reply(json, route->reply);
        json_end(json);
    }
    if (route->media) {
        open_object(json, route->media);
        json_end(json);
    }
    json_end(json);
    json_end(json);
    open_object(json, "default");
    text(json, "description", "refused");
    open_object(json, "content");
    open_object(json, "application/json");
    open_object(json, "schema");
    text(json, "$ref", "#/components/schemas/refusal");
    json_end(json);
    json_end(json);
    json_end(json);
    json_end(json);
    json_end(json);
}

static void operation(struct json_out *json, const struct route *route)
{
    static const char *const methods[] = {"get", "post", "delete"};
    open_object(json, methods[route->method]);
    text(json, "operationId", route->name);
    text(json, "summary", route->summary);
    if (route->open) {
        open_array(json, "security");
        json_end(json);
    }
    parameters(json, route);
    request_body(json, route);
    responses(json, route);
    json_end(json);
}

static bool path_seen(uint32_t index)
{
    for (uint32_t i = 0; i < index; i++)
        if (strcmp(routes[i].path, routes[index].path) == 0)
            return true;
    return false;
}

static void paths(struct json_out *json)
{
    open_object(json, "paths");
    for (uint32_t i = 0; i < route_count; i++) {
        if (path_seen(i))
            continue;
        open_object(json, routes[i].path);
        for (uint32_t k = i; k < route_count; k++)
            if (strcmp(routes[i].path, routes[k].path) == 0)
                operation(json, &routes[k]);
        json_end(json);
    }
    json_end(json);
}

static const struct reply_field refusal_rows[] = {
    ROW("code", REPLY_TEXT, false, NULL, "for programs"),
    ROW("message", REPLY_TEXT, false, NULL, "what is wrong"),
    ROW("field", REPLY_TEXT, true, NULL, "of the request"),
    ROW("fix", REPLY_TEXT, false, NULL, "what to do"),
    ROW(0),
};

void openapi_json(const char *version, struct buf *out)
{
    struct json_out json;
    json_out_init(&json, out);
    json_object(&json);
    text(&json, "openapi", "3.1.0");
    open_object(&json, "info");
    text(&json, "title", "tatara");
    text(&json, "version", version);
    json_end(&json);
    open_array(&json, "security");
    json_object(&json);
    open_array(&json, "key");
    json_end(&json);
    json_end(&json);
    json_end(&json);
    paths(&json);
    open_object(&json, "components");
    open_object(&json, "securitySchemes");
    open_object(&json, "key");
    text(&json, "type", "http");
    text(&json, "scheme", "bearer");
    json_end(&json);
    json_end(&json);
    open_object(&json, "schemas");
    json_name(&json, S("refusal"));
    schema_of_reply(&json, refusal_rows);
    json_end(&json);
    json_end(&json);
    json_end(&json);
}

bool openapi_finish(struct exchange *exchange)
{
    buf_add(&exchange->reply, buf_str(&exchange->parts->openapi));
    return true;
}
