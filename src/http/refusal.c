#include "http/refusal.h"
#include "base/json.h"
#include "base/must.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define X(name, code, status, message, fix) [name] = {code, status, message, fix},
static const struct answer_text texts[] = {REFUSALS(X)};
#undef X

static void refusal_fill(struct refusal *refusal, const struct answer_text *text, const char *field)
{
    *refusal = (struct refusal){.status = text->status, .code = text->code};
    snprintf(refusal->field, sizeof refusal->field, "%s", field ? field : "");
    snprintf(refusal->message, sizeof refusal->message, "%s", text->message);
    snprintf(refusal->fix, sizeof refusal->fix, "%s", text->fix);
    if (text->status == 503)
        refusal->retry_after_s = 1;
}

bool refuse(struct refusal *refusal, enum refuse why, const char *field, const char *fix,
            const char *format, ...)
{
    must(why < REFUSE_COUNT);
    refusal_fill(refusal, &texts[why], field);
    if (fix)
        snprintf(refusal->fix, sizeof refusal->fix, "%s", fix);
    if (!format)
        return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(refusal->message, sizeof refusal->message, format, arguments);
    va_end(arguments);
    return false;
}

bool refuse_answer(struct refusal *refusal, enum answer answer, const char *field)
{
    must(answer != ANSWER_OK && answer < ANSWER_COUNT);
    refusal_fill(refusal, answer_text(answer), field);
    return false;
}

// What vsnprintf cut may end inside a character: only whole ones are shown.
static str whole_characters(const char *text)
{
    str left = str_from(text);
    size_t length = 0;
    uint32_t code_point;
    for (size_t size; (size = str_character(str_skip(left, length), &code_point)) > 0;)
        length += size;
    return (str){left.ptr, length};
}

void refusal_json(const struct refusal *refusal, struct buf *out)
{
    struct json_out json;
    json_out_init(&json, out);
    json_object(&json);
    json_name(&json, S("code"));
    json_text(&json, str_from(refusal->code));
    json_name(&json, S("message"));
    json_text(&json, whole_characters(refusal->message));
    json_name(&json, S("field"));
    if (refusal->field[0])
        json_text(&json, whole_characters(refusal->field));
    else
        json_null(&json);
    json_name(&json, S("fix"));
    json_text(&json, whole_characters(refusal->fix));
    json_end(&json);
}
