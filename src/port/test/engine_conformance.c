#include "port/test/engine_conformance.h"
#include "base/must.h"
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

// --- the witness ---

enum { REPORTS_MAX = 16384, STANDS = 8 };

struct engine_witness {
    pthread_mutex_t mutex;
    pthread_cond_t came;
    uint32_t count;
    struct engine_report reports[REPORTS_MAX];
};

struct engine_witness *engine_witness_create(void)
{
    struct engine_witness *witness = calloc(1, sizeof *witness);
    must(witness);
    pthread_mutex_init(&witness->mutex, NULL);
    pthread_cond_init(&witness->came, NULL);
    return witness;
}

void engine_witness_destroy(struct engine_witness *witness)
{
    pthread_cond_destroy(&witness->came);
    pthread_mutex_destroy(&witness->mutex);
    free(witness);
}

static void take_report(void *context, const struct engine_report *report)
{
    struct engine_witness *witness = context;
    pthread_mutex_lock(&witness->mutex);
    must(witness->count < REPORTS_MAX);
    witness->reports[witness->count++] = *report;
    pthread_cond_broadcast(&witness->came);
    pthread_mutex_unlock(&witness->mutex);
}

struct engine_sink engine_witness_sink(struct engine_witness *witness)
{
    return (struct engine_sink){take_report, witness};
}

void engine_witness_clear(struct engine_witness *witness)
{
    pthread_mutex_lock(&witness->mutex);
    witness->count = 0;
    pthread_mutex_unlock(&witness->mutex);
}

static const struct engine_report *seek(const struct engine_witness *witness, uint64_t job,
                                        enum engine_report_kind kind)
{
    for (uint32_t i = 0; i < witness->count; i++)
        if (witness->reports[i].job == job && witness->reports[i].kind == kind)
            return &witness->reports[i];
    return NULL;
}

static bool wait_for(struct engine_witness *witness, uint64_t job, enum engine_report_kind kind,
                     struct engine_report *ret_report)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ENGINE_PATIENCE_S;
    pthread_mutex_lock(&witness->mutex);
    const struct engine_report *found = seek(witness, job, kind);
    int late = 0;
    while (!found && !late) {
        late = pthread_cond_timedwait(&witness->came, &witness->mutex, &until);
        found = seek(witness, job, kind);
    }
    if (found && ret_report)
        *ret_report = *found;
    pthread_mutex_unlock(&witness->mutex);
    return found;
}

bool engine_witness_end(struct engine_witness *witness, uint64_t job, struct engine_report *ret_end)
{
    return wait_for(witness, job, ENGINE_ENDED, ret_end);
}

bool engine_witness_wait(struct engine_witness *witness, uint64_t job, enum engine_report_kind kind)
{
    return wait_for(witness, job, kind, NULL);
}

uint32_t engine_witness_count(struct engine_witness *witness, uint64_t job,
                              enum engine_report_kind kind)
{
    uint32_t count = 0;
    pthread_mutex_lock(&witness->mutex);
    for (uint32_t i = 0; i < witness->count; i++)
        count += witness->reports[i].job == job && witness->reports[i].kind == kind;
    pthread_mutex_unlock(&witness->mutex);
    return count;
}

// --- the suite ---

static const struct engine_rig *rig;
static struct engine *engine;
static struct engine_witness *witness;

static void open_engine(void)
{
    struct err err;
    if (!rig->open(rig->context, engine_witness_sink(witness), &engine, &err))
        fail_msg("%s", err.text);
}

static void close_engine(void)
{
    engine->ops->destroy(engine);
    engine = NULL;
}

static int set_up(void **state)
{
    (void)state;
    rig->wipe(rig->context);
    witness = engine_witness_create();
    open_engine();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (engine)
        close_engine();
    engine_witness_destroy(witness);
    return 0;
}

static void start_spec(uint64_t job, str spec)
{
    struct engine_start start = {.job = job, .account = 7, .attempt = 1, .spec = spec};
    device_set_add(&start.devices, 0);
    engine->ops->start(engine, &start);
}

