#include "engine/local/local_trash.h"
#include "base/must.h"
#include "bench_folder.h"
#include "engine/local/attempt_folder.h"
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { DEEP = 3000, WIDE = 500, PATIENCE_US = 60 * 1000 * 1000 };

static struct bench bench;
static int data; // the data directory

static int set_up(void **state)
{
    struct err err;
    (void)state;
    bench_init(&bench, LOCAL_PROCESS);
    must(attempt_prepare(bench.data, &err));
    data = open(bench.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(data);
    bench_finish(&bench);
    return 0;
}

static void make_file(int folder, const char *name)
{
    int file = openat(folder, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0);
    must(file >= 0);
    close(file);
}

// Deeper than any path can be written, with files on the way.
static void make_deep(int folder)
{
    int above = dup(folder);
    for (int i = 0; i < DEEP; i++) {
        must(mkdirat(above, "d", 0700) == 0);
        make_file(above, "file");
        int below = openat(above, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        must(below >= 0);
        close(above);
        above = below;
    }
    close(above);
}

static void make_wide(int folder)
{
    char name[16];
    for (int i = 0; i < WIDE; i++) {
        snprintf(name, sizeof name, "%d", i);
        make_file(folder, name);
    }
}

static int count_entries(int folder, const char *name)
{
    int count = 0;
    DIR *dir = fdopendir(openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    must(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 2;
}

static void assert_emptied(void)
{
    int64_t until_us = boottime_us() + PATIENCE_US;
    while (count_entries(data, "jobs/trash") > 0 && boottime_us() < until_us)
        sched_yield();
    assert_int_equal(count_entries(data, "jobs/trash"), 0);
}

static int make_work(void)
{
    must(mkdirat(data, "work", 0700) == 0);
    return openat(data, "work", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void whatever_a_job_made_goes(void **state)
{
    struct local_trash trash;
    struct err err;
    (void)state;
    assert_true(local_trash_init(&trash, bench.data, &err));
    int work = make_work();
    make_deep(work);
    make_wide(work);
    must(mkdirat(work, "shut", 0700) == 0 && mkdirat(work, "shut/in", 0700) == 0);
    must(mkfifoat(work, "shut/pipe", 0600) == 0);
    must(fchmodat(work, "shut/in", 0, 0) == 0 && fchmodat(work, "shut", 0, 0) == 0);
    close(work);
    assert_true(local_trash_put(&trash, data, "work", &err));
    assert_true(local_trash_put(&trash, data, "work", &err)); // absent is fine
    assert_emptied();
    local_trash_finish(&trash);
}

static void links_are_not_followed(void **state)
{
    struct local_trash trash;
    struct err err;
    struct stat before, after;
    (void)state;
    assert_true(local_trash_init(&trash, bench.data, &err));
    must(mkdirat(data, "precious", 0500) == 0);
    must(fstatat(data, "precious", &before, 0) == 0);
    int work = make_work();
    char precious[128];
    snprintf(precious, sizeof precious, "%s/precious", bench.data);
    must(symlinkat(precious, work, "up") == 0);
    must(symlinkat("up", work, "again") == 0);
    must(mkdirat(work, "sub", 0700) == 0 && symlinkat(bench.data, work, "sub/all") == 0);
    close(work);
    assert_true(local_trash_put(&trash, data, "work", &err));
    must(symlinkat(precious, data, "work") == 0); // the folder itself was swapped for a link
    assert_true(local_trash_put(&trash, data, "work", &err));
    assert_emptied();
    must(fstatat(data, "precious", &after, 0) == 0);
    assert_int_equal(after.st_mode, before.st_mode);
    assert_int_equal(count_entries(data, "jobs/open"), 0);
    local_trash_finish(&trash);
}

static void what_was_left_goes_at_the_next_start(void **state)
{
    struct local_trash trash;
    struct err err;
    (void)state;
    must(mkdirat(data, "jobs/trash", 0700) == 0 && mkdirat(data, "jobs/trash/old", 0700) == 0);
    int old = openat(data, "jobs/trash/old", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    make_wide(old);
    close(old);
    assert_true(local_trash_init(&trash, bench.data, &err));
    assert_emptied();
    local_trash_finish(&trash);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(whatever_a_job_made_goes),
        CASE(links_are_not_followed),
        CASE(what_was_left_goes_at_the_next_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
