#include "base/instant.h"
#include "cmd/commands_all.h"
#include "cmd/show.h"
#include <stdio.h>

static void show_balance(const struct invocation *invocation, const struct json *balance)
{
    static const struct show_field head[] = {
        {"account", "account",      SHOW_TEXT },
        {"at",      "time",         SHOW_TIME },
        {"month",   "month.period", SHOW_TEXT },
        {"spent",   "month.spent",  SHOW_MONEY},
        {NULL,      NULL,           SHOW_TEXT },
    };
    static const struct show_field books[] = {
        {"BOOK",      "book",      SHOW_TEXT  },
        {"ROLE",      "role",      SHOW_TEXT  },
        {"COMMODITY", "commodity", SHOW_TEXT  },
        {"DEBIT",     "debit",     SHOW_NUMBER},
        {"CREDIT",    "credit",    SHOW_NUMBER},
        {"BALANCE",   "balance",   SHOW_NUMBER},
        {NULL,        NULL,        SHOW_TEXT  },
    };
    if (invocation->json) {
        show_json(balance);
        return;
    }
    show_thing(invocation, balance, head);
    putchar('\n');
    show_items(invocation, api_member(balance, "books"), books, "no books yet: nothing was used");
}

int cmd_balance(struct invocation *invocation)
{
    const struct option_value *at = options_find(&invocation->options, "at");
    struct api api;
    int code = api_open(&api, invocation);
    if (code != EXIT_DONE)
        return code;
    struct buf path, time;
    buf_init(&path, FETCH_URL_MAX);
    buf_init(&time, 64);
    if (at)
        instant_text(at->number, &time);
    api_path(&path, "/api/v1/accounts/", invocation->options.words[0], "/balance");
    api_query(&path, "at", at ? buf_cstr(&time) : NULL);
    struct call call = {.path = buf_str(&path)};
    struct call_answer answer;
    code = api_call(&api, &call, &answer);
    if (code == EXIT_DONE)
        show_balance(invocation, answer.json);
    call_answer_finish(&answer);
    buf_finish(&path);
    buf_finish(&time);
    api_close(&api);
    return code;
}
