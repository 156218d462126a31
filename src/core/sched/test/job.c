#include "core/sched/test/house.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const struct shape one = {.devices = 1};

static void begin(struct house *house, uint32_t devices)
{
    house_init(house);
    uint64_t chips[256];
    for (uint32_t i = 0; i < devices; i++)
        chips[i] = 1;
    house_chip(house);
    house_price(house, 1);
    house_account(house);
    house_account(house);
    house_node(house, chips, devices, 1000);
}

static const struct job *job_row(const struct house *house, uint64_t id)
{
    return table_get(&house->sched.jobs, id);
}

static uint64_t place_one(struct house *house)
{
    struct place_view view = house_view(house);
    struct placement placement;
    if (!place_next(&view, &placement))
        return 0;
    house_place(house, &placement);
    return placement.job;
}

static void assert_sound(const struct house *house)
{
    uint64_t id;
    assert_true(sched_check(&house->sched, &house->market, &id));
    assert_true(market_check(&house->market, &house->inventory, &id));
}

static void a_job_goes_from_the_queue_to_its_end(void **state)
{
    (void)state;
    struct house house;
    begin(&house, 1);
    uint64_t id = house_submit(&house, 1, &one, 0);
    const struct job *job = job_row(&house, id);
    assert_int_equal(job->state, JOB_QUEUED);
    assert_int_equal(job->attempt, 0);
    house.time_us = 2000;
    assert_int_equal(place_one(&house), id);
    assert_int_equal(job->state, JOB_STARTING);
    assert_int_equal(job->attempt, 1);
    house.time_us = 3000;
    job_apply_started(&house.sched, &(struct job_started){id, 1, 0}, house.time_us);
    assert_int_equal(job->state, JOB_RUNNING);
    house.time_us = 4000;
    struct job_stopping stop = {.job = id, .grace_ms = 10, .reason = REASON_STOPPED};
    job_apply_stopping(&house.sched, &stop, house.time_us);
    stop = (struct job_stopping){.job = id, .grace_ms = 0, .reason = REASON_TIME_LIMIT};
    job_apply_stopping(&house.sched, &stop, house.time_us); // in a hurry: the first reason stays
    assert_int_equal(job->state, JOB_STOPPING);
    assert_int_equal(job->stop_reason, REASON_STOPPED);
    assert_int_equal(job->stop_grace_ms, 0);
    house.time_us = 5000;
    house_end(&house, id, false);
    assert_int_equal(job->state, JOB_DONE);
    assert_int_equal(job->queued_us, 1000);
    assert_int_equal(job->placed_us, 2000);
    assert_int_equal(job->started_us, 3000);
    assert_int_equal(job->stop_us, 4000);
    assert_int_equal(job->ended_us, 5000);
    assert_sound(&house);
    job_apply_dropped(&house.sched, &(struct job_dropped){id});
    assert_null(job_row(&house, id));
    assert_sound(&house);
    house_finish(&house);
}

static void a_stop_before_the_start_report_keeps_stopping(void **state)
{
    (void)state;
    struct house house;
    begin(&house, 1);
    uint64_t id = house_submit(&house, 1, &one, 0);
    place_one(&house);
    job_apply_stopping(&house.sched, &(struct job_stopping){.job = id}, house.time_us);
    job_apply_started(&house.sched, &(struct job_started){id, 1, 0}, house.time_us);
    assert_int_equal(job_row(&house, id)->state, JOB_STOPPING);
    assert_int_equal(job_row(&house, id)->started_us, house.time_us);
    house_finish(&house);
}

// Jobs of a lost node go back to where they stood, whatever the order in which they are lost.
static void lost_jobs_find_their_old_places(void **state)
{
    (void)state;
    enum { JOBS = 100 };
    struct house house;
    begin(&house, JOBS);
    struct rng rng = {.state = 42};
    uint64_t lost[JOBS];
    for (uint64_t i = 0; i < JOBS; i++)
        house_submit(&house, 1 + i % 2, &one, 0);
    for (int i = 0; i < JOBS; i++)
        lost[i] = place_one(&house);
    for (uint64_t i = 0; i < JOBS; i++) // those behind, which never ran
        house_submit(&house, 1 + i % 2, &one, 0);
    for (int i = JOBS - 1; i > 0; i--) {
        int64_t other = rng_below(&rng, i + 1);
        uint64_t swap = lost[i];
        lost[i] = lost[other];
        lost[other] = swap;
    }
    for (int i = 0; i < JOBS; i++) {
        house_end(&house, lost[i], true);
        assert_sound(&house); // which wants each list in order of ids
    }
    for (uint64_t id = 1; id <= JOBS; id++) {
        assert_int_equal(place_one(&house), id);
        assert_int_equal(job_row(&house, id)->attempt, 2);
    }
    assert_int_equal(place_one(&house), 0);
    house_finish(&house);
}

static void a_queued_job_may_end_anywhere_in_its_list(void **state)
{
    (void)state;
    struct house house;
    begin(&house, 1);
    for (int i = 0; i < 5; i++)
        house_submit(&house, 1, &one, 0);
    const uint64_t ended[] = {3, 1, 5, 2, 4}; // the middle, the first, the last, …
    for (int i = 0; i < 5; i++) {
        house_end(&house, ended[i], false);
        assert_sound(&house);
    }
    const struct account *account = table_get(&house.market.accounts, 1);
    assert_int_equal(account->queue_first, 0);
    assert_int_equal(account->queue_last, 0);
    assert_int_equal(account->queued, 0);
    assert_int_equal(place_one(&house), 0);
    house_finish(&house);
}

static void the_check_sees_what_is_broken(void **state)
{
    (void)state;
    struct house house;
    uint64_t id = 0;
    begin(&house, 2);
    for (int i = 0; i < 4; i++)
        house_submit(&house, 1, &one, 0);
    place_one(&house);
    assert_sound(&house);
    struct job *running = table_get(&house.sched.jobs, 1),
               *queued = table_get(&house.sched.jobs, 3);
    running->lease = 0;
    assert_false(sched_check(&house.sched, &house.market, &id));
    assert_int_equal(id, 1);
    running->lease = 1;
    queued->queue_previous = 4;
    assert_false(sched_check(&house.sched, &house.market, &id));
    assert_int_equal(id, 3);
    queued->queue_previous = 2;
    queued->state = JOB_DONE;
    assert_false(sched_check(&house.sched, &house.market, &id));
    queued->state = JOB_QUEUED;
    assert_sound(&house);
    house_finish(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_goes_from_the_queue_to_its_end),
        cmocka_unit_test(a_stop_before_the_start_report_keeps_stopping),
        cmocka_unit_test(lost_jobs_find_their_old_places),
        cmocka_unit_test(a_queued_job_may_end_anywhere_in_its_list),
        cmocka_unit_test(the_check_sees_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
