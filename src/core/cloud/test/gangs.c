// Gangs and shares through the whole core: placed whole, ended whole, billed by the plain formula.
#include "core/cloud/test/house.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

enum { NODES = 12, DEVICES = 4 };
static struct house_run run;
static const uint64_t acme = 2;

static void add_nodes(void)
{
    struct node_report_device devices[DEVICES] = {0};
    for (int i = 0; i < DEVICES; i++)
        devices[i] = (struct node_report_device){
            .chip = "gpu", .serial = "s", .memory_mib = 80000, .class_w = 700, .max_w = 1000};
    for (int i = 0; i < NODES; i++) {
        struct input input = {.kind = INPUT_NODE_REPORT};
        input.node_report = (struct node_report){.arch = "x86_64",
                                                 .cpu_milli = 64000,
                                                 .memory_mib = 1 << 20,
                                                 .count = DEVICES,
                                                 .devices = devices};
        snprintf(input.node_report.name, sizeof input.node_report.name, "g%d", i);
        assert_int_equal(house_do(&run, input), ANSWER_OK);
    }
}

static void begin(void)
{
    house_init(&run);
    house_open(&run, 2);
    struct input input = {.kind = INPUT_ACCOUNT_NEW};
    input.account = (struct account_new){.slug = "acme", .name = "ACME"};
    assert_int_equal(house_do(&run, input), ANSWER_OK);
    add_nodes();
}

static void checked(void)
{
    struct err err;
    if (!cloud_check(&run.cloud, &err))
        fail_msg("%s", err.text);
}

static void end(void)
{
    checked();
    digest live = cloud_hash(&run.cloud), replayed = cloud_hash(&run.replayed);
    assert_memory_equal(&live, &replayed, sizeof live);
    house_finish(&run);
}

static struct input job_input(uint32_t nodes, uint32_t devices, uint32_t milli)
{
    struct input input = {.kind = INPUT_JOB_SUBMIT};
    input.job = (struct job_submit){.account = acme, .name = "job", .restartable = true};
    input.job.shape.nodes = nodes;
    input.job.shape.devices = devices;
    input.job.shape.milli = milli;
    input.job.shape.chips[0] = 2;
    return input;
}

static enum answer say(uint64_t job, enum attempt_event event, int64_t ran_ms)
{
    return house_report(&run, job, cloud_job(&run.cloud, job)->attempt, event, ran_ms);
}

static void a_gang_is_placed_whole_and_ends_whole(void **state)
{
    (void)state;
    begin();
    assert_int_equal(house_do(&run, job_input(NODES + 1, 4, 0)), ANSWER_TOO_MANY_NODES);
    assert_int_equal(house_do(&run, job_input(NODES, 4, 0)), ANSWER_OK);
    uint64_t id = run.first.subject;
    const struct job *job = cloud_job(&run.cloud, id);
    const struct lease *lease = cloud_lease(&run.cloud, job->lease);
    assert_int_equal(job->state, JOB_STARTING);
    assert_int_equal(lease->nodes, NODES);
    assert_int_equal(lease->held, NODES);
    assert_int_equal(lease->devices_total, NODES * 4);
    assert_int_equal(house_do(&run, job_input(1, 1, 0)), ANSWER_OK); // it waits: all is taken
    uint64_t waiting = run.first.subject;
    assert_int_equal(cloud_job(&run.cloud, waiting)->state, JOB_QUEUED);
    checked();
    // One node dies: the whole attempt ends, and begins again as a whole.
    say(id, ATTEMPT_STARTED, 0);
    run.time_us += 100 * SECOND_US;
    struct input failed = {.kind = INPUT_NODE_FAILED, .id = lease->node + 3};
    assert_int_equal(house_do(&run, failed), ANSWER_OK);
    assert_int_equal(run.effects, 1);
    assert_int_equal(run.effect[0].kind, EFFECT_STOP);
    assert_int_equal(say(id, ATTEMPT_ENDED, 50000), ANSWER_OK);
    assert_int_equal(job->reason, REASON_NODE_FAILED);
    assert_int_equal(job->lost_ms, 50000);
    uint64_t used = ledger_find(&run.cloud.ledger, acme, BOOK_USED, commodity_device_ms(2));
    assert_int_equal(ledger_balance(&run.cloud.ledger, used), INT64_C(50000) * NODES * 4);
    end();
}

// Shares of a device never add up to more than the device, and what they are charged is the plain
// formula of their whole run, however it was reported.
static void shares_fill_devices_and_pay_for_their_part(void **state)
{
    (void)state;
    begin();
    struct rng rng = {.state = 11};
    int64_t wanted = 0;
    for (int i = 0; i < 60; i++) {
        uint32_t milli = 100 + (uint32_t)rng_below(&rng, 400);
        struct input input = job_input(1, 1, milli);
        input.job.shape.memory_mib = 16;
        assert_int_equal(house_do(&run, input), ANSWER_OK);
        uint64_t id = run.first.subject;
        assert_int_equal(cloud_job(&run.cloud, id)->state, JOB_STARTING);
        say(id, ATTEMPT_STARTED, 0);
        int64_t ran_ms = 1 + rng_below(&rng, 5000), at_ms = 0;
        run.time_us += 6 * SECOND_US;
        while ((at_ms += 1 + rng_below(&rng, 900)) < ran_ms)
            say(id, ATTEMPT_ALIVE, at_ms);
        if (i % 3)
            say(id, ATTEMPT_ENDED, ran_ms);
        else
            say(id, ATTEMPT_ALIVE, ran_ms); // it stays
        wanted += (int64_t)milli * ran_ms / 1000;
        checked();
    }
    uint64_t used = ledger_find(&run.cloud.ledger, acme, BOOK_USED, commodity_device_ms(2));
    assert_int_equal(ledger_balance(&run.cloud.ledger, used), wanted);
    end();
}

static void cpu_alone_is_given_only_where_it_is_allowed(void **state)
{
    (void)state;
    begin();
    struct input input = job_input(1, 0, 0);
    input.job.shape.chips[0] = 0;
    input.job.shape.cpu_milli = 4000;
    assert_int_equal(house_do(&run, input), ANSWER_CPU_ONLY);
    struct input setting = {
        .kind = INPUT_SETTING_SET, .setting = {SETTING_CPU_JOBS, 1}
    };
    assert_int_equal(house_do(&run, setting), ANSWER_OK);
    assert_int_equal(house_do(&run, input), ANSWER_OK);
    uint64_t id = run.first.subject;
    assert_int_equal(cloud_job(&run.cloud, id)->state, JOB_STARTING);
    say(id, ATTEMPT_STARTED, 0);
    run.time_us += 10 * SECOND_US;
    say(id, ATTEMPT_ENDED, 9000);
    assert_int_equal(cloud_job(&run.cloud, id)->state, JOB_DONE);
    assert_int_equal(billing_spent(&run.cloud.billing, acme, month_at(0, run.time_us)), 0);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gang_is_placed_whole_and_ends_whole),
        cmocka_unit_test(shares_fill_devices_and_pay_for_their_part),
        cmocka_unit_test(cpu_alone_is_given_only_where_it_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
