#include "cmd/commands_all.h"
#include "cmd/request.h"
#include <stdio.h>

int cmd_node_list(struct invocation *invocation)
{
    static const struct show_field fields[] = {
        {"NODE",    "id",                SHOW_TEXT  },
        {"NAME",    "name",              SHOW_TEXT  },
        {"STATE",   "state",             SHOW_TEXT  },
        {"CHIP",    "chip",              SHOW_TEXT  },
        {"DEVICES", "devices",           SHOW_NUMBER},
        {"OPEN",    "open",              SHOW_TEXT  },
        {"LEASED",  "leased",            SHOW_TEXT  },
        {"MEMORY",  "memory_mib",        SHOW_MEMORY},
        {"USED",    "memory_leased_mib", SHOW_MEMORY},
        {"SITE",    "site",              SHOW_TEXT  },
        {"RACK",    "rack",              SHOW_TEXT  },
        {"HEALTH",  "health",            SHOW_TEXT  },
        {"FAULTY",  "unhealthy",         SHOW_TEXT  },
        {NULL,      NULL,                SHOW_TEXT  },
    };
    return show_list(invocation, S("/api/v1/nodes"), fields, "no nodes");
}

int cmd_node_show(struct invocation *invocation)
{
    static const struct show_field fields[] = {
        {"node",          "id",                SHOW_TEXT  },
        {"name",          "name",              SHOW_TEXT  },
        {"state",         "state",             SHOW_TEXT  },
        {"architecture",  "arch",              SHOW_TEXT  },
        {"chip",          "chip",              SHOW_TEXT  },
        {"devices",       "devices",           SHOW_NUMBER},
        {"open",          "open",              SHOW_TEXT  },
        {"leased",        "leased",            SHOW_TEXT  },
        {"memory",        "memory_mib",        SHOW_MEMORY},
        {"memory leased", "memory_leased_mib", SHOW_MEMORY},
        {"cpu milli",     "cpu_milli",         SHOW_NUMBER},
        {"site",          "site",              SHOW_TEXT  },
        {"rack",          "rack",              SHOW_TEXT  },
        {"labels",        "labels",            SHOW_TEXT  },
        {"health",        "health",            SHOW_TEXT  },
        {"not healthy",   "unhealthy",         SHOW_TEXT  },
        {"maintenance",   "maintenance",       SHOW_TIME  },
        {"known since",   "added",             SHOW_TIME  },
        {NULL,            NULL,                SHOW_TEXT  },
    };
    struct buf path;
    buf_init(&path, FETCH_URL_MAX);
    api_path(&path, "/api/v1/nodes/", invocation->options.words[0], NULL);
    int code = show_one(invocation, buf_str(&path), fields);
    buf_finish(&path);
    return code;
}

static int change(const struct invocation *invocation, const char *how, const char *done)
{
    struct request request;
    request_init(&request, "POST", "/api/v1/nodes/", invocation->options.words[0], how);
    return request_quiet(&request, invocation, done);
}

int cmd_node_drain(struct invocation *invocation)
{
    return change(invocation, "/drain", "draining: nothing new is placed there");
}

int cmd_node_undrain(struct invocation *invocation)
{
    return change(invocation, "/undrain", "ready: jobs are placed there again");
}
