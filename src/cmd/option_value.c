#include "base/instant.h"
#include "base/money.h"
#include "base/must.h"
#include "cmd/options.h"
#include <inttypes.h>
#include <string.h>

const char *option_type_text(enum option_type type)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {OPTION_TYPES(X)};
#undef X
    return texts[type];
}

// A number with a unit behind it, "512MiB", as bytes.
static bool read_memory(str text, int64_t *ret_bytes)
{
    static const struct {
        str unit;
        int shift;
    } units[] = {
        {{"KiB", 3}, 10},
        {{"MiB", 3}, 20},
        {{"GiB", 3}, 30},
        {{"TiB", 3}, 40}
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int64_t number, bytes;
        if (!str_ends(text, units[i].unit))
            continue;
        str head = {text.ptr, text.len - units[i].unit.len};
        if (!str_to_i64(head, &number) || number < 0 ||
            __builtin_mul_overflow(number, INT64_C(1) << units[i].shift, &bytes))
            return false;
        *ret_bytes = bytes;
        return true;
    }
    return false;
}

// Zero is a duration for those who ask for "at once"; instant.h knows only positive ones.
static bool read_duration(str text, int64_t *ret_us)
{
    if (str_is(text, S("0s")) || str_is(text, S("0ms"))) {
        *ret_us = 0;
        return true;
    }
    return duration_parse(text, ret_us);
}

// A bare number has the currency of whoever it is for, so either reading of it will do.
static bool read_money(str text, struct option_value *value)
{
    enum currency yen = CURRENCY_JPY, dollar = CURRENCY_USD;
    int64_t as_yen, as_dollar;
    bool is_yen = money_parse(text, CURRENCY_JPY, &yen, &as_yen);
    bool is_dollar = money_parse(text, CURRENCY_USD, &dollar, &as_dollar);
    if (!is_yen && !is_dollar)
        return false;
    value->has_currency = is_yen && is_dollar && yen == dollar;
    value->currency = is_yen ? yen : dollar;
    value->number = is_yen ? as_yen : as_dollar;
    return true;
}

// A price may be finer than its currency's smallest coin: "¥0.5".
static bool read_price(const char *text, struct option_value *value)
{
    static const struct {
        const char *head;
        enum currency currency;
    } heads[] = {
        {"¥",   CURRENCY_JPY},
        {"JPY ", CURRENCY_JPY},
        {"$",    CURRENCY_USD},
        {"USD ", CURRENCY_USD},
    };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        size_t len = strlen(heads[i].head);
        if (strncmp(text, heads[i].head, len) != 0)
            continue;
        value->has_currency = true;
        value->currency = heads[i].currency;
        text += len;
        break;
    }
    decimal number;
    if (!decimal_parse(str_from(text), 10, &number) || number.value < 0)
        return false;
    value->text = text;
    value->number = number.value;
    return true;
}

static bool read_month(str text, int64_t *ret_month)
{
    month which;
    if (!month_parse(text, &which))
        return false;
    *ret_month = which;
    return true;
}

static bool read_choice(const char *choices, str text, int64_t *ret_index)
{
    str rest = str_from(choices), word;
    for (int64_t index = 0; rest.len > 0; index++) {
        if (!str_cut(rest, '|', &word, &rest)) {
            word = rest;
            rest = S("");
        }
        if (str_is(word, text)) {
            *ret_index = index;
            return true;
        }
    }
    return false;
}

static bool read_by_type(const struct option *option, const char *text, struct option_value *value)
{
    str view = str_from(text);
    const char *mark = strchr(text, '=');
    switch (option->type) {
    case OPTION_FLAG:
        return false;
    case OPTION_TEXT:
        return str_is_utf8(view);
    case OPTION_FILE:
    case OPTION_FOLDER:
        return view.len > 0;
    case OPTION_INTEGER:
        return str_to_i64(view, &value->number);
    case OPTION_DURATION:
        return read_duration(view, &value->number);
    case OPTION_MEMORY:
        return read_memory(view, &value->number);
    case OPTION_MONEY:
        return read_money(view, value);
    case OPTION_PRICE:
        return read_price(text, value);
    case OPTION_MONTH:
        return read_month(view, &value->number);
    case OPTION_TIME:
        return instant_parse(view, &value->number);
    case OPTION_CHOICE:
        return read_choice(option->choices, view, &value->number);
    case OPTION_PAIR:
        return mark && mark != text;
    }
    return false;
}

static bool complain(const struct option *option, const char *text, struct err *err)
{
    if (option->type == OPTION_CHOICE)
        return err_set(err, "--%s: '%s' is not one of %s", option->name, text, option->choices);
    if (option->type == OPTION_MEMORY && text[strspn(text, "0123456789")] == '\0')
        return err_set(err, "--%s: '%s' has no unit, want %s", option->name, text,
                       option_type_text(option->type));
    return err_set(err, "--%s: '%s' is not %s", option->name, text, option_type_text(option->type));
}

static bool check_range(const struct option *option, const char *text, int64_t number,
                        struct err *err)
{
    if (option->max <= option->min || (number >= option->min && number <= option->max))
        return true;
    if (option->type == OPTION_INTEGER)
        return err_set(err, "--%s: %" PRId64 " is outside %" PRId64 " to %" PRId64, option->name,
                       number, option->min, option->max);
    return err_set(err, "--%s: '%s' is too %s", option->name, text,
                   number < option->min ? "small" : "large");
}

bool option_value_read(const struct option *option, const char *text,
                       struct option_value *ret_value, struct err *err)
{
    must(option->type != OPTION_CHOICE || option->choices);
    struct option_value value = {.option = option, .text = text};
    if (!read_by_type(option, text, &value))
        return complain(option, text, err);
    if (!check_range(option, text, value.number, err))
        return false;
    *ret_value = value;
    return true;
}
