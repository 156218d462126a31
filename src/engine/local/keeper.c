#include "engine/local/keeper.h"
#include "engine/local/container/container.h"
#include "engine/local/keep/keeper_meter.h"
#include "engine/local/keep/keeper_stream.h"
#include "engine/local/keep/leftover.h"
#include "engine/local/keep/process.h"
#include "engine/local/keep/undertaker.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SHUTDOWN_GRACE_MS = 5000, // SIGTERM to the keeper itself: the host goes down
    KILL_PATIENCE_MS = 30000,
    RUNC_PATIENCE_MS = 10000, // a container that has ended, and runc that has not
    LAST_PUMPS = 64, // of 1 MiB: more than a pipe can hold, and an end where a writer has none
    END_TRIES = 600  // a second apart, for a disk that comes back
};

struct keeper {
    int folder, signals, watch;
    char path[ATTEMPT_PATH_MAX];
    struct attempt_request request;
    struct buf spec_text;
    struct arena arena;
    struct spec spec;
    struct keeper_stream out, error;
    struct command command;
    bool began, news_over, reaped, told_end;
    int wait_status;             // how the command ended
    int child_status;            // how command.pid ended
    struct command_news failure; // event COMMAND_FAILED when it was told
    bool stop_wanted;            // SIGTERM is due or sent
    int64_t kill_us;             // 0: not asked
    int64_t alive_us;            // the next heartbeat
    int64_t started_us, ended_us;
    bool pause_wanted;
    int64_t paused_us, stood_us; // since when it stands, 0: it runs; and how long it stood before
    struct keeper_meter meter;
    struct attempt_start start;
    struct attempt_end end;
    pthread_t scribe;
    bool scribing;
    atomic_bool scribe_may_stop;
};

static struct command_plan plan_of(const struct keeper *keeper)
{
    return (struct command_plan){.request = &keeper->request,
                                 .spec = &keeper->spec,
                                 .folder = keeper->folder,
                                 .path = keeper->path,
                                 .out = keeper->out.writer,
                                 .error = keeper->error.writer};
}

// What the attempt has used so far.
static void measure(struct keeper *keeper, int64_t now_us)
{
    int64_t stands_us = keeper->paused_us ? now_us - keeper->paused_us : 0;
    int64_t stood_us = keeper->stood_us + (stands_us > 0 ? stands_us : 0);
    int64_t ran_us = now_us - keeper->started_us - stood_us;
    keeper->end.usage.ran_ms = ran_us > 0 ? ran_us / 1000 : 0;
    keeper_meter_read(&keeper->meter, &keeper->request, now_us, &keeper->end.usage);
}

