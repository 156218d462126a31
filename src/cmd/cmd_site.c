#include "base/instant.h"
#include "cmd/commands_all.h"
#include "cmd/request.h"

static const struct show_field entity_fields[] = {
    {"ENTITY",  "id",      SHOW_TEXT},
    {"SLUG",    "slug",    SHOW_TEXT},
    {"NAME",    "name",    SHOW_TEXT},
    {"COUNTRY", "country", SHOW_TEXT},
    {"OWNER",   "owner",   SHOW_TEXT},
    {NULL,      NULL,      SHOW_TEXT},
};
static const struct show_field site_fields[] = {
    {"SITE",         "id",           SHOW_TEXT  },
    {"SLUG",         "slug",         SHOW_TEXT  },
    {"NAME",         "name",         SHOW_TEXT  },
    {"COUNTRY",      "country",      SHOW_TEXT  },
    {"OPERATOR",     "operator",     SHOW_TEXT  },
    {"ZONE",         "zone",         SHOW_TEXT  },
    {"PUE PERMILLE", "pue_permille", SHOW_NUMBER},
    {NULL,           NULL,           SHOW_TEXT  },
};
static const struct show_field feeder_fields[] = {
    {"FEEDER",   "id",           SHOW_TEXT  },
    {"SITE",     "site",         SHOW_TEXT  },
    {"NAME",     "name",         SHOW_TEXT  },
    {"PARENT",   "parent",       SHOW_TEXT  },
    {"KIND",     "kind",         SHOW_TEXT  },
    {"RATED W",  "rated_w",      SHOW_NUMBER},
    {"LIMIT W",  "limit_w",      SHOW_NUMBER},
    {"RAMP W/S", "ramp_w_per_s", SHOW_NUMBER},
    {NULL,       NULL,           SHOW_TEXT  },
};
static const struct show_field rack_fields[] = {
    {"RACK",     "id",       SHOW_TEXT  },
    {"SITE",     "site",     SHOW_TEXT  },
    {"BLOCK",    "block",    SHOW_TEXT  },
    {"NAME",     "name",     SHOW_TEXT  },
    {"FEEDER A", "feeder_a", SHOW_TEXT  },
    {"FEEDER B", "feeder_b", SHOW_TEXT  },
    {"NODES",    "nodes",    SHOW_NUMBER},
    {NULL,       NULL,       SHOW_TEXT  },
};

int cmd_entity_list(struct invocation *invocation)
{
    return show_list(invocation, S("/api/v1/entities"), entity_fields, "no entities");
}

int cmd_site_list(struct invocation *invocation)
{
    return show_list(invocation, S("/api/v1/sites"), site_fields, "no sites");
}

int cmd_feeder_list(struct invocation *invocation)
{
    return show_list(invocation, S("/api/v1/feeders"), feeder_fields, "no feeders");
}

int cmd_rack_list(struct invocation *invocation)
{
    return show_list(invocation, S("/api/v1/racks"), rack_fields, "no racks");
}

// An option's text as a member, when it was given.
static void given_text(struct request *request, const struct options *options, const char *option,
                       const char *member)
{
    request_text(request, member, options_text(options, option));
}

static void given_number(struct request *request, const struct options *options, const char *option,
                         const char *member)
{
    const struct option_value *value = options_find(options, option);
    if (value)
        request_number(request, member, value->number);
}

static void given_memory(struct request *request, const struct options *options, const char *option,
                         const char *member)
{
    const struct option_value *value = options_find(options, option);
    if (value)
        request_number(request, member, value->number >> 20);
}

// An option's time as the API wants it, when it was given.
static void given_time(struct request *request, const struct options *options, const char *option)
{
    const struct option_value *value = options_find(options, option);
    struct buf time;
    if (!value)
        return;
    buf_init(&time, 64);
    instant_text(value->number, &time);
    request_text(request, option, buf_cstr(&time));
    buf_finish(&time);
}

int cmd_entity_new(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    struct request request;
    request_init(&request, "POST", "/api/v1/entities", NULL, NULL);
    request_text(&request, "slug", options->words[0]);
    given_text(&request, options, "name", "name");
    given_text(&request, options, "country", "country");
    given_text(&request, options, "owner", "owner");
    return request_show(&request, invocation, entity_fields);
}

int cmd_site_new(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    struct request request;
    request_init(&request, "POST", "/api/v1/sites", NULL, NULL);
    request_text(&request, "slug", options->words[0]);
    given_text(&request, options, "name", "name");
    given_text(&request, options, "country", "country");
    given_text(&request, options, "operator", "operator");
    given_text(&request, options, "zone", "zone");
    given_number(&request, options, "pue", "pue_permille");
    return request_show(&request, invocation, site_fields);
}

int cmd_feeder_new(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    struct request request;
    request_init(&request, "POST", "/api/v1/feeders", NULL, NULL);
    request_text(&request, "name", options->words[0]);
    given_text(&request, options, "site", "site");
    given_text(&request, options, "parent", "parent");
    given_text(&request, options, "kind", "kind");
    given_number(&request, options, "rated", "rated_w");
    given_number(&request, options, "ramp", "ramp_w_per_s");
    given_number(&request, options, "efficiency", "efficiency_ppm");
    return request_show(&request, invocation, feeder_fields);
}

int cmd_feeder_cap(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    struct request request;
    request_init(&request, "POST", "/api/v1/caps", NULL, NULL);
    request_text(&request, "feeder", options->words[0]);
    given_text(&request, options, "site", "site");
    given_number(&request, options, "to", "cap_w");
    given_time(&request, options, "from");
    given_time(&request, options, "until");
    return request_show(&request, invocation, feeder_fields);
}

int cmd_rack_new(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    struct request request;
    request_init(&request, "POST", "/api/v1/racks", NULL, NULL);
    request_text(&request, "name", options->words[0]);
    given_text(&request, options, "site", "site");
    given_text(&request, options, "block", "block");
    given_text(&request, options, "feeder-a", "feeder_a");
    given_text(&request, options, "feeder-b", "feeder_b");
    given_text(&request, options, "chip", "chip");
    given_text(&request, options, "arch", "arch");
    given_text(&request, options, "labels", "labels");
    given_number(&request, options, "nodes", "nodes");
    given_number(&request, options, "devices", "devices");
    given_number(&request, options, "device-w", "device_w");
    given_number(&request, options, "cpus", "cpu_milli");
    given_number(&request, options, "base-w", "base_w");
    given_number(&request, options, "cap-w", "cap_w");
    given_memory(&request, options, "memory", "memory_mib");
    given_memory(&request, options, "device-memory", "device_memory_mib");
    return request_show(&request, invocation, rack_fields);
}
