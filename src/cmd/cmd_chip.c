#include "cmd/commands_all.h"
#include "cmd/show.h"

int cmd_chip_list(struct invocation *invocation)
{
    static const struct show_field fields[] = {
        {"CHIP",        "id",          SHOW_TEXT  },
        {"NAME",        "name",        SHOW_TEXT  },
        {"DESCRIPTION", "description", SHOW_TEXT  },
        {"MEMORY",      "memory_mib",  SHOW_MEMORY},
        {"IDLE W",      "idle_w",      SHOW_NUMBER},
        {"MAX W",       "max_w",       SHOW_NUMBER},
        {NULL,          NULL,          SHOW_TEXT  },
    };
    return show_list(invocation, S("/api/v1/chips"), fields, "no chips");
}
