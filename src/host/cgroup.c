#include "host/cgroup.h"
#include "base/must.h"
#include "host/sysfile.h"
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <dirent.h>

enum { PATH_SIZE = SYSFILE_PATH_MAX, PERIOD_US = 100 * 1000, DEPTH_MAX = 8 };

// --- paths ---

// A group's folder, without the root prefix; name NULL is the base itself.
static void group_path(const struct cgroups *cgroups, uint32_t hierarchy, const char *name,
                       char *ret_path)
{
    snprintf(ret_path, PATH_SIZE, "%s/%s%s%s", cgroups->hierarchies[hierarchy].mount, cgroups->base,
             name ? "/" : "", name ? name : "");
}

static bool check_name(const char *name, struct err *err)
{
    size_t length = strlen(name);
    bool good = length > 0 && length < CGROUP_NAME_MAX && name[0] != '.' &&
                strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == length;
    return good || err_set(err, "cgroup: \"%.80s\" is not a name of [a-z0-9.-]", name);
}

static bool make_folder(const struct cgroups *cgroups, const char *path, struct err *err)
{
    char full[PATH_SIZE * 2];
    snprintf(full, sizeof full, "%s%s", cgroups->root, path);
    if (mkdir(full, 0755) == 0 || errno == EEXIST)
        return true;
    return err_set(err, "%s: %s", full, strerror(errno));
}

// --- the base group ---

static void give_up(struct cgroups *cgroups, enum cgroup_kind kind, const char *reason)
{
    struct cgroup_controller *controller = &cgroups->controllers[kind];
    controller->usable = false;
    snprintf(controller->reason, sizeof controller->reason, "%.199s", reason);
}

// Version 1 cpusets begin empty and hold nothing until they are told: take what is above.
static bool fill_cpuset(const struct cgroups *cgroups, const char *above, const char *group,
                        struct err *err)
{
    static const char *const files[] = {"cpuset.mems", "cpuset.cpus"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[PATH_SIZE + 32], text[4096];
        snprintf(path, sizeof path, "%s/%s", group, files[i]);
        if (!sysfile_text(cgroups->root, path, text, sizeof text, err))
            return false;
        if (text[0])
            continue;
        snprintf(path, sizeof path, "%s/%s", above, files[i]);
        if (!sysfile_text(cgroups->root, path, text, sizeof text, err))
            return false;
        snprintf(path, sizeof path, "%s/%s", group, files[i]);
        if (!sysfile_write(cgroups->root, path, str_from(text), err))
            return false;
    }
    return true;
}

// Version 2: a controller is there for children once the parent has it in subtree_control.
static bool switch_on(const struct cgroups *cgroups, const char *group, enum cgroup_kind kind,
                      struct err *err)
{
    char path[PATH_SIZE + 32], listed[512], word[32];
    snprintf(path, sizeof path, "%s/cgroup.subtree_control", group);
    if (!sysfile_text(cgroups->root, path, listed, sizeof listed, err))
        return false;
    const char *name = cgroup_kind_text(kind);
    if (sysfile_has_word(str_from(listed), ' ', str_from(name)))
        return true;
    snprintf(word, sizeof word, "+%s", name);
    return sysfile_write(cgroups->root, path, str_from(word), err);
}

static bool open_controller(struct cgroups *cgroups, enum cgroup_kind kind, struct err *err)
{
    const struct cgroup_controller *controller = &cgroups->controllers[kind];
    struct cgroup_hierarchy *hierarchy = &cgroups->hierarchies[controller->hierarchy];
    char base[PATH_SIZE];
    group_path(cgroups, controller->hierarchy, NULL, base);
    if (!make_folder(cgroups, base, err))
        return false;
    if (controller->version == 1 && kind == CGROUP_CPUSET &&
        !fill_cpuset(cgroups, hierarchy->mount, base, err))
        return false;
    if (controller->version == 2 && kind != CGROUP_CPUACCT &&
        (!switch_on(cgroups, hierarchy->mount, kind, err) || !switch_on(cgroups, base, kind, err)))
        return false;
    // A base that someone else made for us may still not be ours to fill.
    char full[PATH_SIZE * 2];
    snprintf(full, sizeof full, "%s%s", cgroups->root, base);
    if (access(full, W_OK) != 0)
        return err_set(err, "%s: %s", full, strerror(errno));
    hierarchy->wanted = true;
    return true;
}

