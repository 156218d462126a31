#include "engine/local/local_probe.h"
#include "engine/local/local_request.h"
#include "engine/local/local_spawn.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

static const struct attempt_id probe_id = {0, 0};

static void clear(struct local_watch *watch)
{
    char path[ATTEMPT_PATH_MAX];
    struct err err;
    snprintf(path, sizeof path, "%s/jobs", watch->setup->data);
    int jobs = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (jobs >= 0)
        local_trash_put(&watch->trash, jobs, "job-0", &err);
    if (jobs >= 0)
        close(jobs);
    attempt_unmark(watch->setup->data, probe_id, &err);
}

static bool wait_for(int keeper, struct err *err)
{
    struct pollfd over = {keeper, POLLIN, 0};
    siginfo_t info;
    bool ended = poll(&over, 1, PATIENCE_MS) == 1;
    if (ended)
        waitid(P_PIDFD, (id_t)keeper, &info, WEXITED | WNOHANG);
    close(keeper);
    return ended ? true : err_set(err, "a trial container did not end in %d s", PATIENCE_MS / 1000);
}

static bool try_one(struct local_watch *watch, int folder, struct err *err)
{
    static struct attempt_request request;
    struct engine_start start = {.job = 0, .spec = S("{\"argv\":[\"true\"]}")};
    struct attempt_end end;
    char path[ATTEMPT_PATH_MAX];
    int lock, keeper;
    bool absent;
    attempt_path(watch->setup->data, probe_id, path);
    if (!local_request_make(watch->setup, &start, &request, err))
        return false;
    request.container = 1;
    if (!attempt_file_write(folder, "spec.json", start.spec, false, err) ||
        !attempt_save(folder, &attempt_request_form, &request, false, err))
        return false;
    if (attempt_lock(folder, &lock) != ATTEMPT_LOCK_TAKEN)
        return err_set(err, "the trial's lock cannot be taken");
    bool ok = local_spawn(watch->setup->keeper_argv, path, folder, lock, &keeper, err);
    close(lock);
    if (!ok || !wait_for(keeper, err) ||
        !attempt_load(folder, &attempt_end_form, &end, &absent, err))
        return false;
    if (absent)
        return err_set(err, "the trial's keeper failed");
    if (end.end != ENGINE_EXITED || end.code != 0)
        return err_set(err, "the trial container failed: %s",
                       end.text[0] ? end.text : "it did not exit with 0");
    return true;
}

bool local_probe(struct local_watch *watch, struct err *err)
{
    bool fresh, ok = false;
    clear(watch);
    if (attempt_claim(watch->setup->data, probe_id, &fresh, err)) {
        int folder = attempt_open(watch->setup->data, probe_id);
        ok = folder >= 0 ? try_one(watch, folder, err)
                         : err_set(err, "the trial's folder: %s", strerror(errno));
        if (folder >= 0)
            close(folder);
    }
    clear(watch);
    return ok;
}
