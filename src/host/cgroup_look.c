#include "host/cgroup_look.h"
#include "host/sysfile.h"
#include <stdio.h>
#include <string.h>

// One line of /proc/self/mountinfo (proc(5)), the fields that matter here:
//     36 31 0:35 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
struct mount_line {
    str root, point, type, options;
};

static bool next_word(str *text, str *ret_word)
{
    if (text->len == 0)
        return false;
    str word = *text, rest = {0};
    str_cut(*text, ' ', &word, &rest);
    *text = rest;
    *ret_word = word;
    return word.len > 0;
}

static bool parse_mount(str line, struct mount_line *ret_mount)
{
    str word, id, parent, device;
    struct mount_line mount;
    if (!next_word(&line, &id) || !next_word(&line, &parent) || !next_word(&line, &device) ||
        !next_word(&line, &mount.root) || !next_word(&line, &mount.point))
        return false;
    do {
        if (!next_word(&line, &word))
            return false;
    } while (!str_is(word, S("-")));
    if (!next_word(&line, &mount.type) || !next_word(&line, &word) ||
        !next_word(&line, &mount.options))
        return false;
    *ret_mount = mount;
    return true;
}

// Blanks and the like are written \040.
static bool unescape(str text, char *ret_text, size_t size)
{
    size_t length = 0;
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        if (byte == '\\' && i + 3 < text.len) {
            byte = (char)((text.ptr[i + 1] - '0') << 6 | (text.ptr[i + 2] - '0') << 3 |
                          (text.ptr[i + 3] - '0'));
            i += 3;
        }
        if (length + 1 >= size)
            return false;
        ret_text[length++] = byte;
    }
    ret_text[length] = '\0';
    return true;
}

// The path of this process in the hierarchy that /proc/self/cgroup names by `controller` ("" is
// version 2), as the mount shows it: the part below the mount's own root.
static void own_path(str membership, str controller, str mount_root, char *ret_path, size_t size)
{
    snprintf(ret_path, size, "/");
    while (membership.len > 0) {
        str line = membership, rest = {0}, id, names, path;
        str_cut(membership, '\n', &line, &rest);
        membership = rest;
        if (!str_cut(line, ':', &id, &line) || !str_cut(line, ':', &names, &path))
            continue;
        if (controller.len == 0 ? names.len > 0 : !sysfile_has_word(names, ',', controller))
            continue;
        if (!str_is(mount_root, S("/")) && str_starts(path, mount_root))
            path = str_skip(path, mount_root.len);
        if (str_starts(path, S("/")) && path.len < size)
            snprintf(ret_path, size, "%.*s", STR(path));
        return;
    }
}

static bool add_hierarchy(struct cgroups *cgroups, const struct mount_line *mount, str membership,
                          str controller)
{
    if (cgroups->hierarchy_count == CGROUP_HIERARCHIES_MAX)
        return false;
    struct cgroup_hierarchy *hierarchy = &cgroups->hierarchies[cgroups->hierarchy_count];
    *hierarchy = (struct cgroup_hierarchy){.version = controller.len == 0 ? 2 : 1};
    if (!unescape(mount->point, hierarchy->mount, sizeof hierarchy->mount))
        return false;
    own_path(membership, controller, mount->root, hierarchy->own, sizeof hierarchy->own);
    cgroups->hierarchy_count++;
    return true;
}

static void take_v1(struct cgroups *cgroups, const struct mount_line *mount, str membership)
{
    bool added = false;
    for (int kind = 0; kind < CGROUP_KIND_COUNT; kind++) {
        str name = str_from(cgroup_kind_text((enum cgroup_kind)kind));
        struct cgroup_controller *controller = &cgroups->controllers[kind];
        if (!sysfile_has_word(mount->options, ',', name) || controller->version == 1)
            continue;
        if (!added && !add_hierarchy(cgroups, mount, membership, name))
            return;
        added = true;
        controller->version = 1;
        controller->hierarchy = cgroups->hierarchy_count - 1;
    }
}

// Version 2 has what its root lists and version 1 does not hold.
static void take_v2(struct cgroups *cgroups, uint32_t index)
{
    char path[CGROUP_PATH_MAX + 32], listed[512];
    snprintf(path, sizeof path, "%s/cgroup.controllers", cgroups->hierarchies[index].mount);
    if (!sysfile_text(cgroups->root, path, listed, sizeof listed, NULL))
        return;
    for (int kind = 0; kind < CGROUP_KIND_COUNT; kind++) {
        str name = str_from(cgroup_kind_text((enum cgroup_kind)kind));
        struct cgroup_controller *controller = &cgroups->controllers[kind];
        if (controller->version != 0)
            continue;
        if (kind != CGROUP_CPUACCT && !sysfile_has_word(str_from(listed), ' ', name))
            continue;
        controller->version = 2;
        controller->hierarchy = index;
    }
}

