// The house on the real clock over a disk in memory: what it acknowledges survives, whenever the
// disk stops; who is told of a key finds it so; what cannot be written is told to everybody.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/instant.h"
#include "base/must.h"
#include "base/rng.h"
#include "live/live.h"
#include "store/memory/store_memory.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEVICES = 4 };

struct fixture {
    struct engine engine; // first: it is one, and runs nothing
    struct engine_sink sink;
    struct memory_disk *disk;
    struct journal *journal;
    struct blobs *blobs;
    struct live *live;
    struct desk *desk;
    pthread_mutex_t mutex;
    pthread_cond_t told;
    digest spec;      // of every job
    uint64_t waiting; // answers that have not come
    uint32_t starts, adoptions, stops, forgets;
    uint64_t last_job;
    uint32_t last_attempt;
};

static struct fixture *house_of(struct engine *engine)
{
    return (struct fixture *)engine;
}

static void engine_start(struct engine *engine, const struct engine_start *start)
{
    struct fixture *house = house_of(engine);
    house->starts++;
    house->last_job = start->job;
    house->last_attempt = start->attempt;
    struct engine_report report = {
        .kind = ENGINE_STARTED, .job = start->job, .attempt = start->attempt};
    house->sink.report(house->sink.context, &report);
}

// It knows every attempt: what runs is said once more.
static void engine_adopt(struct engine *engine, uint64_t job, uint32_t attempt)
{
    struct fixture *house = house_of(engine);
    house->adoptions++;
    struct engine_report report = {.kind = ENGINE_STARTED, .job = job, .attempt = attempt};
    house->sink.report(house->sink.context, &report);
}

static void engine_stop(struct engine *engine, uint64_t job, uint32_t attempt, int64_t grace_ms)
{
    struct fixture *house = house_of(engine);
    (void)grace_ms;
    house->stops++;
    struct engine_report report = {.kind = ENGINE_ENDED,
                                   .job = job,
                                   .attempt = attempt,
                                   .ran_ms = 1,
                                   .end = ENGINE_SIGNALLED,
                                   .signal = 15};
    house->sink.report(house->sink.context, &report); // twice: engines may
    house->sink.report(house->sink.context, &report);
}

static void engine_forget(struct engine *engine, uint64_t job, uint32_t attempt)
{
    (void)job, (void)attempt;
    house_of(engine)->forgets++;
}

static const struct engine_ops engine_ops = {.name = "test",
                                             .start = engine_start,
                                             .adopt = engine_adopt,
                                             .stop = engine_stop,
                                             .forget = engine_forget};

static void on_fatal(void *context, const struct err *err)
{
    (void)context, (void)err;
    _exit(42);
}

static void house_start(struct fixture *house)
{
    static struct node_report_device devices[DEVICES];
    struct err err = {0};
    for (int i = 0; i < DEVICES; i++)
        devices[i] = (struct node_report_device){.chip = "cpu-core", .class_w = 8, .max_w = 9};
    store_memory_open(house->disk, &house->journal, &house->blobs);
    struct live_config config = {
        .journal = house->journal, .blobs = house->blobs, .snapshot_every = 50, .fatal = on_fatal};
    house->live = live_create(&config, &err);
    if (!house->live)
        fail_msg("%s", err.text);
    house->engine.ops = &engine_ops;
    house->sink = live_sink(house->live);
    house->desk = live_desk(house->live);
    struct node_report node = {.name = "n1",
                               .arch = "x86_64",
                               .cpu_milli = 4000,
                               .memory_mib = 4096,
                               .count = DEVICES,
                               .devices = devices};
    live_report_node(house->live, &node);
}

static void house_init(struct fixture *house)
{
    memset(house, 0, sizeof *house);
    pthread_mutex_init(&house->mutex, NULL);
    pthread_cond_init(&house->told, NULL);
    house->disk = memory_disk_create();
    house_start(house);
    struct err err;
    must(house->blobs->ops->put(house->blobs, S("{\"argv\":[\"true\"]}"), &house->spec, &err));
}

static void house_stop(struct fixture *house)
{
    live_close(house->live);
    live_destroy(house->live);
    house->journal->ops->destroy(house->journal);
    house->blobs->ops->destroy(house->blobs);
}

