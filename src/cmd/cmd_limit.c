#include "cmd/commands_all.h"
#include "cmd/request.h"
#include <stdio.h>

static void write_devices(struct request *request, const struct options *options)
{
    if (options_flag(options, "no-devices"))
        request_null(request, "devices");
    else if (options_find(options, "devices"))
        request_number(request, "devices", options_number(options, "devices", 0));
}

static void write_month(struct request *request, const struct options *options)
{
    const struct option_value *month = options_find(options, "month");
    struct buf amount;
    if (options_flag(options, "no-month")) {
        request_null(request, "month");
        return;
    }
    if (!month)
        return;
    buf_init(&amount, 64);
    money_decimal(month->currency, month->number, &amount);
    request_text(request, "month", buf_cstr(&amount));
    buf_finish(&amount);
}

int cmd_limit_set(struct invocation *invocation)
{
    static const struct show_field fields[] = {
        {"account",      "id",          SHOW_TEXT  },
        {"slug",         "slug",        SHOW_TEXT  },
        {"device limit", "devices_max", SHOW_NUMBER},
        {"month limit",  "month_max",   SHOW_MONEY },
        {"quota",        "quota",       SHOW_NUMBER},
        {NULL,           NULL,          SHOW_TEXT  },
    };
    const struct options *options = &invocation->options;
    if (options->count == 0 ||
        (!options_find(options, "devices") && !options_find(options, "month") &&
         !options_find(options, "quota") && !options_flag(options, "no-devices") &&
         !options_flag(options, "no-month"))) {
        fputs("error: tatara limit set: say which limit: --devices N, --month MONEY, "
              "--quota N, --no-devices or --no-month\n",
              stderr);
        return EXIT_USE;
    }
    struct request request;
    request_init(&request, "POST", "/api/v1/accounts/", options->words[0], "/limits");
    write_devices(&request, options);
    write_month(&request, options);
    if (options_find(options, "quota"))
        request_number(&request, "quota", options_number(options, "quota", 0));
    return request_show(&request, invocation, fields);
}
