#include "engine/local/keep/undertaker.h"
#include "engine/local/attempt_folder.h"
#include "engine/local/container/container.h"
#include "engine/local/keep/leftover.h"
#include <stdio.h>
#include <string.h>

enum { PATIENCE_MS = 30000 };

// What cannot be read counts as not there: the attempt is lost either way.
static bool known(int folder, const struct attempt_form *form, void *ret_record)
{
    struct err err;
    bool absent;
    return attempt_load(folder, form, ret_record, &absent, &err) && !absent;
}

static void kill_leftovers(int folder, const char *path, const struct attempt_start *start)
{
    static struct attempt_request request;
    if (!known(folder, &attempt_request_form, &request))
        return;
    if (request.container) {
        struct command_plan plan = {.request = &request, .folder = folder, .path = path};
        container_remove(&plan);
    }
    struct leftover_mark mark = {
        .token = request.token,
        .session = start && !request.container ? start->command_pid : 0,
        .session_ticks = start ? start->command_ticks : 0,
    };
    leftover_kill_marked(&mark, PATIENCE_MS);
}

bool undertaker_run(int folder, const char *path, struct err *err)
{
    struct attempt_keeper keeper = {0};
    struct attempt_start start;
    struct attempt_end end = {.end = ENGINE_LOST};
    boot_id_read(end.boot_id);
    bool began = known(folder, &attempt_keeper_form, &keeper);
    bool same_boot = !began || strcmp(keeper.boot_id, end.boot_id) == 0;
    bool started =
        known(folder, &attempt_start_form, &start) && strcmp(start.boot_id, end.boot_id) == 0;
    if (same_boot)
        kill_leftovers(folder, path, started ? &start : NULL);
    struct attempt_usage usage;
    if (known(folder, &attempt_usage_form, &usage))
        end.usage = usage;
    snprintf(end.text, sizeof end.text, "%s",
             same_boot ? "its keeper was killed" : "the host was restarted");
    return attempt_save(folder, &attempt_end_form, &end, true, err);
}
