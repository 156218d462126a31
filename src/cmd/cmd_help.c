#include "cmd/commands_all.h"
#include "cmd/completion.h"
#include "cmd/event_docs.h"
#include "cmd/usage.h"
#include <stdio.h>
#include <string.h>

int cmd_help(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    if (options_flag(options, "man")) {
        usage_manual(stdout);
        return EXIT_DONE;
    }
    if (options_flag(options, "docs")) {
        usage_docs(stdout);
        return EXIT_DONE;
    }
    if (options_flag(options, "events")) {
        event_docs(stdout);
        return EXIT_DONE;
    }
    if (options->word_count == 0) {
        usage_all(stdout);
        return EXIT_DONE;
    }
    int used = 0;
    char *words[2] = {(char *)options->words[0], (char *)options->words[1]};
    const struct command *command = commands_find((int)options->word_count, words, &used);
    if (command && used == (int)options->word_count) {
        usage_command(command, stdout);
        return EXIT_DONE;
    }
    if (options->word_count == 1 && usage_is_family(words[0])) {
        usage_family(words[0], stdout);
        return EXIT_DONE;
    }
    fprintf(stderr, "error: no command '%s%s%s'\n  see: tatara help\n", words[0],
            words[1] ? " " : "", words[1] ? words[1] : "");
    return EXIT_USE;
}

int cmd_completion(struct invocation *invocation)
{
    if (strcmp(invocation->options.words[0], "bash") != 0) {
        fprintf(stderr, "error: no completion for '%s'; there is: bash\n",
                invocation->options.words[0]);
        return EXIT_USE;
    }
    completion_bash(stdout);
    return EXIT_DONE;
}