static void start_sh(uint64_t job, const char *script)
{
    char spec[2048];
    int length = snprintf(spec, sizeof spec, "{\"argv\":[\"sh\",\"-c\",\"%s\"]}", script);
    assert_true(length > 0 && length < (int)sizeof spec);
    start_spec(job, (str){spec, (size_t)length});
}

static struct engine_report end_of(uint64_t job)
{
    struct engine_report end;
    if (!engine_witness_end(witness, job, &end))
        fail_msg("job %llu does not end", (unsigned long long)job);
    return end;
}

// The whole of a stream, read in pieces of `piece` bytes.
static void read_all(uint64_t job, enum engine_stream stream, size_t piece, struct buf *whole)
{
    bool end = false;
    while (!end) {
        struct buf out;
        struct err err;
        buf_init(&out, piece);
        if (!engine->ops->output(engine, job, 1, stream, whole->len, &out, &end, &err))
            fail_msg("%s", err.text);
        assert_true(end || out.len > 0); // it has ended, so something follows or nothing does
        buf_add(whole, buf_str(&out));
        buf_finish(&out);
    }
}

static void assert_output(uint64_t job, enum engine_stream stream, const char *text)
{
    struct buf whole;
    buf_init(&whole, 1024 * 1024);
    read_all(job, stream, 64, &whole);
    assert_string_equal(buf_cstr(&whole), text);
    buf_finish(&whole);
}

static void an_exit_code_comes_after_one_start(void **state)
{
    (void)state;
    start_sh(1, "exit 3");
    struct engine_report end = end_of(1);
    assert_int_equal(end.end, ENGINE_EXITED);
    assert_int_equal(end.code, 3);
    assert_true(end.ran_ms >= 0);
    assert_int_equal(engine_witness_count(witness, 1, ENGINE_ENDED), 1);
    assert_true(engine_witness_count(witness, 1, ENGINE_STARTED) <= 1);
}

static void a_running_command_is_told_started(void **state)
{
    (void)state;
    start_sh(1, "until [ -e go ]; do sleep 0.02; done; exit 9");
    assert_true(engine_witness_wait(witness, 1, ENGINE_STARTED));
    assert_int_equal(engine_witness_count(witness, 1, ENGINE_ENDED), 0);
    rig->touch(rig->context, 1, 1, "go");
    assert_int_equal(end_of(1).code, 9);
    assert_int_equal(engine_witness_count(witness, 1, ENGINE_STARTED), 1);
}

static void the_streams_are_kept_apart_and_whole(void **state)
{
    (void)state;
    start_sh(1, "echo one; echo two >&2; echo three; echo four >&2");
    end_of(1);
    assert_output(1, ENGINE_STDOUT, "one\nthree\n");
    assert_output(1, ENGINE_STDERR, "two\nfour\n");
}

static void much_output_arrives_in_order(void **state)
{
    (void)state;
    start_sh(1, "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done");
    assert_int_equal(end_of(1).code, 0);
    struct buf whole, wanted;
    buf_init(&whole, 1024 * 1024);
    buf_init(&wanted, 1024 * 1024);
    read_all(1, ENGINE_STDOUT, 4096, &whole);
    for (int i = 0; i < 20000; i++)
        buf_format(&wanted, "line %d\n", i);
    assert_int_equal(whole.len, wanted.len);
    assert_memory_equal(whole.ptr, wanted.ptr, wanted.len);
    buf_finish(&whole);
    buf_finish(&wanted);
}

static void a_signal_is_told_as_a_signal(void **state)
{
    (void)state;
    start_sh(1, "kill -9 $$");
    start_sh(2, "kill -TERM $$");
    struct engine_report killed = end_of(1), terminated = end_of(2);
    assert_int_equal(killed.end, ENGINE_SIGNALLED);
    assert_int_equal(killed.signal, SIGKILL);
    assert_int_equal(terminated.end, ENGINE_SIGNALLED);
    assert_int_equal(terminated.signal, SIGTERM);
}

