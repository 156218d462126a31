#include "cmd/commands_all.h"
#include "cmd/request.h"
#include <stdio.h>

static const struct show_field fields[] = {
    {"SETTING", "key",     SHOW_TEXT  },
    {"VALUE",   "value",   SHOW_NUMBER},
    {"DEFAULT", "default", SHOW_NUMBER},
    {"UNIT",    "unit",    SHOW_TEXT  },
    {"MEANING", "doc",     SHOW_TEXT  },
    {NULL,      NULL,      SHOW_TEXT  },
};

int cmd_setting_list(struct invocation *invocation)
{
    return show_list(invocation, S("/api/v1/settings"), fields, "no settings");
}

int cmd_setting_set(struct invocation *invocation)
{
    const char *const *words = invocation->options.words;
    int64_t value;
    if (!str_to_i64(str_from(words[1]), &value)) {
        fprintf(stderr, "error: tatara setting set: '%s' is not a whole number\n", words[1]);
        return EXIT_USE;
    }
    struct request request;
    request_init(&request, "POST", "/api/v1/settings", NULL, NULL);
    request_text(&request, "key", words[0]);
    request_number(&request, "value", value);
    return request_quiet(&request, invocation, "set");
}
