#include "cmd/commands_all.h"
#include "cmd/request.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// "75%" in thousandths, or "200MW", "1500kW", "900W" in watts.
static bool read_limit(const char *text, int64_t *ret_permille, int64_t *ret_watts)
{
    static const struct {
        const char *unit;
        int64_t watts;
    } units[] = {
        {"GW", 1000000000},
        {"MW", 1000000   },
        {"kW", 1000      },
        {"W",  1         },
    };
    char *end;
    long long value = strtoll(text, &end, 10);
    if (end == text || value < 0 || value > 1000000000)
        return false;
    *ret_permille = *ret_watts = 0;
    if (strcmp(end, "%") == 0) {
        *ret_permille = value * 10;
        return value >= 1 && value <= 100;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(end, units[i].unit) != 0)
            continue;
        *ret_watts = value * units[i].watts;
        return value >= 1;
    }
    return false;
}

static const struct show_field fields[] = {
    {"CURTAILMENT", "id",        SHOW_TEXT  },
    {"SITE",        "site",      SHOW_TEXT  },
    {"WATTS",       "cap_w",     SHOW_NUMBER},
    {"FROM",        "from",      SHOW_TIME  },
    {"UNTIL",       "until",     SHOW_TIME  },
    {"WITHIN",      "within_ms", SHOW_SPAN  },
    {NULL,          NULL,        SHOW_TEXT  },
};

int cmd_site_curtail(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    const char *site = options->words[0], *to = options_text(options, "to");
    int64_t permille, watts, for_us = options_number(options, "for", 0);
    if (!read_limit(to, &permille, &watts)) {
        fprintf(stderr, "error: --to %s: want a part such as 75%% or watts such as 180MW\n", to);
        return EXIT_USE;
    }
    if (for_us == 0 && permille != 1000) {
        fputs("error: tatara site curtail: say for how long: --for 3h\n", stderr);
        return EXIT_USE;
    }
    struct request request;
    request_init(&request, "POST", "/api/v1/curtailments", NULL, NULL);
    if (strcmp(site, "site-0") != 0)
        request_text(&request, "site", site);
    if (watts)
        request_number(&request, "to_w", watts);
    else
        request_number(&request, "to_permille", permille);
    if (for_us)
        request_number(&request, "for_ms", for_us / 1000);
    if (options_find(options, "within"))
        request_number(&request, "within_ms", options_number(options, "within", 0) / 1000);
    return request_show(&request, invocation, fields);
}

int cmd_site_curtailed(struct invocation *invocation)
{
    return show_list(invocation, S("/api/v1/curtailments"), fields, "no curtailments");
}
