#include "engine/local/container/container.h"
#include "base/json.h"
#include "engine/local/container/container_bytes.h"
#include "engine/local/container/container_root.h"
#include "engine/local/container/oci.h"
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
    BUNDLE_MAX = 4 * 1024 * 1024,
    NEWS_DESCRIPTOR = 3, // of runc and the container's first process
    KILL_MS = 30000,
    DEVICES_MAX = 264,
    // Processes and threads of one container: a few hundred a core, so that a fork bomb on one
    // core does not bring the machine down. A job on GPUs has many cores.
    PIDS_BASE = 256,
    PIDS_PER_CORE = 256,
    PIDS_WITHOUT_CORES = 16384
};

static void close_descriptor(const int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
}
#define AUTO_CLOSE __attribute__((cleanup(close_descriptor)))

// Looked at once a process: the layout does not change under us.
static const struct cgroups *groups(struct err *err)
{
    static struct cgroups cgroups;
    static bool looked;
    if (!looked && !cgroup_open(&cgroups, "", "tatara", err))
        return NULL;
    looked = true;
    return &cgroups;
}

static bool usable(const struct cgroups *cgroups, enum cgroup_kind kind)
{
    return cgroups->controllers[kind].usable;
}

// What is not usable here is told to the operator by local_setup_limits.
static bool set_limits(const struct attempt_request *request, struct err *err)
{
    const struct cgroups *cgroups = groups(err);
    const char *name = request->cgroup;
    core_set cores = {{0}};
    if (!cgroups || !cgroup_make(cgroups, name, err))
        return false;
    if (request->cpus[0] && !core_set_parse(str_from(request->cpus), &cores))
        return err_set(err, "cpus: %s: not a list of cores", request->cpus);
    if (request->cpus[0] && usable(cgroups, CGROUP_CPUSET) &&
        !cgroup_limit_cores(cgroups, name, &cores, err))
        return false;
    if (request->cpus[0] && usable(cgroups, CGROUP_CPU) &&
        !cgroup_limit_cpu(cgroups, name, core_set_count(&cores) * INT64_C(1000), err))
        return false;
    if (request->memory_bytes > 0 && usable(cgroups, CGROUP_MEMORY) &&
        !cgroup_limit_memory(cgroups, name, request->memory_bytes, err))
        return false;
    int64_t pids = request->cpus[0] ? PIDS_BASE + PIDS_PER_CORE * (int64_t)core_set_count(&cores)
                                    : PIDS_WITHOUT_CORES;
    return !usable(cgroups, CGROUP_PIDS) || cgroup_limit_pids(cgroups, name, pids, err);
}

// --- the bundle ---

static void add_device(struct oci_device *devices, uint32_t *count, const char *path)
{
    struct stat found;
    if (*count < DEVICES_MAX && stat(path, &found) == 0 && S_ISCHR(found.st_mode))
        devices[(*count)++] = (struct oci_device){path, major(found.st_rdev), minor(found.st_rdev)};
}

// The nodes of the leased GPUs, and those that all GPUs share.
static uint32_t find_devices(const struct attempt_request *request, struct arena *arena,
                             struct oci_device *devices)
{
    static const char *const shared[] = {"/dev/nvidiactl", "/dev/nvidia-uvm",
                                         "/dev/nvidia-uvm-tools"};
    uint32_t count = 0;
    str part, rest = str_from(request->gpu_minors);
    for (bool more = rest.len > 0; more;) {
        more = str_cut(rest, ',', &part, &rest);
        str number = more ? part : rest;
        add_device(devices, &count, arena_format(arena, "/dev/nvidia%.*s", STR(number)).ptr);
    }
    for (size_t i = 0; count > 0 && i < sizeof shared / sizeof shared[0]; i++)
        add_device(devices, &count, shared[i]);
    return count;
}

// /job with its owner, and in it the folder the command begins in.
static bool make_job_folder(const struct command_plan *plan, struct err *err)
{
    uid_t uid = (uid_t)plan->request->uid;
    AUTO_CLOSE int work = command_folder(plan, uid, err);
    return work >= 0;
}

