// How long the program takes to be ready: an empty directory, and a journal of a million events.
//
//     bench_open PROGRAM DIR [EVENTS]     PROGRAM: the tatara binary; DIR: made, must not exist
//
// The journal is written by the simulator: jobs, leases, readings, postings and invoices of a small
// house over months. Nine tenths of it are in a snapshot, as after a kill at a bad moment; then the
// snapshot is taken away and everything is replayed. The program is killed after each start, so
// that the next one finds the same.
#include "base/instant.h"
#include "base/must.h"
#include "bench/bench.h"
#include "bench/program.h"
#include "sim/sim.h"
#include "store/sqlite/store_sqlite.h"
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RUNS = 5, GATHERED = 4096, COMMANDS = 100 };

// Gathers many small batches into one: the simulator commits each input, a disk would take hours.
struct gatherer {
    struct journal journal;
    struct journal *inner;
    struct buf text, leaves;
    size_t ends[GATHERED + 1];
    struct journal_batch batch; // of the newest; first_seq and count of all
};

static void check(bool good, const struct err *err)
{
    if (good)
        return;
    fprintf(stderr, "bench_open: %s\n", err->text);
    exit(1);
}

static void flush(struct gatherer *gatherer)
{
    static str lines[GATHERED];
    struct err err = {0};
    bool fatal;
    struct journal_batch *batch = &gatherer->batch;
    if (batch->count == 0)
        return;
    for (uint32_t i = 0; i < batch->count; i++) {
        size_t from = i ? gatherer->ends[i - 1] : 0;
        lines[i] = (str){gatherer->text.ptr + from, gatherer->ends[i] - from};
    }
    batch->lines = lines;
    batch->leaves = (const digest *)(const void *)gatherer->leaves.ptr;
    check(gatherer->inner->ops->append(gatherer->inner, batch, &fatal, &err), &err);
    batch->count = 0;
    buf_clear(&gatherer->text);
    buf_clear(&gatherer->leaves);
}

static bool gather(struct journal *journal, const struct journal_batch *batch, bool *ret_fatal,
                   struct err *err)
{
    struct gatherer *gatherer = (struct gatherer *)journal;
    (void)err;
    *ret_fatal = false;
    must(batch->count <= GATHERED && batch->leaves);
    if (gatherer->batch.count + batch->count > GATHERED)
        flush(gatherer);
    if (gatherer->batch.count == 0)
        gatherer->batch.first_seq = batch->first_seq;
    for (uint32_t i = 0; i < batch->count; i++) {
        buf_add(&gatherer->text, batch->lines[i]);
        gatherer->ends[gatherer->batch.count + i] = gatherer->text.len;
    }
    buf_add(&gatherer->leaves,
            (str){(const char *)batch->leaves, batch->count * sizeof *batch->leaves});
    gatherer->batch.count += batch->count;
    gatherer->batch.time_us = batch->time_us;
    gatherer->batch.root = batch->root;
    return true;
}

static void put_snapshot(struct sim *sim, struct gatherer *gatherer)
{
    struct buf bytes;
    struct err err = {0};
    buf_init(&bytes, (size_t)1 << 32);
    turn_snapshot(&sim->turn, &bytes);
    struct journal_snapshot snapshot = {turn_size(&sim->turn), cloud_layout(), buf_str(&bytes)};
    flush(gatherer);
    check(gatherer->inner->ops->snapshot_put(gatherer->inner, &snapshot, &err), &err);
    printf("  its snapshot at %" PRIu64 ": %.1f MiB\n", snapshot.size,
           (double)bytes.len / (1 << 20));
    buf_finish(&bytes);
}

