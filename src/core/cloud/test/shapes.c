// What a job may ask, from the command to the line of the journal and the job's row.
#include "core/cloud/test/house.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { ACME = 2 };
static struct house_run run;

static void begin(void)
{
    house_init(&run);
    house_open(&run, 4);
    struct input acme = {.kind = INPUT_ACCOUNT_NEW};
    acme.account = (struct account_new){.slug = "acme", .name = "ACME"};
    assert_int_equal(house_do(&run, acme), ANSWER_OK);
}

static void end(void)
{
    struct err err;
    if (!cloud_check(&run.cloud, &err))
        fail_msg("%s", err.text);
    digest live = cloud_hash(&run.cloud), replayed = cloud_hash(&run.replayed);
    assert_memory_equal(&live, &replayed, sizeof live);
    house_finish(&run);
}

static struct input job_input(void)
{
    struct input input = {.kind = INPUT_JOB_SUBMIT};
    input.job = (struct job_submit){.account = ACME, .shape.devices = 1, .name = "job"};
    return input;
}

static void line_of(const struct event *event, char *to, size_t size)
{
    struct buf line;
    buf_init(&line, 65536);
    event_encode(event, &line);
    assert_true(str_copy(buf_str(&line), to, size));
    buf_finish(&line);
}

// A plain job's line says no more than it did before there was more to ask.
static void a_plain_line_stays_short(void **state)
{
    (void)state;
    begin();
    struct input input = job_input();
    input.job.shape = shape_normal(input.job.shape);
    assert_int_equal(house_do(&run, input), ANSWER_OK);
    char line[4096];
    line_of(&run.first.event, line, sizeof line);
    static const char *const absent[] = {"nodes", "milli", "class",   "priority", "power",
                                         "slice", "chip_", "require", "together", "spread"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        assert_null(strstr(line, absent[i]));
    const struct job *job = cloud_job(&run.cloud, 1);
    assert_int_equal(job->shape.nodes, 1);
    assert_int_equal(job->shape.milli, MILLI_WHOLE);
    assert_int_equal(job->class, LEASE_ON_DEMAND);
    assert_int_equal(job->priority, PRIORITY_NORMAL);
    end();
}

static void everything_asked_stands_in_the_line_and_the_row(void **state)
{
    (void)state;
    begin();
    struct event event = {.kind = EVENT_JOB_QUEUED, .seq = run.first.event.seq};
    struct job_queued *fact = &event.job_queued;
    *fact = (struct job_queued){.job = 7,
                                .account = ACME,
                                .reservation = 3,
                                .run_ms_max = 5,
                                .name = "all",
                                .require = "country=JP",
                                .restartable = 1,
                                .checkpoints = 1,
                                .priority = PRIORITY_HIGH,
                                .class_asked = ASK_SPOT,
                                .power = POWER_INFERENCE};
    fact->shape = (struct shape){
        .chips = {1, 2, 3, 4},
        .cpu_milli = 4000,
        .memory_mib = 8192,
        .device_memory_mib = 10240,
        .nodes = 64,
        .devices = 4,
        .together = TOGETHER_BLOCK,
        .together_must = 1,
        .spread = TOGETHER_RACK
    };
    struct buf line;
    struct event again;
    struct err err;
    buf_init(&line, 65536);
    event_encode(&event, &line);
    if (!event_decode(buf_str(&line), &again, &err))
        fail_msg("%s", err.text);
    assert_memory_equal(&again.job_queued, fact, sizeof *fact);
    buf_finish(&line);
    // One field at a time: each of them alone makes another line.
    struct event plain = {.kind = EVENT_JOB_QUEUED};
    plain.job_queued = (struct job_queued){.job = 7, .account = ACME, .shape.devices = 1};
    struct event share = plain;
    share.job_queued.shape.slices = 2;
    share.job_queued.shape.milli = 285;
    char left[4096], right[4096];
    line_of(&plain, left, sizeof left);
    line_of(&share, right, sizeof right);
    assert_null(strstr(left, "slices"));
    assert_non_null(strstr(right, "\"slices\":2"));
    assert_non_null(strstr(right, "\"milli\":285"));
    end();
}

// Runs of a lease travel a few at a time and come back as they were.
static void parts_of_a_lease_are_read_back(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_LEASE_PART}, again;
    struct lease_part_added *fact = &event.lease_part;
    struct err err;
    struct buf line;
    buf_init(&line, 65536);
    fact->lease = 9;
    for (fact->count = 0; fact->count <= LEASE_RUNS_MAX; fact->count++) {
        buf_clear(&line);
        event_encode(&event, &line);
        if (!event_decode(buf_str(&line), &again, &err))
            fail_msg("%s", err.text);
        assert_memory_equal(&again.lease_part, fact, sizeof *fact);
        if (fact->count == LEASE_RUNS_MAX)
            break;
        struct lease_run *next = &fact->runs[fact->count];
        *next = (struct lease_run){UINT64_C(5000000) + fact->count, {{0}}, 1 + fact->count, 0};
        next->devices.bits[0] = 0xf5, next->devices.bits[3] = fact->count;
    }
    buf_finish(&line);
}