static void house_finish(struct fixture *house)
{
    memory_disk_destroy(house->disk);
    pthread_mutex_destroy(&house->mutex);
    pthread_cond_destroy(&house->told);
}

struct ask {
    struct fixture *house;
    struct input input;
    struct desk_answer answer;
    uint32_t told;
    digest hmac; // a key to look for when told
    bool key_found;
};

static void on_told(void *context, const struct desk_answer *answer)
{
    struct ask *ask = context;
    struct fixture *house = ask->house;
    struct principal by;
    ask->key_found = house->desk->ops->principal(house->desk, &ask->hmac, &by);
    pthread_mutex_lock(&house->mutex);
    ask->answer = *answer;
    ask->told++;
    house->waiting--;
    pthread_cond_signal(&house->told);
    pthread_mutex_unlock(&house->mutex);
}

static bool put(struct fixture *house, struct ask *ask)
{
    ask->house = house;
    ask->input.by = (struct principal){0, ACCOUNT_HOUSE, ROLE_ADMIN};
    pthread_mutex_lock(&house->mutex);
    house->waiting++;
    pthread_mutex_unlock(&house->mutex);
    if (house->desk->ops->submit(house->desk, &ask->input, on_told, ask))
        return true;
    pthread_mutex_lock(&house->mutex);
    house->waiting--;
    pthread_mutex_unlock(&house->mutex);
    return false;
}

static void wait_all(struct fixture *house)
{
    pthread_mutex_lock(&house->mutex);
    while (house->waiting > 0)
        pthread_cond_wait(&house->told, &house->mutex);
    pthread_mutex_unlock(&house->mutex);
}

static enum answer do_now(struct fixture *house, struct ask *ask)
{
    assert_true(put(house, ask));
    wait_all(house);
    return ask->answer.answer;
}

static struct ask job_ask(const struct fixture *house)
{
    struct ask ask = {.input.kind = INPUT_JOB_SUBMIT};
    ask.input.job = (struct job_submit){
        .account = ACCOUNT_HOUSE, .shape.devices = 1, .name = "job", .spec = house->spec};
    return ask;
}

struct jobs_seen {
    struct fixture *house;
    uint64_t jobs, accounts;
    enum job_state state;
    bool failed;
};

static void see_jobs(void *context, const struct cloud *cloud)
{
    struct jobs_seen *seen = context;
    struct fixture *house = seen->house;
    pthread_mutex_lock(&house->mutex);
    seen->failed = cloud == NULL;
    if (cloud) {
        seen->jobs = cloud->sched.jobs.used;
        seen->accounts = cloud->market.accounts.used;
        const struct job *job = cloud_job(cloud, 1);
        seen->state = job ? (enum job_state)job->state : JOB_DONE;
    }
    house->waiting--;
    pthread_cond_signal(&house->told);
    pthread_mutex_unlock(&house->mutex);
}

static struct jobs_seen look(struct fixture *house)
{
    struct jobs_seen seen = {.house = house};
    house->waiting++;
    assert_true(house->desk->ops->read(house->desk, see_jobs, &seen));
    wait_all(house);
    return seen;
}

// A job runs over a restart: the new house asks the engine for the same attempt again, and ends
// it once although the engine says so twice.
static void a_restart_asks_for_what_is_outstanding(void **state)
{
    (void)state;
    static struct fixture house;
    house_init(&house);
    live_start(house.live, &house.engine);
    struct ask ask = job_ask(&house);
    assert_int_equal(do_now(&house, &ask), ANSWER_OK);
    while (look(&house).state != JOB_RUNNING)
        continue;
    assert_int_equal(house.starts, 1);
    house_stop(&house);
    house_start(&house);
    live_start(house.live, &house.engine);
    struct ask stop = {.input.kind = INPUT_JOB_STOP};
    stop.input.stop = (struct job_stop){1, 0};
    assert_int_equal(do_now(&house, &stop), ANSWER_OK);
    while (look(&house).state != JOB_DONE)
        continue;
    assert_int_equal(house.starts, 1); // what runs is adopted, never started again
    assert_int_equal(house.adoptions, 1);
    assert_int_equal(house.last_attempt, 1);
    assert_int_equal(look(&house).jobs, 1);
    house_stop(&house);
    assert_true(house.stops >= 1 && house.forgets >= 2); // the second end is answered by a forget
    house_finish(&house);
}

