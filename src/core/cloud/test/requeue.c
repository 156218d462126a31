// What is stopped for the house's own reasons, or dies with its node: back to the queue with its
// progress, as a whole, from every state.
#include "core/cloud/test/house.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct house_run run;
static const uint64_t acme = 2;

static void begin(void)
{
    house_init(&run);
    house_open(&run, 4);
    struct input input = {.kind = INPUT_ACCOUNT_NEW};
    input.account = (struct account_new){.slug = "acme", .name = "ACME"};
    assert_int_equal(house_do(&run, input), ANSWER_OK);
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

static uint64_t submit(bool restartable, bool checkpoints)
{
    struct input input = {.kind = INPUT_JOB_SUBMIT};
    input.job = (struct job_submit){.account = acme,
                                    .shape.devices = 2,
                                    .name = "job",
                                    .restartable = restartable,
                                    .checkpoints = checkpoints};
    assert_int_equal(house_do(&run, input), ANSWER_OK);
    return run.first.subject;
}

static enum answer say(uint64_t job, enum attempt_event event, int64_t ran_ms, int64_t saved_ms)
{
    struct input input = {.kind = INPUT_ATTEMPT_REPORT};
    input.attempt = (struct attempt_report){.job = job,
                                            .attempt = cloud_job(&run.cloud, job)->attempt,
                                            .event = event,
                                            .ran_ms = ran_ms,
                                            .saved_ms = saved_ms,
                                            .reason = REASON_SIGNALLED};
    return house_do(&run, input);
}

static enum answer node_fails(void)
{
    return house_do(&run, (struct input){.kind = INPUT_NODE_FAILED, .id = 1});
}

static void progress_is_kept_and_the_rest_is_counted_as_lost(void **state)
{
    (void)state;
    begin();
    uint64_t id = submit(true, true);
    const struct job *job = cloud_job(&run.cloud, id);
    say(id, ATTEMPT_STARTED, 0, 0);
    run.time_us += 100 * SECOND_US;
    say(id, ATTEMPT_ALIVE, 60000, 40000);
    assert_int_equal(job->saved_ms, 40000);
    say(id, ATTEMPT_ALIVE, 60000, 30000); // it never goes back
    assert_int_equal(job->saved_ms, 40000);
    assert_int_equal(node_fails(), ANSWER_OK);
    assert_int_equal(job->state, JOB_STOPPING);
    assert_int_equal(say(id, ATTEMPT_ENDED, 70000, 50000), ANSWER_OK);
    assert_int_equal(job->saved_ms, 50000);
    assert_int_equal(job->lost_ms, 20000);
    assert_int_equal(job->attempt, 2); // placed again in the same commit
    assert_int_equal(job->saved_start_ms, 50000);
    say(id, ATTEMPT_STARTED, 0, 0);
    run.time_us += 10 * SECOND_US;
    say(id, ATTEMPT_ALIVE, 5000, INT64_MAX); // no more than it began with and ran
    assert_int_equal(job->saved_ms, 55000);
    node_fails();
    say(id, ATTEMPT_ENDED, 5000, 0);
    assert_int_equal(job->lost_ms, 20000);
    assert_int_equal(job->ran_ms, 75000);
    end();
}

static void without_checkpoints_all_of_it_is_lost(void **state)
{
    (void)state;
    begin();
    uint64_t id = submit(true, false);
    say(id, ATTEMPT_STARTED, 0, 0);
    run.time_us += 100 * SECOND_US;
    say(id, ATTEMPT_ALIVE, 60000, 40000);
    node_fails();
    say(id, ATTEMPT_ENDED, 60000, 40000);
    const struct job *job = cloud_job(&run.cloud, id);
    assert_int_equal(job->saved_ms, 0);
    assert_int_equal(job->lost_ms, 60000);
    assert_int_equal(job->attempt, 2);
    end();
}

// Its node dies while it is queued, starting, running and stopping.
static void a_node_dies_in_every_state(void **state)
{
    (void)state;
    begin();
    uint64_t starting = submit(true, true), running = submit(true, false);
    uint64_t queued = submit(true, true);
    say(running, ATTEMPT_STARTED, 0, 0);
    assert_int_equal(cloud_job(&run.cloud, queued)->state, JOB_QUEUED);
    assert_int_equal(node_fails(), ANSWER_OK);
    assert_int_equal(cloud_job(&run.cloud, starting)->state, JOB_STOPPING);
    assert_int_equal(cloud_job(&run.cloud, running)->state, JOB_STOPPING);
    assert_int_equal(cloud_job(&run.cloud, queued)->state, JOB_QUEUED);
    assert_int_equal(run.effects, 2);
    assert_int_equal(node_fails(), ANSWER_OK); // once is enough
    assert_int_equal(run.count, 0);
    run.time_us += SECOND_US;
    say(starting, ATTEMPT_ENDED, 0, 0);
    say(running, ATTEMPT_ENDED, 900, 0);
    // All wait or were placed again; no lease of the old attempts is left.
    int64_t active = 0, held = 0;
    uint32_t cursor = 0;
    for (const struct lease *lease; (lease = table_step(&run.cloud.market.leases, &cursor));) {
        active += lease->state == LEASE_ACTIVE;
        held += lease->state == LEASE_ACTIVE ? lease->devices_total : 0;
    }
    assert_int_equal(active, 2);
    assert_int_equal(held, 4);
    assert_int_equal(node_fails(), ANSWER_OK);
    assert_int_equal(house_do(&run, (struct input){.kind = INPUT_NODE_FAILED, .id = 9}),
                     ANSWER_NOT_FOUND);
    end();
}

static void what_cannot_begin_again_ends_with_its_node(void **state)
{
    (void)state;
    begin();
    uint64_t id = submit(false, true);
    say(id, ATTEMPT_STARTED, 0, 0);
    run.time_us += 9 * SECOND_US;
    node_fails();
    say(id, ATTEMPT_ENDED, 8000, 3000);
    const struct job *job = cloud_job(&run.cloud, id);
    assert_int_equal(job->state, JOB_DONE);
    assert_int_equal(job->reason, REASON_NODE_FAILED);
    assert_int_equal(job->lost_ms, 5000);
    end();
}

// A person's stop ends what the house would have begun again.
static void a_stop_for_good_is_stronger(void **state)
{
    (void)state;
    begin();
    uint64_t id = submit(true, true);
    say(id, ATTEMPT_STARTED, 0, 0);
    node_fails();
    struct input stop = {
        .kind = INPUT_JOB_STOP, .stop = {id, 0}
    };
    assert_int_equal(house_do(&run, stop), ANSWER_OK);
    node_fails();
    say(id, ATTEMPT_ENDED, 0, 0);
    assert_int_equal(cloud_job(&run.cloud, id)->state, JOB_DONE);
    assert_int_equal(cloud_job(&run.cloud, id)->reason, REASON_STOPPED);
    end();
}

// The house's own stops never use up the attempts that a lost job has.
static void only_losses_are_counted(void **state)
{
    (void)state;
    begin();
    uint64_t id = submit(true, false);
    const struct job *job = cloud_job(&run.cloud, id);
    for (int i = 0; i < 20; i++) {
        node_fails();
        say(id, ATTEMPT_ENDED, 0, 0);
        assert_int_equal(job->state, JOB_STARTING);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(job->state, JOB_STARTING);
        struct input lost = {.kind = INPUT_ATTEMPT_REPORT};
        lost.attempt = (struct attempt_report){
            .job = id, .attempt = job->attempt, .event = ATTEMPT_ENDED, .reason = REASON_LOST};
        house_do(&run, lost);
    }
    assert_int_equal(job->state, JOB_DONE);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(progress_is_kept_and_the_rest_is_counted_as_lost),
        cmocka_unit_test(without_checkpoints_all_of_it_is_lost),
        cmocka_unit_test(a_node_dies_in_every_state),
        cmocka_unit_test(what_cannot_begin_again_ends_with_its_node),
        cmocka_unit_test(a_stop_for_good_is_stronger),
        cmocka_unit_test(only_losses_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