// The folder's own names become durable before start.json says that the command runs.
static bool write_start(struct keeper *keeper, struct err *err)
{
    int job = openat(keeper->folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int jobs = job >= 0 ? openat(job, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool ok =
        job >= 0 && jobs >= 0 && fsync(keeper->folder) == 0 && fsync(job) == 0 && fsync(jobs) == 0;
    if (job >= 0)
        close(job);
    if (jobs >= 0)
        close(jobs);
    if (!ok)
        return err_set(err, "start.json: fsync of its folder: %s", strerror(errno));
    return attempt_save(keeper->folder, &attempt_start_form, &keeper->start, true, err);
}

// A thread, so that a slow disk does not hold the command's output.
static void *scribe_main(void *context)
{
    struct keeper *keeper = context;
    struct err err;
    for (int tries = 0; !write_start(keeper, &err) && tries < END_TRIES; tries++) {
        if (keeper->scribe_may_stop)
            break;
        sleep(1);
    }
    return NULL;
}

// A pid that was reaped may be someone else's by now.
static void send_signal(struct keeper *keeper, int number)
{
    if (keeper->request.container)
        container_signal(keeper->folder, &keeper->command, number);
    if (keeper->reaped || (keeper->request.container && number != SIGKILL))
        return;
    if (kill(-keeper->command.pid, number) != 0)
        kill(keeper->command.pid, number); // it has not made its session yet, or is runc
}

// Stands still, or goes on, as it is wished; the heartbeat is due at once.
static void serve_pause(struct keeper *keeper)
{
    bool wanted = keeper->pause_wanted && !keeper->stop_wanted;
    bool over = keeper->told_end || (keeper->reaped && !keeper->request.container);
    if (!keeper->began || over || wanted == (keeper->paused_us != 0))
        return;
    int64_t now_us = boottime_us();
    leftover_pause_descendants(wanted);
    keeper->stood_us += keeper->paused_us ? now_us - keeper->paused_us : 0;
    keeper->paused_us = wanted ? now_us : 0;
    keeper->alive_us = now_us;
}

static void command_began(struct keeper *keeper)
{
    keeper->began = true;
    keeper->alive_us = boottime_us() + keeper->request.heartbeat_ms * 1000;
    keeper->start = (struct attempt_start){.command_pid = keeper->command.pid,
                                           .command_ticks = leftover_ticks(keeper->command.pid),
                                           .started_us = keeper->started_us};
    boot_id_read(keeper->start.boot_id);
    keeper_meter_start(&keeper->meter, &keeper->request, keeper->started_us);
    keeper->scribing = pthread_create(&keeper->scribe, NULL, scribe_main, keeper) == 0;
    if (keeper->stop_wanted)
        send_signal(keeper, SIGTERM);
    serve_pause(keeper);
}

// A plain process says BEGAN just before execve: that it succeeded is told by the end of the news.
static void take_news(struct keeper *keeper, const struct command_news *news)
{
    int64_t now_us = boottime_us();
    int64_t time_us = news->time_us < now_us ? news->time_us : now_us;
    if (news->event == COMMAND_FAILED) {
        keeper->failure = *news;
    } else if (news->event == COMMAND_BEGAN && keeper->started_us == 0) {
        keeper->started_us = time_us;
        if (keeper->request.container)
            command_began(keeper);
    } else if (news->event == COMMAND_ENDED && keeper->began) {
        keeper->told_end = true;
        keeper->wait_status = news->value;
        keeper->ended_us = time_us > keeper->started_us ? time_us : keeper->started_us;
    }
}

static void read_news(struct keeper *keeper)
{
    struct command_news news;
    ssize_t got = read(keeper->command.news, &news, sizeof news);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got == sizeof news)
        return take_news(keeper, &news);
    keeper->news_over = true;
    close(keeper->command.news);
    keeper->command.news = -1;
    if (!keeper->request.container && keeper->started_us && keeper->failure.event != COMMAND_FAILED)
        command_began(keeper);
}

static void reap(struct keeper *keeper)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid != keeper->command.pid)
            continue;
        keeper->reaped = true;
        keeper->child_status = status;
        if (!keeper->request.container) {
            keeper->wait_status = status;
            keeper->ended_us = boottime_us();
        }
    }
}

static void ask_to_stop(struct keeper *keeper, int64_t grace_ms)
{
    int64_t kill_us;
    if (__builtin_mul_overflow(grace_ms, 1000, &kill_us) ||
        __builtin_add_overflow(kill_us, boottime_us(), &kill_us))
        kill_us = INT64_MAX;
    if (keeper->kill_us == 0 || kill_us < keeper->kill_us)
        keeper->kill_us = kill_us;
    keeper->stop_wanted = true;
    serve_pause(keeper); // what stands still hears nothing
    if (keeper->began)
        send_signal(keeper, grace_ms > 0 ? SIGTERM : SIGKILL);
}

static void read_stop(struct keeper *keeper)
{
    struct attempt_stop stop;
    struct err err;
    bool absent;
    if (!attempt_load(keeper->folder, &attempt_stop_form, &stop, &absent, &err))
        stop.grace_ms = 0; // only this user writes here: whoever it was wanted it to stop
    else if (absent)
        return;
    ask_to_stop(keeper, stop.grace_ms);
}

static void read_pause(struct keeper *keeper)
{
    struct attempt_pause pause;
    struct err err;
    bool absent;
    if (!attempt_load(keeper->folder, &attempt_pause_form, &pause, &absent, &err) || absent)
        return; // it runs on: nobody but this user writes here
    keeper->pause_wanted = pause.paused;
    serve_pause(keeper);
}