static void who_hears_of_a_key_finds_it_so(void **state)
{
    (void)state;
    static struct fixture house;
    house_init(&house);
    live_start(house.live, &house.engine);
    for (uint8_t i = 1; i <= 50; i++) {
        struct ask make = {.input.kind = INPUT_KEY_NEW};
        make.input.key = (struct key_new){.account = ACCOUNT_HOUSE, .role = ROLE_ADMIN};
        make.input.key.hmac.bytes[0] = make.hmac.bytes[0] = i;
        assert_int_equal(do_now(&house, &make), ANSWER_OK);
        assert_true(make.key_found);
        struct ask revoke = {.input.kind = INPUT_KEY_REVOKE};
        revoke.hmac = make.hmac;
        revoke.input.id = make.answer.subject;
        assert_int_equal(do_now(&house, &revoke), ANSWER_OK);
        assert_false(revoke.key_found);
    }
    house_stop(&house);
    house_finish(&house);
}

static void a_full_queue_refuses_and_serves_what_it_took(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    static struct fixture house;
    static struct ask asks[MANY];
    uint32_t taken = 0;
    house_init(&house);
    for (uint32_t i = 0; i < MANY; i++) {
        asks[i] = (struct ask){.input.kind = INPUT_JOB_STOP}; // of no job: refused without a line
        asks[i].input.stop = (struct job_stop){i + 1, 0};
        taken += put(&house, &asks[i]);
    }
    struct desk_health health;
    house.desk->ops->health(house.desk, &health);
    assert_int_equal(taken, health.queue_limit);
    assert_int_equal(health.queue_length, taken);
    live_start(house.live, &house.engine);
    wait_all(&house);
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(asks[i].told, i < taken);
    house_stop(&house);
    house_finish(&house);
}

// More than fits one batch, and a disk that is full for ever: closing tells everybody, once each.
static void closing_over_a_full_disk_tells_everybody(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    static struct fixture house;
    static struct ask asks[MANY];
    house_init(&house);
    uint64_t before = memory_disk_head(house.disk).size;
    memory_disk_fail(house.disk, 1, UINT64_MAX, MEMORY_DISK_FULL);
    for (uint32_t i = 0; i < MANY; i++) {
        asks[i] = job_ask(&house);
        assert_true(put(&house, &asks[i]));
    }
    live_start(house.live, &house.engine);
    house_stop(&house);
    assert_int_equal(house.waiting, 0);
    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(asks[i].told, 1);
        assert_int_equal(asks[i].answer.answer, ANSWER_UNAVAILABLE);
    }
    assert_int_equal(house.starts, 0);
    assert_int_equal(memory_disk_head(house.disk).size, before);
    memory_disk_fail(house.disk, 0, 0, MEMORY_DISK_FULL);
    house_start(&house);
    live_start(house.live, &house.engine);
    assert_int_equal(look(&house).jobs, 0);
    house_stop(&house);
    house_finish(&house);
}

