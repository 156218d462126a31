#include "cmd/commands_all.h"
#include "cmd/show.h"

int cmd_device_list(struct invocation *invocation)
{
    static const struct show_field fields[] = {
        {"DEVICE",   "id",       SHOW_TEXT  },
        {"NODE",     "node",     SHOW_TEXT  },
        {"INDEX",    "index",    SHOW_NUMBER},
        {"CHIP",     "chip",     SHOW_TEXT  },
        {"STATE",    "state",    SHOW_TEXT  },
        {"CAPACITY", "capacity", SHOW_TEXT  },
        {"LEASE",    "lease",    SHOW_TEXT  },
        {"SERIAL",   "serial",   SHOW_TEXT  },
        {NULL,       NULL,       SHOW_TEXT  },
    };
    return show_list(invocation, S("/api/v1/devices"), fields, "no devices");
}