bool cgroup_open(struct cgroups *ret_cgroups, const char *root, const char *base, struct err *err)
{
    struct cgroups cgroups;
    if (!check_name(base, err) || !cgroup_look(&cgroups, root, base, err))
        return false;
    for (int kind = 0; kind < CGROUP_KIND_COUNT; kind++) {
        struct err reason;
        if (cgroups.controllers[kind].usable &&
            !open_controller(&cgroups, (enum cgroup_kind)kind, &reason))
            give_up(&cgroups, (enum cgroup_kind)kind, reason.text);
    }
    *ret_cgroups = cgroups;
    return true;
}

// --- making and removing ---

static bool make_in(const struct cgroups *cgroups, uint32_t hierarchy, const char *name,
                    struct err *err)
{
    char group[PATH_SIZE], base[PATH_SIZE];
    group_path(cgroups, hierarchy, name, group);
    group_path(cgroups, hierarchy, NULL, base);
    if (!make_folder(cgroups, group, err))
        return false;
    const struct cgroup_controller *cpuset = &cgroups->controllers[CGROUP_CPUSET];
    if (cpuset->usable && cpuset->version == 1 && cpuset->hierarchy == hierarchy)
        return fill_cpuset(cgroups, base, group, err);
    return true;
}

bool cgroup_make(const struct cgroups *cgroups, const char *name, struct err *err)
{
    if (!check_name(name, err))
        return false;
    for (uint32_t i = 0; i < cgroups->hierarchy_count; i++) {
        if (!cgroups->hierarchies[i].wanted || make_in(cgroups, i, name, err))
            continue;
        struct err ignored;
        cgroup_remove(cgroups, name, &ignored);
        return err_add(err, "cgroup %s", name);
    }
    return true;
}

static void close_folder(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

// Calls visit on every folder below and at `full`, the deepest first.
static bool walk_groups(const char *full, uint32_t depth,
                        bool (*visit)(const char *full, void *context, struct err *err),
                        void *context, struct err *err)
{
    __attribute__((cleanup(close_folder))) DIR *folder = opendir(full);
    if (!folder)
        return errno == ENOENT || err_set(err, "%s: %s", full, strerror(errno));
    const struct dirent *entry;
    while (depth < DEPTH_MAX && (entry = readdir(folder))) {
        char below[PATH_SIZE];
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        int length = snprintf(below, sizeof below, "%s/%s", full, entry->d_name);
        if (length < PATH_SIZE && !walk_groups(below, depth + 1, visit, context, err))
            return false;
    }
    return visit(full, context, err);
}

static bool remove_one(const char *full, void *context, struct err *err)
{
    (void)context;
    if (rmdir(full) == 0 || errno == ENOENT)
        return true;
    return err_set(err, "%s: cannot be removed: %s", full, strerror(errno));
}

bool cgroup_remove(const struct cgroups *cgroups, const char *name, struct err *err)
{
    if (!check_name(name, err))
        return false;
    bool good = true;
    for (uint32_t i = 0; i < cgroups->hierarchy_count; i++) {
        char group[PATH_SIZE], full[PATH_SIZE * 2];
        group_path(cgroups, i, name, group);
        snprintf(full, sizeof full, "%s%s", cgroups->root, group);
        if (cgroups->hierarchies[i].wanted && !walk_groups(full, 0, remove_one, NULL, err))
            good = false;
    }
    return good;
}

// --- limits ---

// The path of one file of a group in the hierarchy of a controller.
static bool controller_file(const struct cgroups *cgroups, enum cgroup_kind kind, const char *name,
                            const char *file, char *ret_path, struct err *err)
{
    const struct cgroup_controller *controller = &cgroups->controllers[kind];
    if (!check_name(name, err))
        return false;
    if (!controller->usable)
        return err_set(err, "cgroup %s: %s is not usable here: %s", name, cgroup_kind_text(kind),
                       controller->reason);
    group_path(cgroups, controller->hierarchy, name, ret_path);
    size_t length = strlen(ret_path);
    int added = snprintf(ret_path + length, PATH_SIZE - length, "/%s", file);
    return (size_t)added < PATH_SIZE - length || err_set(err, "cgroup %s: path too long", name);
}

static bool write_number(const struct cgroups *cgroups, const char *path, int64_t value,
                         struct err *err)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    return sysfile_write(cgroups->root, path, str_from(text), err);
}

