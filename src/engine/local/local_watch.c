#include "engine/local/progress.h"
#include "engine/local/local_watch.h"
#include "base/log.h"
#include "base/must.h"
#include "engine/local/local_request.h"
#include "engine/local/local_spawn.h"
#include "engine/local/spec.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SPAWNS_MAX = 5,  // of one attempt, so that a broken keeper is not started for ever
    UNREAD_MAX = 100 // looks at an end that cannot be read, some 10 s: descriptors may be short
};

static void close_folder(const int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
}
#define AUTO_CLOSE __attribute__((cleanup(close_folder)))

bool local_watch_init(struct local_watch *watch, const struct local_setup *setup,
                      struct engine_sink sink, struct err *err)
{
    *watch = (struct local_watch){.setup = setup, .sink = sink, .trash = {.folder = -1}};
    watch->epoll = epoll_create1(EPOLL_CLOEXEC);
    watch->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch->epoll < 0 || watch->inotify < 0)
        return err_set(err, "epoll, inotify: %s", strerror(errno));
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = LOCAL_WAKE_FILES};
    if (epoll_ctl(watch->epoll, EPOLL_CTL_ADD, watch->inotify, &event) != 0)
        return err_set(err, "epoll: %s", strerror(errno));
    return local_trash_init(&watch->trash, setup->data, err);
}

static void let_go(struct local_watch *watch, struct watched *attempt)
{
    if (attempt->inotify_watch >= 0)
        inotify_rm_watch(watch->inotify, attempt->inotify_watch);
    if (attempt->keeper >= 0)
        close(attempt->keeper);
    attempt->inotify_watch = attempt->keeper = -1;
    attempt->look_again = false;
}

void local_watch_finish(struct local_watch *watch)
{
    local_trash_finish(&watch->trash);
    for (size_t i = 0; i < watch->count; i++)
        let_go(watch, &watch->attempts[i]);
    free(watch->attempts);
    if (watch->inotify >= 0)
        close(watch->inotify);
    if (watch->epoll >= 0)
        close(watch->epoll);
}

static struct watched *find(const struct local_watch *watch, struct attempt_id id)
{
    for (size_t i = 0; i < watch->count; i++)
        if (watch->attempts[i].id.job == id.job && watch->attempts[i].id.attempt == id.attempt)
            return &watch->attempts[i];
    return NULL;
}

static struct watched *add(struct local_watch *watch, struct attempt_id id)
{
    if (watch->count == watch->room) {
        watch->room = watch->room ? watch->room * 2 : 64;
        watch->attempts = realloc(watch->attempts, watch->room * sizeof *watch->attempts);
        must(watch->attempts);
    }
    struct watched *attempt = &watch->attempts[watch->count++];
    *attempt = (struct watched){
        .id = id,
        .inotify_watch = -1,
        .keeper = -1,
        .last = {.job = id.job, .attempt = id.attempt}
    };
    return attempt;
}

// What is said of an attempt's use never falls, whatever its files say.
static void report_use(struct watched *attempt, const struct attempt_usage *usage, int folder)
{
    struct engine_report *last = &attempt->last;
    last->ran_ms = usage->ran_ms > last->ran_ms ? usage->ran_ms : last->ran_ms;
    last->energy_j = usage->energy_j > last->energy_j ? usage->energy_j : last->energy_j;
    last->energy = (enum engine_energy)usage->energy;
    last->cpu_ms = usage->cpu_ms;
    last->memory_peak_bytes = usage->memory_peak_bytes;
    int64_t saved_ms = folder >= 0 ? progress_read(folder) : 0;
    last->saved_ms = saved_ms > last->saved_ms ? saved_ms : last->saved_ms;
}

static void report(struct local_watch *watch, struct watched *attempt, enum engine_report_kind kind)
{
    attempt->last.kind = kind;
    watch->sink.report(watch->sink.context, &attempt->last);
}