// The same file for all: a link, not a copy. local_setup put it there.
static bool link_init(const struct command_plan *plan, struct err *err)
{
    char path[ATTEMPT_PATH_MAX];
    snprintf(path, sizeof path, "%s/jobs/container_init", plan->request->data);
    if (linkat(AT_FDCWD, path, plan->folder, "bundle/rootfs/.init", 0) == 0)
        return true;
    return err_set(err, "%s: cannot be linked: %s", path, strerror(errno));
}

static bool write_bundle(const struct command_plan *plan, struct arena *arena, struct err *err)
{
    struct container_root *root = arena_take(arena, sizeof *root);
    struct oci_device *devices = arena_take(arena, DEVICES_MAX * sizeof *devices);
    const char **environment = command_environment(plan, "/job", arena, err);
    if (!root || !devices || !environment)
        return err_set(err, "container: too large");
    if (!container_root_make(plan, root, err) || !link_init(plan, err))
        return false;
    const char *directory = plan->spec->directory;
    struct oci_bundle bundle = {
        .plan = plan,
        .root = root,
        .environment = environment,
        .directory =
            directory[0] == '/' ? directory : arena_format(arena, "/job/%s", directory).ptr,
        .devices = devices,
        .device_count = find_devices(plan->request, arena, devices),
    };
    struct buf text;
    buf_init(&text, BUNDLE_MAX);
    oci_write(&bundle, &text);
    AUTO_CLOSE int folder = openat(plan->folder, "bundle", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = text.overflow || folder < 0
                  ? err_set(err, "container: its config.json cannot be written")
                  : attempt_file_write(folder, "config.json", buf_str(&text), false, err);
    buf_finish(&text);
    return ok;
}

// --- runc ---

struct runc_words {
    const char *words[24];
    int news; // the container's end
};

static void name_runc(const struct command_plan *plan, struct arena *arena, struct runc_words *run)
{
    const char *words[] = {plan->request->runc,
                           "--root",
                           arena_format(arena, "%s/runc", plan->path).ptr,
                           "--log",
                           arena_format(arena, "%s/runc.log", plan->path).ptr,
                           "--log-format",
                           "json",
                           "run",
                           "--detach",
                           "--preserve-fds",
                           "1",
                           "--pid-file",
                           arena_format(arena, "%s/pid", plan->path).ptr,
                           "--bundle",
                           arena_format(arena, "%s/bundle", plan->path).ptr,
                           plan->request->cgroup,
                           NULL};
    memcpy(run->words, words, sizeof words);
}

_Noreturn static void become_runc(const struct command_plan *plan, const struct runc_words *run)
{
    static char *const environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
                                        "/sbin:/bin",
                                        NULL};
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    umask(022);
    setsid();
    // Lifted first: one of them may be 0, 1, 2 or 3 itself.
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int from[] = {nothing, plan->out, plan->error, run->news};
    for (int i = 0; i <= NEWS_DESCRIPTOR; i++)
        from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, NEWS_DESCRIPTOR + 1);
    for (int i = 0; i <= NEWS_DESCRIPTOR; i++)
        if (dup2(from[i], i) < 0)
            _exit(126);
    close_range(NEWS_DESCRIPTOR + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    execve(run->words[0], (char *const *)run->words, environment);
    _exit(127);
}

static bool start_runc(const struct command_plan *plan, struct arena *arena,
                       struct command *ret_command, struct err *err)
{
    struct runc_words run;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0 ||
        fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
        return err_set(err, "socketpair: %s", strerror(errno));
    run.news = ends[1];
    name_runc(plan, arena, &run);
    pid_t keeper = getpid(), pid = arena->full ? -1 : fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != keeper)
            _exit(126);
        become_runc(plan, &run);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return err_set(err, "fork: %s", strerror(errno));
    }
    *ret_command = (struct command){pid, ends[0]};
    return true;
}

bool container_start(const struct command_plan *plan, struct command *ret_command, struct err *err)
{
    struct arena arena;
    arena_init(&arena, SPEC_ARENA_MAX);
    bool ok = make_job_folder(plan, err) && write_bundle(plan, &arena, err) &&
              set_limits(plan->request, err) && start_runc(plan, &arena, ret_command, err);
    if (!ok)
        container_remove(plan);
    arena_finish(&arena);
    return ok;
}

