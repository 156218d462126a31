// How cost grows: placements a second and memory at 10^3 to 10^7 devices, events a second with 10^2
// to 10^6 jobs in the queue, by the program's own experiments, as pictures.
//
//     bench_growth build-bench/tatara bench/
//
// runs `tatara lab fleet` and `tatara lab queue`, prints the figures and writes growth_*.svg.
#include "base/must.h"
#include "base/rng.h"
#include "bench/bench.h"
#include "paper/sim_report.h"
#include "text/chart.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    COMMAND_MAX = 1024,
    ANSWER_MAX = 16384,
    PICTURE_MAX = 1 << 20,
    QUEUE_PROCESSORS = 4096,
    LIMIT_S = 120
};

struct growth {
    const char *program, *folder;
    struct series *series;
    struct series_table *placements, *memory, *each, *queue;
};

// A whole number behind "name": in one line of JSON.
static int64_t number_of(const char *json, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(json, key);
    if (!at) {
        fprintf(stderr, "bench_growth: no %s in: %s\n", name, json);
        exit(1);
    }
    return (int64_t)strtod(at + strlen(key), NULL);
}

// False when the program was stopped by its limit of time.
static bool ask(const char *command, char *answer)
{
    FILE *program = popen(command, "re");
    must(program);
    size_t len = fread(answer, 1, ANSWER_MAX - 1, program);
    answer[len] = 0;
    int status = pclose(program);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 124)
        return false;
    if (status == 0)
        return true;
    fprintf(stderr, "bench_growth: failed: %s\n", command);
    exit(1);
}

static struct series_table *table_of(struct series *series, const char *name, const char *title,
                                     enum quantity_unit unit)
{
    struct series_table *table = series_table_of_kinds(series, name, title);
    table->pictures = SERIES_BARS;
    series_column(table, &(struct series_column){S("value"), S("value"), unit, 0, 0, SERIES_DATA});
    return table;
}

static void add(struct series_table *table, int64_t size, const char *what, int64_t value)
{
    struct buf label;
    buf_init(&label, 100);
    quantity_text(UNIT_COUNT, size, 0, &label);
    buf_format(&label, " %s", what);
    series_row_named(table, buf_str(&label));
    series_set(table, 0, value);
    buf_finish(&label);
}

static void fleets(struct growth *growth)
{
    static const int64_t sizes[] = {1024, 8192, 102400, 819200, 8192000, 10240000};
    char command[COMMAND_MAX], answer[ANSWER_MAX];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        snprintf(command, sizeof command, "timeout %d %s lab fleet --devices %lld --json", LIMIT_S,
                 growth->program, (long long)sizes[i]);
        if (!ask(command, answer))
            break;
        int64_t bytes = number_of(answer, "index_bytes");
        add(growth->placements, sizes[i], "devices", number_of(answer, "placements_per_s"));
        add(growth->memory, sizes[i], "devices", bytes);
        add(growth->each, sizes[i], "devices", bytes / sizes[i]);
    }
}

// So many jobs that all come in the first second: the line is as long as the trace.
static void write_trace(const char *path, int64_t jobs)
{
    struct rng rng = {.state = 1};
    FILE *file = fopen(path, "we");
    must(file);
    for (int64_t job = 1; job <= jobs; job++) {
        long long processors = 1ll << rng_below(&rng, 7), run_s = 60 + rng_below(&rng, 36000);
        fprintf(file, "%lld 0 -1 %lld %lld -1 -1 %lld %lld -1 1 %lld 1 1 1 1 -1 -1\n",
                (long long)job, run_s, processors, processors, run_s,
                (long long)rng_below(&rng, 50) + 1);
    }
    must(fclose(file) == 0);
}

static void queues(struct growth *growth)
{
    char path[] = "/tmp/bench-growth-XXXXXX", command[COMMAND_MAX], answer[ANSWER_MAX];
    int file = mkstemp(path);
    must(file >= 0);
    close(file);
    for (int64_t jobs = 100; jobs <= 1000000; jobs *= 10) {
        write_trace(path, jobs);
        snprintf(command, sizeof command,
                 "timeout %d %s lab queue %s --procs %d --policy tatara --json", LIMIT_S,
                 growth->program, path, QUEUE_PROCESSORS);
        if (!ask(command, answer)) {
            printf("%lld jobs in line: more than %d s, left out\n", (long long)jobs, LIMIT_S);
            break;
        }
        add(growth->queue, jobs, "jobs in line", number_of(answer, "events_per_s"));
    }
    unlink(path);
}

static void write_picture(const struct growth *growth, const struct series_table *table)
{
    char path[COMMAND_MAX];
    struct buf out;
    buf_init(&out, PICTURE_MAX);
    must(chart_draw(table, SERIES_BARS, 0, true, &out) && !out.overflow);
    snprintf(path, sizeof path, "%s/growth_%.*s.svg", growth->folder, (int)table->name.len,
             table->name.ptr);
    FILE *file = fopen(path, "we");
    if (!file || fwrite(out.ptr, 1, out.len, file) != out.len || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
    buf_finish(&out);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: bench_growth PROGRAM FOLDER\n");
        return 1;
    }
    struct growth growth = {.program = argv[1], .folder = argv[2], .series = series_create()};
    growth.placements =
        table_of(growth.series, "placements", "Placements and releases a second", UNIT_COUNT);
    growth.memory = table_of(growth.series, "memory", "Memory of the index", UNIT_BYTE);
    growth.each =
        table_of(growth.series, "each", "Memory of the index, for each device", UNIT_BYTE);
    growth.queue = table_of(growth.series, "queue", "Events of jobs a second", UNIT_COUNT);
    bench_machine();
    fflush(stdout);
    fleets(&growth);
    queues(&growth);
    struct buf text;
    buf_init(&text, PICTURE_MAX);
    sim_report_text(growth.series, 0, &text);
    fwrite(text.ptr, 1, text.len, stdout);
    buf_finish(&text);
    for (struct series_table *table = growth.series->first; table; table = table->next)
        write_picture(&growth, table);
    series_destroy(growth.series);
    return 0;
}
