#include "cmd/commands_all.h"
#include "cmd/request.h"

static const struct show_field fields[] = {
    {"account",        "id",             SHOW_TEXT  },
    {"slug",           "slug",           SHOW_TEXT  },
    {"name",           "name",           SHOW_TEXT  },
    {"tax id",         "tax_id",         SHOW_TEXT  },
    {"currency",       "currency",       SHOW_TEXT  },
    {"zone",           "zone",           SHOW_TEXT  },
    {"parent",         "parent",         SHOW_TEXT  },
    {"devices leased", "devices_leased", SHOW_NUMBER},
    {"device limit",   "devices_max",    SHOW_NUMBER},
    {"quota",          "quota",          SHOW_NUMBER},
    {"spent",          "month.spent",    SHOW_MONEY },
    {"month limit",    "month_max",      SHOW_MONEY },
    {"since",          "created",        SHOW_TIME  },
    {NULL,             NULL,             SHOW_TEXT  },
};

int cmd_account_list(struct invocation *invocation)
{
    static const struct show_field columns[] = {
        {"ACCOUNT",  "id",             SHOW_TEXT  },
        {"SLUG",     "slug",           SHOW_TEXT  },
        {"NAME",     "name",           SHOW_TEXT  },
        {"CURRENCY", "currency",       SHOW_TEXT  },
        {"PARENT",   "parent",         SHOW_TEXT  },
        {"LEASED",   "devices_leased", SHOW_NUMBER},
        {"LIMIT",    "devices_max",    SHOW_NUMBER},
        {"MONTH",    "month_max",      SHOW_MONEY },
        {NULL,       NULL,             SHOW_TEXT  },
    };
    return show_list(invocation, S("/api/v1/accounts"), columns, "no accounts");
}

int cmd_account_show(struct invocation *invocation)
{
    struct buf path;
    buf_init(&path, FETCH_URL_MAX);
    api_path(&path, "/api/v1/accounts/", invocation->options.words[0], NULL);
    int code = show_one(invocation, buf_str(&path), fields);
    buf_finish(&path);
    return code;
}

int cmd_account_new(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    struct request request;
    request_init(&request, "POST", "/api/v1/accounts", NULL, NULL);
    request_text(&request, "slug", options->words[0]);
    request_text(&request, "name",
                 options_find(options, "name") ? options_text(options, "name") : options->words[0]);
    request_text(&request, "tax_id", options_text(options, "tax-id"));
    request_text(&request, "currency", options_text(options, "currency"));
    request_text(&request, "zone", options_text(options, "zone"));
    request_text(&request, "parent", options_text(options, "parent"));
    return request_show(&request, invocation, fields);
}
