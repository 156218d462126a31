#include "engine/local/attempt_folder.h"
#include "base/must.h"
#include "bench_folder.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static struct bench bench;
static const struct attempt_id id = {17, 3};
static struct err err;

static int set_up(void **state)
{
    bool fresh;
    (void)state;
    bench_init(&bench, LOCAL_PROCESS);
    must(attempt_prepare(bench.data, &err) && attempt_claim(bench.data, id, &fresh, &err) && fresh);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bench_finish(&bench);
    return 0;
}

static void a_claim_is_made_once(void **state)
{
    bool fresh = true;
    (void)state;
    assert_true(attempt_claim(bench.data, id, &fresh, &err));
    assert_false(fresh);
    assert_true(attempt_claim(bench.data, (struct attempt_id){17, 4}, &fresh, &err));
    assert_true(fresh);
    assert_true(attempt_unmark(bench.data, id, &err));
    assert_true(attempt_unmark(bench.data, id, &err)); // twice is fine
}

static void a_lock_is_held_by_one(void **state)
{
    int folder = attempt_open(bench.data, id), first, second;
    (void)state;
    assert_int_equal(attempt_lock(folder, &first), ATTEMPT_LOCK_TAKEN);
    assert_int_equal(attempt_lock(folder, &second), ATTEMPT_LOCK_HELD);
    close(first);
    assert_int_equal(attempt_lock(folder, &second), ATTEMPT_LOCK_TAKEN);
    close(second);
    close(folder);
}

static void an_end_reads_as_it_was_written(void **state)
{
    struct attempt_end end = {
        .end = ENGINE_SIGNALLED,
        .signal = 9,
        .dropped_out = INT64_C(9007199254740991),
        .usage = {.ran_ms = 2004, .energy_j = 5, .energy = ENERGY_ATTRIBUTED},
        .boot_id = "b",
        .text = "line\n\"quoted\" \\ é"
    };
    struct attempt_end read = {0};
    bool absent;
    int folder = attempt_open(bench.data, id);
    (void)state;
    assert_true(attempt_load(folder, &attempt_end_form, &read, &absent, &err));
    assert_true(absent);
    assert_true(attempt_save(folder, &attempt_end_form, &end, true, &err));
    assert_true(attempt_load(folder, &attempt_end_form, &read, &absent, &err));
    assert_false(absent);
    assert_memory_equal(&read, &end, sizeof end);
    assert_false(attempt_file_exists(folder, "end.json.new"));
    close(folder);
}

// A shorter text into a file of reserved blocks leaves nothing of them behind it.
static void reserved_room_is_cut(void **state)
{
    struct attempt_stop stop = {.grace_ms = 10}, read;
    bool absent;
    struct stat stat;
    int folder = attempt_open(bench.data, id);
    int file = openat(folder, "stop.json.new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    (void)state;
    must(posix_fallocate(file, 0, ATTEMPT_END_RESERVED) == 0);
    close(file);
    assert_true(attempt_save(folder, &attempt_stop_form, &stop, true, &err));
    assert_true(attempt_load(folder, &attempt_stop_form, &read, &absent, &err));
    assert_int_equal(read.grace_ms, 10);
    must(fstatat(folder, "stop.json", &stat, 0) == 0);
    assert_int_equal(stat.st_size, strlen("{\"grace_ms\":10}"));
    close(folder);
}

static void what_is_no_plain_small_file_is_refused(void **state)
{
    struct attempt_stop stop;
    bool absent;
    char big[ATTEMPT_FILE_MAX + 2];
    int folder = attempt_open(bench.data, id);
    (void)state;
    must(symlinkat("/etc/passwd", folder, "stop.json") == 0);
    assert_false(attempt_load(folder, &attempt_stop_form, &stop, &absent, &err));
    unlinkat(folder, "stop.json", 0);
    must(mkfifoat(folder, "stop.json", 0600) == 0); // and reading it does not hang
    assert_false(attempt_load(folder, &attempt_stop_form, &stop, &absent, &err));
    unlinkat(folder, "stop.json", 0);
    must(mkdirat(folder, "stop.json", 0700) == 0);
    assert_false(attempt_load(folder, &attempt_stop_form, &stop, &absent, &err));
    unlinkat(folder, "stop.json", AT_REMOVEDIR);
    memset(big, ' ', sizeof big);
    must(attempt_file_write(folder, "stop.json", (str){big, sizeof big}, false, &err));
    assert_false(attempt_load(folder, &attempt_stop_form, &stop, &absent, &err));
    assert_non_null(strstr(err.text, "stop.json"));
    close(folder);
}

static void every_member_is_wanted_and_in_range(void **state)
{
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "{\"grace_ms\":-1}",
        "{\"grace_ms\":1.5}",
        "{\"grace_ms\":\"1\"}",
        "{\"grace_ms\":9007199254740992}",
        "{\"grace_ms\":1,\"more\":2}",
        "{\"grace\":1}",
        "{\"grace_ms\":1}x",
    };
    struct attempt_stop stop = {.grace_ms = 5};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (attempt_form_parse(&attempt_stop_form, str_from(bad[i]), &stop, &err))
            fail_msg("taken: %s", bad[i]);
    assert_true(attempt_form_parse(&attempt_stop_form, S(" {\"grace_ms\": 7}\n"), &stop, &err));
    assert_int_equal(stop.grace_ms, 7);
}

static void only_one_text_names_an_attempt(void **state)
{
    static const char *const bad[] = {"",
                                      "job-",
                                      "job-1",
                                      "job-1.attempt-",
                                      "job-01.attempt-1",
                                      "job-1.attempt-4294967296",
                                      "job-1.attempt-1x",
                                      "job--1.attempt-1",
                                      "../job-1.attempt-1",
                                      "job-18446744073709551616.attempt-1"};
    struct attempt_id read = {0};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(attempt_id_parse(str_from(bad[i]), &read));
    assert_true(attempt_id_parse(S("job-17.attempt-4294967295"), &read));
    assert_int_equal(read.job, 17);
    assert_int_equal(read.attempt, UINT32_MAX);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_claim_is_made_once),
        CASE(a_lock_is_held_by_one),
        CASE(an_end_reads_as_it_was_written),
        CASE(reserved_room_is_cut),
        CASE(what_is_no_plain_small_file_is_refused),
        CASE(every_member_is_wanted_and_in_range),
        CASE(only_one_text_names_an_attempt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