static void what_cannot_start_says_why(void **state)
{
    static const struct {
        const char *spec, *says;
    } cases[] = {
        {"{\"argv\":[\"no-such-program-anywhere\"]}",             "no-such-program-anywhere"},
        {"{\"argv\":[]}",                                         "argv"                    },
        {"{\"argv\":[\"sh\"],\"envv\":{}}",                       "unknown"                 },
        {"{\"argv\":[\"sh\"],\"directory\":\"../../..\"}",        "directory"               },
        {"{\"argv\":[\"sh\"],\"env\":{\"A=B\":\"c\"}}",           "env"                     },
        {"{\"argv\":[\"a\\u0000b\"]}",                            "argv[0]"                 },
        {"not json",                                              "job"                     },
        {"{\"argv\":[\"sh\"],\"directory\":\"/no/such/folder\"}", "no such"                 },
    };
    (void)state;
    for (uint64_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start_spec(1 + i, str_from(cases[i].spec));
        struct engine_report end = end_of(1 + i);
        assert_int_equal(end.end, ENGINE_NOT_STARTED);
        char why[sizeof end.text + 16];
        snprintf(why, sizeof why, "tatara: %s\n", end.text);
        for (char *byte = end.text; *byte; byte++)
            *byte = *byte == 'N' ? 'n' : *byte;
        if (!strstr(end.text, cases[i].says))
            fail_msg("\"%s\" does not speak of %s", end.text, cases[i].says);
        assert_int_equal(engine_witness_count(witness, 1 + i, ENGINE_STARTED), 0);
        assert_output(1 + i, ENGINE_STDOUT, "");
        if (i == 0) // a program that is not there: who ran it finds why in its place
            assert_output(1 + i, ENGINE_STDERR, why);
    }
}

static void a_device_that_is_not_there_is_refused(void **state)
{
    (void)state;
    struct engine_start start = {
        .job = 1, .account = 7, .attempt = 1, .spec = S("{\"argv\":[\"true\"]}")};
    device_set_add(&start.devices, DEVICE_SET_MAX - 1);
    engine->ops->start(engine, &start);
    assert_int_equal(end_of(1).end, ENGINE_NOT_STARTED);
}

static void a_start_that_comes_twice_starts_once(void **state)
{
    (void)state;
    start_sh(1, "echo x; until [ -e go ]; do sleep 0.02; done");
    start_sh(1, "echo other");
    assert_true(engine_witness_wait(witness, 1, ENGINE_STARTED));
    start_sh(1, "echo other");
    rig->touch(rig->context, 1, 1, "go");
    assert_int_equal(end_of(1).code, 0);
    start_sh(1, "echo other");
    start_sh(2, "true"); // calls are served in order: when it has ended the one before was seen
    end_of(2);
    assert_int_equal(engine_witness_count(witness, 1, ENGINE_STARTED), 1);
    assert_int_equal(engine_witness_count(witness, 1, ENGINE_ENDED), 1);
    assert_output(1, ENGINE_STDOUT, "x\n");
}

static void a_stop_asks_first_and_then_kills(void **state)
{
    (void)state;
    start_sh(1, "trap 'exit 5' TERM; echo ready; while :; do sleep 0.02; done");
    start_sh(2, "exec sleep 1000");
    start_sh(3, "trap '' TERM; touch ready; while :; do sleep 0.02; done");
    start_sh(4, "exec sleep 1000");
    for (uint64_t job = 1; job <= 4; job++)
        assert_true(engine_witness_wait(witness, job, ENGINE_STARTED));
    for (bool end, ready = false; !ready;) { // its trap is set once it has spoken
        struct buf out;
        struct err err;
        buf_init(&out, 64);
        assert_true(engine->ops->output(engine, 1, 1, ENGINE_STDOUT, 0, &out, &end, &err));
        ready = out.len > 0;
        buf_finish(&out);
    }
    engine->ops->stop(engine, 1, 1, 30000);
    engine->ops->stop(engine, 2, 1, 30000);
    engine->ops->stop(engine, 3, 1, 30000);
    engine->ops->stop(engine, 3, 1, 100); // the sooner end counts
    engine->ops->stop(engine, 4, 1, 0);
    struct engine_report first = end_of(1);
    assert_int_equal(first.end, ENGINE_EXITED);
    assert_int_equal(first.code, 5);
    assert_int_equal(end_of(2).signal, SIGTERM);
    assert_true(end_of(3).end == ENGINE_SIGNALLED); // SIGTERM when its trap was not set yet
    assert_int_equal(end_of(4).signal, SIGKILL);
}

