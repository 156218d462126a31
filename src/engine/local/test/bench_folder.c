#include "bench_folder.h"
#include "base/must.h"
#include "engine/local/keeper.h"
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void remove_below(const char *path)
{
    pid_t pid;
    const char *words[] = {"rm", "-rf", "--", path, NULL};
    must(posix_spawnp(&pid, "rm", NULL, NULL, (char *const *)words, environ) == 0);
    waitpid(pid, NULL, 0);
}

static void wipe(void *context)
{
    struct bench *bench = context;
    remove_below(bench->data);
    must(mkdir(bench->data, 0700) == 0);
}

static bool open_engine(void *context, struct engine_sink sink, struct engine **ret_engine,
                        struct err *err)
{
    static const struct local_device cores[] = {
        {.kind = LOCAL_CORE, .number = 0},
        {.kind = LOCAL_CORE, .number = 1}
    };
    const struct bench *bench = context;
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    struct local_options options = {.data = bench->data,
                                    .devices = cores,
                                    .device_count = count > 1 ? 2 : 1,
                                    .way = bench->way,
                                    .output_bytes_max = bench->output_bytes_max,
                                    .alive_ms = bench->alive_ms,
                                    .heartbeat_ms = bench->heartbeat_ms,
                                    .private_paths = bench->private_paths};
    return local_create(&options, sink, ret_engine, err);
}

static void touch(void *context, uint64_t job, uint32_t attempt, const char *name)
{
    const struct bench *bench = context;
    char path[256];
    snprintf(path, sizeof path, "%s/jobs/job-%llu/attempt-%u/work/%s", bench->data,
             (unsigned long long)job, attempt, name);
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    must(file >= 0);
    close(file);
}

bool bench_open(struct bench *bench, struct engine_sink sink, struct engine **ret_engine,
                struct err *err)
{
    return open_engine(bench, sink, ret_engine, err);
}

void bench_init(struct bench *bench, enum local_way way)
{
    *bench = (struct bench){.way = way};
    snprintf(bench->data, sizeof bench->data, "/tmp/tatara-engine-XXXXXX");
    must(mkdtemp(bench->data));
    bench->rig = (struct engine_rig){bench, wipe, open_engine, touch};
}

void bench_finish(struct bench *bench)
{
    remove_below(bench->data);
}

void bench_be_keeper(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "keeper") == 0)
        exit(keeper_main(argv[2]));
}

static void ignore(void *context, const struct engine_report *report)
{
    (void)context;
    (void)report;
}

bool bench_has_containers(void)
{
    struct bench bench;
    struct engine *engine;
    struct err err;
    bench_init(&bench, LOCAL_CONTAINER);
    bool can = open_engine(&bench, (struct engine_sink){ignore, NULL}, &engine, &err);
    if (can)
        engine->ops->destroy(engine);
    else
        fprintf(stderr, "skipped: %s\n", err.text);
    bench_finish(&bench);
    return can;
}