static bool read_mounts(struct cgroups *cgroups, str mounts, str membership, struct err *err)
{
    uint32_t unified = CGROUP_HIERARCHIES_MAX;
    for (uint32_t number = 1; mounts.len > 0; number++) {
        str line = mounts, rest = {0};
        str_cut(mounts, '\n', &line, &rest);
        mounts = rest;
        struct mount_line mount;
        if (!parse_mount(line, &mount))
            return err_set(err, "%s/proc/self/mountinfo:%u: not a line of mountinfo(5)",
                           cgroups->root, number);
        if (str_is(mount.type, S("cgroup")))
            take_v1(cgroups, &mount, membership);
        if (str_is(mount.type, S("cgroup2")) && unified == CGROUP_HIERARCHIES_MAX &&
            add_hierarchy(cgroups, &mount, membership, S("")))
            unified = cgroups->hierarchy_count - 1;
    }
    if (unified < CGROUP_HIERARCHIES_MAX)
        take_v2(cgroups, unified);
    return true;
}

bool cgroup_look(struct cgroups *ret_cgroups, const char *root, const char *base, struct err *err)
{
    struct cgroups cgroups = {0};
    if (strlen(root) >= sizeof cgroups.root || strlen(base) >= sizeof cgroups.base)
        return err_set(err, "cgroup: the root \"%s\" or the base \"%s\" is too long", root, base);
    snprintf(cgroups.root, sizeof cgroups.root, "%s", root);
    snprintf(cgroups.base, sizeof cgroups.base, "%s", base);
    __attribute__((cleanup(buf_finish))) struct buf mounts, membership;
    buf_init(&mounts, SYSFILE_MAX);
    buf_init(&membership, SYSFILE_MAX);
    if (!sysfile_read(root, "/proc/self/mountinfo", &mounts, err))
        return false;
    // A kernel without cgroups has no such file.
    sysfile_read(root, "/proc/self/cgroup", &membership, NULL);
    if (!read_mounts(&cgroups, buf_str(&mounts), buf_str(&membership), err))
        return false;
    for (int kind = 0; kind < CGROUP_KIND_COUNT; kind++) {
        struct cgroup_controller *controller = &cgroups.controllers[kind];
        controller->usable = controller->version != 0;
        if (!controller->usable)
            snprintf(controller->reason, sizeof controller->reason,
                     "this kernel or container does not offer the controller");
    }
    *ret_cgroups = cgroups;
    return true;
}

const char *cgroup_kind_text(enum cgroup_kind kind)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {CGROUP_KINDS(X)};
#undef X
    return texts[kind];
}

const char *cgroup_layout(const struct cgroups *cgroups)
{
    bool has[3] = {false};
    for (uint32_t i = 0; i < cgroups->hierarchy_count; i++)
        has[cgroups->hierarchies[i].version] = true;
    return has[1] ? has[2] ? "hybrid" : "v1" : has[2] ? "v2" : "none";
}

void cgroup_missing(const struct cgroups *cgroups, struct buf *out)
{
    for (int kind = 0; kind < CGROUP_KIND_COUNT; kind++)
        if (!cgroups->controllers[kind].usable)
            buf_format(out, "%s: %s\n", cgroup_kind_text((enum cgroup_kind)kind),
                       cgroups->controllers[kind].reason);
}

// --- what holds this process itself ---

// One file of one group; absent is no limit. "max", and version 1's huge number, is none too.
static bool read_limit(const struct cgroups *cgroups, const char *path, int64_t *ret_limit,
                       struct err *err)
{
    char text[64];
    int64_t value = -1;
    *ret_limit = -1;
    if (!sysfile_exists(cgroups->root, path) ||
        !sysfile_text(cgroups->root, path, text, sizeof text, NULL) || strcmp(text, "max") == 0)
        return true;
    if (!str_to_i64(str_from(text), &value))
        return err_set(err, "%s%s: \"%.40s\" is not a limit", cgroups->root, path, text);
    if (value >= 0 && value < INT64_C(1) << 60)
        *ret_limit = value;
    return true;
}