static void a_stop_of_what_never_started_is_an_end(void **state)
{
    (void)state;
    engine->ops->stop(engine, 1, 1, 1000);
    assert_int_equal(end_of(1).end, ENGINE_NOT_STARTED);
    start_sh(1, "echo too late");
    start_sh(2, "true");
    end_of(2);
    assert_int_equal(engine_witness_count(witness, 1, ENGINE_STARTED), 0);
    assert_int_equal(engine_witness_count(witness, 1, ENGINE_ENDED), 1);
}

static void a_job_outlives_its_engine(void **state)
{
    (void)state;
    start_sh(1, "echo before; until [ -e go ]; do sleep 0.02; done; echo after; exit 42");
    assert_true(engine_witness_wait(witness, 1, ENGINE_STARTED));
    close_engine();
    engine_witness_clear(witness);
    open_engine();
    start_sh(1, "exit 1"); // asked for again, as outstanding calls are
    assert_int_equal(engine_witness_count(witness, 1, ENGINE_ENDED), 0);
    rig->touch(rig->context, 1, 1, "go");
    assert_int_equal(end_of(1).code, 42);
    assert_true(engine_witness_count(witness, 1, ENGINE_STARTED) <= 1);
    assert_output(1, ENGINE_STDOUT, "before\nafter\n");
}

// Waits until a job's last reports, `STANDS` of them, tell the same time: it stands.
static bool stands(uint64_t job, int64_t *ret_ran_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ENGINE_PATIENCE_S;
    uint32_t same = 0, seen = 0;
    int late = 0;
    int64_t ran_ms = 0;
    pthread_mutex_lock(&witness->mutex);
    while (same < STANDS && !late) {
        for (; seen < witness->count && same < STANDS; seen++) {
            const struct engine_report *report = &witness->reports[seen];
            if (report->job != job || report->kind != ENGINE_ALIVE)
                continue;
            same = report->ran_ms == ran_ms ? same + 1 : 0;
            ran_ms = report->ran_ms;
        }
        if (same < STANDS)
            late = pthread_cond_timedwait(&witness->came, &witness->mutex, &until);
    }
    pthread_mutex_unlock(&witness->mutex);
    *ret_ran_ms = ran_ms;
    return same >= STANDS;
}

static size_t output_length(uint64_t job)
{
    struct buf out;
    struct err err;
    bool end;
    buf_init(&out, 16 * 1024 * 1024);
    assert_true(engine->ops->output(engine, job, 1, ENGINE_STDOUT, 0, &out, &end, &err));
    size_t length = out.len;
    buf_finish(&out);
    return length;
}

static void a_paused_job_stands_still_and_goes_on(void **state)
{
    (void)state;
    int64_t first_ms, second_ms;
    start_sh(1, "(while :; do echo tick; sleep 0.01; done) & until [ -e go ]; do sleep 0.02; "
                "done; exit 9");
    assert_true(engine_witness_wait(witness, 1, ENGINE_ALIVE));
    engine->ops->pause(engine, 1, 1);
    engine->ops->pause(engine, 1, 1);
    assert_true(stands(1, &first_ms));
    size_t length = output_length(1);
    rig->touch(rig->context, 1, 1, "go");
    close_engine(); // it stands while nobody watches
    engine_witness_clear(witness);
    open_engine();
    engine->ops->pause(engine, 1, 1); // asked for again, as outstanding calls are
    assert_true(stands(1, &second_ms));
    assert_int_equal(first_ms, second_ms);
    assert_int_equal(output_length(1), length);
    assert_int_equal(engine_witness_count(witness, 1, ENGINE_ENDED), 0);
    engine->ops->resume(engine, 1, 1);
    struct engine_report end = end_of(1);
    assert_int_equal(end.code, 9);
    assert_true(end.ran_ms >= second_ms);
}