static bool drain_signals(const struct keeper *keeper)
{
    struct signalfd_siginfo info;
    bool terminated = false;
    while (read(keeper->signals, &info, sizeof info) == sizeof info)
        terminated = terminated || info.ssi_signo == SIGTERM;
    return terminated;
}

// Every file that is replaced shows here; only two of them are wishes.
static bool drain_watch(const struct keeper *keeper)
{
    _Alignas(struct inotify_event) char bytes[4096];
    bool wished = false;
    for (ssize_t got; (got = read(keeper->watch, bytes, sizeof bytes)) > 0;) {
        const struct inotify_event *event;
        for (ssize_t at = 0; at < got; at += (ssize_t)(sizeof *event + event->len)) {
            event = (const struct inotify_event *)(bytes + at);
            wished = wished || (event->mask & IN_Q_OVERFLOW) ||
                     (event->len && (strcmp(event->name, attempt_stop_form.file) == 0 ||
                                     strcmp(event->name, attempt_pause_form.file) == 0));
        }
    }
    return wished;
}

static int next_wait_ms(const struct keeper *keeper)
{
    int64_t due_us = INT64_MAX, now_us = boottime_us();
    if (keeper->began && !keeper->told_end)
        due_us = keeper->alive_us;
    if (keeper->kill_us && keeper->kill_us < due_us)
        due_us = keeper->kill_us;
    if (due_us == INT64_MAX)
        return -1;
    int64_t wait_ms = due_us <= now_us ? 0 : (due_us - now_us + 999) / 1000;
    return wait_ms > 3600000 ? 3600000 : (int)wait_ms;
}

static void serve_timers(struct keeper *keeper)
{
    struct err err;
    int64_t now_us = boottime_us();
    // A plain process closes its news by beginning; only runc must end when they are over.
    bool runc_lingers = keeper->request.container && keeper->news_over && !keeper->reaped;
    if (runc_lingers && keeper->kill_us == 0)
        keeper->kill_us = now_us + RUNC_PATIENCE_MS * 1000;
    if (keeper->kill_us && now_us >= keeper->kill_us) {
        send_signal(keeper, SIGKILL);
        keeper->kill_us = now_us + 1000000; // again, should a container be slow to begin
    }
    if (keeper->began && now_us >= keeper->alive_us) {
        measure(keeper, now_us);
        keeper->alive_us = now_us + keeper->request.heartbeat_ms * 1000;
        // A heartbeat that cannot be written is made up for by the next one.
        attempt_save(keeper->folder, &attempt_usage_form, &keeper->end.usage, false, &err);
    }
}

static void serve_stream(struct keeper_stream *stream, short events)
{
    if (events && !keeper_stream_pump(stream) && stream->pipe >= 0) {
        close(stream->pipe);
        stream->pipe = -1;
    }
}

// Until the command has ended and has been reaped.
static void serve(struct keeper *keeper)
{
    while (!keeper->reaped || !keeper->news_over) {
        struct pollfd polls[] = {
            {keeper->out.pipe,     POLLIN, 0},
            {keeper->error.pipe,   POLLIN, 0},
            {keeper->signals,      POLLIN, 0},
            {keeper->watch,        POLLIN, 0},
            {keeper->command.news, POLLIN, 0}
        };
        poll(polls, 5, next_wait_ms(keeper));
        serve_stream(&keeper->out, polls[0].revents);
        serve_stream(&keeper->error, polls[1].revents);
        bool terminated = drain_signals(keeper);
        if (polls[4].revents)
            read_news(keeper);
        reap(keeper);
        if (drain_watch(keeper)) {
            read_pause(keeper);
            read_stop(keeper);
        }
        if (terminated)
            ask_to_stop(keeper, SHUTDOWN_GRACE_MS);
        serve_timers(keeper);
    }
}

