#include "engine/local/container/oci.h"
#include "base/json.h"
#include "engine/local/container/oci_seccomp.h"
#include <stdio.h>
#include <string.h>

// What lies in the folders of the host that come in, and is nobody's business. Most of it only
// root can read anyway; a mask holds even where someone changed the mode.
static const char *const host_masks[] = {"/etc/shadow",
                                         "/etc/shadow-",
                                         "/etc/gshadow",
                                         "/etc/gshadow-",
                                         "/etc/ssh",
                                         "/etc/ssl/private",
                                         "/etc/sudoers",
                                         "/etc/sudoers.d",
                                         "/etc/tatara",
                                         "/etc/letsencrypt",
                                         "/etc/wireguard",
                                         "/etc/krb5.keytab",
                                         "/etc/security/opasswd",
                                         "/etc/NetworkManager/system-connections",
                                         "/etc/cron.d",
                                         "/etc/crontab",
                                         "/etc/ppp",
                                         "/etc/ipsec.secrets",
                                         "/etc/machine-id",
                                         "/etc/openvpn",
                                         "/etc/docker",
                                         "/etc/kubernetes",
                                         "/etc/mysql",
                                         "/etc/postgresql",
                                         "/etc/munge",
                                         "/etc/slurm",
                                         "/etc/exports",
                                         "/etc/fstab",
                                         "/etc/crypttab"};

static const char *const kernel_masks[] = {
    "/proc/acpi",       "/proc/asound",        "/proc/kcore",
    "/proc/keys",       "/proc/latency_stats", "/proc/sched_debug",
    "/proc/scsi",       "/proc/timer_list",    "/proc/timer_stats",
    "/proc/interrupts", "/sys/firmware",       "/sys/devices/virtual/powercap",
    "/sys/fs/cgroup",   "/sys/kernel/debug",   "/sys/kernel/security"};

static const char *const kernel_read_only[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                               "/proc/sysrq-trigger"};

static void name_text(struct json_out *json, const char *name, const char *text)
{
    json_name(json, str_from(name));
    json_text(json, str_from(text));
}

static void name_integer(struct json_out *json, const char *name, int64_t value)
{
    json_name(json, str_from(name));
    json_i64(json, value);
}

static void name_bool(struct json_out *json, const char *name, bool value)
{
    json_name(json, str_from(name));
    json_bool(json, value);
}

static void texts(struct json_out *json, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        json_text(json, str_from(list[i]));
}

#define TEXTS(json, list) texts(json, list, sizeof(list) / sizeof(list)[0])

struct mount {
    const char *destination, *type, *source, *options; // options with blanks between
};

static void write_mount(struct json_out *json, const struct mount *mount)
{
    json_object(json);
    name_text(json, "destination", mount->destination);
    name_text(json, "type", mount->type);
    name_text(json, "source", mount->source);
    json_name(json, S("options"));
    json_array(json);
    str option, rest = str_from(mount->options);
    for (bool more = true; more;) {
        more = str_cut(rest, ' ', &option, &rest);
        json_text(json, more ? option : rest);
    }
    json_end(json);
    json_end(json);
}

static const struct mount own_mounts[] = {
    {"/proc",       "proc",   "proc",   "nosuid noexec nodev"                                    },
    {"/dev",        "tmpfs",  "tmpfs",  "nosuid strictatime mode=755 size=65536k"                },
    {"/dev/pts",    "devpts", "devpts", "nosuid noexec newinstance ptmxmode=0666 mode=0620 gid=5"},
    {"/dev/shm",    "tmpfs",  "shm",    "nosuid noexec nodev mode=1777"                          },
    {"/dev/mqueue", "mqueue", "mqueue", "nosuid noexec nodev"                                    },
    {"/sys",        "sysfs",  "sysfs",  "nosuid noexec nodev ro"                                 },
    {"/tmp",        "tmpfs",  "tmpfs",  "nosuid nodev mode=1777"                                 },
    {"/run",        "tmpfs",  "tmpfs",  "nosuid nodev noexec mode=755 size=1m"                   },
};

static void write_mounts(struct json_out *json, const struct oci_bundle *bundle)
{
    const struct container_root *root = bundle->root;
    char from[1300], to[CONTAINER_NAME_MAX + 1], job[ATTEMPT_PATH_MAX + 8];
    json_name(json, S("mounts"));
    json_array(json);
    for (size_t i = 0; i < sizeof own_mounts / sizeof own_mounts[0]; i++)
        write_mount(json, &own_mounts[i]);
    for (uint32_t i = 0; i < root->count; i++) {
        snprintf(from, sizeof from, "%s/%s", root->source, root->names[i]);
        snprintf(to, sizeof to, "/%s", root->names[i]);
        write_mount(json, &(struct mount){to, "bind", from, "rbind ro nosuid nodev rprivate"});
    }
    snprintf(job, sizeof job, "%s/work", bundle->plan->path);
    write_mount(json, &(struct mount){"/job", "bind", job, "bind rw nosuid nodev rprivate"});
    json_end(json);
}

