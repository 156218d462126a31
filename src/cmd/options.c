#include "cmd/options.h"
#include "text/suggest.h"
#include <string.h>

static const struct option *find_row(const struct option_tables *tables, str name)
{
    for (size_t i = 0; i < 2; i++)
        for (const struct option *row = tables->tables[i]; row && row->name; row++)
            if (str_is(name, str_from(row->name)))
                return row;
    return NULL;
}

static bool no_such_option(const struct option_tables *tables, str name, struct err *err)
{
    struct suggestion suggestion;
    suggest_init(&suggestion, name);
    for (size_t i = 0; i < 2; i++)
        for (const struct option *row = tables->tables[i]; row && row->name; row++)
            suggest_try(&suggestion, str_from(row->name));
    str nearest = suggest_nearest(&suggestion);
    if (nearest.len > 0)
        return err_set(err, "no option '--%.*s'; did you mean '--%.*s'?", STR(name), STR(nearest));
    return err_set(err, "no option '--%.*s'", STR(name));
}

static bool keep(struct options *options, const struct option_value *value, struct err *err)
{
    if (!value->option->repeated && options_find(options, value->option->name))
        return err_set(err, "--%s is given twice", value->option->name);
    if (options->count == OPTION_VALUES_MAX)
        return err_set(err, "more than %d options", OPTION_VALUES_MAX);
    options->values[options->count++] = *value;
    return true;
}

// One option at arguments[*at]; moves *at to its last word.
static bool read_option(const struct option_tables *tables, int count, char **arguments, int *at,
                        struct options *options, struct err *err)
{
    const char *word = strcmp(arguments[*at], "-h") == 0 ? "--help" : arguments[*at];
    if (word[1] != '-')
        return err_set(err, "no option '%s': options are long words, such as --help", word);
    str name = str_from(word + 2), behind;
    bool joined = str_cut(name, '=', &name, &behind);
    const struct option *row = find_row(tables, name);
    if (!row)
        return no_such_option(tables, name, err);
    struct option_value value = {.option = row};
    if (row->type == OPTION_FLAG) {
        if (joined)
            return err_set(err, "--%s takes no value", row->name);
        return keep(options, &value, err);
    }
    const char *text = joined ? strchr(word, '=') + 1 : NULL;
    if (!joined && *at + 1 < count)
        text = arguments[++*at];
    if (!text)
        return err_set(err, "--%s wants %s behind it", row->name, option_type_text(row->type));
    return option_value_read(row, text, &value, err) && keep(options, &value, err);
}

bool options_read(const struct option_tables *tables, int count, char **arguments,
                  struct options *ret_options, struct err *err)
{
    *ret_options = (struct options){0};
    for (int i = 0; i < count; i++) {
        if (strcmp(arguments[i], "--") == 0) {
            ret_options->has_rest = true;
            ret_options->rest = arguments + i + 1;
            ret_options->rest_count = (uint32_t)(count - i - 1);
            return true;
        }
        if (arguments[i][0] == '-' && arguments[i][1] != '\0') {
            if (!read_option(tables, count, arguments, &i, ret_options, err))
                return false;
            continue;
        }
        if (ret_options->word_count == OPTION_WORDS_MAX)
            return err_set(err, "more than %d words", OPTION_WORDS_MAX);
        ret_options->words[ret_options->word_count++] = arguments[i];
    }
    return true;
}

bool options_complete(const struct option_tables *tables, const struct options *options,
                      struct err *err)
{
    for (size_t i = 0; i < 2; i++)
        for (const struct option *row = tables->tables[i]; row && row->name; row++)
            if (row->required && !options_find(options, row->name))
                return err_set(err, "--%s %s is missing: %s", row->name, row->value, row->help);
    return true;
}

const struct option_value *options_find(const struct options *options, const char *name)
{
    for (uint32_t i = options->count; i > 0; i--)
        if (strcmp(options->values[i - 1].option->name, name) == 0)
            return &options->values[i - 1];
    return NULL;
}

bool options_flag(const struct options *options, const char *name)
{
    return options_find(options, name) != NULL;
}

const char *options_text(const struct options *options, const char *name)
{
    const struct option_value *value = options_find(options, name);
    return value ? value->text : NULL;
}

int64_t options_number(const struct options *options, const char *name, int64_t otherwise)
{
    const struct option_value *value = options_find(options, name);
    return value ? value->number : otherwise;
}