bool cgroup_limit_memory(const struct cgroups *cgroups, const char *name, int64_t bytes,
                         struct err *err)
{
    must(bytes > 0);
    bool first = cgroups->controllers[CGROUP_MEMORY].version == 1;
    char path[PATH_SIZE], swap[PATH_SIZE];
    if (!controller_file(cgroups, CGROUP_MEMORY, name,
                         first ? "memory.limit_in_bytes" : "memory.max", path, err) ||
        !controller_file(cgroups, CGROUP_MEMORY, name,
                         first ? "memory.memsw.limit_in_bytes" : "memory.swap.max", swap, err) ||
        !write_number(cgroups, path, bytes, err))
        return false;
    // Absent where the kernel does not account for swap.
    if (!sysfile_exists(cgroups->root, swap))
        return true;
    return write_number(cgroups, swap, first ? bytes : 0, err);
}

bool cgroup_limit_cpu(const struct cgroups *cgroups, const char *name, int64_t milli,
                      struct err *err)
{
    must(milli > 0 && milli <= INT64_C(1000) * CORE_SET_MAX);
    char path[PATH_SIZE], text[64];
    int64_t quota_us = milli * (PERIOD_US / 1000);
    quota_us = quota_us < 1000 ? 1000 : quota_us; // the kernel's least
    if (cgroups->controllers[CGROUP_CPU].version == 2) {
        snprintf(text, sizeof text, "%" PRId64 " %d", quota_us, PERIOD_US);
        return controller_file(cgroups, CGROUP_CPU, name, "cpu.max", path, err) &&
               sysfile_write(cgroups->root, path, str_from(text), err);
    }
    return controller_file(cgroups, CGROUP_CPU, name, "cpu.cfs_period_us", path, err) &&
           write_number(cgroups, path, PERIOD_US, err) &&
           controller_file(cgroups, CGROUP_CPU, name, "cpu.cfs_quota_us", path, err) &&
           write_number(cgroups, path, quota_us, err);
}

bool cgroup_limit_cores(const struct cgroups *cgroups, const char *name, const core_set *cores,
                        struct err *err)
{
    must(core_set_count(cores) > 0);
    char path[PATH_SIZE];
    __attribute__((cleanup(buf_finish))) struct buf text;
    buf_init(&text, SYSFILE_MAX);
    core_set_text(cores, &text);
    return controller_file(cgroups, CGROUP_CPUSET, name, "cpuset.cpus", path, err) &&
           sysfile_write(cgroups->root, path, buf_str(&text), err);
}

bool cgroup_limit_pids(const struct cgroups *cgroups, const char *name, int64_t count,
                       struct err *err)
{
    must(count >= 0);
    char path[PATH_SIZE];
    return controller_file(cgroups, CGROUP_PIDS, name, "pids.max", path, err) &&
           write_number(cgroups, path, count, err);
}

bool cgroup_join(const struct cgroups *cgroups, const char *name, pid_t pid, struct err *err)
{
    if (!check_name(name, err))
        return false;
    for (uint32_t i = 0; i < cgroups->hierarchy_count; i++) {
        char group[PATH_SIZE], path[PATH_SIZE + 32];
        if (!cgroups->hierarchies[i].wanted)
            continue;
        group_path(cgroups, i, name, group);
        snprintf(path, sizeof path, "%s/cgroup.procs", group);
        if (!write_number(cgroups, path, pid, err))
            return false;
    }
    return true;
}

