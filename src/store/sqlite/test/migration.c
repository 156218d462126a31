#include "store/sqlite/migration.h"
#include "store/sqlite/database.h"
#include "scratch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static struct scratch scratch;
static char path[SCRATCH_PATH_MAX + 32];

static const char *const steps[] = {
    ("CREATE TABLE things(id INTEGER PRIMARY KEY, name TEXT);"
     "INSERT INTO things(name) VALUES('first'), ('second')"),
    "ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7",
    "UPDATE things SET size = size * 6; CREATE INDEX by_size ON things(size)",
};
static const char *const broken_steps[] = {
    "CREATE TABLE things(id INTEGER PRIMARY KEY, name TEXT)",
    "DELETE FROM things; INSERT INTO nowhere VALUES(1)",
};

static struct file_kind kind_of(uint32_t version)
{
    return (struct file_kind){"test file", 0x7474721, steps, version, NULL};
}

static int make(void **state)
{
    (void)state;
    scratch_make(&scratch);
    snprintf(path, sizeof path, "%s/file.db", scratch.path);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

static void create(uint32_t version)
{
    struct file_kind kind = kind_of(version);
    struct err err = {{0}};
    scratch_empty(&scratch);
    if (!database_create(path, &kind, &err))
        fail_msg("%s", err.text);
}

static int64_t number(sqlite3 *database, const char *sql)
{
    int64_t value = -1;
    struct err err;
    assert_true(database_number(database, sql, &value, &err));
    return value;
}

static void an_old_file_is_brought_to_the_newest_version(void **state)
{
    (void)state;
    for (uint32_t from = 1; from <= 3; from++) {
        struct file_kind kind = kind_of(3);
        struct err err = {{0}};
        sqlite3 *database = NULL;
        char copy[sizeof path + 32];
        create(from);
        if (!database_open(path, &kind, DATABASE_WRITE, &database, &err))
            fail_msg("%s", err.text);
        assert_int_equal(number(database, "PRAGMA user_version"), 3);
        assert_int_equal(number(database, "SELECT count(*) FROM things WHERE size = 42"), 2);
        database_close(database);
        // The copy is the file as it was, and opens with the program of its time.
        snprintf(copy, sizeof copy, "%s.v%u-backup", path, from);
        struct file_kind old = kind_of(from);
        if (from == 3) {
            assert_int_not_equal(access(copy, F_OK), 0);
            continue;
        }
        struct stat stat_now;
        assert_int_equal(stat(copy, &stat_now), 0);
        assert_int_equal(stat_now.st_mode & 0777, 0600);
        assert_true(database_open(copy, &old, DATABASE_WRITE, &database, &err));
        assert_int_equal(number(database, "SELECT count(*) FROM things"), 2);
        database_close(database);
    }
}

static void a_step_that_fails_leaves_the_old_version(void **state)
{
    (void)state;
    struct file_kind broken = {"test file", 0x7474721, broken_steps, 2, NULL}, old = kind_of(1);
    struct err err = {{0}};
    sqlite3 *database = NULL;
    create(1);
    assert_false(database_open(path, &broken, DATABASE_WRITE, &database, &err));
    assert_non_null(strstr(err.text, "nowhere"));
    assert_true(database_open(path, &old, DATABASE_WRITE, &database, &err));
    assert_int_equal(number(database, "SELECT count(*) FROM things"), 2);
    database_close(database);
}

static void a_newer_file_is_refused_with_what_to_do(void **state)
{
    (void)state;
    struct file_kind old = kind_of(1);
    struct err err = {{0}};
    sqlite3 *database = NULL;
    create(3);
    assert_false(database_open(path, &old, DATABASE_WRITE, &database, &err));
    assert_non_null(strstr(err.text, "version 3"));
    assert_non_null(strstr(err.text, "newer program"));
    assert_non_null(strstr(err.text, "file.db.v1-backup"));
}

static void a_reader_does_not_upgrade(void **state)
{
    (void)state;
    struct file_kind kind = kind_of(2), old = kind_of(1);
    struct err err = {{0}};
    sqlite3 *database = NULL;
    create(1);
    assert_false(database_open(path, &kind, DATABASE_READ, &database, &err));
    assert_non_null(strstr(err.text, "start the server once"));
    assert_true(database_open(path, &old, DATABASE_READ, &database, &err));
    assert_false(database_run(database, "DELETE FROM things", &err));
    database_close(database);
}

static void a_file_of_another_kind_is_left_alone(void **state)
{
    (void)state;
    struct file_kind other = {"other file", 0x12345678, steps, 3, NULL};
    struct err err = {{0}};
    sqlite3 *database = NULL;
    create(3);
    assert_false(database_open(path, &other, DATABASE_WRITE, &database, &err));
    assert_non_null(strstr(err.text, "no other file of tatara"));
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 1024; i++)
        fputs("text", file);
    fclose(file);
    assert_false(database_open(path, &other, DATABASE_WRITE, &database, &err));
    assert_non_null(strstr(err.text, "damaged"));
    assert_false(database_create("/nowhere/at/all.db", &other, &err));
    assert_non_null(strstr(err.text, "/nowhere/at/all.db"));
}

static void every_connection_is_strict_and_durable(void **state)
{
    (void)state;
    struct file_kind kind = kind_of(3);
    struct err err = {{0}};
    create(3);
    for (enum database_use use = DATABASE_WRITE; use <= DATABASE_READ; use++) {
        sqlite3 *database = NULL;
        assert_true(database_open(path, &kind, use, &database, &err));
        assert_int_equal(number(database, "PRAGMA synchronous"), 2);
        assert_int_equal(number(database, "PRAGMA wal_autocheckpoint"), 0);
        assert_int_equal(number(database, "PRAGMA secure_delete"), 1);
        assert_int_equal(number(database, "PRAGMA cell_size_check"), 1);
        assert_int_equal(number(database, "PRAGMA trusted_schema"), 0);
        assert_int_equal(number(database, "PRAGMA page_size"), 4096);
        assert_int_equal(number(database, "SELECT journal_mode = 'wal' FROM "
                                          "pragma_journal_mode"),
                         1);
        database_close(database);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_old_file_is_brought_to_the_newest_version),
        cmocka_unit_test(a_step_that_fails_leaves_the_old_version),
        cmocka_unit_test(a_newer_file_is_refused_with_what_to_do),
        cmocka_unit_test(a_reader_does_not_upgrade),
        cmocka_unit_test(a_file_of_another_kind_is_left_alone),
        cmocka_unit_test(every_connection_is_strict_and_durable),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
