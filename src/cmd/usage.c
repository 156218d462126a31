#include "cmd/usage.h"
#include "text/cell_width.h"
#include <string.h>

static void pad(FILE *out, const char *text, int width)
{
    int cells = (int)cell_width(str_from(text));
    fprintf(out, "%s%*s", text, cells < width ? width - cells : 0, "");
}

bool usage_is_family(const char *word)
{
    const struct command *row;
    size_t len = strlen(word);
    for (uint32_t i = 0; (row = commands_row(i)); i++)
        if (!row->hidden && strncmp(row->words, word, len) == 0 && row->words[len] == ' ')
            return true;
    return false;
}

static int widest_command(void)
{
    int width = 0;
    const struct command *row;
    for (uint32_t i = 0; (row = commands_row(i)); i++)
        if (!row->hidden && (int)strlen(row->words) > width)
            width = (int)strlen(row->words);
    return width;
}

static void list_commands(FILE *out, const char *family)
{
    int width = widest_command();
    const struct command *row;
    for (uint32_t i = 0; (row = commands_row(i)); i++) {
        size_t len = family ? strlen(family) : 0;
        if (row->hidden ||
            (family && (strncmp(row->words, family, len) != 0 || row->words[len] != ' ')))
            continue;
        fputs("  ", out);
        pad(out, row->words, width + 2);
        fprintf(out, "%s\n", row->summary);
    }
}

void usage_all(FILE *out)
{
    fputs("tatara: lease, run, meter and bill AI compute, and prove it\n\n"
          "usage: tatara COMMAND [OPTION…]\n\n",
          out);
    list_commands(out, NULL);
    fputs("\neach command explains itself: tatara COMMAND --help\n", out);
}

void usage_family(const char *word, FILE *out)
{
    fprintf(out, "say what to do: tatara %s …\n\n", word);
    list_commands(out, word);
}

static void option_head(const struct option *option, char *ret_text, size_t size)
{
    snprintf(ret_text, size, "--%s%s%s", option->name, option->value ? " " : "",
             option->value ? option->value : "");
}

// What is to be known besides: its choices, an example of its form, how often it stands.
static void option_notes(const struct option *option, char *ret_text, size_t size)
{
    char choices[120] = "";
    size_t at = 0;
    for (const char *from = option->choices; from && *from && at + 3 < sizeof choices; from++) {
        choices[at++] = *from == '|' ? ',' : *from;
        if (*from == '|')
            choices[at++] = ' ';
    }
    const char *form = option->type == OPTION_DURATION ? "such as 90s" : choices;
    snprintf(ret_text, size, "%s%s%s%s", *form ? ": " : "", form,
             option->required ? " (required)" : "", option->repeated ? " (may be repeated)" : "");
}

static void list_options(FILE *out, const struct option *options)
{
    for (const struct option *row = options; row && row->name; row++) {
        char head[80], notes[160];
        option_head(row, head, sizeof head);
        fputs("  ", out);
        pad(out, head, 24);
        option_notes(row, notes, sizeof notes);
        fprintf(out, " %s%s\n", row->help, notes);
    }
}

static void indented(FILE *out, const char *text, const char *head)
{
    str rest = str_from(text), line;
    while (rest.len > 0) {
        if (!str_cut(rest, '\n', &line, &rest)) {
            line = rest;
            rest = S("");
        }
        fprintf(out, "%s%.*s\n", head, STR(line));
    }
}

static void list_exits(FILE *out, const struct command *command, const char *head)
{
    if (command->exits)
        indented(out, command->exits, head);
#define X(name, code, meaning) fprintf(out, "%s%-4d %s\n", head, code, meaning);
    EXITS(X)
#undef X
}

static void usage_line(FILE *out, const struct command *command)
{
    fprintf(out, "tatara %s%s%s%s", command->words, command->options ? " [OPTION…]" : "",
            command->arguments ? " " : "", command->arguments ? command->arguments : "");
}

