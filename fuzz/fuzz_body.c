// What the reader of requests takes is within the bounds of its table; what it refuses names a
// code, a status and a way out. The first byte chooses the table; a body and a query are read.
#include "base/json.h"
#include "base/must.h"
#include "fuzz.h"
#include "http/body.h"
#include "http/query.h"
#include "http/route.h"

const char *const fuzz_seeds[] = {
    "\x06{\"devices\":2,\"argv\":[\"sh\",\"-c\",\"echo\"],\"env\":{\"A\":\"b\"},\"memory_mib\":512,"
    "\"chip\":\"cpu-core\",\"name\":null,\"restartable\":true,\"time_limit_ms\":1000}",
    "\x15{\"slug\":\"acme\",\"name\":\"溶鉱炉\",\"tax_id\":\"T7000012050002\",\"zone\":\"UTC\"}",
    "\x1a{\"account\":\"account-2\",\"role\":\"user\",\"expires\":\"2026-11-21T23:02:20Z\"}",
    "\x1d{\"chip\":\"chip-1\",\"per_device_hour\":\"5.25\",\"tax_permille\":100}",
    "\x07limit=100&after=job-17&account=acme&state=done",
    "\x18"
    "at=2026-11-21T23%3A02%3A20Z",
    NULL};

static void check_value(const struct field *field, const struct value *value)
{
    must(value->present || !field->required);
    if (!value->present || value->is_null) {
        must(!value->is_null || field->nullable);
        return;
    }
    bool counted = field->form == FIELD_TEXTS || field->form == FIELD_TEXT_MAP;
    if (field->form == FIELD_INTEGER)
        must(value->integer >= field->min && value->integer <= field->max);
    if (field->form == FIELD_TEXT)
        must((int64_t)value->text.len >= field->min && (int64_t)value->text.len <= field->max);
    if (counted)
        must((int64_t)value->tree->count >= field->min &&
             (int64_t)value->tree->count <= field->max);
    if (value->text.len > 0)
        must(text_is_plain(value->text));
    must(!value->unresolved || value->integer == 0);
    must(value->unresolved || field->form < FIELD_ACCOUNT || field->form > FIELD_ID ||
         value->integer > 0);
}

static void check_refusal(const struct refusal *refusal)
{
    struct arena arena;
    struct buf text;
    const struct json *root = NULL;
    arena_init(&arena, 1 << 20);
    buf_init(&text, 1 << 16);
    must(refusal->status >= 400 && refusal->status < 500 && refusal->fix[0]);
    refusal_json(refusal, &text);
    must(json_read(buf_str(&text), 1 << 16, &arena, &root, NULL));
    must(json_member(root, S("code")) && json_member(root, S("fix")));
    buf_finish(&text);
    arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct value values[FIELDS_MAX];
    struct refusal refusal = {0};
    struct arena arena;
    if (size == 0)
        return 0;
    const struct route *route = &routes[bytes[0] % route_count];
    const struct field *fields = route->method == METHOD_GET ? route->query : route->body;
    str text = {(const char *)bytes + 1, size - 1};
    arena_init(&arena, 16 << 20);
    bool taken = route->method == METHOD_GET ? query_read(fields, text, &arena, values, &refusal)
                                             : body_read(fields, text, &arena, values, &refusal);
    if (taken)
        for (uint32_t i = 0; i < field_count(fields); i++)
            check_value(&fields[i], &values[i]);
    else
        check_refusal(&refusal);
    must(!path_is_sane(text) || text.ptr[0] == '/');
    arena_finish(&arena);
    return 0;
}