static void report_start(struct local_watch *watch, struct watched *attempt)
{
    if (attempt->started)
        return;
    attempt->started = true;
    report(watch, attempt, ENGINE_STARTED);
}

static void report_end(struct local_watch *watch, struct watched *attempt,
                       const struct attempt_end *end)
{
    AUTO_CLOSE int folder = attempt_open(watch->setup->data, attempt->id);
    report_use(attempt, &end->usage, folder);
    attempt->last.end = (enum engine_end)end->end;
    attempt->last.code = (int32_t)end->code;
    attempt->last.signal = (int32_t)end->signal;
    memcpy(attempt->last.text, end->text, sizeof attempt->last.text);
    attempt->ended = true;
    let_go(watch, attempt);
    report(watch, attempt, ENGINE_ENDED);
}

// Ends an attempt ourselves, because no keeper can. When not even that can be written it is
// reported all the same: the core waits for it.
static void end_here(struct local_watch *watch, struct watched *attempt, enum engine_end how,
                     const char *text)
{
    struct attempt_end end = {.end = how};
    struct err err;
    AUTO_CLOSE int folder = attempt_open(watch->setup->data, attempt->id);
    boot_id_read(end.boot_id);
    snprintf(end.text, sizeof end.text, "%s", text);
    if (folder < 0 || !attempt_save(folder, &attempt_end_form, &end, true, &err))
        log_line(LOG_ERROR, "engine", "job-%llu: its end cannot be written: %s",
                 (unsigned long long)attempt->id.job, folder < 0 ? strerror(errno) : err.text);
    report_end(watch, attempt, &end);
}

// Reports what the folder says; true when the attempt has ended, also when that is not yet told.
static bool look(struct local_watch *watch, struct watched *attempt, int folder)
{
    struct attempt_start start;
    struct attempt_end end;
    struct err err;
    bool absent;
    if (attempt->ended)
        return true;
    if (attempt_load(folder, &attempt_start_form, &start, &absent, &err) && !absent)
        report_start(watch, attempt);
    bool readable = attempt_load(folder, &attempt_end_form, &end, &absent, &err);
    if (readable && absent)
        return false;
    if (!readable && ++attempt->unread < UNREAD_MAX) {
        attempt->look_again = true;
        return true;
    }
    if (!readable) // no keeper will write another
        end = (struct attempt_end){.end = ENGINE_LOST, .text = "its end.json cannot be read"};
    report_end(watch, attempt, &end);
    return true;
}

static bool watch_pidfd(struct local_watch *watch, struct watched *attempt, int keeper)
{
    struct epoll_event event = {.events = EPOLLIN,
                                .data.u64 = LOCAL_WAKE_KEEPER + (uint64_t)keeper};
    if (keeper < 0 || epoll_ctl(watch->epoll, EPOLL_CTL_ADD, keeper, &event) != 0) {
        if (keeper >= 0)
            close(keeper);
        return false;
    }
    attempt->keeper = keeper;
    return true;
}

// The keeper is told by its number first, then the lock says whether it still lives; so a number
// that went to another process cannot fool us.
static bool watch_keeper(struct local_watch *watch, struct watched *attempt, int folder)
{
    struct attempt_keeper keeper;
    struct err err;
    bool absent;
    int lock;
    if (!attempt_load(folder, &attempt_keeper_form, &keeper, &absent, &err) || absent ||
        keeper.keeper_pid < 1)
        return false;
    int process = pidfd_open((pid_t)keeper.keeper_pid, 0);
    if (process < 0)
        return false;
    enum attempt_lock_answer answer = attempt_lock(folder, &lock);
    if (answer == ATTEMPT_LOCK_HELD)
        return watch_pidfd(watch, attempt, process);
    if (answer == ATTEMPT_LOCK_TAKEN)
        close(lock);
    close(process);
    return false;
}

