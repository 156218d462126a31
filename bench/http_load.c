// Durable commands and reads through HTTP, against the real program, beside SQLite alone.
//
//     bench_http PROGRAM DIR [SECONDS]     PROGRAM: the tatara binary; DIR: made, must not exist
//
// Starts `PROGRAM up` on DIR, closes its node so that jobs wait, and sends commands from 64
// connections, each with an Idempotency-Key of its own, each answered when it is durable; four
// more connections read. The load and the server share the machine. After each run the
// same number of lines of the same mean length goes through SQLite alone, with the same mean batch.
#include "base/must.h"
#include "bench/bench.h"
#include "bench/load_client.h"
#include "bench/program.h"
#include "bench/raw_journal.h"
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 5, WRITERS = 64, READERS = 4, READ_EVERY_US = 4000, TEXT_MAX = 1 << 20 };

struct house {
    struct program program;
    char mark[32];
    uint64_t last_job; // a job that is there to be read
};

// Requests --------------------------------------------------------------------------------------

static void request(const struct house *house, const char *line, const char *name, uint64_t number,
                    const char *body, struct buf *out)
{
    buf_format(out, "%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n", line,
               house->program.key);
    if (name)
        buf_format(out, "Idempotency-Key: bench-%s-%s-%" PRIu64 "\r\n", house->mark, name, number);
    if (body)
        buf_format(out, "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                   strlen(body), body);
    else
        buf_format(out, "\r\n");
}

static void submit(void *context, uint64_t number, struct buf *out)
{
    request(context, "POST /api/v1/jobs", "job", number,
            "{\"argv\":[\"sh\",\"-c\",\"echo hello\"],\"devices\":1,"
            "\"env\":{\"LANG\":\"C.UTF-8\"},\"memory_mib\":512}",
            out);
}

static void set_limit(void *context, uint64_t number, struct buf *out)
{
    char body[64];
    snprintf(body, sizeof body, "{\"devices\":%" PRIu64 "}", 1 + number % 1000);
    request(context, "POST /api/v1/accounts/bench/limits", "limit", number, body, out);
}

static void show_job(void *context, uint64_t number, struct buf *out)
{
    const struct house *house = context;
    char line[64];
    snprintf(line, sizeof line, "GET /api/v1/jobs/job-%" PRIu64, 1 + number % house->last_job);
    request(house, line, NULL, 0, NULL, out);
}

static void once(const struct house *house, const char *line, const char *name, const char *body,
                 struct buf *ret_body)
{
    struct buf text;
    buf_init(&text, 4096);
    request(house, line, name, 0, body, &text);
    int status = load_once(house->program.port, buf_str(&text), ret_body);
    buf_finish(&text);
    if (status >= 200 && status < 300)
        return;
    fprintf(stderr, "bench_http: %s: %d %.*s\n", line, status, STR(buf_str(ret_body)));
    exit(1);
}

static double metric(const struct house *house, const char *name)
{
    struct buf text;
    buf_init(&text, TEXT_MAX);
    once(house, "GET /metrics", NULL, NULL, &text);
    const char *at = strstr(buf_cstr(&text), name);
    must(at);
    double value = strtod(at + strlen(name), NULL);
    buf_finish(&text);
    return value;
}

// Keys of another run are other keys.
static void new_mark(struct house *house)
{
    static uint32_t runs;
    snprintf(house->mark, sizeof house->mark, "%ld-%u", (long)house->program.pid, ++runs);
}

// Measuring -------------------------------------------------------------------------------------

struct figure {
    double per_s, raw_per_s, batch, p50_ms, p99_ms, read_p50_ms, read_p99_ms, cpu_us;
};

static struct figure run_once(const struct house *house, const struct load_plan *plan,
                              struct raw_journal *raw)
{
    double events = metric(house, "\ntatara_journal_events ");
    double commits = metric(house, "\ntatara_commits_total ");
    double cpu = program_cpu_s(&house->program);
    struct load_result result = load_run(plan);
    cpu = program_cpu_s(&house->program) - cpu;
    events = metric(house, "\ntatara_journal_events ") - events;
    commits = metric(house, "\ntatara_commits_total ") - commits;
    must(result.done > 0 && result.refused == 0 && (uint64_t)events >= result.done);
    struct figure figure = {
        .per_s = (double)result.done / result.seconds,
        .batch = events / commits,
        .p50_ms = load_percentile(&result.writes, 0.5) / 1e3,
        .p99_ms = load_percentile(&result.writes, 0.99) / 1e3,
        .read_p50_ms = load_percentile(&result.reads, 0.5) / 1e3,
        .read_p99_ms = load_percentile(&result.reads, 0.99) / 1e3,
        .cpu_us = 1e6 * cpu / (double)result.done,
    };
    figure.raw_per_s = raw_journal_run(raw, (uint64_t)(events + 0.5), figure.batch);
    load_result_finish(&result);
    return figure;
}

static double median_of(const struct figure *figures, size_t offset)
{
    double values[RUNS];
    for (int i = 0; i < RUNS; i++)
        memcpy(&values[i], (const char *)&figures[i] + offset, sizeof values[i]);
    return bench_median(values, RUNS);
}
#define MEDIAN(member) median_of(figures, offsetof(struct figure, member))

static void measure(struct house *house, const char *name, struct load_plan *plan,
                    struct raw_journal *raw)
{
    struct figure figures[RUNS];
    for (int i = -1; i < RUNS; i++) { // the first warms up
        struct figure figure = run_once(house, plan, raw);
        figures[i < 0 ? 0 : i] = figure;
        new_mark(house);
    }
    double ratios[RUNS], rates[RUNS];
    for (int i = 0; i < RUNS; i++) {
        ratios[i] = figures[i].per_s / figures[i].raw_per_s;
        rates[i] = figures[i].per_s;
    }
    double rate = bench_median(rates, RUNS);
    printf("%s: %.0f /s (%.0f-%.0f), p50 %.2f ms, p99 %.2f ms, %.0f us of CPU each\n", name, rate,
           rates[0], rates[RUNS - 1], MEDIAN(p50_ms), MEDIAN(p99_ms), MEDIAN(cpu_us));
    printf("  mean batch %.1f; SQLite alone with that batch %.0f lines/s; ratio %.2f\n",
           MEDIAN(batch), MEDIAN(raw_per_s), bench_median(ratios, RUNS));
    if (plan->readers)
        printf("  GET job under that load: p50 %.2f ms, p99 %.2f ms\n", MEDIAN(read_p50_ms),
               MEDIAN(read_p99_ms));
    fflush(stdout);
}

static void prepare(struct house *house)
{
    struct buf body;
    new_mark(house);
    buf_init(&body, TEXT_MAX);
    once(house, "POST /api/v1/nodes/node-1/drain", "drain", "{}", &body);
    once(house, "POST /api/v1/accounts", "account", "{\"slug\":\"bench\",\"name\":\"Bench\"}",
         &body);
    struct buf text;
    buf_init(&text, 4096);
    for (house->last_job = 0; house->last_job < 100; house->last_job++) {
        buf_clear(&text);
        submit(house, house->last_job, &text);
        must(load_once(house->program.port, buf_str(&text), &body) == 201);
    }
    buf_finish(&text);
    buf_finish(&body);
    new_mark(house);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_http PROGRAM DIR [SECONDS]\n");
        return 2;
    }
    static struct house house;
    double seconds = argc > 3 ? strtod(argv[3], NULL) : 3;
    char path[4200];
    bench_machine();
    program_start(&house.program, argv[1], argv[2], "process");
    printf("ready after %.0f ms; at rest %.1f MiB\n", house.program.ready_s * 1e3,
           program_memory_mib(&house.program));
    prepare(&house);
    snprintf(path, sizeof path, "%s.raw", argv[2]);
    struct raw_journal *raw = raw_journal_create(path);
    struct load_plan plan = {.port = house.program.port, .writers = WRITERS, .seconds = seconds};
    plan.context = &house;
    plan.write_request = set_limit;
    measure(&house, "limit set", &plan, raw);
    plan.write_request = submit;
    measure(&house, "job submit", &plan, raw);
    plan.readers = READERS;
    plan.read_every_us = READ_EVERY_US;
    plan.read_request = show_job;
    measure(&house, "job submit and 1,000 GET/s", &plan, raw);
    plan.write_request = set_limit;
    measure(&house, "limit set and 1,000 GET/s", &plan, raw);
    printf("after %.0f events %.1f MiB\n", metric(&house, "\ntatara_journal_events "),
           program_memory_mib(&house.program));
    raw_journal_destroy(raw);
    program_stop(&house.program, SIGTERM);
    return 0;
}