// The disk fills at some write; what was acknowledged until then is there in the next life, and
// all commands given again with their keys are there once.
static void what_was_acknowledged_outlives_the_house(void **state)
{
    (void)state;
    enum { MANY = 60 };
    static struct fixture house;
    static struct ask asks[MANY];
    for (uint64_t seed = 1; seed <= 25; seed++) {
        struct rng rng = {.state = seed};
        uint64_t acknowledged = 0;
        house_init(&house);
        live_start(house.live, &house.engine);
        memory_disk_fail(house.disk, 1 + (uint64_t)rng_below(&rng, 40), UINT64_MAX,
                         MEMORY_DISK_FULL);
        for (uint32_t i = 0; i < MANY; i++) {
            asks[i] = job_ask(&house);
            asks[i].input.request[0] = (uint8_t)(i + 1);
            if (!put(&house, &asks[i]) || rng_below(&rng, 3) == 0)
                usleep(50); // spread over many commits
        }
        house_stop(&house);
        assert_int_equal(house.waiting, 0);
        for (uint32_t i = 0; i < MANY; i++) {
            assert_true(asks[i].told <= 1);
            acknowledged += asks[i].told && asks[i].answer.answer == ANSWER_OK;
        }
        memory_disk_fail(house.disk, 0, 0, MEMORY_DISK_FULL);
        house_start(&house);
        live_start(house.live, &house.engine);
        struct jobs_seen seen = look(&house);
        if (seen.jobs != acknowledged)
            fail_msg("seed %u: %u jobs acknowledged, %u there", (unsigned)seed,
                     (unsigned)acknowledged, (unsigned)seen.jobs);
        for (uint32_t i = 0; i < MANY; i++) {
            bool known = asks[i].told && asks[i].answer.answer == ANSWER_OK;
            uint64_t subject = asks[i].answer.subject;
            assert_int_equal(do_now(&house, &asks[i]), ANSWER_OK);
            assert_int_equal(asks[i].answer.repeated, known);
            if (known)
                assert_int_equal(asks[i].answer.subject, subject);
        }
        assert_int_equal(look(&house).jobs, MANY);
        house_stop(&house);
        house_finish(&house);
    }
}

static void see_past(void *context, const struct cloud *cloud, const struct err *err)
{
    (void)err;
    see_jobs(context, cloud);
}

static void the_past_is_seen_as_it_was(void **state)
{
    (void)state;
    enum { ACCOUNTS = 20 };
    static struct fixture house;
    int64_t times_us[ACCOUNTS];
    house_init(&house);
    live_start(house.live, &house.engine);
    for (int i = 0; i < ACCOUNTS; i++) {
        struct ask ask = {.input.kind = INPUT_ACCOUNT_NEW};
        snprintf(ask.input.account.slug, sizeof ask.input.account.slug, "a%d", i);
        snprintf(ask.input.account.name, sizeof ask.input.account.name, "Account %d", i);
        assert_int_equal(do_now(&house, &ask), ANSWER_OK);
        times_us[i] = ask.answer.time_us;
    }
    static const int order[] = {3, 17, 0, 19, 5, 6, 5, 18};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        struct jobs_seen seen = {.house = &house};
        house.waiting++;
        assert_true(house.desk->ops->read_at(house.desk, times_us[order[i]], see_past, &seen));
        wait_all(&house);
        assert_false(seen.failed);
        uint64_t want = 1;
        for (int j = 0; j < ACCOUNTS; j++)
            want += times_us[j] <= times_us[order[i]];
        assert_int_equal(seen.accounts, want);
    }
    // A line altered behind its back: the question gets a fault, the house goes on.
    memory_disk_alter_line(house.disk, 5, S("{\"kind\":\"job_dropped\"}"));
    struct jobs_seen seen = {.house = &house};
    house.waiting++;
    assert_true(house.desk->ops->read_at(house.desk, times_us[0], see_past, &seen));
    wait_all(&house);
    assert_true(seen.failed);
    assert_int_equal(look(&house).accounts, 1 + ACCOUNTS);
    house_stop(&house);
    house_finish(&house);
}

// A failed fsync ends the process before anybody hears of the batch.
static void a_failed_fsync_ends_the_process(void **state)
{
    (void)state;
    static struct fixture house;
    static struct ask ask;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        house_init(&house);
        live_start(house.live, &house.engine);
        memory_disk_fail(house.disk, 1, 1, MEMORY_FSYNC_KEPT);
        ask = job_ask(&house);
        put(&house, &ask);
        wait_all(&house);
        _exit(ask.answer.answer == ANSWER_OK ? 1 : 2);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_fsync_ends_the_process),
        cmocka_unit_test(a_restart_asks_for_what_is_outstanding),
        cmocka_unit_test(who_hears_of_a_key_finds_it_so),
        cmocka_unit_test(a_full_queue_refuses_and_serves_what_it_took),
        cmocka_unit_test(closing_over_a_full_disk_tells_everybody),
        cmocka_unit_test(what_was_acknowledged_outlives_the_house),
        cmocka_unit_test(the_past_is_seen_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