static void judge_end(struct keeper *keeper)
{
    struct attempt_end *end = &keeper->end;
    bool out_of_memory = keeper->request.container && container_ran_out_of_memory(&keeper->request);
    if (!keeper->began) {
        if (keeper->stop_wanted)
            snprintf(end->text, sizeof end->text, "stopped before it began");
        else if (keeper->failure.event == COMMAND_FAILED)
            command_failure_text(&keeper->spec, &keeper->failure, end->text, sizeof end->text);
        else
            container_failure_text(keeper->folder, end->text, sizeof end->text);
        end->end = ENGINE_NOT_STARTED;
        return;
    }
    if (keeper->request.container && !keeper->told_end)
        keeper->wait_status = SIGKILL; // its first process was killed with all below it
    int status = keeper->wait_status;
    end->end = WIFSIGNALED(status) ? ENGINE_SIGNALLED : ENGINE_EXITED;
    end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end->code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    if (out_of_memory && !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
        end->end = ENGINE_OUT_OF_MEMORY;
}

// Who asked looks into the output first: why nothing ran stands in the command's place.
static void tell_why(const struct keeper *keeper)
{
    int file = openat(keeper->folder, "err", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return;
    dprintf(file, "tatara: %s\n", keeper->end.text);
    close(file);
}

static void save_end(struct keeper *keeper)
{
    struct err err;
    struct stat folder;
    if (keeper->end.end == ENGINE_NOT_STARTED && keeper->end.text[0])
        tell_why(keeper);
    boot_id_read(keeper->end.boot_id);
    for (int tries = 0; tries < END_TRIES; tries++) {
        if (attempt_save(keeper->folder, &attempt_end_form, &keeper->end, true, &err))
            return;
        if (fstat(keeper->folder, &folder) != 0 || folder.st_nlink == 0)
            break; // someone removed it: there is nobody to tell
        sleep(1);
    }
    fprintf(stderr, "keeper: %s: %s\n", keeper->path, err.text);
}

static void finish(struct keeper *keeper)
{
    if (keeper->ended_us == 0)
        keeper->ended_us = boottime_us();
    leftover_kill_descendants(KILL_PATIENCE_MS);
    for (int i = 0; i < LAST_PUMPS; i++) {
        keeper_stream_pump(&keeper->out);
        keeper_stream_pump(&keeper->error);
    }
    judge_end(keeper);
    if (keeper->began)
        measure(keeper, keeper->ended_us);
    keeper_meter_finish(&keeper->meter);
    keeper->end.dropped_out = keeper->out.dropped;
    keeper->end.dropped_err = keeper->error.dropped;
    keeper_stream_finish(&keeper->out, keeper->began);
    keeper_stream_finish(&keeper->error, keeper->began);
    struct command_plan plan = plan_of(keeper);
    if (keeper->request.container)
        container_remove(&plan);
    keeper->scribe_may_stop = true;
    if (keeper->scribing)
        pthread_join(keeper->scribe, NULL);
    save_end(keeper);
}

static bool run(struct keeper *keeper, struct err *err)
{
    if (!keeper_stream_open(&keeper->out, keeper->folder, "out", keeper->request.output_bytes_max,
                            err) ||
        !keeper_stream_open(&keeper->error, keeper->folder, "err", keeper->request.output_bytes_max,
                            err))
        return false;
    keeper_meter_init(&keeper->meter, &keeper->request);
    struct command_plan plan = plan_of(keeper);
    bool started = keeper->request.container ? container_start(&plan, &keeper->command, err)
                                             : process_start(&plan, &keeper->command, err);
    if (!started)
        return false;
    close(keeper->out.writer);
    close(keeper->error.writer);
    keeper->out.writer = keeper->error.writer = -1;
    serve(keeper);
    return true;
}

// Blocks what is read by the descriptor, and lets a closed terminal or pipe not end the keeper.
static bool set_up_process(struct keeper *keeper, struct err *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_SETMASK, &set, NULL);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    umask(077);
    setsid(); // already so when the engine started us
    keeper->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    keeper->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (keeper->signals < 0 || keeper->watch < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
        return err_set(err, "set-up: %s", strerror(errno));
    return true;
}

// The lock comes with us from the engine; by hand we take it.
static bool hold_lock(int folder)
{
    struct stat handed, wanted;
    if (fstat(KEEPER_LOCK_DESCRIPTOR, &handed) == 0 &&
        fstatat(folder, "lock", &wanted, AT_SYMLINK_NOFOLLOW) == 0 &&
        handed.st_ino == wanted.st_ino && handed.st_dev == wanted.st_dev)
        return fcntl(KEEPER_LOCK_DESCRIPTOR, F_SETFD, FD_CLOEXEC) == 0;
    int lock;
    return attempt_lock(folder, &lock) == ATTEMPT_LOCK_TAKEN;
}

static bool load(struct keeper *keeper, struct err *err)
{
    bool absent;
    if (!attempt_load(keeper->folder, &attempt_request_form, &keeper->request, &absent, err))
        return false;
    if (absent)
        return err_set(err, "request.json is not there");
    if (!attempt_file_read(keeper->folder, "spec.json", &keeper->spec_text, &absent, err))
        return false;
    return spec_parse(buf_str(&keeper->spec_text), &keeper->arena, &keeper->spec, err);
}

// From here on the attempt has been begun. The watch stands before the first look for a wish to
// stop, so that none falls between.
static bool begin(struct keeper *keeper, struct err *err)
{
    struct attempt_keeper self = {.keeper_pid = getpid()};
    boot_id_read(self.boot_id);
    int reserved =
        openat(keeper->folder, "end.json.new", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    int failed = reserved < 0 ? errno : posix_fallocate(reserved, 0, ATTEMPT_END_RESERVED);
    if (reserved >= 0)
        close(reserved);
    if (failed)
        return err_set(err, "no room for the attempt's end: %s", strerror(failed));
    if (!attempt_save(keeper->folder, &attempt_keeper_form, &self, false, err))
        return false;
    if (inotify_add_watch(keeper->watch, keeper->path, IN_MOVED_TO) < 0)
        return err_set(err, "inotify: %s", strerror(errno));
    read_pause(keeper);
    read_stop(keeper);
    return keeper->stop_wanted ? err_set(err, "stopped before it began") : true;
}

static void keep_attempt(struct keeper *keeper)
{
    struct err err = {{0}};
    if (load(keeper, &err) && begin(keeper, &err) && run(keeper, &err))
        return finish(keeper);
    keeper_stream_finish(&keeper->out, false);
    keeper_stream_finish(&keeper->error, false);
    keeper->end.end = ENGINE_NOT_STARTED;
    snprintf(keeper->end.text, sizeof keeper->end.text, "%.*s", (int)sizeof keeper->end.text - 1,
             err.text);
    save_end(keeper);
}

static int keep(struct keeper *keeper)
{
    struct err err;
    if (!hold_lock(keeper->folder) || attempt_file_exists(keeper->folder, attempt_end_form.file))
        return 0;
    if (!set_up_process(keeper, &err)) {
        fprintf(stderr, "keeper: %s\n", err.text);
        return 1;
    }
    if (!attempt_file_exists(keeper->folder, attempt_keeper_form.file)) {
        keep_attempt(keeper);
        return 0;
    }
    if (!undertaker_run(keeper->folder, keeper->path, &err)) {
        fprintf(stderr, "keeper: %s\n", err.text);
        return 1;
    }
    return 0;
}

static bool name_folder(const char *path, char ret_path[ATTEMPT_PATH_MAX])
{
    char *whole = realpath(path, NULL);
    bool fits = whole && str_copy(str_from(whole), ret_path, ATTEMPT_PATH_MAX);
    free(whole);
    return fits;
}

int keeper_main(const char *attempt_folder)
{
    static struct keeper keeper; // one a process, and large
    keeper = (struct keeper){
        .out = {.pipe = -1, .writer = -1, .file = -1},
        .error = {.pipe = -1, .writer = -1, .file = -1}
    };
    close_range(KEEPER_LOCK_DESCRIPTOR + 1, ~0U, 0);
    keeper.folder = open(attempt_folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (keeper.folder < 0 || !name_folder(attempt_folder, keeper.path)) {
        fprintf(stderr, "keeper: %s: %s\n", attempt_folder, strerror(errno));
        return 1;
    }
    buf_init(&keeper.spec_text, SPEC_BYTES_MAX);
    arena_init(&keeper.arena, SPEC_ARENA_MAX);
    int status = keep(&keeper);
    arena_finish(&keeper.arena);
    buf_finish(&keeper.spec_text);
    return status;
}