static void spawn_keeper(struct local_watch *watch, struct watched *attempt, int folder, int lock)
{
    char path[ATTEMPT_PATH_MAX];
    struct err err;
    int keeper = -1;
    bool begun = attempt_file_exists(folder, attempt_keeper_form.file);
    enum engine_end how = begun ? ENGINE_LOST : ENGINE_NOT_STARTED;
    attempt_path(watch->setup->data, attempt->id, path);
    if (attempt->spawns++ == SPAWNS_MAX)
        return end_here(watch, attempt, how, "its keeper fails again and again; see keeper.log");
    if (!local_spawn(watch->setup->keeper_argv, path, folder, lock, &keeper, &err))
        return end_here(watch, attempt, how, err.text);
    if (!watch_pidfd(watch, attempt, keeper))
        attempt->look_again = true;
}

// Before the first look, so that nothing falls between.
static void watch_files(struct local_watch *watch, struct watched *attempt)
{
    char path[ATTEMPT_PATH_MAX];
    attempt_path(watch->setup->data, attempt->id, path);
    if (attempt->inotify_watch < 0)
        attempt->inotify_watch = inotify_add_watch(watch->inotify, path, IN_MOVED_TO | IN_ONLYDIR);
    if (attempt->inotify_watch < 0)
        attempt->look_again = true;
}

static bool write_request(const struct local_watch *watch, int folder,
                          const struct engine_start *start, struct err *err)
{
    static struct attempt_request request; // large; one thread
    struct arena arena;
    struct spec spec;
    arena_init(&arena, SPEC_ARENA_MAX);
    bool ok = spec_parse(start->spec, &arena, &spec, err) &&
              local_request_make(watch->setup, start, &request, err) &&
              attempt_file_write(folder, "spec.json", start->spec, false, err) &&
              attempt_save(folder, &attempt_request_form, &request, false, err);
    arena_finish(&arena);
    return ok;
}

// See the head of the header. `start` is NULL when nobody asked just now.
static void take_up(struct local_watch *watch, struct watched *attempt,
                    const struct engine_start *start)
{
    struct err err;
    int lock_descriptor = -1;
    AUTO_CLOSE int folder = attempt_open(watch->setup->data, attempt->id);
    attempt->look_again = false;
    if (folder < 0)
        return end_here(watch, attempt, ENGINE_NOT_STARTED, "its folder cannot be opened");
    watch_files(watch, attempt);
    if (look(watch, attempt, folder))
        return;
    enum attempt_lock_answer answer = attempt_lock(folder, &lock_descriptor);
    AUTO_CLOSE int lock = lock_descriptor;
    if (answer != ATTEMPT_LOCK_TAKEN) {
        attempt->look_again = !watch_keeper(watch, attempt, folder);
        return;
    }
    if (look(watch, attempt, folder)) // it may have ended just before the lock came free
        return;
    bool asked = attempt_file_exists(folder, attempt_request_form.file) ||
                 attempt_file_exists(folder, attempt_keeper_form.file);
    if (!asked && !start)
        return; // claimed, and no more: the core will ask again
    if (!asked && !write_request(watch, folder, start, &err))
        return end_here(watch, attempt, ENGINE_NOT_STARTED, err.text);
    spawn_keeper(watch, attempt, folder, lock);
}

void local_watch_adopt(struct local_watch *watch)
{
    char path[ATTEMPT_PATH_MAX];
    snprintf(path, sizeof path, "%s/jobs/open", watch->setup->data);
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (const struct dirent *entry; (entry = readdir(dir));) {
        struct attempt_id id;
        struct err err;
        if (!attempt_id_parse(str_from(entry->d_name), &id) || id.job == 0)
            continue; // 0 is the trial of an engine that was killed at it
        int folder = attempt_open(watch->setup->data, id);
        if (folder < 0) // claimed half: the mark is made before the folder
            attempt_unmark(watch->setup->data, id, &err);
        else
            take_up(watch, add(watch, id), NULL);
        if (folder >= 0)
            close(folder);
    }
    closedir(dir);
}