static bool own_memory(const struct cgroups *cgroups, uint32_t version, const char *group,
                       struct cgroup_own *own, struct err *err)
{
    char path[CGROUP_PATH_MAX * 2 + 64];
    int64_t limit, used;
    snprintf(path, sizeof path, "%s/%s", group,
             version == 1 ? "memory.limit_in_bytes" : "memory.max");
    if (!read_limit(cgroups, path, &limit, err))
        return false;
    if (limit < 0)
        return true;
    snprintf(path, sizeof path, "%s/%s", group,
             version == 1 ? "memory.usage_in_bytes" : "memory.current");
    if (!read_limit(cgroups, path, &used, err))
        return false;
    if (own->memory_bytes < 0 || limit < own->memory_bytes) {
        own->memory_bytes = limit;
        own->memory_used_bytes = used;
    }
    return true;
}

// cpu.max is "max 100000" or "50000 100000"; version 1 has a file for each.
static bool own_cpu(const struct cgroups *cgroups, uint32_t version, const char *group,
                    struct cgroup_own *own, struct err *err)
{
    char path[CGROUP_PATH_MAX * 2 + 64], text[64];
    int64_t quota_us, period_us;
    if (version == 1) {
        snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", group);
        if (!read_limit(cgroups, path, &quota_us, err))
            return false;
        snprintf(path, sizeof path, "%s/cpu.cfs_period_us", group);
        if (!read_limit(cgroups, path, &period_us, err))
            return false;
    } else {
        snprintf(path, sizeof path, "%s/cpu.max", group);
        if (!sysfile_text(cgroups->root, path, text, sizeof text, NULL) ||
            str_starts(str_from(text), S("max")))
            return true;
        str quota, period;
        if (!str_cut(str_from(text), ' ', &quota, &period) || !str_to_i64(quota, &quota_us) ||
            !str_to_i64(period, &period_us))
            return err_set(err, "%s%s: \"%s\" is not a quota and a period", cgroups->root, path,
                           text);
    }
    if (quota_us <= 0 || period_us <= 0 || quota_us > INT64_MAX / 1000)
        return true;
    int64_t milli = quota_us * 1000 / period_us;
    own->cpu_milli = own->cpu_milli < 0 || milli < own->cpu_milli ? milli : own->cpu_milli;
    return true;
}

static bool own_cores(const struct cgroups *cgroups, uint32_t version, const char *group,
                      struct cgroup_own *own, struct err *err)
{
    char path[CGROUP_PATH_MAX * 2 + 64], text[4096];
    snprintf(path, sizeof path, "%s/%s", group,
             version == 1 ? "cpuset.effective_cpus" : "cpuset.cpus.effective");
    core_set cores;
    if (!sysfile_text(cgroups->root, path, text, sizeof text, NULL))
        return true;
    if (!core_set_parse(str_from(text), &cores))
        return err_set(err, "%s%s: \"%.80s\" is not a list of cores", cgroups->root, path, text);
    if (core_set_count(&cores) == 0)
        return true;
    if (core_set_count(&own->cores) == 0)
        own->cores = cores;
    else
        core_set_meet(&own->cores, &cores);
    return true;
}

typedef bool visit_group(const struct cgroups *cgroups, uint32_t version, const char *group,
                         struct cgroup_own *own, struct err *err);

// This process's group and every group above it.
static bool visit_own(const struct cgroups *cgroups, enum cgroup_kind kind, visit_group *visit,
                      struct cgroup_own *own, struct err *err)
{
    const struct cgroup_controller *controller = &cgroups->controllers[kind];
    if (controller->version == 0)
        return true;
    const struct cgroup_hierarchy *hierarchy = &cgroups->hierarchies[controller->hierarchy];
    char path[CGROUP_PATH_MAX], group[CGROUP_PATH_MAX * 2];
    snprintf(path, sizeof path, "%s", hierarchy->own);
    for (;;) {
        snprintf(group, sizeof group, "%s%s", hierarchy->mount, strcmp(path, "/") ? path : "");
        if (!visit(cgroups, controller->version, group, own, err))
            return false;
        char *slash = strrchr(path, '/');
        if (!slash || strcmp(path, "/") == 0)
            return true;
        slash[slash == path ? 1 : 0] = '\0';
    }
}

bool cgroup_own_limits(const struct cgroups *cgroups, struct cgroup_own *ret_own, struct err *err)
{
    struct cgroup_own own = {.memory_bytes = -1, .memory_used_bytes = -1, .cpu_milli = -1};
    if (!visit_own(cgroups, CGROUP_MEMORY, own_memory, &own, err) ||
        !visit_own(cgroups, CGROUP_CPU, own_cpu, &own, err) ||
        !visit_own(cgroups, CGROUP_CPUSET, own_cores, &own, err))
        return false;
    *ret_own = own;
    return true;
}
