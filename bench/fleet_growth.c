// How the cost of placement grows: decisions a second and memory from a thousand to ten million
// devices, beside the plainest peer that gives the same answers to most: a scan of all nodes for
// the first that has room. Both run the mix of lab_fleet.h; the scan takes whole free nodes for a
// gang wherever they are.
#include "base/must.h"
#include "base/rng.h"
#include "bench/bench.h"
#include "lab/lab_fleet.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICES = 8, RUNS = 3, CHART = 56 };

struct scan { // free devices by node, leases of single nodes and of gangs
    uint8_t *free;
    struct taken {
        uint32_t *nodes;
        uint32_t count, devices;
    } * held;
    uint32_t nodes;
    int64_t leases, taken;
    struct rng rng;
};

static bool scan_place(struct scan *scan)
{
    uint32_t nodes, devices;
    lab_fleet_draw(&scan->rng, &nodes, &devices);
    uint32_t *found = malloc(nodes * sizeof *found), count = 0;
    must(found);
    for (uint32_t i = 0; i < scan->nodes && count < nodes; i++)
        if (scan->free[i] >= devices)
            found[count++] = i;
    if (count < nodes) {
        free(found);
        return false;
    }
    for (uint32_t i = 0; i < nodes; i++)
        scan->free[found[i]] = (uint8_t)(scan->free[found[i]] - devices);
    scan->held[scan->leases++] = (struct taken){found, nodes, devices};
    scan->taken += (int64_t)nodes * devices;
    return true;
}

static void scan_release(struct scan *scan)
{
    struct taken *held = &scan->held[rng_below(&scan->rng, scan->leases)];
    for (uint32_t i = 0; i < held->count; i++)
        scan->free[held->nodes[i]] = (uint8_t)(scan->free[held->nodes[i]] + held->devices);
    scan->taken -= (int64_t)held->count * held->devices;
    free(held->nodes);
    *held = scan->held[--scan->leases];
}

static int64_t scan_churn(struct scan *scan, int64_t steps)
{
    for (int64_t i = 0; i < steps; i++) {
        bool full = scan->taken * 10 >= (int64_t)scan->nodes * DEVICES * 9;
        if ((full || !scan_place(scan)) && scan->leases)
            scan_release(scan);
    }
    return steps;
}

// Nine tenths of all nodes, one lease each: filled by the mix it would take hours.
static void scan_fill(struct scan *scan)
{
    for (uint32_t i = 0; i < scan->nodes - scan->nodes / 10; i++) {
        uint32_t *node = malloc(sizeof *node);
        must(node);
        *node = i;
        scan->free[i] = 0;
        scan->held[scan->leases++] = (struct taken){node, 1, DEVICES};
        scan->taken += DEVICES;
    }
}

static double scan_rate(uint32_t nodes)
{
    struct scan scan = {.free = malloc(nodes), .nodes = nodes, .rng = {.state = 42}};
    scan.held = calloc((size_t)nodes * DEVICES, sizeof *scan.held);
    must(scan.free && scan.held);
    memset(scan.free, DEVICES, nodes);
    scan_fill(&scan);
    int64_t steps = 200000000 / ((int64_t)nodes + 1000);
    double start_s = bench_cpu_s();
    scan_churn(&scan, steps);
    double rate = (double)steps / (bench_cpu_s() - start_s);
    while (scan.leases)
        scan_release(&scan);
    free(scan.held);
    free(scan.free);
    return rate;
}

static void bar(const char *name, double rate)
{
    int width = 0;
    for (double left = rate; left >= 1.3335 && width < CHART; left /= 1.3335)
        width++; // eight to a decade
    printf("    %-6s %10.0f /s  ", name, rate);
    for (int i = 0; i < width; i++)
        putchar('#');
    putchar('\n');
}

static void grow(int64_t devices, bool power)
{
    struct lab_fleet_ask ask = {devices, 42, power};
    struct lab_fleet *lab = lab_fleet_create(&ask);
    double rates[RUNS];
    for (int i = 0; i < RUNS; i++) {
        double start_s = bench_cpu_s();
        int64_t steps = lab_fleet_churn(lab, 500000);
        rates[i] = (double)steps / (bench_cpu_s() - start_s);
    }
    int64_t bytes = fleet_bytes(lab_fleet_index(lab));
    printf("%" PRId64 " devices%s: index %.1f MiB, %.0f bytes a device\n",
           lab_fleet_count(lab).devices, power ? " with power" : "", (double)bytes / 1048576,
           (double)bytes / (double)lab_fleet_count(lab).devices);
    bar("index", bench_median(rates, RUNS));
    lab_fleet_destroy(lab);
}

int main(void)
{
    bench_machine();
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("placements and releases a second by CPU time; a bar grows by an eighth of a decade\n");
    for (int64_t devices = 1000; devices <= 10000000; devices *= 10) {
        grow(devices, false);
        bar("scan", scan_rate((uint32_t)(devices / DEVICES)));
        grow(devices, true);
    }
    return 0;
}
