#include "lab/lab_power.h"
#include "base/buf.h"
#include "core/fleet/power_promise.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void a_trace_is_read(void **state)
{
    (void)state;
    struct lab_trace trace;
    struct err err;
    str text = S("relative_time_s,power_total_W\n0.0,1000\n0.1,3000.5004\n");
    assert_true(lab_trace_read("x/a_num_gpus_2_b.csv", text, 0, &trace, &err));
    assert_string_equal(trace.name, "a_num_gpus_2_b.csv");
    assert_int_equal(trace.count, 2);
    assert_int_equal(trace.devices, 2);
    assert_int_equal(lab_power_mean(&trace), 1000125);
    struct lab_power_ask ask = {.replicas = 1, .percentile = 100, .rounds = 1, .seed = 1};
    assert_int_equal(lab_power_percentile(&trace, &ask), 1500250);
    ask.percentile = 50;
    assert_int_equal(lab_power_percentile(&trace, &ask), 500000);
    lab_trace_finish(&trace);
}

static void what_is_no_trace_is_named(void **state)
{
    (void)state;
    struct lab_trace trace;
    struct err err;
    assert_false(lab_trace_read("a.csv", S("time,power_total_W\n1,2\n"), 0, &trace, &err));
    assert_non_null(strstr(err.text, "--devices"));
    assert_false(lab_trace_read("a.csv", S("time,watts\n1,2\n"), 1, &trace, &err));
    assert_non_null(strstr(err.text, "power_total_W"));
    assert_false(lab_trace_read("a.csv", S("power_total_W\n1\n-2\n"), 1, &trace, &err));
    assert_non_null(strstr(err.text, "a.csv:3"));
    assert_false(lab_trace_read("a.csv", S("power_total_W\n"), 1, &trace, &err));
}

static bool load_trace(const char *name, struct lab_trace *ret_trace)
{
    char path[512];
    const char *shared = getenv("TATARA_SHARED");
    snprintf(path, sizeof path, "%s%s/data/gpu_power/traces/%s", shared ? shared : SOURCE_ROOT,
             shared ? "" : "/../shared", name);
    FILE *file = fopen(path, "rbe");
    if (!file)
        return false;
    struct buf text;
    struct err err;
    buf_init(&text, 16 << 20);
    char bytes[1 << 16];
    for (size_t len; (len = fread(bytes, 1, sizeof bytes, file)) > 0;)
        buf_add(&text, (str){bytes, len});
    fclose(file);
    assert_true(lab_trace_read(name, buf_str(&text), 0, ret_trace, &err));
    buf_finish(&text);
    return true;
}

// The watts that were published for these traces, within 1 %: more than chance, less than a slip.
static void the_measured_traces_give_the_known_watts(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        uint32_t replicas;
        int64_t watts;
    } known[] = {
        {"Llama-3.1-405B_num_gpus_8_max_num_seqs_64.csv",  200, 528},
        {"Llama-3.1-405B_num_gpus_8_max_num_seqs_256.csv", 200, 616},
        {"Llama-3.1-405B_num_gpus_8_max_num_seqs_256.csv", 1,   690},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct lab_trace trace;
        if (!load_trace(known[i].file, &trace)) {
            print_message("the traces are not here: skipped\n");
            skip();
        }
        struct lab_power_ask ask = {known[i].replicas, 99, 40, 42};
        int64_t milliwatts = lab_power_percentile(&trace, &ask);
        assert_in_range(milliwatts, known[i].watts * 990, known[i].watts * 1010);
        lab_trace_finish(&trace);
    }
}

// Every cell of the core's table is the higher of its traces, rounded up.
static void the_table_of_promises_is_what_was_measured(void **state)
{
    (void)state;
    static const char *const files[POWER_LOADS][2] = {
        [POWER_LOAD_HEAVY] = {"256", "512"},
        [POWER_LOAD_MEDIUM] = {"64",  "128"},
        [POWER_LOAD_LIGHT] = {"8",   "8"  },
    };
    static const uint32_t replicas[] = {1, 10, 50, 200};
    for (size_t i = 0; i < POWER_LOADS * sizeof replicas / sizeof *replicas; i++) {
        enum power_load_class load = (enum power_load_class)(i % POWER_LOADS);
        uint32_t count = replicas[i / POWER_LOADS % 4], most = 0;
        for (int k = 0; k < 2; k++) {
            char name[96];
            struct lab_trace trace;
            snprintf(name, sizeof name, "Llama-3.1-405B_num_gpus_8_max_num_seqs_%s.csv",
                     files[load][k]);
            if (!load_trace(name, &trace))
                skip();
            struct lab_power_ask ask = {count, 99, 40, 42};
            uint32_t permille = (uint32_t)((lab_power_percentile(&trace, &ask) + 699) / 700);
            most = permille > most ? permille : most;
            lab_trace_finish(&trace);
        }
        assert_int_equal(power_promise_permille(load, count), most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_is_read),
        cmocka_unit_test(what_is_no_trace_is_named),
        cmocka_unit_test(the_measured_traces_give_the_known_watts),
        cmocka_unit_test(the_table_of_promises_is_what_was_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
