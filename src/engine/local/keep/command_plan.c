#include "engine/local/keep/command_plan.h"
#include "base/json.h"
#include "engine/local/progress.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static bool names(const char *entry, const char *name)
{
    size_t length = strlen(name);
    return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

static bool has_name(const char *const *list, const char *name)
{
    for (; *list; list++)
        if (names(*list, name))
            return true;
    return false;
}

const char **command_environment(const struct command_plan *plan, const char *home,
                                 struct arena *arena, struct err *err)
{
    const struct attempt_request *request = plan->request;
    const char *const *given = plan->spec->env;
    const char *ours[] = {
        arena_format(arena, "TATARA_JOB_ID=job-%lld", (long long)request->job).ptr,
        arena_format(arena, "TATARA_ATTEMPT=%lld", (long long)request->attempt).ptr,
        arena_format(arena, "TATARA_MARK=%s", request->token).ptr,
        arena_format(arena, "TATARA_PROGRESS=%s/" PROGRESS_FILE, home).ptr,
        arena_format(arena, "CUDA_VISIBLE_DEVICES=%s", request->gpu_names).ptr,
        has_name(given, "PATH") ? NULL : "PATH=" DEFAULT_PATH,
        has_name(given, "HOME") ? NULL : arena_format(arena, "HOME=%s", home).ptr,
    };
    enum { OURS = sizeof ours / sizeof ours[0] };
    const char **list = arena_take(arena, (plan->spec->env_count + OURS + 1) * sizeof *list);
    if (!list || arena->full) {
        err_set(err, "environment: too large");
        return NULL;
    }
    uint32_t count = 0;
    for (; *given; given++)
        if (!names(*given, "TATARA_JOB_ID") && !names(*given, "TATARA_ATTEMPT") &&
            !names(*given, "TATARA_MARK") && !names(*given, "TATARA_PROGRESS") &&
            !names(*given, "CUDA_VISIBLE_DEVICES"))
            list[count++] = *given;
    for (uint32_t i = 0; i < OURS; i++)
        if (ours[i])
            list[count++] = ours[i];
    return list;
}

void command_failure_text(const struct spec *spec, const struct command_news *news, char *ret_text,
                          size_t size)
{
    const char *what = spec->argv[0];
    if (news->stage == COMMAND_ENTER)
        what = spec->directory[0] ? spec->directory : "the job's folder";
    if (news->stage == COMMAND_PREPARE)
        what = "the surroundings of the command";
    snprintf(ret_text, size, "%.80s: %s", what, strerror(news->value));
    command_plain_text(ret_text);
}

void command_plain_text(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
            *text = '?';
}

// One more folder down; the one above is closed.
static int descend(int above, const char *name, uid_t uid, struct err *err)
{
    int below = -1;
    if (mkdirat(above, name, 0700) == 0 || errno == EEXIST)
        below = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below < 0 || fchown(below, uid, uid == geteuid() ? (gid_t)-1 : (gid_t)uid) != 0) {
        err_set(err, "%s: cannot be made: %s", name, strerror(errno));
        if (below >= 0)
            close(below);
        below = -1;
    }
    close(above);
    return below;
}

int command_folder(const struct command_plan *plan, uid_t uid, struct err *err)
{
    char name[SPEC_PATH_MAX + 1];
    str head, rest = str_from(plan->spec->directory);
    int above = fcntl(plan->folder, F_DUPFD_CLOEXEC, 3);
    int folder = above >= 0 ? descend(above, "work", uid, err) : -1;
    bool inside = rest.len > 0 && rest.ptr[0] != '/';
    for (bool more = inside; more && folder >= 0;) {
        more = str_cut(rest, '/', &head, &rest);
        if (!more)
            head = rest;
        if (head.len > 0 && str_copy(head, name, sizeof name))
            folder = descend(folder, name, uid, err);
    }
    return folder;
}