// --- while it runs, and after ---

// The first process is the keeper's child from the moment runc ended, so its number is its own
// until the keeper reaps it.
static void kill_first(int folder)
{
    struct buf text;
    struct err err;
    bool absent;
    int64_t pid;
    buf_init(&text, 32);
    if (attempt_file_read(folder, "pid", &text, &absent, &err) && !absent &&
        str_to_i64(str_trim(buf_str(&text)), &pid) && pid > 1 && pid <= INT32_MAX)
        kill((pid_t)pid, SIGKILL);
    buf_finish(&text);
}

void container_signal(int folder, const struct command *command, int number)
{
    int32_t wish = number;
    if (number == SIGKILL) {
        if (command->news >= 0)
            shutdown(command->news, SHUT_RDWR); // it leaves as if its keeper had died
        kill_first(folder);
        return;
    }
    if (command->news >= 0 && send(command->news, &wish, sizeof wish, MSG_NOSIGNAL) < 0)
        return; // it has left already, and says so itself
}

bool container_usage(const struct attempt_request *request, struct cgroup_usage *ret_usage)
{
    struct err err;
    const struct cgroups *cgroups = groups(&err);
    return cgroups && cgroup_usage(cgroups, request->cgroup, ret_usage, &err);
}

bool container_ran_out_of_memory(const struct attempt_request *request)
{
    struct cgroup_usage use;
    return container_usage(request, &use) && use.oom_kills > 0;
}

// The last message of runc's log, which is one JSON object a line.
void container_failure_text(int folder, char *ret_text, size_t size)
{
    struct buf log;
    struct arena arena;
    struct err err;
    bool absent;
    str message = S("runc failed; see runc.log");
    buf_init(&log, 256 * 1024);
    arena_init(&arena, 1024 * 1024);
    if (attempt_file_read(folder, "runc.log", &log, &absent, &err) && !absent) {
        str line, rest = buf_str(&log);
        while (str_cut(rest, '\n', &line, &rest)) {
            const struct json *root;
            if (json_read(line, line.len, &arena, &root, &err))
                json_get_text(root, S("msg"), &message, &err);
        }
    }
    snprintf(ret_text, size, "runc: %.*s", STR(message));
    command_plain_text(ret_text);
    arena_finish(&arena);
    buf_finish(&log);
}

// runc makes a group in every hierarchy, also where we set no limit; an empty group goes by rmdir.
static void remove_groups(const char *name)
{
    FILE *mounts = setmntent("/proc/self/mounts", "re");
    if (!mounts)
        return;
    for (const struct mntent *mount; (mount = getmntent(mounts));) {
        char path[ATTEMPT_PATH_MAX];
        int length = snprintf(path, sizeof path, "%s/tatara/%s", mount->mnt_dir, name);
        bool group =
            strcmp(mount->mnt_type, "cgroup") == 0 || strcmp(mount->mnt_type, "cgroup2") == 0;
        if (group && length < (int)sizeof path)
            rmdir(path);
    }
    endmntent(mounts);
}

void container_remove(const struct command_plan *plan)
{
    struct err err;
    const struct cgroups *cgroups = groups(&err);
    if (cgroups)
        cgroup_kill(cgroups, plan->request->cgroup, KILL_MS, &err);
    remove_groups(plan->request->cgroup);
}

bool container_install(const char *data, struct err *err)
{
    char path[ATTEMPT_PATH_MAX];
    snprintf(path, sizeof path, "%s/jobs", data);
    AUTO_CLOSE int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    str bytes = {container_init_bytes, (size_t)(container_init_end - container_init_bytes)};
    if (folder < 0 || !attempt_file_write(folder, "container_init", bytes, false, err))
        return err_add(err, "%s", path);
    if (fchmodat(folder, "container_init", 0755, 0) != 0)
        return err_set(err, "%s/container_init: %s", path, strerror(errno));
    return true;
}

void container_limits(struct buf *out)
{
    struct err err;
    const struct cgroups *cgroups = groups(&err);
    if (cgroups)
        cgroup_missing(cgroups, out);
    else
        buf_format(out, "cgroups: %s\n", err.text);
}
