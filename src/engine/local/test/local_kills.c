#include "base/json.h"
#include "base/must.h"
#include "base/rng.h"
#include "bench_folder.h"
#include "engine/local/attempt_folder.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// kill -9 of the process that hosts an engine, of keepers and of commands, in every order, while
// output flows. Each attempt must end with its true end or as lost, the same whoever asks, and
// leave no process.
//
//     local_kills [ROUNDS [SEED]]

enum { ROUNDS = 100, CONTAINER_ROUNDS = 24, PATIENCE_MS = 60000, TRUE_CODE = 23 };
enum victim { HOST, KEEPER, COMMAND, VICTIMS };

// --- the host: an engine between two pipes ---

enum order_kind { ORDER_START, ORDER_FORGET };
struct order {
    enum order_kind kind;
    uint64_t job;
};

static void send_report(void *context, const struct engine_report *report)
{
    (void)context;
    must(write(1, report, sizeof *report) == sizeof *report); // below PIPE_BUF: whole or not
}

static int be_host(const char *data, enum local_way way)
{
    // Output all the time; one process that left its session; one in the background.
    static const str spec =
        S("{\"argv\":[\"sh\",\"-c\",\"setsid sleep 1000 & (while :; do echo background; sleep "
          "0.01; done) & while [ ! -e go ]; do echo out; echo err >&2; done; exit 23\"]}");
    struct bench bench = {.way = way};
    struct engine *engine;
    struct err err;
    struct order order;
    must(snprintf(bench.data, sizeof bench.data, "%s", data) < (int)sizeof bench.data);
    if (!bench_open(&bench, (struct engine_sink){send_report, NULL}, &engine, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    while (read(0, &order, sizeof order) == sizeof order) {
        struct engine_start start = {.job = order.job, .account = 7, .attempt = 1, .spec = spec};
        device_set_add(&start.devices, 0);
        if (order.kind == ORDER_START)
            engine->ops->start(engine, &start);
        else
            engine->ops->forget(engine, order.job, 1);
    }
    engine->ops->destroy(engine);
    return 0;
}

// --- the harness ---

struct harness {
    struct bench bench;
    struct rng rng;
    pid_t host;
    int orders, reports;
    uint64_t job;
    uint32_t ends; // of this job, over all hosts
    struct engine_report end;
    char mark[64];
};

static void fail(const struct harness *harness, const char *text)
{
    fprintf(stderr, "local_kills: job %llu: %s (%s)\n", (unsigned long long)harness->job, text,
            harness->bench.data);
    exit(1);
}

static void start_host(struct harness *harness)
{
    int orders[2], reports[2];
    const char *way = harness->bench.way == LOCAL_CONTAINER ? "container" : "process";
    const char *words[] = {"/proc/self/exe", "host", harness->bench.data, way, NULL};
    posix_spawn_file_actions_t actions;
    must(pipe2(orders, O_CLOEXEC) == 0 && pipe2(reports, O_CLOEXEC) == 0);
    must(posix_spawn_file_actions_init(&actions) == 0);
    posix_spawn_file_actions_adddup2(&actions, orders[0], 0);
    posix_spawn_file_actions_adddup2(&actions, reports[1], 1);
    must(posix_spawn(&harness->host, words[0], &actions, NULL, (char *const *)words, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    close(orders[0]);
    close(reports[1]);
    harness->orders = orders[1];
    harness->reports = reports[0];
}

static void bury_host(struct harness *harness)
{
    close(harness->orders);
    close(harness->reports);
    must(waitpid(harness->host, NULL, 0) == harness->host);
}

static void give(const struct harness *harness, enum order_kind kind)
{
    struct order order = {kind, harness->job};
    must(write(harness->orders, &order, sizeof order) == sizeof order);
}

// A second end is another host's, and says what the first said.
static void take(struct harness *harness, const struct engine_report *report)
{
    if (report->job != harness->job || report->kind != ENGINE_ENDED)
        return;
    if (harness->ends++ &&
        (report->end != harness->end.end || report->code != harness->end.code ||
         report->signal != harness->end.signal || report->ran_ms != harness->end.ran_ms))
        fail(harness, "it ended twice, and not alike");
    harness->end = *report;
}

// Reads reports until one of this kind of the job at hand; false when the host is gone.
static bool await(struct harness *harness, enum engine_report_kind kind)
{
    for (;;) {
        struct engine_report report;
        struct pollfd ready = {harness->reports, POLLIN, 0};
        if (poll(&ready, 1, PATIENCE_MS) != 1)
            fail(harness, "no report comes");
        ssize_t got = read(harness->reports, &report, sizeof report);
        if (got != sizeof report)
            return false;
        take(harness, &report);
        if (report.job == harness->job && report.kind == kind)
            return true;
    }
}

static int64_t number_in(const struct harness *harness, const char *file, const char *name)
{
    struct buf text;
    struct arena arena;
    struct err err;
    const struct json *root;
    int64_t number = 0;
    bool absent;
    int folder = attempt_open(harness->bench.data, (struct attempt_id){harness->job, 1});
    buf_init(&text, ATTEMPT_FILE_MAX);
    arena_init(&arena, 1024 * 1024);
    if (attempt_file_read(folder, file, &text, &absent, &err) && !absent && name &&
        json_read(buf_str(&text), ATTEMPT_FILE_MAX, &arena, &root, &err))
        json_get_i64(root, str_from(name), &number, &err);
    if (!name)
        str_to_i64(str_trim(buf_str(&text)), &number);
    arena_finish(&arena);
    buf_finish(&text);
    close(folder);
    return number;
}

static void read_mark(struct harness *harness)
{
    struct attempt_request *request = malloc(sizeof *request);
    struct err err;
    bool absent;
    int folder = attempt_open(harness->bench.data, (struct attempt_id){harness->job, 1});
    must(request && folder >= 0);
    if (!attempt_load(folder, &attempt_request_form, request, &absent, &err) || absent)
        fail(harness, "request.json is not there");
    snprintf(harness->mark, sizeof harness->mark, "TATARA_MARK=%s", request->token);
    close(folder);
    free(request);
}

static bool file_holds(const char *path, const char *text)
{
    static char bytes[64 * 1024];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, bytes, sizeof bytes) : 0;
    if (file >= 0)
        close(file);
    return got > 0 && memmem(bytes, (size_t)got, text, strlen(text));
}

// Living processes of which /proc/PID/`file` holds a text; zombies have neither.
static int count_processes(const char *file, const char *text)
{
    int count = 0;
    DIR *proc = opendir("/proc");
    must(proc);
    for (const struct dirent *entry; (entry = readdir(proc));) {
        char path[300];
        snprintf(path, sizeof path, "/proc/%s/%s", entry->d_name, file);
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && file_holds(path, text))
            count++;
    }
    closedir(proc);
    return count;
}

// The command itself, below the container's first process.
static pid_t child_of(pid_t parent)
{
    pid_t found = 0;
    char wanted[32];
    snprintf(wanted, sizeof wanted, "PPid:\t%d\n", (int)parent);
    DIR *proc = opendir("/proc");
    must(proc);
    for (const struct dirent *entry; !found && (entry = readdir(proc));) {
        char path[300];
        snprintf(path, sizeof path, "/proc/%s/status", entry->d_name);
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && file_holds(path, wanted))
            found = (pid_t)strtol(entry->d_name, NULL, 10);
    }
    closedir(proc);
    return found;
}

static pid_t find_victim(struct harness *harness, enum victim victim)
{
    if (victim == HOST)
        return harness->host;
    if (victim == KEEPER)
        return (pid_t)number_in(harness, "keeper.json", "keeper_pid");
    if (harness->bench.way == LOCAL_PROCESS)
        return (pid_t)number_in(harness, "start.json", "command_pid");
    pid_t first = 0;
    int64_t until_us = boottime_us() + PATIENCE_MS * INT64_C(1000);
    while (first == 0 && boottime_us() < until_us) // runc writes it when the command runs already
        first = (pid_t)number_in(harness, "pid", NULL);
    return rng_below(&harness->rng, 2) ? first : child_of(first);
}

// Some of the three, in some order; gives their count.
static int choose(struct harness *harness, enum victim *ret_victims)
{
    enum victim all[VICTIMS] = {HOST, KEEPER, COMMAND};
    int count = 1 + (int)rng_below(&harness->rng, VICTIMS);
    for (int i = 0; i < count; i++) {
        int other = i + (int)rng_below(&harness->rng, VICTIMS - i);
        enum victim chosen = all[other];
        all[other] = all[i];
        ret_victims[i] = all[i] = chosen;
    }
    return count;
}

static void judge(const struct harness *harness, const int place[VICTIMS])
{
    const struct engine_report *end = &harness->end;
    bool lost = end->end == ENGINE_LOST;
    bool killed = end->end == ENGINE_SIGNALLED && end->signal == SIGKILL;
    bool exited = end->end == ENGINE_EXITED && end->code == TRUE_CODE;
    bool right = exited;
    if (place[KEEPER] && place[COMMAND] && place[COMMAND] < place[KEEPER])
        right = lost || killed; // its keeper may have had the time to write it down
    else if (place[KEEPER])
        right = lost;
    else if (place[COMMAND])
        right = killed;
    char text[200];
    snprintf(text, sizeof text,
             "ended %d, code %d, signal %d; killed host %d, keeper %d, command %d", end->end,
             end->code, end->signal, place[HOST], place[KEEPER], place[COMMAND]);
    if (!right)
        fail(harness, text);
}

static void pause_a_little(struct harness *harness)
{
    struct timespec time = {.tv_nsec = rng_below(&harness->rng, 4) * 1000000};
    nanosleep(&time, NULL); // only to vary what happens in between
}

static void assert_nothing_left(const struct harness *harness)
{
    if (count_processes("environ", harness->mark) > 0)
        fail(harness, "a process of the job is left");
}

static void play_round(struct harness *harness)
{
    enum victim victims[VICTIMS];
    pid_t pids[VICTIMS];
    int place[VICTIMS] = {0}; // 0: not killed, else first, second, third
    harness->job++;
    harness->ends = 0;
    give(harness, ORDER_START);
    if (rng_below(&harness->rng, 8) == 0) { // before it could even begin
        kill(harness->host, SIGKILL);
        bury_host(harness);
        start_host(harness);
        give(harness, ORDER_START);
    }
    if (!await(harness, ENGINE_STARTED))
        fail(harness, "the host died by itself");
    read_mark(harness);
    int count = choose(harness, victims);
    for (int i = 0; i < count; i++)
        pids[i] = find_victim(harness, victims[i]);
    for (int i = 0; i < count; i++) {
        must(pids[i] > 1);
        kill(pids[i], SIGKILL);
        place[victims[i]] = i + 1;
        pause_a_little(harness);
    }
    if (place[HOST]) {
        while (await(harness, ENGINE_ENDED))
            continue; // what it still said before it died
        bury_host(harness);
        start_host(harness);
    }
    if (!place[KEEPER] && !place[COMMAND])
        harness->bench.rig.touch(&harness->bench, harness->job, 1, "go");
    while (place[HOST] || harness->ends == 0)
        if (await(harness, ENGINE_ENDED))
            break;
    judge(harness, place);
    assert_nothing_left(harness);
    give(harness, ORDER_FORGET);
}

static void play(enum local_way way, int rounds, uint64_t seed)
{
    struct harness harness = {.rng = {.state = seed}};
    bench_init(&harness.bench, way);
    start_host(&harness);
    for (int round = 0; round < rounds; round++)
        play_round(&harness);
    bury_host(&harness);
    int64_t until_us = boottime_us() + PATIENCE_MS * INT64_C(1000);
    while (count_processes("cmdline", harness.bench.data) > 0)
        if (boottime_us() > until_us)
            fail(&harness, "a keeper is left");
    bench_finish(&harness.bench);
    printf("%d rounds, seed %llu, %s\n", rounds, (unsigned long long)seed,
           way == LOCAL_PROCESS ? "processes" : "containers");
}

int main(int argc, char **argv)
{
    bench_be_keeper(argc, argv);
    if (argc == 4 && strcmp(argv[1], "host") == 0)
        return be_host(argv[2],
                       strcmp(argv[3], "container") == 0 ? LOCAL_CONTAINER : LOCAL_PROCESS);
    int64_t rounds = ROUNDS, seed = 42;
    if ((argc > 1 && !str_to_i64(str_from(argv[1]), &rounds)) ||
        (argc > 2 && !str_to_i64(str_from(argv[2]), &seed)))
        return 2;
    signal(SIGPIPE, SIG_IGN);
    int contained = bench_has_containers() ? (int)(rounds * CONTAINER_ROUNDS / ROUNDS) : 0;
    play(LOCAL_PROCESS, (int)rounds - contained, (uint64_t)seed);
    if (contained)
        play(LOCAL_CONTAINER, contained, (uint64_t)seed);
    return 0;
}
