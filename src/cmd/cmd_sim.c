// tatara sim: a scenario on the virtual clock.
#include "cmd/api.h"
#include "cmd/commands_all.h"
#include "cmd/journal_stream.h"
#include "cmd/sim_files.h"
#include "sim/planner.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ARENA_MAX = 1 << 30, PATH_MAX_BYTES = 4096, SHARES = 20 };

struct simulating {
    struct arena arena;
    struct yaml_report report;
    const struct scenario *scenario;
    struct planner_options options;
    struct planner *planner;
    int64_t told; // the last twentieth that was told, in lines
    bool terminal, quiet;
};

static void progress(void *context, int64_t time_us, uint64_t jobs, uint64_t events)
{
    struct simulating *job = context;
    int64_t start_us = job->scenario->start_us, length_us = job->options.until_us - start_us;
    int64_t share = (int64_t)((__int128)(time_us - start_us) * SHARES / length_us);
    struct civil day = civil_from_us(time_us);
    if (job->quiet || (!job->terminal && share == job->told))
        return;
    job->told = share;
    fprintf(stderr, "%s%04d-%02d-%02d  %3d %%  %" PRIu64 " jobs  %" PRIu64 " events%s",
            job->terminal ? "\r" : "", day.year, day.month, day.day,
            (int)((__int128)(time_us - start_us) * 100 / length_us), jobs, events,
            job->terminal ? "" : "\n");
}

// "90d", "1y" (365 days) or a date.
static bool read_until(const char *text, int64_t start_us, int64_t *ret_until_us, struct err *err)
{
    int64_t value = 0, length_us = 0;
    str whole = str_from(text), number = {whole.ptr, whole.len ? whole.len - 1 : 0};
    if (instant_parse(whole, ret_until_us))
        return *ret_until_us > start_us || err_set(err, "--until: %s is not after the start", text);
    if (str_ends(whole, S("y")) && str_to_i64(number, &value) && value >= 1 && value <= 40)
        length_us = value * 365 * DAY_US;
    else if (!duration_parse(whole, &length_us) || length_us > 40 * 366 * DAY_US)
        return err_set(err, "--until: '%s' is neither a duration such as 90d or 1y nor a date",
                       text);
    *ret_until_us = start_us + length_us;
    return true;
}

static bool read_scenario(struct simulating *job, const char *name, struct err *err)
{
    struct buf text;
    buf_init(&text, YAML_SIZE_MAX + 1);
    bool good = sim_file_read(name, &text, err);
    if (good)
        job->scenario = scenario_read(name, buf_str(&text), &job->arena, &job->report);
    buf_finish(&text);
    if (good && !job->scenario)
        err_set(err, "%s: %u mistake%s, see above", name, job->report.count,
                job->report.count == 1 ? "" : "s");
    return good && job->scenario;
}

static bool prepare(struct simulating *job, const struct invocation *invocation, struct err *err)
{
    const char *until = options_text(&invocation->options, "until");
    const char *name = invocation->options.words[0];
    if (!read_scenario(job, name, err))
        return false;
    const struct scenario *scenario = job->scenario;
    job->options = (struct planner_options){
        .seed = (uint64_t)options_number(&invocation->options, "seed", (int64_t)scenario->seed),
        .until_us = scenario->start_us + scenario->length_us,
        .progress = progress,
        .context = job,
        .check = options_flag(&invocation->options, "check"),
    };
    if (until && !read_until(until, scenario->start_us, &job->options.until_us, err))
        return false;
    return sim_files_traces(name, scenario, &job->arena, &job->options.traces, err);
}

static bool run(struct simulating *job, struct err *err)
{
    job->planner = planner_create(job->scenario, &job->options, err);
    bool good = job->planner && planner_run(job->planner, err);
    if (job->terminal && !job->quiet)
        fputs("\r\033[K", stderr);
    return good;
}

static bool run_with_journal(struct simulating *job, const char *folder, struct err *err)
{
    char path[PATH_MAX_BYTES];
    snprintf(path, sizeof path, "%s/journal.txt", folder);
    job->options.journal = journal_stream_open(path, err);
    if (!job->options.journal)
        return false;
    struct err closing;
    bool good = run(job, err);
    if (!journal_stream_close(job->options.journal, good ? err : &closing))
        return false;
    return good;
}

static void print_json(const struct planner_figures *figures, double seconds)
{
    double rate = seconds > 0 ? (double)figures->events / seconds : 0;
    double jobs = seconds > 0 ? (double)figures->jobs_submitted / seconds : 0;
    printf("{\"attempts\":%" PRIu64 ",\"device_ms_installed\":\"%" PRId64
           "\",\"device_ms_lost\":\"%" PRId64 "\",\"device_ms_running\":\"%" PRId64
           "\",\"events\":%" PRIu64 ",\"events_per_s\":%.0f,\"facility_energy_j\":\"%" PRId64
           "\",\"failures\":%" PRIu64 ",\"jobs\":%" PRIu64 ",\"jobs_ended\":%" PRIu64
           ",\"jobs_per_s\":%.0f,\"jobs_refused\":%" PRIu64 ",\"over_limit\":%" PRIu64
           ",\"revenue_micro\":\"%" PRId64 "\",\"seconds\":%.3f}\n",
           figures->attempts, figures->device_ms_installed, figures->device_ms_lost,
           figures->device_ms_running, figures->events, rate, figures->facility_energy_mj / 1000,
           figures->failures, figures->jobs_submitted, figures->jobs_ended, jobs,
           figures->jobs_refused, figures->over_limit, figures->revenue_micro, seconds);
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static bool simulate(struct simulating *job, const struct invocation *invocation, struct err *err)
{
    const char *folder = options_text(&invocation->options, "out");
    struct timespec start;
    if (!prepare(job, invocation, err))
        return false;
    if (options_flag(&invocation->options, "journal") && !folder)
        return err_set(err, "--journal wants --out DIR, where it is written to");
    if (folder && !sim_folder_make(folder, err))
        return false;
    clock_gettime(CLOCK_MONOTONIC, &start);
    bool good = options_flag(&invocation->options, "journal") ? run_with_journal(job, folder, err)
                                                              : run(job, err);
    if (!good)
        return false;
    double seconds = seconds_since(&start);
    struct planner_figures figures = planner_figures(job->planner);
    const struct series *series = planner_series(job->planner);
    if (invocation->json)
        print_json(&figures, seconds);
    else
        sim_print_summary(series);
    if (!invocation->json && !job->quiet)
        fprintf(stderr, "%.1f s, %.0f jobs/s, %.0f events/s\n", seconds,
                (double)figures.jobs_submitted / seconds, (double)figures.events / seconds);
    return !folder || sim_files_write(folder, str_from(job->scenario->name), series, err);
}

int cmd_sim(struct invocation *invocation)
{
    struct simulating job = {.quiet = invocation->quiet, .terminal = isatty(STDERR_FILENO)};
    struct err err = {0};
    arena_init(&job.arena, ARENA_MAX);
    yaml_report_init(&job.report);
    bool good = simulate(&job, invocation, &err);
    if (job.report.count)
        fwrite(job.report.text.ptr, 1, job.report.text.len, stderr);
    if (!good)
        fprintf(stderr, "error: %s\n", err.text);
    planner_destroy(job.planner);
    yaml_report_finish(&job.report);
    arena_finish(&job.arena);
    return good ? EXIT_DONE : EXIT_REFUSED;
}