static void what_is_paused_can_be_stopped(void **state)
{
    (void)state;
    int64_t ran_ms;
    start_sh(1, "trap 'exit 5' TERM; while :; do sleep 0.02; done");
    start_sh(2, "exec sleep 1000");
    for (uint64_t job = 1; job <= 2; job++) {
        assert_true(engine_witness_wait(witness, job, ENGINE_ALIVE));
        engine->ops->pause(engine, job, 1);
        assert_true(stands(job, &ran_ms));
    }
    engine->ops->stop(engine, 1, 1, 60000);
    engine->ops->stop(engine, 2, 1, 0);
    assert_int_equal(end_of(1).code, 5);
    assert_int_equal(end_of(2).signal, SIGKILL);
    engine->ops->pause(engine, 99, 1); // nothing of that name: nothing happens
    engine->ops->cap(engine, 99, 1, 500);
}

static void what_is_unknown_is_lost_not_started(void **state)
{
    (void)state;
    engine->ops->adopt(engine, 1, 1);
    engine->ops->adopt(engine, 1, 1);
    assert_int_equal(end_of(1).end, ENGINE_LOST);
    assert_int_equal(engine_witness_count(witness, 1, ENGINE_STARTED), 0);
    start_sh(2, "exit 3");
    engine->ops->adopt(engine, 2, 1);
    assert_int_equal(end_of(2).end, ENGINE_EXITED);
    assert_int_equal(engine_witness_count(witness, 2, ENGINE_ENDED), 1);
}

static void an_adopted_job_can_be_stopped(void **state)
{
    (void)state;
    start_sh(1, "exec sleep 1000");
    assert_true(engine_witness_wait(witness, 1, ENGINE_STARTED));
    close_engine();
    open_engine();
    engine->ops->stop(engine, 1, 1, 30000);
    assert_int_equal(end_of(1).signal, SIGTERM);
}

static void an_end_that_nobody_saw_is_told_later(void **state)
{
    (void)state;
    start_sh(1, "until [ -e go ]; do sleep 0.02; done; exit 6");
    assert_true(engine_witness_wait(witness, 1, ENGINE_STARTED));
    close_engine();
    rig->touch(rig->context, 1, 1, "go");
    engine_witness_clear(witness);
    open_engine();
    assert_int_equal(end_of(1).code, 6);
    assert_int_equal(engine_witness_count(witness, 1, ENGINE_ENDED), 1);
}

static void what_is_forgotten_keeps_its_output(void **state)
{
    (void)state;
    start_sh(1, "echo kept; mkdir -p a/b/c; touch a/b/c/d; ln -s / a/root; chmod 0 a/b");
    end_of(1);
    engine->ops->forget(engine, 1, 1);
    engine->ops->forget(engine, 1, 1);
    start_sh(2, "true");
    end_of(2);
    assert_output(1, ENGINE_STDOUT, "kept\n");
    close_engine();
    engine_witness_clear(witness);
    open_engine();
    end_of(2); // reported again, as it was not forgotten; the other is not
    assert_int_equal(engine_witness_count(witness, 1, ENGINE_ENDED), 0);
    assert_output(1, ENGINE_STDOUT, "kept\n");
}

// Calls are taken in order: when the next job has ended, the drop before it has been served.
static void what_is_dropped_is_gone(void **state)
{
    (void)state;
    start_sh(1, "echo gone");
    end_of(1);
    engine->ops->drop(engine, 1); // not forgotten yet: it stays
    start_sh(2, "true");
    end_of(2);
    assert_output(1, ENGINE_STDOUT, "gone\n");
    engine->ops->forget(engine, 1, 1);
    engine->ops->drop(engine, 1);
    engine->ops->drop(engine, 1);
    start_sh(3, "true");
    end_of(3);
    struct buf out;
    struct err err;
    bool end;
    buf_init(&out, 64);
    assert_true(engine->ops->output(engine, 1, 1, ENGINE_STDOUT, 0, &out, &end, &err));
    assert_int_equal(out.len, 0);
    buf_finish(&out);
}

