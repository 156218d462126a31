#include "cmd/api.h"
#include "cmd/commands_all.h"
#include "cmd/show.h"
#include <stdio.h>
#include <string.h>

// Ids and names of a kind, one a line, for completion. Errors say nothing: the cursor stands in
// the middle of somebody's line.
static void print_items(const struct json *items, const char *const *members)
{
    for (const struct json *item = items ? items->first : NULL; item; item = item->next)
        for (const char *const *member = members; *member; member++) {
            str text = api_text(item, *member);
            if (text.len == 0)
                continue;
            show_safe(text, stdout);
            putchar('\n');
        }
}

int cmd_complete(struct invocation *invocation)
{
    static const struct {
        const char *kind, *path, *members[3];
    } kinds[] = {
        {"job",     "/api/v1/jobs?limit=1000", {"id"}        },
        {"node",    "/api/v1/nodes",           {"id", "name"}},
        {"account", "/api/v1/accounts",        {"slug"}      },
        {"chip",    "/api/v1/chips",           {"name"}      },
        {"key",     "/api/v1/keys",            {"id"}        },
        {"invoice", "/api/v1/invoices",        {"id"}        },
        {"setting", "/api/v1/settings",        {"key"}       },
    };
    const char *kind = invocation->options.words[0];
    struct connection connection;
    struct connection_wish wish = {.data = options_text(&invocation->options, "data")};
    struct err err;
    if (!connection_find(&wish, &connection, &err))
        return EXIT_NO_SERVER;
    int code = EXIT_USE;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].kind, kind) != 0)
            continue;
        struct call call = {.path = str_from(kinds[i].path)};
        struct call_answer answer;
        code = call_run(&connection, &call, &answer, &err) ? EXIT_DONE : EXIT_NO_SERVER;
        if (code == EXIT_DONE)
            print_items(api_member(answer.json, "items"), kinds[i].members);
        call_answer_finish(&answer);
    }
    connection_forget(&connection);
    return code;
}
