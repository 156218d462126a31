#include "cmd/commands_all.h"
#include "cmd/show.h"

int cmd_whoami(struct invocation *invocation)
{
    static const struct show_field fields[] = {
        {"key",     "key",     SHOW_TEXT},
        {"account", "account", SHOW_TEXT},
        {"slug",    "slug",    SHOW_TEXT},
        {"role",    "role",    SHOW_TEXT},
        {NULL,      NULL,      SHOW_TEXT},
    };
    return show_one(invocation, S("/api/v1/whoami"), fields);
}