// --- counters ---

// A number in a file of its own (field NULL) or behind a word; -1 where there is none.
static bool read_counter(const struct cgroups *cgroups, enum cgroup_kind kind, const char *name,
                         const char *file, const char *field, int64_t *ret_value, struct err *err)
{
    char path[PATH_SIZE];
    *ret_value = -1;
    if (!cgroups->controllers[kind].usable)
        return true;
    if (!controller_file(cgroups, kind, name, file, path, err))
        return false;
    if (!sysfile_exists(cgroups->root, path))
        return true;
    if (!field)
        return sysfile_i64(cgroups->root, path, ret_value, err);
    __attribute__((cleanup(buf_finish))) struct buf text;
    buf_init(&text, SYSFILE_MAX);
    str value;
    if (!sysfile_read(cgroups->root, path, &text, err))
        return false;
    if (!sysfile_field(buf_str(&text), str_from(field), &value))
        return true;
    return str_to_i64(value, ret_value) || err_set(err, "%s%s: %s is \"%.*s\", not an integer",
                                                   cgroups->root, path, field, STR(value));
}

bool cgroup_usage(const struct cgroups *cgroups, const char *name, struct cgroup_usage *ret_usage,
                  struct err *err)
{
    bool first_cpu = cgroups->controllers[CGROUP_CPUACCT].version == 1;
    bool first_memory = cgroups->controllers[CGROUP_MEMORY].version == 1;
    struct cgroup_usage usage;
    if (!check_name(name, err) ||
        !read_counter(cgroups, CGROUP_CPUACCT, name, first_cpu ? "cpuacct.usage" : "cpu.stat",
                      first_cpu ? NULL : "usage_usec", &usage.cpu_ns, err) ||
        !read_counter(cgroups, CGROUP_MEMORY, name,
                      first_memory ? "memory.max_usage_in_bytes" : "memory.peak", NULL,
                      &usage.memory_peak_bytes, err) ||
        !read_counter(cgroups, CGROUP_MEMORY, name,
                      first_memory ? "memory.oom_control" : "memory.events", "oom_kill",
                      &usage.oom_kills, err))
        return false;
    if (!first_cpu && usage.cpu_ns >= 0 &&
        __builtin_mul_overflow(usage.cpu_ns, 1000, &usage.cpu_ns))
        return err_set(err, "cgroup %s: cpu.stat usage_usec is too large", name);
    *ret_usage = usage;
    return true;
}

// --- what is inside ---

struct pid_list {
    pid_t *pids;
    uint32_t count, max;
};

static int pid_order(const void *a, const void *b)
{
    pid_t first = *(const pid_t *)a, second = *(const pid_t *)b;
    return (first > second) - (first < second);
}

// Adds the pids in one group's cgroup.procs.
static bool list_pids(const char *full, void *context, struct err *err)
{
    struct pid_list *list = context;
    __attribute__((cleanup(buf_finish))) struct buf text;
    buf_init(&text, SYSFILE_MAX);
    if (!sysfile_read(full, "/cgroup.procs", &text, err))
        return !sysfile_exists(full, "/cgroup.procs");
    str rest = buf_str(&text);
    while (rest.len > 0 && list->count < list->max) {
        str line = rest, next = {0};
        str_cut(rest, '\n', &line, &next);
        rest = next;
        int64_t pid;
        if (!str_to_i64(line, &pid) || pid < 0 || pid > INT32_MAX)
            return err_set(err, "%s/cgroup.procs: \"%.*s\" is not a pid", full, STR(line));
        list->pids[list->count++] = (pid_t)pid;
    }
    return true;
}

