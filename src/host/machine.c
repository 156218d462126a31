#include "host/machine.h"
#include "base/must.h"
#include "host/cgroup_look.h"
#include "host/sysfile.h"
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

int64_t machine_boottime_us(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_BOOTTIME, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

bool machine_boot_id(const char *root, char ret_boot_id[37], struct err *err)
{
    static const char path[] = "/proc/sys/kernel/random/boot_id";
    char text[64];
    if (!sysfile_text(root, path, text, sizeof text, err))
        return false;
    bool good = strlen(text) == 36 && strspn(text, "0123456789abcdef-") == 36;
    if (!good)
        return err_set(err, "%s%s: \"%.40s\" is not a boot id", root, path, text);
    memcpy(ret_boot_id, text, 37);
    return true;
}

static bool read_names(struct machine *machine, const char *root, struct err *err)
{
    struct utsname names;
    must(uname(&names) == 0);
    snprintf(machine->architecture, sizeof machine->architecture, "%s", names.machine);
    return sysfile_text(root, "/proc/sys/kernel/hostname", machine->hostname,
                        sizeof machine->hostname, err) &&
           sysfile_text(root, "/proc/sys/kernel/osrelease", machine->kernel, sizeof machine->kernel,
                        err) &&
           machine_boot_id(root, machine->boot_id, err);
}

// x86 says "model name"; arm64 only numbers.
static void read_model(struct machine *machine, const char *root)
{
    __attribute__((cleanup(buf_finish))) struct buf text;
    buf_init(&text, SYSFILE_MAX);
    str model, implementer, part;
    snprintf(machine->cpu_model, sizeof machine->cpu_model, "%s CPU", machine->architecture);
    if (!sysfile_read(root, "/proc/cpuinfo", &text, NULL))
        return;
    if (sysfile_field(buf_str(&text), S("model name"), &model) && model.len > 0)
        snprintf(machine->cpu_model, sizeof machine->cpu_model, "%.*s", STR(model));
    else if (sysfile_field(buf_str(&text), S("CPU implementer"), &implementer) &&
             sysfile_field(buf_str(&text), S("CPU part"), &part))
        snprintf(machine->cpu_model, sizeof machine->cpu_model,
                 "%s CPU, implementer %.*s part %.*s", machine->architecture, STR(implementer),
                 STR(part));
}

// --- cores ---

static bool read_core_list(const char *root, const char *path, core_set *ret_cores, struct err *err)
{
    char text[CORE_SET_MAX * 5];
    if (!sysfile_text(root, path, text, sizeof text, err))
        return false;
    return core_set_parse(str_from(text), ret_cores) ||
           err_set(err, "%s%s: \"%.80s\" is not a list of cores", root, path, text);
}

static bool read_cores(struct machine *machine, const char *root, const struct cgroup_own *own,
                       struct err *err)
{
    static const char status[] = "/proc/self/status", online[] = "/sys/devices/system/cpu/online";
    __attribute__((cleanup(buf_finish))) struct buf text;
    buf_init(&text, SYSFILE_MAX);
    str list;
    if (!sysfile_read(root, status, &text, err))
        return false;
    if (!sysfile_field(buf_str(&text), S("Cpus_allowed_list"), &list) ||
        !core_set_parse(list, &machine->cores))
        return err_set(err, "%s%s: Cpus_allowed_list is missing or no list of cores", root, status);
    core_set up;
    if (sysfile_exists(root, online)) {
        if (!read_core_list(root, online, &up, err))
            return false;
        core_set_meet(&machine->cores, &up);
    }
    if (core_set_count(&own->cores) > 0)
        core_set_meet(&machine->cores, &own->cores);
    uint32_t count = core_set_count(&machine->cores);
    if (count == 0)
        return err_set(err, "%s%s: no core is left for this process", root, status);
    machine->cpu_milli = (int64_t)count * 1000;
    if (own->cpu_milli >= 0 && own->cpu_milli < machine->cpu_milli)
        machine->cpu_milli = own->cpu_milli;
    return true;
}

// --- memory ---

// "MemTotal:       5597388 kB"
static bool read_kib(const char *root, const char *path, str text, str key, int64_t *ret_bytes,
                     struct err *err)
{
    str value, unit;
    int64_t kib;
    if (!sysfile_field(text, key, &value) || !str_cut(value, ' ', &value, &unit) ||
        !str_to_i64(value, &kib) || kib < 0 || !str_is(unit, S("kB")) ||
        __builtin_mul_overflow(kib, 1024, ret_bytes))
        return err_set(err, "%s%s: %.*s is missing or not in kB", root, path, STR(key));
    return true;
}

static bool read_memory(struct machine *machine, const char *root, const struct cgroup_own *own,
                        struct err *err)
{
    static const char path[] = "/proc/meminfo";
    __attribute__((cleanup(buf_finish))) struct buf text;
    buf_init(&text, SYSFILE_MAX);
    int64_t total, available;
    if (!sysfile_read(root, path, &text, err) ||
        !read_kib(root, path, buf_str(&text), S("MemTotal"), &total, err) ||
        !read_kib(root, path, buf_str(&text), S("MemAvailable"), &available, err))
        return false;
    machine->memory_total_bytes = machine->memory_usable_bytes = total;
    if (own->memory_bytes >= 0 && own->memory_bytes < total) {
        machine->memory_usable_bytes = own->memory_bytes;
        int64_t used = own->memory_used_bytes > 0 ? own->memory_used_bytes : 0;
        int64_t left = used < own->memory_bytes ? own->memory_bytes - used : 0;
        available = left < available ? left : available;
    }
    machine->memory_available_bytes = available < total ? available : total;
    return true;
}

// --- NUMA ---

static bool read_numa_node(struct machine *machine, const char *root, uint32_t id, struct err *err)
{
    char path[128];
    char key[64];
    struct machine_numa *numa = &machine->numa[machine->numa_count];
    *numa = (struct machine_numa){.id = id};
    snprintf(path, sizeof path, "/sys/devices/system/node/node%u/cpulist", id);
    if (!read_core_list(root, path, &numa->cores, err))
        return false;
    core_set_meet(&numa->cores, &machine->cores);
    for (uint32_t i = 0; i < machine->numa_count; i++)
        core_set_drop(&numa->cores, &machine->numa[i].cores);
    __attribute__((cleanup(buf_finish))) struct buf text;
    buf_init(&text, SYSFILE_MAX);
    snprintf(path, sizeof path, "/sys/devices/system/node/node%u/meminfo", id);
    snprintf(key, sizeof key, "Node %u MemTotal", id);
    if (!sysfile_read(root, path, &text, err) ||
        !read_kib(root, path, buf_str(&text), str_from(key), &numa->memory_bytes, err))
        return false;
    machine->numa_count++;
    return true;
}

// A core that no node lists is in the first.
static void place_the_rest(struct machine *machine)
{
    if (machine->numa_count == 0) {
        machine->numa[0] = (struct machine_numa){.memory_bytes = machine->memory_total_bytes};
        machine->numa_count = 1;
    }
    uint32_t core = core_set_next(&machine->cores, 0);
    for (; core < CORE_SET_MAX; core = core_set_next(&machine->cores, core + 1))
        if (machine_numa_of(machine, core) < 0)
            core_set_add(&machine->numa[0].cores, core);
}

static bool read_numa(struct machine *machine, const char *root, struct err *err)
{
    static const char path[] = "/sys/devices/system/node/online";
    core_set nodes = {0};
    // A kernel without NUMA has no such folder.
    if (sysfile_exists(root, path) && !read_core_list(root, path, &nodes, err))
        return false;
    uint32_t id = core_set_next(&nodes, 0);
    for (; id < CORE_SET_MAX && machine->numa_count < MACHINE_NUMA_MAX;
         id = core_set_next(&nodes, id + 1))
        if (!read_numa_node(machine, root, id, err))
            return false;
    place_the_rest(machine);
    return true;
}

int32_t machine_numa_of(const struct machine *machine, uint32_t core)
{
    for (uint32_t i = 0; i < machine->numa_count; i++)
        if (core_set_has(&machine->numa[i].cores, core))
            return (int32_t)machine->numa[i].id;
    return -1;
}

bool machine_read(struct machine *ret_machine, const char *root, struct err *err)
{
    static const struct machine nothing;
    struct cgroups cgroups;
    struct cgroup_own own;
    if (!cgroup_look(&cgroups, root, "tatara", err) || !cgroup_own_limits(&cgroups, &own, err))
        return false;
    *ret_machine = nothing;
    if (!read_names(ret_machine, root, err) || !read_cores(ret_machine, root, &own, err) ||
        !read_memory(ret_machine, root, &own, err) || !read_numa(ret_machine, root, err))
        return false;
    read_model(ret_machine, root);
    return true;
}
