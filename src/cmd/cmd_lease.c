#include "cmd/commands_all.h"
#include "cmd/show.h"

int cmd_lease_list(struct invocation *invocation)
{
    static const struct show_field fields[] = {
        {"LEASE",   "id",         SHOW_TEXT},
        {"ACCOUNT", "account",    SHOW_TEXT},
        {"JOB",     "job",        SHOW_TEXT},
        {"NODE",    "node",       SHOW_TEXT},
        {"DEVICES", "device_set", SHOW_TEXT},
        {"CLASS",   "class",      SHOW_TEXT},
        {"STATE",   "state",      SHOW_TEXT},
        {"START",   "start",      SHOW_TIME},
        {"END",     "end",        SHOW_TIME},
        {"PRICE",   "price",      SHOW_TEXT},
        {NULL,      NULL,         SHOW_TEXT},
    };
    struct buf path;
    buf_init(&path, FETCH_URL_MAX);
    buf_add(&path, S("/api/v1/leases"));
    api_query(&path, "account", options_text(&invocation->options, "account"));
    int code = show_list(invocation, buf_str(&path), fields, "no leases");
    buf_finish(&path);
    return code;
}