static void make_journal(struct gatherer *gatherer, uint64_t events)
{
    struct err err = {0};
    struct sim_config config = {
        .seed = 1,
        .nodes = 4,
        .devices_per_node = 8,
        .accounts_max = 100,
        .gap_us_mean = 100 * SECOND_US,
        .run_ms_mean = 1000 * 1000,
    };
    struct sim *sim = sim_create(&config, &gatherer->journal, &err);
    check(sim != NULL, &err);
    bool shot = false;
    while (turn_size(&sim->turn) < events) {
        check(sim_run(sim, COMMANDS, &err), &err);
        if (!shot && turn_size(&sim->turn) >= events / 10 * 9) {
            put_snapshot(sim, gatherer);
            shot = true;
        }
    }
    flush(gatherer);
    printf("  %" PRIu64 " events in all, over %" PRId64 " days\n", turn_size(&sim->turn),
           (cloud_time_us(&sim->turn.cloud) - INT64_C(1767225600) * SECOND_US) / DAY_US);
    sim_destroy(sim);
}

static void make_house(const char *directory, uint64_t events)
{
    static const struct journal_ops ops = {.append = gather};
    static struct gatherer gatherer = {.journal = {&ops}};
    struct blobs *blobs;
    struct err err = {0};
    char path[4200];
    buf_init(&gatherer.text, 1 << 28);
    buf_init(&gatherer.leaves, 1 << 28);
    check(store_sqlite_open(directory, STORE_OWN, &gatherer.inner, &blobs, &err), &err);
    make_journal(&gatherer, events);
    gatherer.inner->ops->destroy(gatherer.inner);
    blobs->ops->destroy(blobs);
    buf_finish(&gatherer.text);
    buf_finish(&gatherer.leaves);
    snprintf(path, sizeof path, "%s/secret.key", directory);
    FILE *file = fopen(path, "wxe");
    must(file && fprintf(file, "%064d\n", 1) == 65 && fclose(file) == 0);
    must(chmod(path, 0600) == 0);
}

static void remove_snapshots(const char *directory)
{
    char command[4300];
    snprintf(command, sizeof command, "rm -rf -- '%s/snapshots'", directory);
    must(system(command) == 0);
}

static void measure(const char *name, const char *path, const char *directory, bool replay)
{
    double ready_ms[RUNS], memory[RUNS];
    struct program program;
    for (int i = -1; i < RUNS; i++) {
        if (replay)
            remove_snapshots(directory);
        program_start(&program, path, directory, "process");
        ready_ms[i < 0 ? 0 : i] = program.ready_s * 1e3;
        memory[i < 0 ? 0 : i] = program_memory_mib(&program);
        program_stop(&program, SIGKILL);
    }
    double median_ms = bench_median(ready_ms, RUNS);
    printf("%s: ready after %.0f ms (%.0f-%.0f), then %.1f MiB\n", name, median_ms, ready_ms[0],
           ready_ms[RUNS - 1], bench_median(memory, RUNS));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_open PROGRAM DIR [EVENTS]\n");
        return 2;
    }
    uint64_t events = argc > 3 ? strtoull(argv[3], NULL, 10) : 1000 * 1000;
    char directory[4096];
    bench_machine();
    must(mkdir(argv[2], 0700) == 0);
    snprintf(directory, sizeof directory, "%s/empty", argv[2]);
    double ready_ms[RUNS];
    for (int i = 0; i < RUNS; i++) {
        struct program program;
        snprintf(directory, sizeof directory, "%s/empty-%d", argv[2], i);
        program_start(&program, argv[1], directory, "process");
        ready_ms[i] = program.ready_s * 1e3;
        program_stop(&program, SIGTERM);
    }
    double median_ms = bench_median(ready_ms, RUNS);
    printf("an empty directory: ready after %.0f ms (%.0f-%.0f)\n", median_ms, ready_ms[0],
           ready_ms[RUNS - 1]);
    snprintf(directory, sizeof directory, "%s/million", argv[2]);
    printf("a journal of the simulator:\n");
    make_house(directory, events);
    measure("snapshot and tail", argv[1], directory, false);
    measure("no snapshot, all replayed", argv[1], directory, true);
    return 0;
}
