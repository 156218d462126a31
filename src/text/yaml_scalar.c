#include "text/yaml_scalar.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/must.h"
#include "base/size.h"
#include "text/cell_width.h"
#include "text/suggest.h"
#include <string.h>

const char *yaml_scalar_want(enum yaml_type type)
{
    static const char *const wants[] = {
        [YAML_TEXT] = "a text",
        [YAML_INTEGER] = "a whole number without quotes",
        [YAML_DECIMAL] = "a decimal number without quotes, such as 1.25",
        [YAML_BOOL] = "true or false, without quotes",
        [YAML_DURATION] = "a duration such as 500ms, 90s, 10m, 3h or 7d",
        [YAML_INSTANT] = "an instant such as 2026-11-21 or 2026-11-21T09:00:00+09:00",
        [YAML_SIZE] = "a size such as 512MiB",
        [YAML_MONEY] = "an amount with its currency, such as \u00a5450 or USD 12.34",
        [YAML_CHOICE] = "one of its words",
        [YAML_OBJECT] = "keys and values",
        [YAML_OBJECTS] = "a list of keys and values",
        [YAML_TEXTS] = "a list of texts",
        [YAML_INTEGERS] = "a list of whole numbers",
        [YAML_LABELS] = "names and texts",
    };
    return wants[type];
}

void yaml_scalar_show(str text, struct buf *out)
{
    str head = cell_head(text, 60);
    json_quote(out, head);
    if (head.len < text.len)
        buf_add(out, S("..."));
}

static bool take_bool(str text, int64_t *ret_value)
{
    bool yes = str_is(text, S("true"));
    if (!yes && !str_is(text, S("false")))
        return false;
    *ret_value = yes;
    return true;
}

static bool take_money(str text, struct yaml_value *value)
{
    // A bare number takes whatever currency it is offered: that one is not enough.
    enum currency other;
    int64_t minor;
    return money_parse(text, CURRENCY_JPY, &value->currency, &value->integer) &&
           (!money_parse(text, CURRENCY_USD, &other, &minor) || other == value->currency);
}

static bool take_choice(const struct yaml_key *key, str text, int64_t *ret_index)
{
    for (int64_t i = 0; key->choices[i]; i++) {
        if (str_is(text, str_from(key->choices[i]))) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

static bool take(const struct yaml_key *key, enum yaml_type type, bool plain,
                 struct yaml_value *value)
{
    str text = value->text;
    switch (type) {
    case YAML_TEXT:
        value->integer = (int64_t)text.len;
        return text.len == 0 || !memchr(text.ptr, 0, text.len);
    case YAML_INTEGER:
        return plain && str_to_i64(text, &value->integer);
    case YAML_DECIMAL:
        return plain && decimal_parse(text, 10, &value->number);
    case YAML_BOOL:
        return plain && take_bool(text, &value->integer);
    case YAML_DURATION:
        return duration_parse(text, &value->integer);
    case YAML_INSTANT:
        return instant_parse(text, &value->integer);
    case YAML_SIZE:
        return size_parse(text, &value->integer);
    case YAML_MONEY:
        return take_money(text, value);
    case YAML_CHOICE:
        return take_choice(key, text, &value->integer);
    case YAML_OBJECT:
    case YAML_OBJECTS:
    case YAML_TEXTS:
    case YAML_INTEGERS:
    case YAML_LABELS:
        break;
    }
    must(false); // not a scalar
    return false;
}

static void show_amount(enum yaml_type type, const struct yaml_value *value, int64_t amount,
                        struct buf *out)
{
    if (type == YAML_DURATION && amount > INT64_MIN)
        duration_text(amount, out);
    else if (type == YAML_INSTANT && amount >= 0)
        instant_text(amount, out);
    else if (type == YAML_SIZE && amount >= 0)
        size_text(amount, out);
    else if (type == YAML_MONEY)
        money_text(value->currency, amount, out);
    else
        buf_i64(out, amount);
}

static bool is_in_range(const struct yaml_key *key, enum yaml_type type,
                        const struct yaml_value *value, struct buf *problem)
{
    if ((key->min == 0 && key->max == 0) || type == YAML_BOOL || type == YAML_CHOICE ||
        type == YAML_DECIMAL || (value->integer >= key->min && value->integer <= key->max))
        return true;
    yaml_scalar_show(value->text, problem);
    buf_add(problem, type == YAML_TEXT ? S(" has a length outside ") : S(" is outside "));
    show_amount(type, value, key->min, problem);
    buf_add(problem, S(" to "));
    show_amount(type, value, key->max, problem);
    return false;
}

static void say_choices(const struct yaml_key *key, str text, struct buf *problem)
{
    struct suggestion suggestion;
    suggest_init(&suggestion, text);
    buf_add(problem, S("want one of "));
    for (int64_t i = 0; key->choices[i]; i++) {
        buf_format(problem, "%s%s", i ? ", " : "", key->choices[i]);
        suggest_try(&suggestion, str_from(key->choices[i]));
    }
    buf_add(problem, S(", not "));
    yaml_scalar_show(text, problem);
    str nearest = suggest_nearest(&suggestion);
    if (nearest.len)
        buf_format(problem, "; did you mean %.*s?", STR(nearest));
}

bool yaml_scalar_take(const struct yaml_key *key, enum yaml_type type, bool plain,
                      struct yaml_value *value, struct buf *problem)
{
    str text = value->text;
    if (plain && (text.len == 0 || str_is(text, S("~")) || str_is(text, S("null")))) {
        buf_format(problem, "has no value: want %s, or leave the key out", yaml_scalar_want(type));
        return false;
    }
    if (take(key, type, plain, value))
        return is_in_range(key, type, value, problem);
    if (type == YAML_CHOICE) {
        say_choices(key, text, problem);
        return false;
    }
    buf_format(problem, "want %s, not ", yaml_scalar_want(type));
    yaml_scalar_show(text, problem);
    return false;
}
