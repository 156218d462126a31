#include "cmd/completion.h"
#include "cmd/commands.h"
#include <string.h>

// What stands before the cursor: the words, without options and their values.
static const char head[] =
    "# bash completion for tatara, made by: tatara completion bash\n"
    "_tatara_reply() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\"); }\n"
    "_tatara_ids() { _tatara_reply \"$(\"${COMP_WORDS[0]}\" complete \"$1\" 2>/dev/null)\"; }\n"
    "_tatara_files() { mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$cur\"); }\n"
    "_tatara() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local i word words=() command='' options=''\n"
    "    COMPREPLY=()\n"
    "    [ \"$cur\" = '=' ] && cur=''\n"
    "    [ \"$prev\" = '=' ] && prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        case $word in\n"
    "        --)\n"
    "            mapfile -t COMPREPLY < <(compgen -c -f -- \"$cur\")\n"
    "            return\n"
    "            ;;\n";

static const char middle[] = "        -* | '=') ;;\n"
                             "        *) words+=(\"$word\") ;;\n"
                             "        esac\n"
                             "    done\n"
                             "    case \"${words[0]:-} ${words[1]:-}\" in\n";

static const char tail[] = "    if [[ $cur == -* ]]; then\n"
                           "        _tatara_reply \"$options\"\n"
                           "        return\n"
                           "    fi\n";

static void print_names(FILE *out, const struct option *options)
{
    for (const struct option *row = options; row && row->name; row++)
        fprintf(out, " --%s", row->name);
}

// The options of all commands that have a value: what follows them is no word.
static void print_skips(FILE *out)
{
    const char *between = "        ";
    for (const struct option *row = commands_globals(); row->name; row++) {
        if (row->type == OPTION_FLAG)
            continue;
        fprintf(out, "%s--%s", between, row->name);
        between = " | ";
    }
    fputs(") ((i++)) ;;\n", out);
}

static void print_command(FILE *out, const struct command *command)
{
    bool two = strchr(command->words, ' ') != NULL;
    fprintf(out, "    '%s%s'*)\n        command='%s'\n        options='", command->words,
            two ? "" : " ", command->words);
    print_names(out, command->options);
    print_names(out, commands_globals());
    fputs("'\n        ;;\n", out);
}

static void print_value(FILE *out, const char *words, const struct option *option)
{
    const char *action = option->type == OPTION_FILE     ? "_tatara_files -f"
                         : option->type == OPTION_FOLDER ? "_tatara_files -d"
                                                         : NULL;
    if (option->type == OPTION_FLAG)
        return;
    fprintf(out, "    '%s/--%s')\n        ", words, option->name);
    if (option->choices) {
        fputs("_tatara_reply '", out);
        for (const char *c = option->choices; *c; c++)
            fputc(*c == '|' ? ' ' : *c, out);
        fputs("'\n", out);
    } else if (option->completes) {
        fprintf(out, "_tatara_ids %s\n", option->completes);
    } else {
        fprintf(out, "%s\n", action ? action : ":");
    }
    fputs("        return\n        ;;\n", out);
}

static void print_values(FILE *out)
{
    const struct command *row;
    fputs("    case \"$command/$prev\" in\n", out);
    for (uint32_t i = 0; (row = commands_row(i)); i++) {
        if (row->hidden)
            continue;
        for (const struct option *option = row->options; option && option->name; option++)
            print_value(out, row->words, option);
    }
    for (const struct option *option = commands_globals(); option->name; option++)
        if (option->type == OPTION_FILE || option->type == OPTION_FOLDER)
            fprintf(out, "    */--%s)\n        _tatara_files -%c\n        return\n        ;;\n",
                    option->name, option->type == OPTION_FILE ? 'f' : 'd');
    fputs("    esac\n", out);
}

// The next word of a command that is not whole yet.
static void print_next_words(FILE *out)
{
    const struct command *row;
    fputs("    if [ -z \"$command\" ]; then\n        case ${#words[@]} in\n"
          "        0) _tatara_reply '",
          out);
    char last[64] = "";
    for (uint32_t i = 0; (row = commands_row(i)); i++) {
        int len = (int)strcspn(row->words, " ");
        if (row->hidden || (strncmp(last, row->words, (size_t)len) == 0 && last[len] == '\0'))
            continue;
        snprintf(last, sizeof last, "%.*s", len, row->words);
        fprintf(out, "%s ", last);
    }
    fputs("' ;;\n        1) _tatara_reply \"$(_tatara_second \"${words[0]:-}\")\" ;;\n"
          "        esac\n        return\n    fi\n",
          out);
}

static void print_arguments(FILE *out)
{
    const struct command *row;
    fputs("    case $command in\n", out);
    for (uint32_t i = 0; (row = commands_row(i)); i++)
        if (!row->hidden && row->completes)
            fprintf(out, "    '%s') _tatara_ids %s ;;\n", row->words, row->completes);
    fputs("    'lab json') _tatara_files -f ;;\n"
          "    sim) mapfile -t COMPREPLY < <(compgen -f -X '!*.yaml' -- \"$cur\"; compgen -d -- "
          "\"$cur\") ;;\n"
          "    backup | restore) _tatara_files -d ;;\n"
          "    completion) _tatara_reply bash ;;\n"
          "    esac\n}\n",
          out);
}

// The second words of each family.
static void print_second(FILE *out)
{
    const struct command *row;
    fputs("_tatara_second() {\n    case $1 in\n", out);
    for (uint32_t i = 0; (row = commands_row(i)); i++) {
        const char *second = strchr(row->words, ' ');
        if (!row->hidden && second)
            fprintf(out, "    %.*s) echo '%s' ;;&\n", (int)(second - row->words), row->words,
                    second + 1);
    }
    fputs("    esac\n}\n", out);
}

void completion_bash(FILE *out)
{
    const struct command *row;
    fputs(head, out);
    print_skips(out);
    fputs(middle, out);
    for (uint32_t i = 0; (row = commands_row(i)); i++)
        if (!row->hidden)
            print_command(out, row);
    fputs("    esac\n", out);
    print_values(out);
    fputs(tail, out);
    print_next_words(out);
    print_arguments(out);
    print_second(out);
    fputs("complete -F _tatara tatara\n", out);
}