static void a_class_has_its_own_price(void **state)
{
    (void)state;
    begin();
    struct input input = job_input(), price = {.kind = INPUT_PRICE_SET};
    input.job.class_asked = ASK_SPOT;
    assert_int_equal(house_do(&run, input), ANSWER_NO_PRICE);
    price.price = (struct price_new){
        .chip = 1, .value = {2, 0},
             .class = LEASE_SPOT
    };
    assert_int_equal(house_do(&run, price), ANSWER_OK);
    assert_int_equal(house_do(&run, input), ANSWER_OK);
    const struct job *job = cloud_job(&run.cloud, run.first.subject);
    const struct lease *lease = cloud_lease(&run.cloud, job->lease);
    assert_non_null(lease);
    assert_int_equal(lease->class, LEASE_SPOT);
    const struct price *paid = table_get(&run.cloud.market.prices, lease->price);
    assert_int_equal(paid->class, LEASE_SPOT);
    assert_int_equal(paid->value, 2);
    end();
}

static void only_operators_call_a_job_critical(void **state)
{
    (void)state;
    begin();
    struct input key = {.kind = INPUT_KEY_NEW};
    key.key = (struct key_new){.account = ACME, .role = ROLE_USER};
    assert_int_equal(house_do(&run, key), ANSWER_OK);
    struct input input = job_input();
    input.by = (struct principal){run.first.subject, ACME, ROLE_USER};
    input.job.priority = PRIORITY_HIGH;
    assert_int_equal(house_do(&run, input), ANSWER_OK);
    input.job.priority = PRIORITY_CRITICAL;
    assert_int_equal(house_do(&run, input), ANSWER_NOT_ALLOWED);
    input.by = (struct principal){0};
    assert_int_equal(house_do(&run, input), ANSWER_OK);
    end();
}

static void rules_are_kept_once_and_in_one_form(void **state)
{
    (void)state;
    begin();
    struct input input = job_input();
    memcpy(input.job.require, "!vendor=evil  !country=XX", 26);
    assert_int_equal(house_do(&run, input), ANSWER_OK);
    memcpy(input.job.require, "!country=XX !vendor=evil\0", 26);
    assert_int_equal(house_do(&run, input), ANSWER_OK);
    memcpy(input.job.require, "country=JP\0", 12);
    assert_int_equal(house_do(&run, input), ANSWER_FORBIDDEN_BY_RULE); // nobody said where it is
    const struct job *first = cloud_job(&run.cloud, 1), *second = cloud_job(&run.cloud, 2);
    assert_true(first->requirement && first->requirement == second->requirement);
    assert_true(str_is(job_require(&run.cloud.sched, first), S("!country=XX !vendor=evil")));
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_line_stays_short),
        cmocka_unit_test(everything_asked_stands_in_the_line_and_the_row),
        cmocka_unit_test(parts_of_a_lease_are_read_back),
        cmocka_unit_test(a_class_has_its_own_price),
        cmocka_unit_test(only_operators_call_a_job_critical),
        cmocka_unit_test(rules_are_kept_once_and_in_one_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
