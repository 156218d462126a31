// What `tatara run` asks for: each option as its member of the request, and texts without a form.
#include "cmd/run_request.h"
#include "base/json.h"
#include "cmd/commands.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const struct option_tables *run_tables(void)
{
    static struct option_tables tables;
    const struct command *row;
    for (uint32_t i = 0; (row = commands_row(i)); i++)
        if (strcmp(row->words, "run") == 0)
            tables.tables[0] = row->options;
    return &tables;
}

static bool ask(const char *const *words, struct buf *body, struct err *err)
{
    static char *arguments[32];
    struct options options;
    int count = 0;
    while (words[count]) {
        arguments[count] = (char *)(uintptr_t)words[count];
        count++;
    }
    arguments[count] = NULL;
    buf_clear(body);
    return options_read(run_tables(), count, arguments, &options, err) &&
           run_request(&options, body, err);
}
#define ASK(...) ask((const char *const[]){__VA_ARGS__, "--", "true", NULL}, &body, &err)

static void options_become_members(void **state)
{
    (void)state;
    static const char *const wanted[] = {"\"nodes\":64",
                                         "\"devices\":4",
                                         "\"cpu_milli\":4500",
                                         "\"chip\":\"a\"",
                                         "\"chip_2\":\"b\"",
                                         "\"together\":\"rack\"",
                                         "\"together_must\":true",
                                         "\"spread\":\"node\"",
                                         "\"priority\":\"high\"",
                                         "\"class\":\"spot\"",
                                         "\"checkpoints\":true",
                                         "\"power\":\"inference\"",
                                         "\"device_memory_mib\":10240",
                                         "\"require\":\"country=JP !origin=XX\"",
                                         "\"reservation\":\"reservation-3\""};
    struct buf body;
    struct err err;
    buf_init(&body, 1 << 16);
    if (!ASK("--nodes", "64", "--devices", "4", "--cpu", "4.5", "--chip", "a,b", "--together",
             "rack!", "--spread", "node", "--priority", "high", "--class", "spot", "--checkpoints",
             "--power", "inference", "--device-memory", "10GiB", "--require", "country=JP",
             "--forbid", "origin=XX", "--reservation", "reservation-3"))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!strstr(buf_cstr(&body), wanted[i]))
            fail_msg("%s is not in %s", wanted[i], buf_cstr(&body));
    assert_true(ASK("--share", "250m"));
    assert_non_null(strstr(buf_cstr(&body), "\"milli\":250"));
    assert_true(ASK("--mig", "1g", "--cpu", "500m"));
    assert_non_null(strstr(buf_cstr(&body), "\"mig\":\"1g\""));
    assert_non_null(strstr(buf_cstr(&body), "\"cpu_milli\":500"));
    buf_finish(&body);
}

static void a_text_without_a_form_is_named(void **state)
{
    (void)state;
    struct buf body;
    struct err err;
    buf_init(&body, 1 << 16);
    assert_false(ASK("--share", "2"));
    assert_non_null(strstr(err.text, "--share"));
    assert_false(ASK("--cpu", "-1"));
    assert_non_null(strstr(err.text, "--cpu"));
    assert_false(ASK("--cpu", "0m"));
    assert_false(ASK("--chip", "a,,b"));
    assert_non_null(strstr(err.text, "--chip"));
    assert_false(ASK("--chip", "a,b,c,d,e"));
    assert_false(ASK("--together", "a-level-with-a-very-long-name"));
    char rule[200] = {0};
    memset(rule, 'a', sizeof rule - 1);
    assert_false(ASK("--require", rule));
    assert_non_null(strstr(err.text, "127"));
    buf_finish(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_become_members),
        cmocka_unit_test(a_text_without_a_form_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
