#include "engine/local/local.h"
#include "base/file_lock.h"
#include "base/must.h"
#include "engine/local/local_setup.h"
#include "engine/local/local_watch.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOK_AGAIN_MS = 100, WAKES = 32, READ_PIECE = 64 * 1024 };

enum call_kind {
    CALL_START,
    CALL_ADOPT,
    CALL_STOP,
    CALL_PAUSE,
    CALL_RESUME,
    CALL_FORGET,
    CALL_DROP,
    CALL_LEAVE
};
struct call {
    struct call *next;
    enum call_kind kind;
    struct engine_start start; // of a stop and a forget only job and attempt are used
    int64_t grace_ms;
};

struct local {
    struct engine engine; // first: what others hold is this
    struct local_setup setup;
    struct local_watch watch;
    struct engine_ops ops;
    int calls_waiting, lock; // eventfd
    pthread_t thread;
    pthread_mutex_t mutex;
    struct call *first, **last;
};

static struct local *local_of(struct engine *engine)
{
    return (struct local *)engine;
}

// The spec is copied behind the call, one piece of memory for both.
static void post(struct engine *engine, const struct call *call)
{
    struct local *local = local_of(engine);
    size_t spec_size = call->start.spec.len;
    struct call *copy = malloc(sizeof *copy + spec_size);
    must(copy);
    *copy = *call;
    if (spec_size)
        memcpy(copy + 1, call->start.spec.ptr, spec_size);
    copy->start.spec = (str){(char *)(copy + 1), spec_size};
    copy->next = NULL;
    pthread_mutex_lock(&local->mutex);
    *local->last = copy;
    local->last = &copy->next;
    pthread_mutex_unlock(&local->mutex);
    must(eventfd_write(local->calls_waiting, 1) == 0);
}

static void local_start(struct engine *engine, const struct engine_start *start)
{
    post(engine, &(struct call){.kind = CALL_START, .start = *start});
}

static void local_adopt(struct engine *engine, uint64_t job, uint32_t attempt)
{
    post(engine, &(struct call){
                     .kind = CALL_ADOPT, .start = {.job = job, .attempt = attempt}
    });
}

static void local_stop(struct engine *engine, uint64_t job, uint32_t attempt, int64_t grace_ms)
{
    post(engine,
         &(struct call){
             .kind = CALL_STOP, .start = {.job = job, .attempt = attempt},
                  .grace_ms = grace_ms
    });
}

static void local_pause(struct engine *engine, uint64_t job, uint32_t attempt)
{
    post(engine, &(struct call){
                     .kind = CALL_PAUSE, .start = {.job = job, .attempt = attempt}
    });
}

static void local_resume(struct engine *engine, uint64_t job, uint32_t attempt)
{
    post(engine, &(struct call){
                     .kind = CALL_RESUME, .start = {.job = job, .attempt = attempt}
    });
}

static void local_cap(struct engine *engine, uint64_t job, uint32_t attempt, int32_t permille)
{
    (void)engine, (void)job, (void)attempt, (void)permille; // as its limits say
}

static void local_forget(struct engine *engine, uint64_t job, uint32_t attempt)
{
    post(engine, &(struct call){
                     .kind = CALL_FORGET, .start = {.job = job, .attempt = attempt}
    });
}

static void local_drop(struct engine *engine, uint64_t job)
{
    post(engine, &(struct call){.kind = CALL_DROP, .start = {.job = job}});
}

static struct call *take_calls(struct local *local)
{
    eventfd_t count;
    eventfd_read(local->calls_waiting, &count);
    pthread_mutex_lock(&local->mutex);
    struct call *first = local->first;
    local->first = NULL;
    local->last = &local->first;
    pthread_mutex_unlock(&local->mutex);
    return first;
}

