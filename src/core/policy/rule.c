#include "core/policy/rule.h"
#include "base/buf.h"
#include "base/must.h"
#include <stdlib.h>

struct term {
    str whole, key, values;
    bool forbids;
};

// The next term of a rule, cut off its front; false: none left. No form is checked.
static bool next_term(str *rest, struct term *ret_term)
{
    while (rest->len && rest->ptr[0] == ' ')
        *rest = str_skip(*rest, 1);
    if (rest->len == 0)
        return false;
    str whole = *rest, tail = S("");
    if (!str_cut(*rest, ' ', &whole, &tail))
        tail = S("");
    *rest = tail;
    struct term term = {.whole = whole, .forbids = str_starts(whole, S("!"))};
    str body = str_skip(whole, term.forbids);
    if (!str_cut(body, '=', &term.key, &term.values))
        term.key = body;
    *ret_term = term;
    return true;
}

static bool next_value(str *rest, str *ret_value)
{
    if (rest->len == 0)
        return false;
    str tail;
    if (!str_cut(*rest, ',', ret_value, &tail)) {
        *ret_value = *rest;
        tail = S("");
    }
    *rest = tail;
    return true;
}

static bool key_valid(str key)
{
    for (size_t i = 0; i < key.len; i++) {
        char c = key.ptr[i];
        bool letter = c >= 'a' && c <= 'z';
        bool other = (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
        if (!letter && !(i > 0 && other))
            return false;
    }
    return key.len > 0;
}

static bool values_valid(str values)
{
    if (values.len == 0 || str_starts(values, S(",")) || str_ends(values, S(",")))
        return false;
    for (size_t i = 0; i < values.len; i++) {
        char c = values.ptr[i];
        bool twice = c == ',' && values.ptr[i - 1] == ',';
        if (c <= ' ' || c > '~' || c == '=' || c == '!' || twice)
            return false;
    }
    return true;
}

bool rule_valid(str text, struct err *err)
{
    struct term term;
    int count = 0;
    for (str rest = text; next_term(&rest, &term); count++) {
        if (!key_valid(term.key))
            return err_set(err, "rule: \"%.*s\": a key is a-z, 0-9, '-', '.', '_'; want key=value",
                           STR(term.whole));
        if (!values_valid(term.values))
            return err_set(err, "rule: \"%.*s\": want %.*s=value or %.*s=value,value",
                           STR(term.whole), STR(term.key), STR(term.key));
        if (count == RULE_TERMS_MAX)
            return err_set(err, "rule: more than %d terms; put values of one key together: k=a,b",
                           RULE_TERMS_MAX);
    }
    char canonical[RULE_SIZE];
    if (!rule_canonical(text, canonical, sizeof canonical))
        return err_set(err, "rule: longer than %d bytes; shorten it", RULE_SIZE - 1);
    return true;
}

static int order(const void *a, const void *b)
{
    return str_order(*(const str *)a, *(const str *)b);
}

static void add_values(struct buf *out, str values)
{
    str value, list[RULE_SIZE];
    size_t count = 0;
    while (count < RULE_SIZE && next_value(&values, &value))
        list[count++] = value;
    qsort(list, count, sizeof *list, order);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && str_is(list[i], list[i - 1]))
            continue;
        buf_add(out, i ? S(",") : S(""));
        buf_add(out, list[i]);
    }
}

bool rule_canonical(str text, char *ret_text, size_t size)
{
    struct term term;
    struct buf terms, out;
    str list[RULE_TERMS_MAX];
    size_t from[RULE_TERMS_MAX + 1], count = 0;
    buf_init(&terms, 4096);
    for (str rest = text; count < RULE_TERMS_MAX && next_term(&rest, &term);) {
        from[count++] = terms.len;
        buf_add(&terms, term.forbids ? S("!") : S(""));
        buf_add(&terms, term.key);
        buf_byte(&terms, '=');
        add_values(&terms, term.values);
    }
    from[count] = terms.len;
    for (size_t i = 0; i < count; i++)
        list[i] = (str){terms.ptr + from[i], from[i + 1] - from[i]};
    qsort(list, count, sizeof *list, order);
    buf_init(&out, 4096);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && str_is(list[i], list[i - 1]))
            continue;
        buf_add(&out, i ? S(" ") : S(""));
        buf_add(&out, list[i]);
    }
    bool fits = !terms.overflow && !out.overflow && str_copy(buf_str(&out), ret_text, size);
    buf_finish(&terms);
    buf_finish(&out);
    return fits;
}

static bool has_value(str values, str value)
{
    for (str one; next_value(&values, &one);)
        if (str_is(one, value) || str_is(one, S("*")))
            return true;
    return false;
}

static bool meets(const struct term *term, const struct rule_view *view)
{
    for (uint32_t i = 0; i < view->count; i++) {
        const struct rule_attribute *attribute = &view->attribute[i];
        if (str_is(attribute->key, term->key) && attribute->value.len &&
            has_value(term->values, attribute->value))
            return true;
    }
    return false;
}

bool rule_permits(str rule, const struct rule_view *view, str *ret_term)
{
    struct term term;
    while (next_term(&rule, &term)) {
        if (meets(&term, view) != term.forbids)
            continue;
        if (ret_term)
            *ret_term = term.whole;
        return false;
    }
    return true;
}
