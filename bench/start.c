// From a call of start to the first byte of output, and to the report of the end, beside what runc
// itself takes for the same bundle: bench_start DIR, as root for containers.
//
// `runc` is `runc run` of the same config.json with the command itself as first process, from
// before fork to its first byte. Ours and runc's take turns, so that both meet the same machine.
#include "base/must.h"
#include "bench/bench.h"
#include "engine/local/attempt_folder.h"
#include "engine/local/keeper.h"
#include "engine/local/local.h"
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS = 41, TEXT_MAX = 64 * 1024 };

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t came;
    uint64_t ended;
} told = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

static void take_report(void *context, const struct engine_report *report)
{
    (void)context;
    pthread_mutex_lock(&told.mutex);
    if (report->kind == ENGINE_ENDED) {
        must(report->end == ENGINE_EXITED && report->code == 0);
        told.ended = report->job;
        pthread_cond_signal(&told.came);
    }
    pthread_mutex_unlock(&told.mutex);
}

// Waits for what happens in the folder; true when it was a write to `out`.
static bool wrote_output(int watch)
{
    _Alignas(struct inotify_event) char bytes[4096];
    ssize_t got = read(watch, bytes, sizeof bytes);
    must(got > 0);
    const struct inotify_event *event;
    for (ssize_t at = 0; at < got; at += (ssize_t)(sizeof *event + event->len)) {
        event = (const struct inotify_event *)(bytes + at);
        if (event->len && strcmp(event->name, "out") == 0)
            return true;
    }
    return false;
}

static void start_one(struct engine *engine, const char *data, uint64_t job, double *ret_first_ms,
                      double *ret_end_ms)
{
    char path[ATTEMPT_PATH_MAX];
    struct engine_start start = {
        .job = job, .account = 1, .attempt = 1, .spec = S("{\"argv\":[\"echo\",\"hello\"]}")};
    device_set_add(&start.devices, 0);
    snprintf(path, sizeof path, "%s/jobs/job-%llu", data, (unsigned long long)job);
    must(mkdir(path, 0700) == 0);
    strncat(path, "/attempt-1", 16);
    must(mkdir(path, 0700) == 0); // claimed, no more: so that it can be watched from the start
    int watch = inotify_init1(IN_CLOEXEC);
    must(watch >= 0 && inotify_add_watch(watch, path, IN_MODIFY) >= 0);
    double begin_s = bench_wall_s();
    engine->ops->start(engine, &start);
    while (!wrote_output(watch))
        continue;
    *ret_first_ms = (bench_wall_s() - begin_s) * 1000;
    close(watch);
    pthread_mutex_lock(&told.mutex);
    while (told.ended != job)
        pthread_cond_wait(&told.came, &told.mutex);
    pthread_mutex_unlock(&told.mutex);
    *ret_end_ms = (bench_wall_s() - begin_s) * 1000;
}

// The bundle of a job that has ended, with its command as the first process.
static bool make_bundle(const char *data, uint64_t job)
{
    static char text[TEXT_MAX];
    static const char ours[] = "\"args\":[\"/.init\",\"/job/\",\"echo\",\"hello\"]";
    static const char plain[] = "\"args\":[\"/bin/echo\",\"hello\"]";
    char path[ATTEMPT_PATH_MAX];
    snprintf(path, sizeof path, "%s/jobs/job-%llu/attempt-1/bundle/config.json", data,
             (unsigned long long)job);
    FILE *file = fopen(path, "r+e");
    if (!file)
        return false;
    size_t size = fread(text, 1, sizeof text - 1, file);
    char *place = strstr(text, ours);
    must(place);
    size_t behind = size - (size_t)(place - text) - strlen(ours);
    rewind(file);
    must(fwrite(text, 1, (size_t)(place - text), file) == (size_t)(place - text));
    must(fputs(plain, file) >= 0);
    must(fwrite(place + strlen(ours), 1, behind, file) == behind);
    must(ftruncate(fileno(file), (off_t)(size - strlen(ours) + strlen(plain))) == 0);
    return fclose(file) == 0;
}

static double run_runc(const char *data, uint64_t job)
{
    char bundle[ATTEMPT_PATH_MAX], root[ATTEMPT_PATH_MAX], byte;
    int ends[2];
    pid_t pid;
    posix_spawn_file_actions_t actions;
    snprintf(bundle, sizeof bundle, "%s/jobs/job-%llu/attempt-1/bundle", data,
             (unsigned long long)job);
    snprintf(root, sizeof root, "%s/runc", data);
    const char *words[] = {"runc", "--root", root, "run", "--bundle", bundle, "bench", NULL};
    must(pipe2(ends, O_CLOEXEC) == 0 && posix_spawn_file_actions_init(&actions) == 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    double begin_s = bench_wall_s();
    must(posix_spawnp(&pid, "runc", &actions, NULL, (char *const *)words, environ) == 0);
    close(ends[1]);
    must(read(ends[0], &byte, 1) == 1);
    double first_ms = (bench_wall_s() - begin_s) * 1000;
    close(ends[0]);
    waitpid(pid, NULL, 0);
    posix_spawn_file_actions_destroy(&actions);
    return first_ms;
}

static void measure(const char *data, enum local_way way, const char *name)
{
    static const struct local_device core = {.kind = LOCAL_CORE};
    static uint64_t job;
    double first[JOBS], end[JOBS], runc[JOBS];
    struct local_options options = {.data = data, .devices = &core, .device_count = 1, .way = way};
    struct engine *engine;
    struct err err;
    bool compare = way == LOCAL_CONTAINER;
    if (!local_create(&options, (struct engine_sink){take_report, NULL}, &engine, &err)) {
        printf("%s: %s\n", name, err.text);
        return;
    }
    for (int i = 0; i < JOBS; i++) {
        start_one(engine, data, ++job, &first[i], &end[i]);
        if (compare)
            compare = make_bundle(data, job);
        runc[i] = compare ? run_runc(data, job) : 0;
        engine->ops->forget(engine, job, 1);
    }
    engine->ops->destroy(engine);
    double first_ms = bench_median(first, JOBS), runc_ms = bench_median(runc, JOBS);
    printf("%s: first byte after %.1f ms (%.1f-%.1f), end told after %.1f ms\n", name, first_ms,
           first[0], first[JOBS - 1], bench_median(end, JOBS));
    if (compare)
        printf("  runc alone %.1f ms (%.1f-%.1f); beyond it %.1f ms\n", runc_ms, runc[0],
               runc[JOBS - 1], first_ms - runc_ms);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "keeper") == 0)
        return keeper_main(argv[2]);
    if (argc != 2) {
        fprintf(stderr, "bench_start DIR: DIR is an empty folder on a real disk\n");
        return 2;
    }
    bench_machine();
    measure(argv[1], LOCAL_PROCESS, "process");
    measure(argv[1], LOCAL_CONTAINER, "container");
    return 0;
}
