#include "core/sched/estimate.h"
#include "core/sched/test/house.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { JOBS = 30 };

static void place_all(struct house *house, int64_t *started_us)
{
    struct place_view view = house_view(house);
    for (struct placement placement; place_next(&view, &placement);) {
        house_place(house, &placement);
        started_us[placement.job] = house->time_us;
    }
}

// The running job that ends first by its time limit; 0: none.
static uint64_t next_end(const struct house *house, int64_t *ret_time_us)
{
    uint64_t found = 0;
    uint32_t cursor = 0;
    for (const struct job *job; (job = table_step(&house->sched.jobs, &cursor));) {
        int64_t end_us = job->placed_us + job->run_ms_max * 1000;
        if (job->state != JOB_STARTING || (found && end_us >= *ret_time_us))
            continue;
        found = job->id;
        *ret_time_us = end_us;
    }
    return found;
}

static void build(struct house *house, struct rng *rng)
{
    for (int i = 0; i < 2; i++)
        house_price(house, house_chip(house));
    for (int i = 0; i < 4; i++) {
        uint64_t chips[6];
        for (int k = 0; k < 6; k++)
            chips[k] = i == 3 ? 1 + (uint64_t)rng_below(rng, 2) : 1 + (uint64_t)i % 2;
        house_node(house, chips, 6, 800);
    }
    for (int i = 0; i < 4; i++)
        house_limits(house, house_account(house), i ? NO_LIMIT : rng_between(rng, 1, 6), NO_LIMIT);
    house_node_set(house, 2, rng_below(rng, 3) ? NODE_READY : NODE_DRAINING, 800);
    for (int i = 0; i < JOBS; i++) {
        struct shape shape = {.chips[0] = (uint64_t)rng_below(rng, 3)};
        shape.memory_mib = 100 * rng_below(rng, 6);
        shape.devices = 1 + (uint32_t)rng_below(rng, 6);
        house_submit(house, 1 + (uint64_t)rng_below(rng, 4), &shape, rng_between(rng, 1, 900));
    }
}

// What is told at the beginning is what happens, when every job uses all of its time limit.
static void jobs_start_when_the_estimate_says(void **state)
{
    (void)state;
    struct rng rng = {.state = 42};
    int known = 0;
    for (int round = 0; round < 40; round++) {
        static struct house house;
        int64_t started_us[JOBS + 1] = {0};
        struct estimate told[JOBS + 1];
        house_init(&house);
        build(&house, &rng);
        place_all(&house, started_us);
        struct place_view view = house_view(&house);
        for (uint64_t id = 1; id <= JOBS; id++)
            if (!started_us[id])
                told[id] = estimate_start(&view, table_get(&house.sched.jobs, id), house.time_us);
        int64_t begun_us = house.time_us;
        for (uint64_t id; (id = next_end(&house, &house.time_us));) {
            house_end(&house, id, false);
            place_all(&house, started_us);
        }
        for (uint64_t id = 1; id <= JOBS; id++) {
            if (started_us[id] == begun_us)
                continue;
            assert_int_equal(told[id].known, started_us[id] != 0);
            if (told[id].known)
                assert_int_equal(told[id].start_us, started_us[id]);
            known += told[id].known;
        }
        house_finish(&house);
    }
    assert_true(known > 200);
}

static void without_a_time_limit_nobody_knows(void **state)
{
    (void)state;
    static struct house house;
    int64_t started_us[8] = {0};
    house_init(&house);
    uint64_t chips[4] = {1, 1, 1, 1};
    house_price(&house, house_chip(&house));
    house_account(&house);
    house_node(&house, chips, 4, 100);
    struct shape two = {.devices = 2}, four = {.devices = 4};
    uint64_t endless = house_submit(&house, 1, &two, 0);
    uint64_t brief = house_submit(&house, 1, &two, 500);
    place_all(&house, started_us);
    uint64_t waits = house_submit(&house, 1, &two, 500);
    uint64_t gang = house_submit(&house, 1, &four, 500);
    struct place_view view = house_view(&house);
    struct estimate estimate =
        estimate_start(&view, table_get(&house.sched.jobs, waits), house.time_us);
    assert_true(estimate.known);
    assert_int_equal(estimate.waits_for, brief);
    assert_int_equal(estimate.start_us, house.time_us + 500000);
    estimate = estimate_start(&view, table_get(&house.sched.jobs, gang), house.time_us);
    assert_false(estimate.known);
    assert_int_equal(estimate.waits_for, endless);

    struct job_stopping stop = {.job = endless, .grace_ms = 2000, .reason = REASON_STOPPED};
    job_apply_stopping(&house.sched, &stop, house.time_us); // now its end is known
    estimate = estimate_start(&view, table_get(&house.sched.jobs, gang), house.time_us);
    assert_true(estimate.known);
    assert_int_equal(estimate.start_us, house.time_us + 2000000);
    house_finish(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_start_when_the_estimate_says),
        cmocka_unit_test(without_a_time_limit_nobody_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