static struct watched *claim(struct local_watch *watch, struct attempt_id id)
{
    struct err err;
    bool fresh;
    bool claimed = attempt_claim(watch->setup->data, id, &fresh, &err);
    struct watched *attempt = add(watch, id);
    if (claimed)
        return attempt;
    end_here(watch, attempt, ENGINE_NOT_STARTED, err.text);
    return NULL;
}

void local_watch_start(struct local_watch *watch, const struct engine_start *start)
{
    struct attempt_id id = {start->job, start->attempt};
    struct watched *attempt = find(watch, id);
    if (attempt && (attempt->ended || attempt->keeper >= 0))
        return; // all that is known has been reported
    if (!attempt)
        attempt = claim(watch, id);
    if (attempt)
        take_up(watch, attempt, start);
}

void local_watch_stop(struct local_watch *watch, struct attempt_id id, int64_t grace_ms)
{
    struct err err;
    struct attempt_stop stop = {.grace_ms = grace_ms < 0 ? 0 : grace_ms};
    struct watched *attempt = find(watch, id);
    if (!attempt) {
        attempt = claim(watch, id);
        if (!attempt)
            return;
        take_up(watch, attempt, NULL);
    }
    if (attempt->ended)
        return;
    AUTO_CLOSE int folder = attempt_open(watch->setup->data, id);
    if (folder >= 0 && !attempt_file_exists(folder, attempt_request_form.file))
        return end_here(watch, attempt, ENGINE_NOT_STARTED, "stopped before it was started");
    if (folder < 0 || !attempt_save(folder, &attempt_stop_form, &stop, false, &err))
        log_line(LOG_ERROR, "engine", "job-%llu: cannot be stopped: %s", (unsigned long long)id.job,
                 folder < 0 ? strerror(errno) : err.text);
}

// A wish for its keeper; the last one counts. What has no folder has not begun here.
void local_watch_pause(struct local_watch *watch, struct attempt_id id, bool paused)
{
    struct err err = {{0}};
    struct attempt_pause wish = {.paused = paused};
    AUTO_CLOSE int folder = attempt_open(watch->setup->data, id);
    if (folder < 0 || attempt_file_exists(folder, attempt_end_form.file))
        return;
    if (!attempt_save(folder, &attempt_pause_form, &wish, false, &err))
        log_line(LOG_ERROR, "engine", "job-%llu: cannot be paused: %s", (unsigned long long)id.job,
                 err.text);
}

// What has a folder is watched and reported already. What has none did not run on this machine, or
// the journal is older than its folder: it is never started again.
void local_watch_expect(struct local_watch *watch, struct attempt_id id)
{
    struct watched *attempt = find(watch, id);
    if (attempt)
        return;
    attempt = claim(watch, id);
    if (!attempt)
        return;
    AUTO_CLOSE int folder = attempt_open(watch->setup->data, id);
    if (folder >= 0 && attempt_file_exists(folder, attempt_request_form.file))
        return take_up(watch, attempt, NULL);
    end_here(watch, attempt, ENGINE_LOST, "this machine knows nothing of it");
}

// The output and the end stay; what a user gave or made goes.
void local_watch_forget(struct local_watch *watch, struct attempt_id id)
{
    static const char *const files[] = {"request.json", "spec.json", "keeper.json",  "start.json",
                                        "alive.json",   "stop.json", "pause.json",   "keeper.log",
                                        "runc.log",     "pid",       "end.json.new", "lock"};
    static const char *const folders[] = {"work", "bundle", "runc"};
    struct err err = {{0}};
    struct watched *attempt = find(watch, id);
    AUTO_CLOSE int folder = attempt_open(watch->setup->data, id);
    if ((attempt && !attempt->ended) || folder < 0 ||
        !attempt_file_exists(folder, attempt_end_form.file))
        return;
    bool ok = true;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        ok = local_trash_put(&watch->trash, folder, folders[i], &err) && ok;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        unlinkat(folder, files[i], 0);
    if (!ok || !attempt_unmark(watch->setup->data, id, &err))
        log_line(LOG_WARN, "engine", "job-%llu: %s", (unsigned long long)id.job, err.text);
    if (attempt)
        *attempt = watch->attempts[--watch->count];
}