static void write_process(struct json_out *json, const struct oci_bundle *bundle)
{
    static const char *const capabilities[] = {"bounding", "effective", "inheritable", "permitted",
                                               "ambient"};
    const struct spec *spec = bundle->plan->spec;
    json_name(json, S("process"));
    json_object(json);
    name_bool(json, "terminal", false);
    json_name(json, S("user"));
    json_object(json);
    name_integer(json, "uid", bundle->plan->request->uid);
    name_integer(json, "gid", bundle->plan->request->uid);
    json_end(json);
    json_name(json, S("args"));
    json_array(json);
    json_text(json, S("/.init"));
    json_text(json, str_from(bundle->directory));
    texts(json, spec->argv, spec->argv_count);
    json_end(json);
    json_name(json, S("env"));
    json_array(json);
    for (const char *const *entry = bundle->environment; *entry; entry++)
        json_text(json, str_from(*entry));
    json_end(json);
    name_text(json, "cwd", "/");
    json_name(json, S("capabilities"));
    json_object(json);
    for (size_t i = 0; i < sizeof capabilities / sizeof capabilities[0]; i++) {
        json_name(json, str_from(capabilities[i]));
        json_array(json);
        json_end(json);
    }
    json_end(json);
    json_name(json, S("rlimits"));
    json_array(json);
    json_object(json);
    name_text(json, "type", "RLIMIT_CORE");
    name_integer(json, "hard", 0);
    name_integer(json, "soft", 0);
    json_end(json);
    json_end(json);
    name_bool(json, "noNewPrivileges", true);
    name_integer(json, "oomScoreAdj", 500);
    json_end(json);
}

static void write_device(struct json_out *json, const struct oci_device *device, bool as_rule)
{
    json_object(json);
    if (as_rule) {
        name_bool(json, "allow", true);
        name_text(json, "access", "rw");
    } else {
        name_text(json, "path", device->path);
        name_integer(json, "fileMode", 0666);
    }
    name_text(json, "type", "c");
    name_integer(json, "major", device->major);
    name_integer(json, "minor", device->minor);
    json_end(json);
}

// Of cgroup limits only devices are runc's: the others are set by host/cgroup.h on the same group
// before, which knows more layouts. A device rule for all comes first, runc adds its own few.
static void write_devices(struct json_out *json, const struct oci_bundle *bundle)
{
    json_name(json, S("resources"));
    json_object(json);
    json_name(json, S("devices"));
    json_array(json);
    json_object(json);
    name_bool(json, "allow", false);
    name_text(json, "access", "rwm");
    json_end(json);
    for (uint32_t i = 0; i < bundle->device_count; i++)
        write_device(json, &bundle->devices[i], true);
    json_end(json);
    json_end(json);
    json_name(json, S("devices"));
    json_array(json);
    for (uint32_t i = 0; i < bundle->device_count; i++)
        write_device(json, &bundle->devices[i], false);
    json_end(json);
}

// The data directory and what the operator named are masked wherever they lie.
static void write_masks(struct json_out *json, const struct oci_bundle *bundle)
{
    const struct attempt_request *request = bundle->plan->request;
    json_name(json, S("maskedPaths"));
    json_array(json);
    TEXTS(json, kernel_masks);
    if (bundle->root->host) {
        TEXTS(json, host_masks);
        json_text(json, str_from(request->data));
        str path, rest = str_from(request->private_paths);
        for (bool more = true; more;) {
            more = str_cut(rest, '\n', &path, &rest);
            path = str_trim(more ? path : rest);
            if (path.len > 1 && path.ptr[0] == '/')
                json_text(json, path);
        }
    }
    json_end(json);
    json_name(json, S("readonlyPaths"));
    json_array(json);
    TEXTS(json, kernel_read_only);
    json_end(json);
}

static void write_linux(struct json_out *json, const struct oci_bundle *bundle)
{
    static const char *const namespaces[] = {"pid", "network", "ipc", "uts", "mount", "cgroup"};
    char group[300];
    snprintf(group, sizeof group, "/tatara/%s", bundle->plan->request->cgroup);
    json_name(json, S("linux"));
    json_object(json);
    name_text(json, "cgroupsPath", group);
    json_name(json, S("namespaces"));
    json_array(json);
    for (size_t i = 0; i < sizeof namespaces / sizeof namespaces[0]; i++) {
        json_object(json);
        name_text(json, "type", namespaces[i]);
        json_end(json);
    }
    json_end(json);
    write_devices(json, bundle);
    json_name(json, S("seccomp"));
    oci_seccomp_write(json);
    write_masks(json, bundle);
    name_text(json, "rootfsPropagation", "private");
    json_end(json);
}

void oci_write(const struct oci_bundle *bundle, struct buf *out)
{
    struct json_out json;
    char host[32];
    snprintf(host, sizeof host, "job-%lld", (long long)bundle->plan->request->job);
    json_out_init(&json, out);
    json_object(&json);
    name_text(&json, "ociVersion", "1.0.2");
    name_text(&json, "hostname", host);
    json_name(&json, S("root"));
    json_object(&json);
    name_text(&json, "path", "rootfs");
    name_bool(&json, "readonly", true);
    json_end(&json);
    write_process(&json, bundle);
    write_mounts(&json, bundle);
    write_linux(&json, bundle);
    json_end(&json);
}
