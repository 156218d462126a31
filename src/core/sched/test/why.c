#include "core/sched/why.h"
#include "core/sched/test/house.h"
#include "core/sched/test/plain.h"
#include "core/sched/test/storm.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static bool is_head(const struct house *house, const struct job *job)
{
    const struct account *account = table_get(&house->market.accounts, job->account);
    return account->queue_first == job->id;
}

// Held against the plain placer: the rule that is told is the rule that holds.
static void assert_rule(const struct house *house, const struct job *job, const struct why *why,
                        const struct plain_turn *plain)
{
    bool limited = why->rule == WHY_DEVICE_LIMIT || why->rule == WHY_MONTH_LIMIT;
    bool no_house =
        why->rule == WHY_NO_PRICE || why->rule == WHY_NODES_CLOSED || why->rule == WHY_INFEASIBLE;
    bool full = why->rule == WHY_NO_DEVICES || why->rule == WHY_NO_MEMORY;
    bool first = plain->job == job->id;
    if (job->state != JOB_QUEUED) {
        assert_int_equal(why->rule, job->state == JOB_DONE ? WHY_DONE : WHY_RUNNING);
        assert_int_equal(why->position, 0);
        return;
    }
    assert_int_equal(why->rule == WHY_NEXT, first && plain->turn == PLACE_TURN_FITS);
    assert_int_equal(full, first && plain->turn == PLACE_TURN_BLOCKED);
    if (plain->held[job->account])
        assert_true(limited);
    if (plain->stuck[job->account])
        assert_int_equal(no_house, is_head(house, job));
    if (limited || no_house || full)
        assert_true(why->free < why->needs || why->rule == WHY_MONTH_LIMIT || no_house);
    if (full)
        assert_true(why->limit >= why->needs);
    if (why->rule == WHY_NEXT) {
        assert_true(why->estimate_known);
        assert_int_equal(why->estimate_us, house->time_us);
    }
}

static void assert_line(const struct house *house, const struct job *job, const struct why *why)
{
    uint64_t ahead[STORM_JOBS];
    int64_t count = 0;
    uint32_t cursor = 0;
    for (const struct job *row; (row = table_step(&house->sched.jobs, &cursor));)
        if (row->state == JOB_QUEUED && row->id < job->id)
            ahead[count++] = row->id;
    assert_int_equal(why->position, count + 1);
    assert_int_equal(why->ahead_count, count < WHY_AHEAD_MAX ? count : WHY_AHEAD_MAX);
    for (uint32_t i = 0; i < why->ahead_count; i++)
        assert_int_equal(why->ahead[i], ahead[count - why->ahead_count + i]);
}

static void why_says_what_the_placer_does(void **state)
{
    (void)state;
    static struct house house;
    struct rng rng = {.state = 3};
    int64_t seen[WHY_RULE_COUNT] = {0};
    house_init(&house);
    storm_begin(&house, &rng);
    for (int i = 0; i < 8000; i++) {
        storm_step(&house, &rng);
        struct plain_turn plain = plain_next(&house);
        struct place_view view = house_view(&house);
        const struct job *job =
            table_after(&house.sched.jobs, (uint64_t)rng_below(&rng, (int64_t)house.job + 1));
        if (!job && plain.job)
            job = table_get(&house.sched.jobs, plain.job);
        if (job) {
            struct why why;
            why_job(&view, job, house.time_us, &why);
            assert_rule(&house, job, &why, &plain);
            if (job->state == JOB_QUEUED)
                assert_line(&house, job, &why);
            seen[why.rule]++;
        }
        if (plain.turn == PLACE_TURN_FITS && rng_below(&rng, 2))
            house_place(&house, &plain.placement);
    }
    for (int rule = 0; rule < WHY_RULE_COUNT; rule++)
        assert_true(seen[rule] > 0 || rule == WHY_NOT_STARTED || rule == WHY_RESERVED_FULL ||
                    rule == WHY_FORBIDDEN || rule == WHY_PAUSED ||
                    rule == WHY_CAPPED); // the storm comes by every other
    house_finish(&house);
}

static void at_the_month_limit_the_next_month_is_told(void **state)
{
    (void)state;
    static struct house house;
    house_init(&house);
    uint64_t chip = house_chip(&house);
    house_price(&house, chip);
    house_account(&house);
    house_node(&house, &chip, 1, 100);
    house_limits(&house, 1, NO_LIMIT, 5000);
    house.spent[1] = 5000;
    house.time_us = INT64_C(1795219200) * 1000000; // 2026-11-21T00:00:00Z
    struct shape one = {.devices = 1};
    const struct job *job = table_get(&house.sched.jobs, house_submit(&house, 1, &one, 0));
    struct place_view view = house_view(&house);
    struct why why;
    why_job(&view, job, house.time_us, &why);
    assert_int_equal(why.rule, WHY_MONTH_LIMIT);
    assert_int_equal(why.needs, 5000);
    assert_int_equal(why.limit, 5000);
    assert_true(why.estimate_known);
    assert_int_equal(why.estimate_us, INT64_C(1796083200) * 1000000); // 2026-12-01T00:00:00Z
    house_finish(&house);
}

// A rule that no node meets holds only the job that says it, and is named.
static void a_rule_that_permits_nothing_is_named(void **state)
{
    (void)state;
    static struct house house;
    house_init(&house);
    uint64_t chip = house_chip(&house);
    house_price(&house, chip);
    house_account(&house);
    house_account(&house);
    house_node(&house, &chip, 1, 100);
    house_node_set(&house, 1, NODE_READY, 100);
    struct job_queued fact = {.job = ++house.job, .account = 1, .require = "country=XX"};
    fact.shape.devices = 1;
    job_apply_queued(&house.sched, &house.market, &fact, house.time_us);
    const struct job *job = table_get(&house.sched.jobs, house.job);
    struct shape one = {.devices = 1};
    uint64_t other = house_submit(&house, 2, &one, 0);
    struct place_view view = house_view(&house);
    struct placement placement;
    assert_true(place_next(&view, &placement));
    assert_int_equal(placement.job, other);
    struct why why;
    why_job(&view, job, house.time_us, &why);
    assert_int_equal(why.rule, WHY_FORBIDDEN);
    house_finish(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(why_says_what_the_placer_does),
        cmocka_unit_test(a_rule_that_permits_nothing_is_named),
        cmocka_unit_test(at_the_month_limit_the_next_month_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