static void revisit(struct local_watch *watch, struct watched *attempt)
{
    AUTO_CLOSE int folder = attempt_open(watch->setup->data, attempt->id);
    if (folder >= 0)
        look(watch, attempt, folder);
}

void local_watch_files(struct local_watch *watch)
{
    _Alignas(struct inotify_event) char bytes[16 * 1024];
    for (ssize_t got; (got = read(watch->inotify, bytes, sizeof bytes)) > 0;) {
        const struct inotify_event *event;
        for (ssize_t at = 0; at < got; at += (ssize_t)(sizeof *event + event->len)) {
            event = (const struct inotify_event *)(bytes + at);
            bool all = event->mask & IN_Q_OVERFLOW;
            bool news = all || (event->len && (strcmp(event->name, "start.json") == 0 ||
                                               strcmp(event->name, "end.json") == 0));
            for (size_t i = 0; news && i < watch->count; i++)
                if (all || watch->attempts[i].inotify_watch == event->wd)
                    revisit(watch, &watch->attempts[i]);
        }
    }
}

void local_watch_keeper(struct local_watch *watch, int keeper)
{
    for (size_t i = 0; i < watch->count; i++) {
        struct watched *attempt = &watch->attempts[i];
        if (attempt->keeper != keeper)
            continue;
        siginfo_t info;
        waitid(P_PIDFD, (id_t)keeper, &info, WEXITED | WNOHANG); // ours, unless adopted
        close(keeper);
        attempt->keeper = -1;
        take_up(watch, attempt, NULL);
        return;
    }
}

void local_watch_again(struct local_watch *watch)
{
    for (size_t i = 0; i < watch->count; i++)
        if (watch->attempts[i].look_again)
            take_up(watch, &watch->attempts[i], NULL);
}

bool local_watch_due(const struct local_watch *watch)
{
    for (size_t i = 0; i < watch->count; i++)
        if (watch->attempts[i].look_again)
            return true;
    return false;
}

void local_watch_alive(struct local_watch *watch)
{
    for (size_t i = 0; i < watch->count; i++) {
        struct watched *attempt = &watch->attempts[i];
        struct attempt_usage usage;
        struct err err;
        bool absent;
        if (attempt->ended || !attempt->started)
            continue;
        AUTO_CLOSE int folder = attempt_open(watch->setup->data, attempt->id);
        if (folder < 0 || !attempt_load(folder, &attempt_usage_form, &usage, &absent, &err) ||
            absent)
            continue;
        report_use(attempt, &usage, folder);
        report(watch, attempt, ENGINE_ALIVE);
    }
}

// Everything of a job, output too. One of its attempts that is still watched keeps it.
void local_watch_drop(struct local_watch *watch, uint64_t job)
{
    struct err err = {{0}};
    char path[ATTEMPT_PATH_MAX], name[32];
    for (size_t i = 0; i < watch->count; i++)
        if (watch->attempts[i].id.job == job)
            return;
    snprintf(path, sizeof path, "%s/jobs", watch->setup->data);
    snprintf(name, sizeof name, "job-%llu", (unsigned long long)job);
    AUTO_CLOSE int jobs = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (jobs < 0 || !local_trash_put(&watch->trash, jobs, name, &err))
        log_line(LOG_WARN, "engine", "%s: its folder stays: %s", name,
                 jobs < 0 ? strerror(errno) : err.text);
}
