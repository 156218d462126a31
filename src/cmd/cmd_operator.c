#include "cmd/commands_all.h"
#include "cmd/request.h"

static const struct show_field fields[] = {
    {"name",     "name",     SHOW_TEXT},
    {"tax id",   "tax_id",   SHOW_TEXT},
    {"rounding", "rounding", SHOW_TEXT},
    {NULL,       NULL,       SHOW_TEXT},
};

int cmd_operator_show(struct invocation *invocation)
{
    return show_one(invocation, S("/api/v1/operator"), fields);
}

int cmd_operator_set(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    struct request request;
    request_init(&request, "POST", "/api/v1/operator", NULL, NULL);
    request_text(&request, "name", options_text(options, "name"));
    request_text(&request, "tax_id", options_text(options, "tax-id"));
    request_text(&request, "rounding", options_text(options, "rounding"));
    return request_show(&request, invocation, fields);
}
