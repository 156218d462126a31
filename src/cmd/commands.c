#include "cmd/commands.h"
#include "base/must.h"
#include "cmd/usage.h"
#include "text/suggest.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMMAND_WORDS_MAX = 2 }; // "job list"

const struct command *commands_find(int count, char **words, int *ret_used)
{
    char joined[128];
    for (int used = count < COMMAND_WORDS_MAX ? count : COMMAND_WORDS_MAX; used > 0; used--) {
        int len = snprintf(joined, sizeof joined, "%s%s%s", words[0], used > 1 ? " " : "",
                           used > 1 ? words[1] : "");
        if (len < 0 || len >= (int)sizeof joined)
            continue;
        const struct command *row;
        for (uint32_t i = 0; (row = commands_row(i)); i++) {
            if (strcmp(row->words, joined) != 0)
                continue;
            *ret_used = used;
            return row;
        }
    }
    return NULL;
}

static str nearest_command(const char *typed, const char *family)
{
    struct suggestion suggestion;
    suggest_init(&suggestion, str_from(typed));
    const struct command *row;
    for (uint32_t i = 0; (row = commands_row(i)); i++) {
        if (row->hidden || (family && !str_starts(str_from(row->words), str_from(family))))
            continue;
        suggest_try(&suggestion, str_from(row->words));
        str first, second;
        if (!family && str_cut(str_from(row->words), ' ', &first, &second))
            suggest_try(&suggestion, first);
    }
    return suggest_nearest(&suggestion);
}

static int no_such_command(int count, char **words)
{
    bool family = usage_is_family(words[0]);
    if (family && (count == 1 || words[1][0] == '-')) {
        usage_family(words[0], stderr);
        return EXIT_USE;
    }
    char typed[128];
    snprintf(typed, sizeof typed, "%s%s%s", words[0], family ? " " : "", family ? words[1] : "");
    str nearest = nearest_command(typed, family ? words[0] : NULL);
    fprintf(stderr, "error: no command '%s'", typed);
    if (nearest.len > 0)
        fprintf(stderr, "; did you mean '%.*s'?", STR(nearest));
    fputs("\n  see: tatara help\n", stderr);
    return EXIT_USE;
}

static int bad_use(const struct command *command, const struct err *err)
{
    fprintf(stderr, "error: tatara %s: %s\n  see: tatara %s --help\n", command->words, err->text,
            command->words);
    return EXIT_USE;
}

static bool check_words(const struct command *command, const struct options *options,
                        struct err *err)
{
    const char *wanted = command->arguments ? command->arguments : "";
    if (options->word_count > command->words_max) {
        const char *extra = options->words[command->words_max];
        if (command->takes_rest)
            return err_set(err, "'%s' stands before '--'; want %s", extra, wanted);
        return err_set(err, "'%s' is one word too many", extra);
    }
    if (options->has_rest && !command->takes_rest)
        return err_set(err, "takes nothing behind '--'");
    if (options->word_count < command->words_min)
        return err_set(err, "want %s", wanted);
    if (command->takes_rest && options->rest_count == 0)
        return err_set(err, "no command to run; want %s", wanted);
    return true;
}

static int run_command(const struct command *command, struct invocation *invocation, int count,
                       char **arguments)
{
    struct option_tables tables = {
        {command->options, commands_globals()}
    };
    struct options *options = &invocation->options;
    struct err err;
    if (!options_read(&tables, count, arguments, options, &err))
        return bad_use(command, &err);
    if (options_flag(options, "help")) {
        usage_command(command, stdout);
        return EXIT_DONE;
    }
    if (!check_words(command, options, &err) || !options_complete(&tables, options, &err))
        return bad_use(command, &err);
    invocation->command = command;
    invocation->json = options_flag(options, "json");
    invocation->quiet = options_flag(options, "quiet");
    invocation->color =
        !options_flag(options, "no-color") && !getenv("NO_COLOR") && isatty(STDOUT_FILENO);
    return command->run(invocation);
}

// How many words in front are options of all commands: tatara --json job list.
static int count_leading(int count, char **arguments)
{
    int at = 0;
    while (at < count && arguments[at][0] == '-' && strcmp(arguments[at], "--") != 0) {
        bool takes_next = false;
        for (const struct option *row = commands_globals(); row->name; row++)
            if (row->type != OPTION_FLAG && strncmp(arguments[at], "--", 2) == 0 &&
                strcmp(arguments[at] + 2, row->name) == 0)
                takes_next = true;
        at += takes_next ? 2 : 1;
    }
    return at < count ? at : count;
}

// No command: then only --help and --version mean anything.
static int run_without(int count, char **arguments)
{
    struct option_tables tables = {
        {commands_globals(), NULL}
    };
    struct options options;
    struct err err;
    if (!options_read(&tables, count, arguments, &options, &err)) {
        fprintf(stderr, "error: %s\n  see: tatara help\n", err.text);
        return EXIT_USE;
    }
    if (options_flag(&options, "version")) {
        puts("tatara " TATARA_VERSION);
        return EXIT_DONE;
    }
    bool asked = options_flag(&options, "help");
    usage_all(asked ? stdout : stderr);
    return asked ? EXIT_DONE : EXIT_USE;
}

int commands_run(int count, char **arguments)
{
    must(count >= 1);
    int leading = count_leading(count - 1, arguments + 1);
    char **words = arguments + 1 + leading;
    int word_count = count - 1 - leading, used = 0;
    if (word_count == 0 || strcmp(words[0], "--") == 0)
        return run_without(leading, arguments + 1);
    const struct command *command = commands_find(word_count, words, &used);
    if (!command)
        return no_such_command(word_count, words);
    // The leading options move behind the command's words, which then may go.
    int left = word_count - used;
    char **moved = calloc((size_t)(leading + left) + 1, sizeof *moved);
    must(moved);
    memcpy(moved, arguments + 1, (size_t)leading * sizeof *moved);
    memcpy(moved + leading, words + used, (size_t)left * sizeof *moved);
    struct invocation invocation = {.program = arguments[0]};
    int code = run_command(command, &invocation, leading + left, moved);
    free(moved);
    return code;
}
