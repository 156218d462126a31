#include "bench/raw_journal.h"
#include "base/must.h"
#include "bench/bench.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE = 300 };

struct raw_journal {
    sqlite3 *database;
    sqlite3_stmt *line, *commit;
    uint64_t size;
    char path[4200], text[LINE];
};

static void run(sqlite3 *database, const char *sql)
{
    must(sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static void prepare(sqlite3 *database, const char *sql, sqlite3_stmt **ret_statement)
{
    must(sqlite3_prepare_v2(database, sql, -1, ret_statement, NULL) == SQLITE_OK);
}

struct raw_journal *raw_journal_create(const char *path)
{
    struct raw_journal *raw = calloc(1, sizeof *raw);
    must(raw && (size_t)snprintf(raw->path, sizeof raw->path, "%s", path) < sizeof raw->path - 8);
    memset(raw->text, 'a', sizeof raw->text);
    must(sqlite3_open(path, &raw->database) == SQLITE_OK);
    run(raw->database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                       "CREATE TABLE lines(seq INTEGER PRIMARY KEY, line TEXT NOT NULL) STRICT;"
                       "CREATE TABLE commits(size INTEGER PRIMARY KEY, time_us INTEGER NOT NULL,"
                       "  root BLOB NOT NULL) STRICT;");
    prepare(raw->database, "INSERT INTO lines VALUES(?,?)", &raw->line);
    prepare(raw->database, "INSERT INTO commits VALUES(?,0,zeroblob(32))", &raw->commit);
    return raw;
}

void raw_journal_destroy(struct raw_journal *raw)
{
    sqlite3_finalize(raw->line);
    sqlite3_finalize(raw->commit);
    must(sqlite3_close(raw->database) == SQLITE_OK);
    unlink(raw->path);
    free(raw);
}

static void step(sqlite3_stmt *statement)
{
    must(sqlite3_step(statement) == SQLITE_DONE && sqlite3_reset(statement) == SQLITE_OK);
}

static void put_batch(struct raw_journal *raw, uint64_t count)
{
    run(raw->database, "BEGIN");
    for (uint64_t i = 0; i < count; i++) {
        sqlite3_bind_int64(raw->line, 1, (int64_t)raw->size++);
        sqlite3_bind_text(raw->line, 2, raw->text, LINE, SQLITE_STATIC);
        step(raw->line);
    }
    sqlite3_bind_int64(raw->commit, 1, (int64_t)raw->size);
    step(raw->commit);
    run(raw->database, "COMMIT");
}

double raw_journal_run(struct raw_journal *raw, uint64_t lines, double batch)
{
    must(lines > 0 && batch >= 1);
    double begin_s = bench_wall_s(), asked = 0;
    for (uint64_t done = 0; done < lines;) {
        asked += batch; // 2.5 is 2, 3, 2, 3, …
        uint64_t end = (uint64_t)asked < lines ? (uint64_t)asked : lines;
        end = end > done ? end : done + 1;
        put_batch(raw, end - done);
        done = end;
    }
    return (double)lines / (bench_wall_s() - begin_s);
}