// All hierarchies hold the same processes, unless a join stopped half way.
static bool list_all(const struct cgroups *cgroups, const char *name, bool below,
                     struct pid_list *list, struct err *err)
{
    if (!check_name(name, err))
        return false;
    for (uint32_t i = 0; i < cgroups->hierarchy_count; i++) {
        char group[PATH_SIZE], full[PATH_SIZE * 2];
        if (!cgroups->hierarchies[i].wanted)
            continue;
        group_path(cgroups, i, name, group);
        snprintf(full, sizeof full, "%s%s", cgroups->root, group);
        if (!walk_groups(full, below ? 0 : DEPTH_MAX, list_pids, list, err))
            return false;
    }
    if (list->count > 1)
        qsort(list->pids, list->count, sizeof *list->pids, pid_order);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->count; i++)
        if (kept == 0 || list->pids[i] != list->pids[kept - 1])
            list->pids[kept++] = list->pids[i];
    list->count = kept;
    return true;
}

bool cgroup_pids(const struct cgroups *cgroups, const char *name, pid_t *ret_pids,
                 uint32_t pids_max, uint32_t *ret_count, struct err *err)
{
    struct pid_list list = {.pids = ret_pids, .max = pids_max};
    if (!list_all(cgroups, name, false, &list, err))
        return false;
    *ret_count = list.count;
    return true;
}

// Nothing new can start below a limit of no pids, so that signals catch up with a fork bomb.
static void forbid_and_kill(const struct cgroups *cgroups, const char *name)
{
    struct err ignored;
    if (cgroups->controllers[CGROUP_PIDS].usable)
        cgroup_limit_pids(cgroups, name, 0, &ignored);
    for (uint32_t i = 0; i < cgroups->hierarchy_count; i++) {
        char group[PATH_SIZE], path[PATH_SIZE + 32];
        if (!cgroups->hierarchies[i].wanted || cgroups->hierarchies[i].version != 2)
            continue;
        group_path(cgroups, i, name, group);
        snprintf(path, sizeof path, "%s/cgroup.kill", group);
        if (sysfile_exists(cgroups->root, path))
            sysfile_write(cgroups->root, path, S("1"), &ignored);
    }
}

static int64_t monotonic_ms(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum { ROUND_PIDS = 256, LISTED_PIDS = 8192, PAUSE_NS = 1000 * 1000 };

// A pid may end between the list and the signal, and be given to a stranger. So each process is
// held by a descriptor, and gets its signal through it if the group still lists its pid.
static bool signal_round(const struct cgroups *cgroups, const char *name, const pid_t *pids,
                         uint32_t count, struct err *err)
{
    static _Thread_local pid_t still[LISTED_PIDS];
    struct pid_list list = {.pids = still, .max = LISTED_PIDS};
    int held[ROUND_PIDS];
    for (uint32_t i = 0; i < count; i++)
        held[i] = pids[i] > 1 && pids[i] != getpid() ? pidfd_open(pids[i], 0) : -1;
    bool good = list_all(cgroups, name, true, &list, err);
    for (uint32_t i = 0; i < count; i++) {
        if (held[i] < 0)
            continue;
        if (good && bsearch(&pids[i], still, list.count, sizeof *still, pid_order))
            pidfd_send_signal(held[i], SIGKILL, NULL, 0);
        close(held[i]);
    }
    return good;
}

bool cgroup_kill(const struct cgroups *cgroups, const char *name, int64_t wait_ms, struct err *err)
{
    if (!check_name(name, err))
        return false;
    forbid_and_kill(cgroups, name);
    int64_t end_ms = monotonic_ms() + wait_ms;
    for (;;) {
        pid_t pids[ROUND_PIDS];
        struct pid_list list = {.pids = pids, .max = ROUND_PIDS};
        if (!list_all(cgroups, name, true, &list, err))
            return false;
        if (list.count == 0)
            return true;
        if (!signal_round(cgroups, name, pids, list.count, err))
            return false;
        if (monotonic_ms() >= end_ms)
            return err_set(err, "cgroup %s: %u processes are left %" PRId64 " ms after SIGKILL",
                           name, list.count, wait_ms);
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
}
