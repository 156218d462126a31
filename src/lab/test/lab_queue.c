#include "lab/lab_queue.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOBS_MAX = 40000 };

// Two processors. 1 takes both for 10 s, 2 wants both, 3 one for 5 s, 4 one for 20 s.
static void three_rules_on_four_jobs(void **state)
{
    (void)state;
    static const struct swf_job jobs[] = {
        {1, 0, 10, 1, 0, 0},
        {2, 1, 10, 2, 0, 0},
        {3, 2, 5,  1, 0, 0},
        {4, 2, 20, 1, 0, 0},
        {5, 2, 0,  1, 0, 0},
        {6, 2, 5,  3, 0, 0},
    };
    static const int64_t wait_s[] = {[LAB_QUEUE_FCFS] = 0 + 9 + 18 + 18,
                                     [LAB_QUEUE_EASY] = 0 + 9 + 0 + 18,
                                     [LAB_QUEUE_TATARA] = 0 + 9 + 0 + 18};
    for (int policy = 0; policy < LAB_QUEUE_POLICY_COUNT; policy++) {
        struct swf_job copy[6];
        struct lab_queue_result result;
        memcpy(copy, jobs, sizeof jobs);
        lab_queue_replay(copy, 6, 2, (enum lab_queue_policy)policy, &result);
        assert_int_equal(result.jobs, 4);
        assert_int_equal(result.skipped, 2);
        assert_int_equal(result.wait_s, wait_s[policy]);
        assert_int_equal(result.makespan_s, 40);
        assert_int_equal(result.work_s, 55);
        assert_int_equal(result.events, 12);
    }
}

static uint64_t load(const char *name, struct swf_job *jobs)
{
    char path[512];
    const char *shared = getenv("TATARA_SHARED");
    snprintf(path, sizeof path, "%s%s/data/swf/%s", shared ? shared : SOURCE_ROOT,
             shared ? "" : "/../shared", name);
    FILE *file = fopen(path, "rbe");
    if (!file) {
        print_message("%s is not here: skipped\n", path);
        skip();
    }
    struct buf text;
    buf_init(&text, 16 << 20);
    char bytes[1 << 16];
    for (size_t len; (len = fread(bytes, 1, sizeof bytes, file)) > 0;)
        buf_add(&text, (str){bytes, len});
    fclose(file);
    struct swf swf;
    struct err err;
    uint64_t count = 0;
    swf_init(&swf, name, buf_str(&text));
    while (count < JOBS_MAX && swf_next(&swf, &jobs[count], &err) == SWF_JOB)
        count++;
    assert_int_equal(swf.rest.len, 0);
    buf_finish(&text);
    return count;
}

// Published: mean wait 2,388,444 s (FCFS) and 97,156 s (EASY), makespan 12,482,549 and 8,730,698.
static void lublin_256_gives_the_published_numbers(void **state)
{
    (void)state;
    static struct swf_job jobs[JOBS_MAX];
    struct lab_queue_result result;
    uint64_t count = load("lublin_256.swf", jobs);
    lab_queue_replay(jobs, count, 256, LAB_QUEUE_FCFS, &result);
    assert_int_equal(result.jobs, 10000);
    assert_int_equal((result.wait_s + 5000) / 10000, 2388444);
    assert_int_equal(result.makespan_s, 12482549);
    lab_queue_replay(jobs, count, 256, LAB_QUEUE_EASY, &result);
    assert_int_equal((result.wait_s + 5000) / 10000, 97156);
    assert_int_equal(result.makespan_s, 8730698);
    assert_int_equal(result.work_s * 10000 / (256 * result.makespan_s), 9363);
    lab_queue_replay(jobs, count, 256, LAB_QUEUE_TATARA, &result);
    assert_true(result.wait_s / 10000 < 120000);
}

// Published: 8.1 s and 4.1 s. Jobs that ran for 0 s are left out, as there.
static void nasa_ipsc_gives_the_published_numbers(void **state)
{
    (void)state;
    static struct swf_job jobs[JOBS_MAX];
    struct lab_queue_result result;
    uint64_t count = load("NASA-iPSC-1993-3.1-cln.swf", jobs);
    lab_queue_replay(jobs, count, 128, LAB_QUEUE_FCFS, &result);
    assert_int_equal((result.wait_s * 10 + (int64_t)result.jobs / 2) / (int64_t)result.jobs, 81);
    lab_queue_replay(jobs, result.jobs, 128, LAB_QUEUE_EASY, &result);
    assert_int_equal((result.wait_s * 10 + (int64_t)result.jobs / 2) / (int64_t)result.jobs, 41);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_rules_on_four_jobs),
        cmocka_unit_test(lublin_256_gives_the_published_numbers),
        cmocka_unit_test(nasa_ipsc_gives_the_published_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
