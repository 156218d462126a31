#include "http/reply.h"
#include "base/instant.h"
#include <stdio.h>
#include <string.h>

const struct reply_field reply_money[] = {
    ROW("currency", REPLY_TEXT, false, NULL, "ISO 4217: JPY, USD"),
    ROW("amount", REPLY_AMOUNT, false, NULL, "in major units: \"450\", \"4.50\""),
    {0},
};
const struct reply_field reply_exact[] = {
    ROW("currency", REPLY_TEXT, false, NULL, "ISO 4217: JPY, USD"),
    ROW("exact", REPLY_AMOUNT, false, NULL, "in major units, not rounded to the minor unit"),
    {0},
};

const char *reply_form_type(enum reply_form form)
{
#define X(name, type, words) [name] = type,
    static const char *const types[] = {REPLY_FORMS(X)};
#undef X
    return types[form];
}

static void name_it(struct json_out *json, const char *name)
{
    json_name(json, str_from(name));
}

void reply_text(struct json_out *json, const char *name, const char *text)
{
    name_it(json, name);
    json_text(json, str_from(text));
}

void reply_text_or_null(struct json_out *json, const char *name, const char *text)
{
    if (text && text[0])
        reply_text(json, name, text);
    else
        reply_null(json, name);
}

void reply_number(struct json_out *json, const char *name, int64_t value)
{
    name_it(json, name);
    json_i64(json, value);
}

void reply_bool(struct json_out *json, const char *name, bool value)
{
    name_it(json, name);
    json_bool(json, value);
}

void reply_null(struct json_out *json, const char *name)
{
    name_it(json, name);
    json_null(json);
}

void reply_big(struct json_out *json, const char *name, int64_t value)
{
    name_it(json, name);
    json_decimal_text(json, value);
}

void reply_id_text(struct json_out *json, const char *kind, uint64_t id)
{
    char text[48];
    int length = snprintf(text, sizeof text, "%s-%llu", kind, (unsigned long long)id);
    json_text(json, (str){text, (size_t)length});
}

void reply_id(struct json_out *json, const char *name, const char *kind, uint64_t id)
{
    name_it(json, name);
    if (id)
        reply_id_text(json, kind, id);
    else
        json_null(json);
}

static void text_and_finish(struct json_out *json, struct buf *text)
{
    json_text(json, buf_str(text));
    buf_finish(text);
}

void reply_time(struct json_out *json, const char *name, int64_t time_us)
{
    if (time_us == 0) {
        reply_null(json, name);
        return;
    }
    struct buf text;
    buf_init(&text, 64);
    instant_text(time_us, &text);
    name_it(json, name);
    text_and_finish(json, &text);
}

void reply_month_text(struct json_out *json, const char *name, uint32_t which)
{
    struct buf text;
    buf_init(&text, 64);
    month_text(which, &text);
    name_it(json, name);
    text_and_finish(json, &text);
}

void reply_amount(struct json_out *json, const char *name, enum currency currency, int64_t minor)
{
    struct buf text;
    buf_init(&text, 64);
    money_decimal(currency, minor, &text);
    name_it(json, name);
    json_object(json);
    name_it(json, "currency");
    json_text(json, currency_code(currency));
    name_it(json, "amount");
    text_and_finish(json, &text);
    json_end(json);
}

void reply_decimal(struct json_out *json, const char *name, decimal number)
{
    struct buf text;
    buf_init(&text, 64);
    decimal_text(number, &text);
    name_it(json, name);
    text_and_finish(json, &text);
}
