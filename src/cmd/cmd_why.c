#include "cmd/api.h"
#include "cmd/commands_all.h"
#include "cmd/show.h"

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
        {"fix",       "fix",             SHOW_TEXT  },
        {NULL,        NULL,              SHOW_TEXT  },
    };
    struct buf path;
    buf_init(&path, FETCH_URL_MAX);
    api_path(&path, "/api/v1/jobs/", invocation->options.words[0], "/why");
    int code = show_one(invocation, buf_str(&path), fields);
    buf_finish(&path);
    return code;
}
