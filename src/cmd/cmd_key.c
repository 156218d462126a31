#include "base/instant.h"
#include "cmd/commands_all.h"
#include "cmd/request.h"
#include <stdio.h>

int cmd_key_list(struct invocation *invocation)
{
    static const struct show_field fields[] = {
        {"KEY",     "id",      SHOW_TEXT},
        {"ACCOUNT", "account", SHOW_TEXT},
        {"ROLE",    "role",    SHOW_TEXT},
        {"STATE",   "state",   SHOW_TEXT},
        {"LABEL",   "label",   SHOW_TEXT},
        {"CREATED", "created", SHOW_TIME},
        {"EXPIRES", "expires", SHOW_TIME},
        {NULL,      NULL,      SHOW_TEXT},
    };
    struct buf path;
    buf_init(&path, FETCH_URL_MAX);
    buf_add(&path, S("/api/v1/keys"));
    api_query(&path, "account", options_text(&invocation->options, "account"));
    int code = show_list(invocation, buf_str(&path), fields, "no keys");
    buf_finish(&path);
    return code;
}

int cmd_key_new(struct invocation *invocation)
{
    static const struct show_field fields[] = {
        {"key",     "id",      SHOW_TEXT},
        {"account", "account", SHOW_TEXT},
        {"role",    "role",    SHOW_TEXT},
        {"expires", "expires", SHOW_TIME},
        {"secret",  "secret",  SHOW_TEXT},
        {NULL,      NULL,      SHOW_TEXT},
    };
    // --quiet gives the secret alone: TATARA_KEY=$(tatara key new … --quiet)
    static const struct show_field quiet_fields[] = {
        {"",   "secret", SHOW_TEXT},
        {NULL, NULL,     SHOW_TEXT},
    };
    const struct options *options = &invocation->options;
    const struct option_value *expires = options_find(options, "expires");
    struct request request;
    struct buf time;
    buf_init(&time, 64);
    if (expires)
        instant_text(expires->number, &time);
    request_init(&request, "POST", "/api/v1/keys", NULL, NULL);
    request_text(&request, "account", options_text(options, "account"));
    request_text(&request, "role", options_text(options, "role"));
    request_text(&request, "label", options_text(options, "label"));
    request_text(&request, "expires", expires ? buf_cstr(&time) : NULL);
    int code = request_show(&request, invocation, invocation->quiet ? quiet_fields : fields);
    if (code == EXIT_DONE && !invocation->json && !invocation->quiet)
        fputs("the secret is shown this once: keep it, and give it as TATARA_KEY\n", stderr);
    buf_finish(&time);
    return code;
}

int cmd_key_revoke(struct invocation *invocation)
{
    struct request request;
    request_init(&request, "DELETE", "/api/v1/keys/", invocation->options.words[0], NULL);
    return request_quiet(&request, invocation, "revoked: it opens nothing any more");
}
