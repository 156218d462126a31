#include "lab/swf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static void a_job_is_read_by_its_columns(void **state)
{
    (void)state;
    struct swf swf;
    struct swf_job job;
    struct err err;
    swf_init(&swf, "a.swf",
             S("; Version: 2.2\n\n  7 100 -1 60.9 8 -1 -1 9 -1 -1 1 3 4 -1 -1 -1 -1 -1\r\n"
               "8 100 -1 60 -1 -1 -1 9 -1 -1 1 3 4 -1 -1 -1 -1 -1"));
    assert_int_equal(swf_next(&swf, &job, &err), SWF_JOB);
    assert_int_equal(job.number, 7);
    assert_int_equal(job.submit_s, 100);
    assert_int_equal(job.run_s, 60);
    assert_int_equal(job.procs, 8);
    assert_int_equal(job.user, 3);
    assert_int_equal(job.group, 4);
    assert_int_equal(swf_next(&swf, &job, &err), SWF_JOB);
    assert_int_equal(job.procs, 9); // asked for, when what was given is not known
    assert_int_equal(swf_next(&swf, &job, &err), SWF_END);
}

static void what_is_wrong_is_named_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *line, *place, *what;
    } wrong[] = {
        {"1 2 3",                                 "a.swf:2:6:",  "too few"     },
        {"1 2 x 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8",   "a.swf:2:5:",  "not a number"},
        {"1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9", "a.swf:2:37:", "more than 18"},
        {"1 -2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8",  "a.swf:2:3:",  "less than -1"},
        {"1 99999999999999999999 3 4",            "a.swf:2:3:",  "2^53"        },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[256];
        struct swf swf;
        struct swf_job job;
        struct err err;
        snprintf(text, sizeof text, ";\n%s\n9 9 -1 9 9 -1 -1 9 -1 -1 1 3 4 -1 -1 -1 -1 -1\n",
                 wrong[i].line);
        swf_init(&swf, "a.swf", str_from(text));
        assert_int_equal(swf_next(&swf, &job, &err), SWF_WRONG);
        assert_non_null(strstr(err.text, wrong[i].place));
        assert_non_null(strstr(err.text, wrong[i].what));
        assert_int_equal(swf_next(&swf, &job, &err), SWF_JOB); // reading goes on behind it
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_is_read_by_its_columns),
        cmocka_unit_test(what_is_wrong_is_named_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