// False when it is time to leave.
static bool serve_calls(struct local *local)
{
    bool stay = true;
    for (struct call *call = take_calls(local), *next; call; call = next) {
        struct attempt_id id = {call->start.job, call->start.attempt};
        next = call->next;
        if (call->kind == CALL_START)
            local_watch_start(&local->watch, &call->start);
        else if (call->kind == CALL_ADOPT)
            local_watch_expect(&local->watch, id);
        else if (call->kind == CALL_STOP)
            local_watch_stop(&local->watch, id, call->grace_ms);
        else if (call->kind == CALL_PAUSE || call->kind == CALL_RESUME)
            local_watch_pause(&local->watch, id, call->kind == CALL_PAUSE);
        else if (call->kind == CALL_FORGET)
            local_watch_forget(&local->watch, id);
        else if (call->kind == CALL_DROP)
            local_watch_drop(&local->watch, call->start.job);
        else
            stay = false;
        free(call);
    }
    return stay;
}

static bool serve_wakes(struct local *local, const struct epoll_event *wakes, int count)
{
    bool stay = true;
    for (int i = 0; i < count; i++) {
        uint64_t wake = wakes[i].data.u64;
        if (wake == LOCAL_WAKE_CALL)
            stay = serve_calls(local) && stay;
        else if (wake == LOCAL_WAKE_FILES)
            local_watch_files(&local->watch);
        else
            local_watch_keeper(&local->watch, (int)(wake - LOCAL_WAKE_KEEPER));
    }
    return stay;
}

static void *local_main(void *context)
{
    struct local *local = context;
    struct epoll_event wakes[WAKES];
    int64_t alive_us = boottime_us() + local->setup.alive_ms * 1000;
    local_watch_adopt(&local->watch);
    int64_t again_us = 0;
    for (bool stay = true; stay;) {
        int64_t due_us = alive_us;
        if (local_watch_due(&local->watch) && again_us < due_us)
            due_us = again_us;
        int64_t wait_ms = (due_us - boottime_us() + 999) / 1000;
        wait_ms = wait_ms < 0 ? 0 : wait_ms > 3600000 ? 3600000 : wait_ms;
        int count = epoll_wait(local->watch.epoll, wakes, WAKES, (int)wait_ms);
        stay = serve_wakes(local, wakes, count);
        if (boottime_us() >= again_us) {
            local_watch_again(&local->watch);
            again_us = boottime_us() + LOOK_AGAIN_MS * 1000;
        }
        if (boottime_us() >= alive_us) {
            local_watch_alive(&local->watch);
            alive_us = boottime_us() + local->setup.alive_ms * 1000;
        }
    }
    return NULL;
}

static bool read_stream(int folder, const char *name, uint64_t offset, struct buf *out,
                        bool *ret_all, struct err *err)
{
    int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    *ret_all = file < 0 && errno == ENOENT;
    if (*ret_all)
        return true;
    bool ok = file >= 0 && offset <= INT64_MAX;
    while (ok && !*ret_all && out->len < out->limit) {
        size_t room = out->limit - out->len, before = out->len;
        size_t piece = room < READ_PIECE ? room : READ_PIECE;
        ssize_t got = pread(file, buf_extend(out, piece), piece, (off_t)offset);
        ok = got >= 0 || errno == EINTR;
        *ret_all = got == 0;
        got = got > 0 ? got : 0;
        out->len = before + (size_t)got;
        offset += (uint64_t)got;
    }
    int failed = errno;
    if (file >= 0)
        close(file);
    return ok ? true : err_set(err, "output: %s: cannot be read: %s", name, strerror(failed));
}

// Whether it has ended is asked before the bytes are read, so that none come after.
static bool local_output(struct engine *engine, uint64_t job, uint32_t attempt,
                         enum engine_stream stream, uint64_t offset, struct buf *out, bool *ret_end,
                         struct err *err)
{
    struct local *local = local_of(engine);
    int folder = attempt_open(local->setup.data, (struct attempt_id){job, attempt});
    if (folder < 0 && errno == ENOENT) {
        *ret_end = false;
        return true;
    }
    if (folder < 0)
        return err_set(err, "output of job-%llu: %s", (unsigned long long)job, strerror(errno));
    bool ended = attempt_file_exists(folder, attempt_end_form.file), all = false;
    bool ok = read_stream(folder, stream == ENGINE_STDOUT ? "out" : "err", offset, out, &all, err);
    close(folder);
    if (ok)
        *ret_end = ended && all;
    return ok;
}

