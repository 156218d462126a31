#include "cmd/commands_all.h"
#include "cmd/request.h"

static const struct show_field list_fields[] = {
    {"PRICE",           "id",              SHOW_TEXT  },
    {"CHIP",            "chip",            SHOW_TEXT  },
    {"CLASS",           "class",           SHOW_TEXT  },
    {"PER DEVICE-HOUR", "per_device_hour", SHOW_NUMBER},
    {"CURRENCY",        "currency",        SHOW_TEXT  },
    {"TAX PERMILLE",    "tax_permille",    SHOW_NUMBER},
    {"FROM",            "from",            SHOW_TIME  },
    {"UNTIL",           "until",           SHOW_TIME  },
    {NULL,              NULL,              SHOW_TEXT  },
};

static const struct show_field set_fields[] = {
    {"price",           "id",              SHOW_TEXT  },
    {"chip",            "chip",            SHOW_TEXT  },
    {"class",           "class",           SHOW_TEXT  },
    {"per device-hour", "per_device_hour", SHOW_NUMBER},
    {"currency",        "currency",        SHOW_TEXT  },
    {"tax permille",    "tax_permille",    SHOW_NUMBER},
    {"from",            "from",            SHOW_TIME  },
    {NULL,              NULL,              SHOW_TEXT  },
};

int cmd_price_list(struct invocation *invocation)
{
    return show_list(invocation, S("/api/v1/prices"), list_fields, "no prices");
}

int cmd_price_set(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    const struct option_value *price = options_find(options, "per-device-hour");
    const char *class = options_text(options, "class");
    struct request request;
    request_init(&request, "POST", "/api/v1/prices", NULL, NULL);
    request_text(&request, "chip", options_text(options, "chip"));
    request_text(&request, "per_device_hour", price->text);
    request_text(&request, "currency",
                 price->has_currency ? currency_code(price->currency).ptr : "JPY");
    request_text(&request, "class", class ? class : "on_demand");
    request_number(&request, "tax_permille", options_number(options, "tax", 100));
    return request_show(&request, invocation, set_fields);
}
