#include "bench/bench.h"
#include "base/must.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double clock_s(clockid_t clock)
{
    struct timespec now;
    must(clock_gettime(clock, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double bench_wall_s(void)
{
    return clock_s(CLOCK_MONOTONIC);
}

double bench_cpu_s(void)
{
    return clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

void bench_machine(void)
{
    char line[256], name[200] = "unknown CPU";
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "model name : %199[^\n]", name) == 1)
            break;
    if (file)
        fclose(file);
    printf("machine: %s, %ld cores; compiler %s\n", name, sysconf(_SC_NPROCESSORS_ONLN),
           __VERSION__);
}

double bench_median(double *values, int count)
{
    must(count > 0);
    for (int i = 1; i < count; i++)
        for (int k = i; k > 0 && values[k] < values[k - 1]; k--) {
            double swap = values[k];
            values[k] = values[k - 1];
            values[k - 1] = swap;
        }
    return count % 2 ? values[count / 2] : (values[count / 2] + values[count / 2 - 1]) / 2;
}

struct bench_figure bench_measure(bench_run *run, void *context)
{
    double wall[BENCH_RUNS], cpu[BENCH_RUNS];
    run(context);
    for (int i = 0; i < BENCH_RUNS; i++) {
        double wall_s = bench_wall_s(), cpu_s = bench_cpu_s();
        double steps = (double)run(context);
        wall[i] = steps / (bench_wall_s() - wall_s);
        cpu[i] = steps / (bench_cpu_s() - cpu_s);
    }
    double median = bench_median(wall, BENCH_RUNS);
    return (struct bench_figure){median, wall[0], wall[BENCH_RUNS - 1],
                                 bench_median(cpu, BENCH_RUNS)};
}

struct bench_figure bench_report(const char *name, bench_run *run, void *context)
{
    struct bench_figure figure = bench_measure(run, context);
    printf("%-58s %12.0f /s (%.0f-%.0f; %.0f per CPU second)\n", name, figure.wall_median,
           figure.wall_lowest, figure.wall_highest, figure.cpu_median);
    fflush(stdout);
    return figure;
}
