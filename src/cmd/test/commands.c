#include "cmd/commands.h"
#include "cmd/completion.h"
#include "cmd/usage.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

// What a function prints, as one text on the heap.
static char *printed(void (*print)(FILE *out))
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    print(out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static char *printed_help(const struct command *command)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    usage_command(command, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void every_command_has_help_with_an_example_and_exit_codes(void **state)
{
    (void)state;
    const struct command *row, *other;
    for (uint32_t i = 0; (row = commands_row(i)); i++) {
        assert_non_null(row->run);
        assert_true(row->words_min <= row->words_max);
        for (uint32_t j = 0; (other = commands_row(j)); j++)
            assert_true(i == j || strcmp(row->words, other->words) != 0);
        if (row->hidden)
            continue;
        assert_non_null(row->summary);
        assert_non_null(row->example);
        assert_true(row->words_max == 0 || row->arguments);
        char *help = printed_help(row);
        assert_non_null(strstr(help, "\nexample:\n"));
        assert_non_null(strstr(help, "\nexit codes:\n"));
        assert_non_null(strstr(help, row->summary));
        for (const struct option *option = row->options; option && option->name; option++) {
            assert_non_null(option->help);
            assert_true((option->type == OPTION_FLAG) == (option->value == NULL));
            assert_true((option->type == OPTION_CHOICE) == (option->choices != NULL));
            assert_non_null(strstr(help, option->name));
        }
        free(help);
    }
}

// Words as a shell would cut them; quotes are the only thing it knows.
static int cut_words(char *line, char **ret_words, int most)
{
    int count = 0;
    for (char *from = line; *from;) {
        while (*from == ' ')
            from++;
        if (!*from || *from == '>' || *from == '|')
            break;
        assert_true(count < most);
        char *to = from;
        ret_words[count++] = from;
        for (char quote = 0; *from && (quote || *from != ' '); from++) {
            if (quote ? *from == quote : *from == '\'' || *from == '"')
                quote = quote ? 0 : *from;
            else
                *to++ = *from;
        }
        if (*from)
            from++;
        *to = '\0';
    }
    return count;
}

static void check_example(const struct command *command, const char *line)
{
    char text[512], *words[32] = {0};
    struct options options;
    struct err err;
    int used = 0;
    const char *from = strstr(line, "tatara "); // also within key=$(…)
    assert_non_null(from);
    snprintf(text, sizeof text, "%s", from);
    if (from != line)
        text[strcspn(text, ")")] = '\0';
    int count = cut_words(text, words, 31);
    assert_true(count >= 2);
    assert_string_equal(words[0], "tatara");
    const struct command *found = commands_find(count - 1, words + 1, &used);
    if (found != command)
        fail_msg("'%s' is no example of '%s'", line, command->words);
    struct option_tables tables = {
        {command->options, commands_globals()}
    };
    if (!options_read(&tables, count - 1 - used, words + 1 + used, &options, &err) ||
        !options_complete(&tables, &options, &err))
        fail_msg("'%s': %s", line, err.text);
    assert_true(options.word_count >= command->words_min);
    assert_true(options.word_count <= command->words_max);
    assert_true(!options.has_rest || command->takes_rest);
}

static void every_example_can_be_typed(void **state)
{
    (void)state;
    const struct command *row;
    for (uint32_t i = 0; (row = commands_row(i)); i++) {
        if (row->hidden)
            continue;
        char lines[2048], *rest = lines;
        snprintf(lines, sizeof lines, "%s", row->example);
        for (char *line; (line = strsep(&rest, "\n"));)
            check_example(row, line);
    }
}

static int run_words(const char *const *words, char *ret_error, size_t size)
{
    static char *arguments[16];
    int count = 0;
    arguments[count++] = (char *)"tatara";
    for (; words[count - 1]; count++)
        arguments[count] = (char *)words[count - 1];
    arguments[count] = NULL;
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    FILE *file = tmpfile();
    assert_true(saved >= 0 && file);
    dup2(fileno(file), STDERR_FILENO);
    int code = commands_run(count, arguments);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    ret_error[fread(ret_error, 1, size - 1, file)] = '\0';
    fclose(file);
    return code;
}
#define RUN(...) run_words((const char *const[]){__VA_ARGS__, NULL}, error, sizeof error)

static void bad_use_names_the_nearest_right_word_and_gives_2(void **state)
{
    (void)state;
    char error[4096];
    assert_int_equal(RUN("jbo"), EXIT_USE);
    assert_non_null(strstr(error, "did you mean 'job'?"));
    assert_int_equal(RUN("job", "lst"), EXIT_USE);
    assert_non_null(strstr(error, "no command 'job lst'; did you mean 'job list'?"));
    assert_int_equal(RUN("job"), EXIT_USE);
    assert_non_null(strstr(error, "job stop"));
    assert_int_equal(RUN("job", "list", "--staet=done"), EXIT_USE);
    assert_non_null(strstr(error, "did you mean '--state'?"));
    assert_int_equal(RUN("job", "show"), EXIT_USE);
    assert_non_null(strstr(error, "want ID"));
    assert_int_equal(RUN("job", "show", "job-1", "job-2"), EXIT_USE);
    assert_non_null(strstr(error, "'job-2' is one word too many"));
    assert_int_equal(RUN("job", "list", "--", "x"), EXIT_USE);
    assert_int_equal(RUN("run", "--devices", "1"), EXIT_USE);
    assert_non_null(strstr(error, "no command to run"));
    assert_int_equal(RUN("run", "sh"), EXIT_USE);
    assert_non_null(strstr(error, "'sh' stands before '--'"));
    assert_int_equal(RUN("key", "new", "--role", "user"), EXIT_USE);
    assert_non_null(strstr(error, "--account ACCOUNT is missing"));
    assert_int_equal(RUN("--jsn", "job", "list"), EXIT_USE);
    assert_int_equal(RUN("--jsn"), EXIT_USE);
    assert_non_null(strstr(error, "did you mean '--json'?"));
    assert_int_equal(RUN("limit", "set", "acme"), EXIT_USE);
}

static void global_options_may_stand_in_front(void **state)
{
    (void)state;
    char error[4096];
    // An address where nobody listens: what matters is which command was found.
    assert_int_equal(RUN("--url", "http://127.0.0.1:1", "--key", "tk_x", "--json", "job", "list"),
                     EXIT_NO_SERVER);
    assert_non_null(strstr(error, "\"code\":\"no_server\""));
    assert_non_null(strstr(error, "127.0.0.1:1"));
    assert_int_equal(RUN("job", "list", "--url", "ftp://x", "--key", "tk_x"), EXIT_NO_SERVER);
    assert_non_null(strstr(error, "neither with http:// nor with https://"));
}

static void the_docs_are_what_the_table_says(void **state)
{
    (void)state;
    static char kept[256 * 1024];
    FILE *file = fopen(SOURCE_ROOT "/docs/commands.md", "re");
    assert_non_null(file);
    kept[fread(kept, 1, sizeof kept - 1, file)] = '\0';
    fclose(file);
    char *made = printed(usage_docs);
    if (strcmp(kept, made) != 0)
        fail_msg("docs/commands.md is out of date: tatara help --docs > docs/commands.md");
    free(made);
}

static void the_manual_page_names_every_command(void **state)
{
    (void)state;
    const struct command *row;
    char *manual = printed(usage_manual), head[128];
    for (uint32_t i = 0; (row = commands_row(i)); i++) {
        snprintf(head, sizeof head, ".SS tatara %s ", row->words);
        assert_int_equal(strstr(manual, head) != NULL, !row->hidden);
    }
    free(manual);
}

// bash itself says what it would offer at the end of a line.
static void check_completion(const char *script, const char *words, const char *wanted)
{
    char command[1024], got[4096];
    snprintf(command, sizeof command,
             "bash -c 'set -u; . %s; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
             "_tatara; echo \" ${COMPREPLY[*]} \"'",
             script, words);
    FILE *pipe = popen(command, "re");
    assert_non_null(pipe);
    got[fread(got, 1, sizeof got - 1, pipe)] = '\0';
    assert_int_equal(pclose(pipe), 0);
    if (!strstr(got, wanted))
        fail_msg("'%s' offers '%s', want '%s'", words, got, wanted);
}

static void bash_completes_commands_options_and_choices(void **state)
{
    (void)state;
    char script[] = "/tmp/tatara-completion-XXXXXX";
    int file = mkstemp(script);
    assert_true(file >= 0);
    FILE *out = fdopen(file, "w");
    completion_bash(out);
    assert_int_equal(fclose(out), 0);
    check_completion(script, "tatara jo", " job journal ");
    check_completion(script, "tatara job \"\"", " list show log stop ");
    check_completion(script, "tatara job list --st", " --state ");
    check_completion(script, "tatara job list --state \"\"",
                     " queued starting running stopping done ");
    check_completion(script, "tatara job list --state = ru", " running ");
    check_completion(script, "tatara --url http://x job list --lim", " --limit ");
    check_completion(script, "tatara key new --role re", " reader ");
    check_completion(script, "tatara completion \"\"", " bash ");
    check_completion(script, "tatara run --det", " --detach ");
    check_completion(script, "tatara run -- bash", " bash ");
    unlink(script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_has_help_with_an_example_and_exit_codes),
        cmocka_unit_test(every_example_can_be_typed),
        cmocka_unit_test(bad_use_names_the_nearest_right_word_and_gives_2),
        cmocka_unit_test(global_options_may_stand_in_front),
        cmocka_unit_test(the_docs_are_what_the_table_says),
        cmocka_unit_test(the_manual_page_names_every_command),
        cmocka_unit_test(bash_completes_commands_options_and_choices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