static void local_limits(struct engine *engine, struct buf *out)
{
    local_setup_limits(&local_of(engine)->setup, out);
}

static void free_local(struct local *local)
{
    local_watch_finish(&local->watch);
    for (struct call *call = local->first, *next; call; call = next) {
        next = call->next;
        free(call);
    }
    if (local->calls_waiting >= 0)
        close(local->calls_waiting);
    if (local->lock >= 0)
        close(local->lock);
    pthread_mutex_destroy(&local->mutex);
    free(local);
}

static void local_destroy(struct engine *engine)
{
    if (!engine)
        return;
    post(engine, &(struct call){.kind = CALL_LEAVE});
    pthread_join(local_of(engine)->thread, NULL);
    free_local(local_of(engine));
}

// One engine a data directory: two would take up the same attempts.
static bool take_engine_lock(struct local *local, struct err *err)
{
    char path[ATTEMPT_PATH_MAX];
    snprintf(path, sizeof path, "%s/jobs/engine.lock", local->setup.data);
    local->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    long holder;
    enum file_lock_answer answer =
        local->lock < 0 ? FILE_LOCK_FAILED : file_lock_take(local->lock, &holder);
    if (answer == FILE_LOCK_HELD)
        return err_set(err, "%s: another server uses this data directory: process %ld", path,
                       holder);
    if (answer == FILE_LOCK_FAILED)
        return err_set(err, "%s: %s", path, strerror(errno));
    return true;
}

static bool set_up(struct local *local, const struct local_options *options,
                   struct engine_sink sink, struct err *err)
{
    if (!local_setup_make(options, &local->setup, err) || !take_engine_lock(local, err) ||
        !local_watch_init(&local->watch, &local->setup, sink, err) ||
        !local_setup_choose(options->way, &local->setup, &local->watch, err))
        return false;
    local->ops.name = local->setup.container ? "container" : "process";
    local->calls_waiting = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = LOCAL_WAKE_CALL};
    if (local->calls_waiting < 0 ||
        epoll_ctl(local->watch.epoll, EPOLL_CTL_ADD, local->calls_waiting, &event) != 0)
        return err_set(err, "eventfd: %s", strerror(errno));
    int failed = pthread_create(&local->thread, NULL, local_main, local);
    return failed ? err_set(err, "a thread cannot be made: %s", strerror(failed)) : true;
}

bool local_create(const struct local_options *options, struct engine_sink sink,
                  struct engine **ret_engine, struct err *err)
{
    static const struct engine_ops ops = {.start = local_start,
                                          .adopt = local_adopt,
                                          .stop = local_stop,
                                          .pause = local_pause,
                                          .resume = local_resume,
                                          .cap = local_cap,
                                          .forget = local_forget,
                                          .drop = local_drop,
                                          .output = local_output,
                                          .limits = local_limits,
                                          .destroy = local_destroy};
    struct local *local = calloc(1, sizeof *local);
    must(local);
    local->ops = ops;
    local->engine.ops = &local->ops;
    local->calls_waiting = local->lock = -1;
    local->watch = (struct local_watch){.epoll = -1, .inotify = -1, .trash = {.folder = -1}};
    local->last = &local->first;
    pthread_mutex_init(&local->mutex, NULL);
    sigset_t all, before; // signals are for the main thread, not for those made here
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = set_up(local, options, sink, err);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (ok) {
        *ret_engine = &local->engine;
        return true;
    }
    free_local(local);
    return err_add(err, "engine");
}
