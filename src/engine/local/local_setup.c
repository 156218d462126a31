#include "engine/local/local_setup.h"
#include "base/codec.h"
#include "base/digest.h"
#include "engine/local/container/container.h"
#include "engine/local/local_probe.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool take_text(const char *text, const char *name, char *ret_text, size_t size,
                      struct err *err)
{
    str view = str_from(text ? text : "");
    if (!str_is_utf8(view) || !str_copy(view, ret_text, size))
        return err_set(err, "%s: not UTF-8, or longer than %zu bytes", name, size - 1);
    return true;
}

// The path as the kernel has it: it names the engine's groups, and mounts are judged by it.
static bool take_data(const struct local_options *options, struct local_setup *setup,
                      struct err *err)
{
    char *whole = realpath(options->data, NULL);
    if (!whole)
        return err_set(err, "data directory %s: %s", options->data, strerror(errno));
    bool ok = take_text(whole, "data directory", setup->data, sizeof setup->data, err);
    free(whole);
    digest name = digest_of(str_from(setup->data));
    hex_encode(name.bytes, 4, setup->group);
    setup->group[8] = 0;
    return ok;
}

static bool take_keeper(const struct local_options *options, struct local_setup *setup,
                        struct err *err)
{
    static const char *const own[] = {"/proc/self/exe", "keeper", NULL};
    const char *const *words = options->keeper_argv ? options->keeper_argv : own;
    enum { WORDS = sizeof setup->keeper_argv / sizeof setup->keeper_argv[0] };
    for (size_t i = 0; words[i]; i++) {
        if (i + 1 == WORDS)
            return err_set(err, "keeper: more than %d words", WORDS - 1);
        if (!take_text(words[i], "keeper", setup->keeper_words[i], sizeof setup->keeper_words[i],
                       err))
            return false;
        setup->keeper_argv[i] = setup->keeper_words[i];
    }
    return true;
}

static bool find_runc(struct local_setup *setup)
{
    str part, rest = str_from(getenv("PATH"));
    for (bool more = !setup->runc[0]; more;) {
        more = str_cut(rest, ':', &part, &rest);
        if (!more)
            part = rest;
        int length = snprintf(setup->runc, sizeof setup->runc, "%.*s/runc", STR(part));
        if (part.len && part.ptr[0] == '/' && length < (int)sizeof setup->runc &&
            access(setup->runc, X_OK) == 0)
            return true;
        setup->runc[0] = 0;
    }
    return setup->runc[0] && access(setup->runc, X_OK) == 0;
}

static int64_t or_default(int64_t value, int64_t otherwise)
{
    return value > 0 ? value : otherwise;
}

bool local_setup_make(const struct local_options *options, struct local_setup *ret_setup,
                      struct err *err)
{
    struct local_setup *setup = ret_setup;
    if (options->device_count > DEVICE_SET_MAX)
        return err_set(err, "%u devices: this engine takes %d", options->device_count,
                       DEVICE_SET_MAX);
    setup->device_count = options->device_count;
    if (options->device_count)
        memcpy(setup->devices, options->devices, options->device_count * sizeof *setup->devices);
    setup->alive_ms = or_default(options->alive_ms, LOCAL_ALIVE_MS);
    setup->heartbeat_ms = or_default(options->heartbeat_ms, LOCAL_HEARTBEAT_MS);
    if (setup->heartbeat_ms > LOCAL_HEARTBEAT_MS_MAX)
        return err_set(err, "heartbeat %lld ms: at most %d ms", (long long)setup->heartbeat_ms,
                       LOCAL_HEARTBEAT_MS_MAX);
    setup->output_bytes_max = or_default(options->output_bytes_max, LOCAL_OUTPUT_BYTES);
    setup->uid_base = or_default(options->uid_base, LOCAL_UID_BASE);
    if (!take_data(options, setup, err) || !take_keeper(options, setup, err))
        return false;
    return take_text(options->runc, "runc", setup->runc, sizeof setup->runc, err) &&
           take_text(options->rootfs_folder, "rootfs folder", setup->rootfs_folder,
                     sizeof setup->rootfs_folder, err) &&
           take_text(options->private_paths, "private paths", setup->private_paths,
                     sizeof setup->private_paths, err) &&
           attempt_prepare(setup->data, err);
}

bool local_setup_choose(enum local_way way, struct local_setup *setup, struct local_watch *watch,
                        struct err *err)
{
    struct err why = {{0}};
    if (way == LOCAL_PROCESS) {
        snprintf(setup->why_process, sizeof setup->why_process, "as chosen");
        return true;
    }
    if (geteuid() != 0)
        err_set(&why, "containers need root");
    else if (!find_runc(setup))
        err_set(&why, "runc is not in PATH");
    else
        setup->container = container_install(setup->data, &why) && local_probe(watch, &why);
    if (!setup->container && way == LOCAL_CONTAINER)
        return err_set(err, "no containers here: %s", why.text);
    snprintf(setup->why_process, sizeof setup->why_process, "%.*s",
             (int)sizeof setup->why_process - 1, why.text);
    return true;
}

void local_setup_limits(const struct local_setup *setup, struct buf *out)
{
    buf_add(out,
            S("shares: jobs that share a device each see all of it; CPU asked for a job is not "
              "enforced\n"));
    buf_add(out, S("power: clocks are not capped; jobs are paused in place of it\n"));
    if (setup->container) {
        buf_add(out, S("containers share this machine's kernel: a fault in it is a way out\n"
                       "disk: what a job writes to /job and its output is held by no quota\n"
                       "network: jobs have none but loopback\n"));
        container_limits(out);
        return;
    }
    buf_format(out, "jobs run as plain processes (%s):\n", setup->why_process);
    buf_add(out, S("isolation: none; a job can read and change whatever this user can, other "
                   "jobs' files and the data directory too: take jobs of one organisation only\n"
                   "memory: each process of a job is held to its limit alone (RLIMIT_DATA); what "
                   "is over it fails in the program and is not told as out of memory\n"
                   "cores: an affinity, which a job can undo\n"
                   "processes: no limit to their number\n"
                   "network: not separated\n"
                   "disk: no quota\n"
                   "rootfs: not available\n"));
}
