#include "base/instant.h"
#include "cmd/commands_all.h"
#include "cmd/request.h"
#include <inttypes.h>
#include <string.h>

static const struct show_field one_fields[] = {
    {"reservation", "id",        SHOW_TEXT  },
    {"account",     "account",   SHOW_TEXT  },
    {"name",        "name",      SHOW_TEXT  },
    {"state",       "state",     SHOW_TEXT  },
    {"which is",    "why",       SHOW_TEXT  },
    {"reason",      "reason",    SHOW_TEXT  },
    {"lost node",   "lost_node", SHOW_TEXT  },
    {"nodes",       "nodes",     SHOW_NUMBER},
    {"devices",     "devices",   SHOW_NUMBER},
    {"start",       "start",     SHOW_TIME  },
    {"end",         "end",       SHOW_TIME  },
    {"waiting",     "waiting",   SHOW_NUMBER},
    {"moves",       "moves",     SHOW_NUMBER},
    {"on",          "parts",     SHOW_LIST  },
    {NULL,          NULL,        SHOW_TEXT  },
};

int cmd_reservation_list(struct invocation *invocation)
{
    static const struct show_field fields[] = {
        {"RESERVATION", "id",      SHOW_TEXT  },
        {"ACCOUNT",     "account", SHOW_TEXT  },
        {"STATE",       "state",   SHOW_TEXT  },
        {"NODES",       "nodes",   SHOW_NUMBER},
        {"DEVICES",     "devices", SHOW_NUMBER},
        {"START",       "start",   SHOW_TIME  },
        {"END",         "end",     SHOW_TIME  },
        {"NAME",        "name",    SHOW_TEXT  },
        {NULL,          NULL,      SHOW_TEXT  },
    };
    struct buf path;
    buf_init(&path, FETCH_URL_MAX);
    buf_add(&path, S("/api/v1/reservations"));
    api_query(&path, "account", options_text(&invocation->options, "account"));
    int code = show_list(invocation, buf_str(&path), fields, "no reservations");
    buf_finish(&path);
    return code;
}

int reservation_show(struct invocation *invocation, const char *id)
{
    struct buf path;
    buf_init(&path, FETCH_URL_MAX);
    buf_format(&path, "/api/v1/reservations/%s", id);
    int code = show_one(invocation, buf_str(&path), one_fields);
    buf_finish(&path);
    return code;
}

int cmd_reservation_show(struct invocation *invocation)
{
    return reservation_show(invocation, invocation->options.words[0]);
}

int cmd_reservation_cancel(struct invocation *invocation)
{
    struct request request;
    request_init(&request, "DELETE", "/api/v1/reservations/", invocation->options.words[0], NULL);
    return request_quiet(&request, invocation, "cancelled: its devices are everybody's again");
}

// "rack!" insists, "rack" wishes.
static bool level_split(const char *text, char level[16], bool *ret_must)
{
    size_t length = text ? strlen(text) : 0;
    *ret_must = length > 0 && text[length - 1] == '!';
    return str_copy((str){text, length - *ret_must}, level, 16);
}

int cmd_reservation_add(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    const struct option_value *start = options_find(options, "start");
    const struct option_value *end = options_find(options, "end");
    struct request request;
    struct buf text;
    char level[16] = "";
    bool must_be = false;
    if (!level_split(options_text(options, "together"), level, &must_be))
        return EXIT_USE;
    buf_init(&text, 64);
    request_init(&request, "POST", "/api/v1/reservations", NULL, NULL);
    request_text(&request, "account", options_text(options, "account"));
    request_number(&request, "nodes", options_number(options, "nodes", 1));
    request_number(&request, "devices", options_number(options, "devices", 1));
    request_text(&request, "chip", options_text(options, "chip"));
    request_text(&request, "together", level[0] ? level : NULL);
    if (must_be) {
        json_name(&request.out, S("together_must"));
        json_bool(&request.out, true);
    }
    if (start) {
        instant_text(start->number, &text);
        request_text(&request, "start", buf_cstr(&text));
        buf_clear(&text);
    }
    instant_text(end->number, &text);
    request_text(&request, "end", buf_cstr(&text));
    request_text(&request, "name", options_text(options, "name"));
    int code = request_show(&request, invocation, one_fields);
    buf_finish(&text);
    return code;
}

int cmd_reservation_earliest(struct invocation *invocation)
{
    static const struct show_field fields[] = {
        {"earliest start", "start", SHOW_TIME},
        {NULL,             NULL,    SHOW_TEXT},
    };
    const struct options *options = &invocation->options;
    char level[16] = "";
    bool must_be = false;
    if (!level_split(options_text(options, "together"), level, &must_be))
        return EXIT_USE;
    struct buf path;
    buf_init(&path, FETCH_URL_MAX);
    buf_format(&path,
               "/api/v1/earliest-start?nodes=%" PRId64 "&devices=%" PRId64 "&for_ms=%" PRId64,
               options_number(options, "nodes", 1), options_number(options, "devices", 1),
               options_number(options, "for", 0));
    api_query(&path, "chip", options_text(options, "chip"));
    api_query(&path, "together", level[0] ? level : NULL);
    api_query(&path, "together_must", must_be ? "true" : NULL);
    int code = show_one(invocation, buf_str(&path), fields);
    buf_finish(&path);
    return code;
}
