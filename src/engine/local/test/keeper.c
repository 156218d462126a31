#include "engine/local/keeper.h"
#include "base/must.h"
#include "bench_folder.h"
#include "engine/local/attempt_folder.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

// What a keeper does with plain processes, seen through the engine on its folder.

static struct bench bench;
static struct engine *engine;
static struct engine_witness *witness;
static uint64_t last_job;

static void open_with(int64_t output_bytes_max, int64_t beat_ms)
{
    struct err err;
    bench_init(&bench, LOCAL_PROCESS);
    bench.output_bytes_max = output_bytes_max;
    bench.heartbeat_ms = bench.alive_ms = beat_ms;
    witness = engine_witness_create();
    must(bench_open(&bench, engine_witness_sink(witness), &engine, &err));
}

static int set_up(void **state)
{
    (void)state;
    open_with(1000, 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    engine->ops->destroy(engine);
    engine_witness_destroy(witness);
    bench_finish(&bench);
    return 0;
}

static void start(const char *script, int64_t memory_bytes)
{
    char spec[1024];
    int length = snprintf(spec, sizeof spec, "{\"argv\":[\"sh\",\"-c\",\"%s\"]}", script);
    struct engine_start begin = {
        .job = ++last_job,
        .account = 7,
        .attempt = 1,
        .memory_bytes = memory_bytes,
        .spec = {spec, (size_t)length}
    };
    device_set_add(&begin.devices, 0);
    engine->ops->start(engine, &begin);
}

static struct engine_report end_of_last(void)
{
    struct engine_report end;
    if (!engine_witness_end(witness, last_job, &end))
        fail_msg("the job does not end");
    return end;
}

static void read_output(enum engine_stream stream, struct buf *out)
{
    bool end;
    struct err err;
    buf_init(out, 1 << 20);
    assert_true(engine->ops->output(engine, last_job, 1, stream, 0, out, &end, &err));
    assert_true(end);
}

static void output_over_the_cap_is_counted_and_said(void **state)
{
    struct buf out, error;
    (void)state;
    start(
        "head -c 5000 /dev/zero | tr '\\\\0' x; head -c 1000 /dev/zero | tr '\\\\0' y >&2; exit 2",
        0);
    assert_int_equal(end_of_last().code, 2); // it did not block, nor was it killed
    read_output(ENGINE_STDOUT, &out);
    read_output(ENGINE_STDERR, &error);
    const char *text = buf_cstr(&out);
    assert_int_equal(strspn(text, "x"), 1000);
    assert_string_equal(text + 1000, "\ntatara: 4000 bytes more were not kept (cap 1000 bytes)\n");
    assert_int_equal(error.len, 1000); // at the cap nothing is over it
    buf_finish(&out);
    buf_finish(&error);
}

static void what_a_command_leaves_is_killed_with_it(void **state)
{
    struct buf out;
    (void)state;
    start("sleep 1000 & echo $!; setsid sleep 1000 & echo $!; (setsid sh -c 'sleep 1000 & echo $!; "
          "wait' &); sleep 0.1; exit 0",
          0);
    end_of_last();
    read_output(ENGINE_STDOUT, &out);
    str line, rest = buf_str(&out);
    int count = 0;
    for (; str_cut(rest, '\n', &line, &rest); count++) {
        int64_t pid;
        assert_true(str_to_i64(line, &pid));
        assert_int_equal(kill((pid_t)pid, 0), -1); // reaped too: not even a zombie
    }
    assert_int_equal(count, 3);
    buf_finish(&out);
}

static void it_is_told_alive_while_it_runs(void **state)
{
    (void)state;
    start("until [ -e go ]; do sleep 0.01; done", 0);
    assert_true(engine_witness_wait(witness, last_job, ENGINE_ALIVE));
    bench.rig.touch(&bench, last_job, 1, "go");
    struct engine_report end = end_of_last();
    assert_true(end.ran_ms >= 20);
    assert_int_not_equal(end.energy, ENERGY_NONE);
}

static void cpu_time_is_counted_with_that_of_children(void **state)
{
    (void)state;
    start("i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done", 0);
    struct engine_report alone = end_of_last();
    start("(i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done) & wait", 0);
    struct engine_report below = end_of_last();
    assert_true(alone.cpu_ms > 10);
    assert_true(below.cpu_ms > 10);
    assert_true(alone.memory_peak_bytes > 0);
}

static void memory_of_a_process_is_held(void **state)
{
    (void)state;
    start("head -c 200M /dev/zero | tail -c 199M > /dev/null", 64 * 1024 * 1024);
    struct engine_report end = end_of_last();
    assert_true(end.end != ENGINE_EXITED || end.code != 0);
}

static void no_descriptor_but_three_is_open(void **state)
{
    struct buf out;
    (void)state;
    start("ls -l /proc/self/fd | wc -l; ulimit -c; grep NoNewPrivs /proc/self/status", 0);
    end_of_last();
    read_output(ENGINE_STDOUT, &out);
    // A line for the total, 0, 1, 2, and the folder ls itself has open.
    assert_string_equal(buf_cstr(&out), "5\n0\nNoNewPrivs:\t1\n");
    buf_finish(&out);
}

static void a_keeper_of_what_has_ended_does_nothing(void **state)
{
    char path[ATTEMPT_PATH_MAX];
    struct stat before, after;
    (void)state;
    start("true", 0);
    end_of_last();
    attempt_path(bench.data, (struct attempt_id){last_job, 1}, path);
    strncat(path, "/end.json", 16);
    must(stat(path, &before) == 0);
    path[strlen(path) - strlen("/end.json")] = 0;
    char command[ATTEMPT_PATH_MAX + 64];
    snprintf(command, sizeof command, "exec /proc/%d/exe keeper %s", (int)getpid(), path);
    assert_int_equal(system(command), 0);
    strncat(path, "/end.json", 16);
    must(stat(path, &after) == 0);
    assert_int_equal(before.st_ino, after.st_ino);
}

// A folder from another boot: its keeper cannot live, whatever its pid says.
static void an_attempt_of_an_earlier_boot_is_lost(void **state)
{
    static const char keeper[] = "{\"boot_id\":\"of-another-time\",\"keeper_pid\":1}";
    struct attempt_usage usage = {.ran_ms = 7000, .energy_j = 3, .energy = ENERGY_ESTIMATED};
    struct attempt_id id = {++last_job, 1};
    struct err err;
    bool fresh;
    (void)state;
    must(attempt_claim(bench.data, id, &fresh, &err));
    int folder = attempt_open(bench.data, id);
    must(attempt_file_write(folder, "keeper.json", str_from(keeper), false, &err));
    must(attempt_save(folder, &attempt_usage_form, &usage, false, &err));
    close(folder);
    last_job--;
    start("exit 0", 0); // asked for again: it must not run a second time
    struct engine_report end = end_of_last();
    assert_int_equal(end.end, ENGINE_LOST);
    assert_int_equal(end.ran_ms, 7000);
    assert_int_equal(end.energy_j, 3);
    assert_non_null(strstr(end.text, "restarted"));
}

static void an_engine_has_its_data_for_itself(void **state)
{
    struct engine *second;
    struct err err;
    (void)state;
    assert_false(bench_open(&bench, engine_witness_sink(witness), &second, &err));
    assert_non_null(strstr(err.text, "another server"));
}

// A keeper that cannot be executed is said, once, and is no loop.
static void a_missing_keeper_is_an_end(void **state)
{
    static const char *const words[] = {"/no/such/program", "keeper", NULL};
    struct local_options options = {.keeper_argv = words, .way = LOCAL_PROCESS};
    struct err err;
    (void)state;
    engine->ops->destroy(engine);
    options.data = bench.data;
    must(local_create(&options, engine_witness_sink(witness), &engine, &err));
    struct engine_start begin = {
        .job = ++last_job, .account = 7, .attempt = 1, .spec = S("{\"argv\":[\"true\"]}")};
    engine->ops->start(engine, &begin);
    struct engine_report end = end_of_last();
    assert_int_equal(end.end, ENGINE_NOT_STARTED);
    assert_non_null(strstr(end.text, "/no/such/program"));
}

// The room for its end was kept from the start; output that finds none is counted, as over a cap.
static void a_full_disk_loses_no_end(void **state)
{
    struct buf out;
    struct err err;
    (void)state;
    engine->ops->destroy(engine);
    bool mounted = mount("tatara", bench.data, "tmpfs", 0, "size=512k,mode=700") == 0;
    bench.output_bytes_max = 1 << 30;
    must(bench_open(&bench, engine_witness_sink(witness), &engine, &err));
    if (!mounted)
        skip();
    start("head -c 2M /dev/zero; exit 7", 0);
    struct engine_report end = end_of_last();
    assert_int_equal(end.end, ENGINE_EXITED);
    assert_int_equal(end.code, 7);
    read_output(ENGINE_STDOUT, &out);
    assert_true(out.len > 0 && out.len < 512 * 1024);
    buf_finish(&out);
    start("exit 0", 0); // nothing can be written at all: it is said, and is no end of the engine
    assert_int_equal(end_of_last().end, ENGINE_NOT_STARTED);
    engine->ops->destroy(engine);
    must(umount2(bench.data, MNT_DETACH) == 0);
    must(bench_open(&bench, engine_witness_sink(witness), &engine, &err));
}

// A GPU is named by its uuid, as it has another index where only it is seen.
static void gpus_are_named_in_the_environment(void **state)
{
    static const struct local_device gpus[] = {
        {.kind = LOCAL_GPU, .number = 0, .uuid = "GPU-a"},
        {.kind = LOCAL_GPU,                 .number = 1,            .uuid = "GPU-b"},
        {.kind = LOCAL_GPU,  .number = 2 }
    };
    struct local_options options = {.devices = gpus, .device_count = 3, .way = LOCAL_PROCESS};
    struct buf out;
    struct err err;
    (void)state;
    engine->ops->destroy(engine);
    options.data = bench.data;
    must(local_create(&options, engine_witness_sink(witness), &engine, &err));
    struct engine_start begin = {
        .job = ++last_job,
        .account = 7,
        .attempt = 1,
        .spec = S("{\"argv\":[\"sh\",\"-c\",\"echo $CUDA_VISIBLE_DEVICES\"]}")};
    device_set_add(&begin.devices, 1);
    device_set_add(&begin.devices, 2);
    engine->ops->start(engine, &begin);
    end_of_last();
    read_output(ENGINE_STDOUT, &out);
    assert_string_equal(buf_cstr(&out), "GPU-b,2\n");
    buf_finish(&out);
}

static void what_is_not_enforced_is_said(void **state)
{
    struct buf text;
    (void)state;
    buf_init(&text, 64 * 1024);
    engine->ops->limits(engine, &text);
    assert_non_null(strstr(buf_cstr(&text), "isolation: none"));
    assert_non_null(strstr(buf_cstr(&text), "memory:"));
    buf_finish(&text);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    bench_be_keeper(argc, argv);
    const struct CMUnitTest tests[] = {
        CASE(output_over_the_cap_is_counted_and_said),
        CASE(what_a_command_leaves_is_killed_with_it),
        CASE(it_is_told_alive_while_it_runs),
        CASE(cpu_time_is_counted_with_that_of_children),
        CASE(memory_of_a_process_is_held),
        CASE(no_descriptor_but_three_is_open),
        CASE(a_keeper_of_what_has_ended_does_nothing),
        CASE(an_attempt_of_an_earlier_boot_is_lost),
        CASE(an_engine_has_its_data_for_itself),
        CASE(a_missing_keeper_is_an_end),
        CASE(a_full_disk_loses_no_end),
        CASE(gpus_are_named_in_the_environment),
        CASE(what_is_not_enforced_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
