// The store: appends, reads and blobs, beside the same rows put by SQLite alone; and the tree.
//
//     bench_store DIR       on the file system of DIR, which is made and must not be a store
#include "base/must.h"
#include "bench/bench.h"
#include "proof/merkle.h"
#include "store/sqlite/store_sqlite.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 200, BATCH_MAX = 1000, PUTTERS = 16, PUTS = 4000, LEAVES = 1000 * 1000 };

static char lines[BATCH_MAX][LINE];
static str views[BATCH_MAX];

struct work {
    struct journal *journal;
    struct blobs *blobs;
    sqlite3 *raw;
    uint64_t seq, raw_seq;
    uint32_t batch, batches, threads;
    struct merkle tree;
};

static void check(bool good, const struct err *err)
{
    if (good)
        return;
    fprintf(stderr, "bench_store: %s\n", err->text);
    exit(1);
}

static int64_t append(void *context)
{
    struct work *work = context;
    struct err err = {{0}};
    bool fatal;
    for (uint32_t i = 0; i < work->batches; i++) {
        struct journal_batch batch = {.first_seq = work->seq, .lines = views, .count = work->batch};
        check(work->journal->ops->append(work->journal, &batch, &fatal, &err), &err);
        work->seq += work->batch;
    }
    return (int64_t)work->batch * work->batches;
}

static void raw_step(sqlite3_stmt *statement)
{
    must(sqlite3_step(statement) == SQLITE_DONE && sqlite3_reset(statement) == SQLITE_OK);
}

static int64_t raw_append(void *context)
{
    struct work *work = context;
    sqlite3_stmt *line, *commit;
    must(sqlite3_prepare_v2(work->raw, "INSERT INTO lines VALUES(?,?)", -1, &line, NULL) == 0);
    must(sqlite3_prepare_v2(work->raw, "INSERT INTO commits VALUES(?,0,zeroblob(32))", -1, &commit,
                            NULL) == 0);
    for (uint32_t i = 0; i < work->batches; i++) {
        must(sqlite3_exec(work->raw, "BEGIN", NULL, NULL, NULL) == SQLITE_OK);
        for (uint32_t k = 0; k < work->batch; k++) {
            sqlite3_bind_int64(line, 1, (int64_t)work->raw_seq++);
            sqlite3_bind_text(line, 2, lines[k], LINE, SQLITE_STATIC);
            raw_step(line);
        }
        sqlite3_bind_int64(commit, 1, (int64_t)work->raw_seq);
        raw_step(commit);
        must(sqlite3_exec(work->raw, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
    }
    sqlite3_finalize(line);
    sqlite3_finalize(commit);
    return (int64_t)work->batch * work->batches;
}

static bool count_bytes(void *context, uint64_t seq, str line)
{
    (void)seq;
    *(uint64_t *)context += line.len;
    return true;
}

static int64_t read_all(void *context)
{
    struct work *work = context;
    struct err err = {{0}};
    uint64_t bytes = 0;
    check(work->journal->ops->read(work->journal, 0, UINT64_MAX, count_bytes, &bytes, &err), &err);
    must(bytes == work->seq * LINE);
    return (int64_t)work->seq;
}

static int64_t raw_read_all(void *context)
{
    struct work *work = context;
    sqlite3_stmt *row;
    uint64_t bytes = 0;
    must(sqlite3_prepare_v2(work->raw, "SELECT seq, line FROM lines ORDER BY seq", -1, &row,
                            NULL) == SQLITE_OK);
    while (sqlite3_step(row) == SQLITE_ROW)
        bytes += (uint64_t)sqlite3_column_bytes(row, 1);
    sqlite3_finalize(row);
    must(bytes == work->raw_seq * LINE);
    return (int64_t)work->raw_seq;
}

static void *put_some(void *context)
{
    const struct work *work = context;
    struct err err = {{0}};
    digest key;
    for (uint32_t i = 0; i < PUTS / work->threads; i++)
        check(work->blobs->ops->put(work->blobs, views[0], &key, &err), &err);
    return NULL;
}

static int64_t put_blobs(void *context)
{
    struct work *work = context;
    pthread_t threads[PUTTERS];
    for (uint32_t i = 0; i < work->threads; i++)
        must(pthread_create(&threads[i], NULL, put_some, work) == 0);
    for (uint32_t i = 0; i < work->threads; i++)
        must(pthread_join(threads[i], NULL) == 0);
    return PUTS;
}

static int64_t hash_leaves(void *context)
{
    struct work *work = context;
    for (uint32_t i = 0; i < LEAVES; i++)
        merkle_append(&work->tree, merkle_leaf(views[i % BATCH_MAX]));
    return LEAVES;
}

static sqlite3 *raw_open(const char *directory)
{
    char path[4200];
    sqlite3 *raw;
    snprintf(path, sizeof path, "%s/raw.db", directory);
    must(sqlite3_open_v2(path, &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == 0);
    must(sqlite3_exec(raw,
                      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                      "CREATE TABLE lines(seq INTEGER PRIMARY KEY, line TEXT);"
                      "CREATE TABLE commits(size INTEGER PRIMARY KEY, time_us, root)",
                      NULL, NULL, NULL) == SQLITE_OK);
    return raw;
}

static void compare(const char *what, bench_run *ours, bench_run *theirs, struct work *work)
{
    char name[100];
    double median = bench_report(what, ours, work).wall_median;
    snprintf(name, sizeof name, "  the same by SQLite alone");
    printf("  ratio %.2f\n", median / bench_report(name, theirs, work).wall_median);
}

static void open_again(const char *directory, struct work *work)
{
    struct err err = {{0}};
    double begin = bench_wall_s();
    work->journal->ops->destroy(work->journal);
    work->blobs->ops->destroy(work->blobs);
    double closed = bench_wall_s();
    check(store_sqlite_open(directory, STORE_OWN, &work->journal, &work->blobs, &err), &err);
    printf("close: %.1f ms; open with %llu lines: %.1f ms\n", 1e3 * (closed - begin),
           (unsigned long long)work->seq, 1e3 * (bench_wall_s() - closed));
}

int main(int argc, char **argv)
{
    static const uint32_t batches[][2] = {
        {1,    2000},
        {64,   1000},
        {1000, 200 }
    };
    static struct work work;
    struct err err = {{0}};
    if (argc != 2) {
        fprintf(stderr, "usage: bench_store DIR\n");
        return 2;
    }
    for (uint32_t i = 0; i < BATCH_MAX; i++) {
        memset(lines[i], 'a' + (int)(i % 26), LINE);
        views[i] = (str){lines[i], LINE};
    }
    bench_machine();
    bench_report("tree: leaves of 200 B hashed and added", hash_leaves, &work);
    check(store_sqlite_open(argv[1], STORE_OWN, &work.journal, &work.blobs, &err), &err);
    work.raw = raw_open(argv[1]);
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        char name[100];
        work.batch = batches[i][0];
        work.batches = batches[i][1];
        snprintf(name, sizeof name, "append durably: lines of %d B, %u a batch", LINE, work.batch);
        compare(name, append, raw_append, &work);
    }
    compare("read all lines", read_all, raw_read_all, &work);
    for (work.threads = 1; work.threads <= PUTTERS; work.threads *= 4) {
        char name[100];
        snprintf(name, sizeof name, "put durably: blobs of %d B, %u threads", LINE, work.threads);
        bench_report(name, put_blobs, &work);
    }
    open_again(argv[1], &work);
    work.journal->ops->destroy(work.journal);
    work.blobs->ops->destroy(work.blobs);
    sqlite3_close(work.raw);
    return 0;
}