static void the_environment_is_what_was_given(void **state)
{
    (void)state;
    setenv("TATARA_TEST_SECRET", "do not leak", 1);
    start_spec(1, S("{\"argv\":[\"env\"],\"env\":{\"A\":\"b c\",\"EMPTY\":\"\"},"
                    "\"directory\":\"deep/er\"}"));
    assert_int_equal(end_of(1).code, 0);
    struct buf whole;
    buf_init(&whole, 65536);
    read_all(1, ENGINE_STDOUT, 4096, &whole);
    const char *text = buf_cstr(&whole);
    assert_non_null(strstr(text, "A=b c\n"));
    assert_non_null(strstr(text, "EMPTY=\n"));
    assert_non_null(strstr(text, "TATARA_JOB_ID=job-1\n"));
    assert_non_null(strstr(text, "PATH=/"));
    assert_non_null(strstr(text, "HOME=/"));
    assert_null(strstr(text, "SECRET"));
    buf_finish(&whole);
}

static void progress_that_a_job_writes_is_told(void **state)
{
    (void)state;
    start_sh(1, "echo 4200 > $TATARA_PROGRESS");
    struct engine_report end = end_of(1);
    assert_int_equal(end.code, 0);
    assert_int_equal(end.saved_ms, 4200);
    start_sh(2, "true");
    assert_int_equal(end_of(2).saved_ms, 0);
}

static void a_command_begins_in_its_folder(void **state)
{
    (void)state;
    start_spec(1, S("{\"argv\":[\"sh\",\"-c\",\"echo hello > file && cat file && cd .. && cat "
                    "b/file\"],\"directory\":\"a/b\"}"));
    assert_int_equal(end_of(1).code, 0);
    assert_output(1, ENGINE_STDOUT, "hello\nhello\n");
}

static void many_at_once_end_each_with_its_own_code(void **state)
{
    (void)state;
    enum { JOBS = 24 };
    for (uint64_t job = 1; job <= JOBS; job++) {
        char script[64];
        snprintf(script, sizeof script, "echo %d; exit %d", (int)job, (int)job);
        start_sh(job, script);
    }
    for (uint64_t job = 1; job <= JOBS; job++) {
        char text[16];
        snprintf(text, sizeof text, "%d\n", (int)job);
        assert_int_equal(end_of(job).code, (int)job);
        assert_output(job, ENGINE_STDOUT, text);
    }
    for (uint64_t job = 1; job <= JOBS; job++)
        assert_int_equal(engine_witness_count(witness, job, ENGINE_ENDED), 1);
}

static void an_unknown_attempt_has_no_output_yet(void **state)
{
    (void)state;
    struct buf out;
    struct err err;
    bool end = true;
    buf_init(&out, 64);
    assert_true(engine->ops->output(engine, 99, 1, ENGINE_STDOUT, 0, &out, &end, &err));
    assert_false(end);
    assert_int_equal(out.len, 0);
    start_sh(1, "echo short");
    end_of(1);
    assert_true(engine->ops->output(engine, 1, 1, ENGINE_STDOUT, 1000, &out, &end, &err));
    assert_true(end); // past the end nothing follows
    assert_int_equal(out.len, 0);
    buf_finish(&out);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int engine_conformance(const char *name, const struct engine_rig *the_rig)
{
    const struct CMUnitTest tests[] = {
        CASE(an_exit_code_comes_after_one_start),
        CASE(a_running_command_is_told_started),
        CASE(the_streams_are_kept_apart_and_whole),
        CASE(much_output_arrives_in_order),
        CASE(a_signal_is_told_as_a_signal),
        CASE(what_cannot_start_says_why),
        CASE(a_device_that_is_not_there_is_refused),
        CASE(a_start_that_comes_twice_starts_once),
        CASE(a_stop_asks_first_and_then_kills),
        CASE(a_stop_of_what_never_started_is_an_end),
        CASE(a_job_outlives_its_engine),
        CASE(a_paused_job_stands_still_and_goes_on),
        CASE(what_is_paused_can_be_stopped),
        CASE(what_is_unknown_is_lost_not_started),
        CASE(an_adopted_job_can_be_stopped),
        CASE(an_end_that_nobody_saw_is_told_later),
        CASE(what_is_forgotten_keeps_its_output),
        CASE(what_is_dropped_is_gone),
        CASE(the_environment_is_what_was_given),
        CASE(progress_that_a_job_writes_is_told),
        CASE(a_command_begins_in_its_folder),
        CASE(many_at_once_end_each_with_its_own_code),
        CASE(an_unknown_attempt_has_no_output_yet),
    };
    rig = the_rig;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}
