// bench.h - measures a piece of work: five runs, the median of them, and on what machine.
//
// A run makes a number of steps and says how many. Steps per second are given by the wall clock
// and by the CPU time of the process: on a machine that does other work the two differ, and the
// second is what the code costs. One run before the five warms up and is not counted.
//
//   Owner      the caller owns what a run works on
//   Invariant  a figure is never printed without the CPU's name above it (bench_machine)
//   Refusal    none
//   Fault      none: a clock that cannot be read is a must
#pragma once
#include <stdint.h>

enum { BENCH_RUNS = 5 };

typedef int64_t bench_run(void *context); // gives the steps made

struct bench_figure { // steps per second over the five runs
    double wall_median, wall_lowest, wall_highest, cpu_median;
};

void bench_machine(void); // "machine: CPU name, n cores; compiler"
double bench_wall_s(void);
double bench_cpu_s(void);
double bench_median(double *values, int count); // sorts them
struct bench_figure bench_measure(bench_run *run, void *context);
// Measures and prints one line: name, median, lowest and highest by the wall, median by CPU time.
struct bench_figure bench_report(const char *name, bench_run *run, void *context);
