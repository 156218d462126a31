#include "cmd/api.h"
#include "cmd/commands_all.h"
#include "cmd/show.h"
#include <string.h>

enum { FIELDS_MAX = 16 };

// A rule uses some of the members; those it leaves at nothing are not shown.
static bool is_stated(const struct json *why, const char *member)
{
    const struct json *value = api_member(why, member);
    if (!value || value->kind == JSON_NULL)
        return false;
    if (value->kind == JSON_ARRAY)
        return value->count > 0;
    if (strcmp(member, "free") == 0) // none free is what a person looks for
        return api_number(why, "needs", 0) != 0;
    return value->kind != JSON_INTEGER || value->integer != 0;
}

int cmd_why(struct invocation *invocation)
{
    static const struct show_field fields[] = {
        {"rule",      "rule",            SHOW_TEXT  },
        {"which is",  "text",            SHOW_TEXT  },
        {"position",  "position",        SHOW_NUMBER},
        {"ahead",     "ahead",           SHOW_LIST  },
        {"needs",     "needs",           SHOW_NUMBER},
        {"free",      "free",            SHOW_NUMBER},
        {"limit",     "limit",           SHOW_NUMBER},
        {"waits for", "waits_for",       SHOW_TEXT  },
        {"starts by", "estimated_start", SHOW_TIME  },
        {"for",       "curtailment",     SHOW_TEXT  },
        {"urgency",   "urgency",         SHOW_TEXT  },
        {"since",     "since",           SHOW_TIME  },
        {"fix",       "fix",             SHOW_TEXT  },
        {NULL,        NULL,              SHOW_TEXT  },
    };
    struct show_field stated[FIELDS_MAX] = {0};
    if (strncmp(invocation->options.words[0], "reservation-", 12) == 0)
        return reservation_show(invocation, invocation->options.words[0]);
    struct api api;
    struct call_answer answer;
    int code = api_open(&api, invocation);
    if (code != EXIT_DONE)
        return code;
    code = api_get(&api, "/api/v1/jobs/", invocation->options.words[0], "/why", &answer);
    for (uint32_t i = 0, count = 0; code == EXIT_DONE && fields[i].title; i++)
        if (is_stated(answer.json, fields[i].member))
            stated[count++] = fields[i];
    if (code == EXIT_DONE)
        show_thing(invocation, answer.json, stated);
    call_answer_finish(&answer);
    api_close(&api);
    return code;
}