void usage_command(const struct command *command, FILE *out)
{
    fprintf(out, "tatara %s: %s\n\nusage: ", command->words, command->summary);
    usage_line(out, command);
    fputc('\n', out);
    if (command->about)
        fprintf(out, "\n%s\n", command->about);
    if (command->options) {
        fputs("\noptions:\n", out);
        list_options(out, command->options);
    }
    fputs("\nevery command takes:\n", out);
    list_options(out, commands_globals());
    fputs("\nexample:\n", out);
    indented(out, command->example, "  ");
    fputs("\nexit codes:\n", out);
    list_exits(out, command, "  ");
}

// --- the manual page ---

// troff reads a backslash and a dot or quote at a line's beginning as its own.
static void troff(FILE *out, const char *text)
{
    bool fresh = true;
    for (; *text; text++) {
        if (fresh && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
        fresh = *text == '\n';
    }
    fputc('\n', out);
}

static void manual_options(FILE *out, const struct option *options)
{
    for (const struct option *row = options; row && row->name; row++) {
        char head[80];
        option_head(row, head, sizeof head);
        fputs(".TP\n.B ", out);
        troff(out, head);
        troff(out, row->help);
    }
}

void usage_manual(FILE *out)
{
    fputs(".TH TATARA 1 \"\" \"tatara " TATARA_VERSION "\" \"tatara\"\n.SH NAME\n"
          "tatara \\- lease, run, meter and bill AI compute, and prove it\n"
          ".SH SYNOPSIS\n.B tatara\nCOMMAND [OPTION...]\n.SH COMMANDS\n",
          out);
    const struct command *row;
    for (uint32_t i = 0; (row = commands_row(i)); i++) {
        if (row->hidden)
            continue;
        fprintf(out, ".SS tatara %s %s\n", row->words, row->arguments ? row->arguments : "");
        troff(out, row->summary);
        if (row->about) {
            fputs(".PP\n", out);
            troff(out, row->about);
        }
        manual_options(out, row->options);
        fputs(".PP\nExample:\n.PP\n.nf\n.RS\n", out);
        troff(out, row->example);
        fputs(".RE\n.fi\n", out);
    }
    fputs(".SH OPTIONS OF EVERY COMMAND\n", out);
    manual_options(out, commands_globals());
    fputs(".SH EXIT STATUS\n", out);
#define X(name, code, meaning) fprintf(out, ".TP\n.B %d\n%s\n", code, meaning);
    EXITS(X)
#undef X
}

// --- docs/commands.md ---

static void docs_options(FILE *out, const struct option *options)
{
    if (!options || !options->name)
        return;
    fputs("\n| option | |\n|---|---|\n", out);
    for (const struct option *row = options; row->name; row++) {
        char head[80], notes[160];
        option_head(row, head, sizeof head);
        option_notes(row, notes, sizeof notes);
        fprintf(out, "| `%s` | %s%s |\n", head, row->help, notes);
    }
}

void usage_docs(FILE *out)
{
    fputs("# Commands\n\nMade from the table in `src/cmd/command_rows.c` by `tatara help --docs`; "
          "a test fails when it is out of date.\n\n## Options of every command\n",
          out);
    docs_options(out, commands_globals());
    fputs("\n## Exit codes\n\n| code | |\n|---|---|\n", out);
#define X(name, code, meaning) fprintf(out, "| %d | %s |\n", code, meaning);
    EXITS(X)
#undef X
    const struct command *row;
    for (uint32_t i = 0; (row = commands_row(i)); i++) {
        if (row->hidden)
            continue;
        fprintf(out, "\n## tatara %s\n\n%s.\n\n    ", row->words, row->summary);
        usage_line(out, row);
        fputc('\n', out);
        if (row->about)
            fprintf(out, "\n%s\n", row->about);
        docs_options(out, row->options);
        fputs("\nExample:\n\n", out);
        indented(out, row->example, "    ");
        if (row->exits) {
            fputs("\nExit codes besides the common ones:\n\n", out);
            indented(out, row->exits, "    ");
        }
    }
}
