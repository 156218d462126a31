#include "core/sched/counted.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

enum { JOBS = 240, DEVICES = 64, RUN_MAX = 100, ACCOUNTS = 4, SECOND = 1000000 };

struct plain_job {
    struct backfill_job job;
    int64_t submit_s, run_s, start_s; // start -1: it waits
    bool over;
};

struct replay {
    struct counted counted;
    struct backfill *backfill;
    struct plain_job jobs[JOBS];
    uint32_t count, submitted;
    int64_t now_s, run_max_s;
};

static void make_jobs(struct replay *replay, struct rng *rng, uint32_t ranks, uint32_t accounts)
{
    int64_t submit_s = 0;
    for (uint32_t i = 0; i < replay->count; i++) {
        submit_s += rng_below(rng, 12);
        int64_t run_s = rng_between(rng, 1, RUN_MAX), amount = rng_between(rng, 1, 8);
        if (rng_below(rng, 6) == 0)
            amount = rng_between(rng, 32, DEVICES);
        replay->jobs[i] = (struct plain_job){.submit_s = submit_s, .run_s = run_s, .start_s = -1};
        replay->jobs[i].job = (struct backfill_job){.id = i + 1,
                                                    .amount = amount,
                                                    .run_us = run_s * SECOND,
                                                    .since_ms = submit_s * 1000,
                                                    .account = (uint32_t)rng_below(rng, accounts),
                                                    .rank = (uint32_t)rng_below(rng, ranks),
                                                    .gang = amount >= 32};
    }
}

static void replay_init(struct replay *replay, const struct backfill_rule *rule)
{
    *replay = (struct replay){.count = JOBS, .backfill = backfill_create()};
    counted_init(&replay->counted, DEVICES);
    backfill_rule_set(replay->backfill, rule);
    struct fair *fair = backfill_fair(replay->backfill);
    fair_rule_set(fair, &(struct fair_rule){3600 * 1000, 60 * 1000});
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        fair_account_set(fair, i, FAIR_NONE, i ? 0 : DEVICES / 4);
}

static void replay_finish(struct replay *replay)
{
    counted_finish(&replay->counted);
    backfill_destroy(replay->backfill);
}

static void start(struct replay *replay, struct plain_job *row)
{
    row->start_s = replay->now_s;
    counted_start(&replay->counted, &row->job, replay->now_s * SECOND);
    backfill_remove(replay->backfill, row->job.id);
    fair_use_add(backfill_fair(replay->backfill), row->job.account, row->job.amount,
                 replay->now_s * 1000);
}

// The least of all instants to come; -1: nothing more.
static int64_t next_s(const struct replay *replay)
{
    int64_t next = INT64_MAX;
    if (replay->submitted < replay->count)
        next = replay->jobs[replay->submitted].submit_s;
    for (uint32_t i = 0; i < replay->submitted; i++) {
        const struct plain_job *row = &replay->jobs[i];
        if (row->start_s >= 0 && !row->over && row->start_s + row->run_s < next)
            next = row->start_s + row->run_s;
    }
    return next == INT64_MAX ? -1 : next;
}

static void ends_and_submits(struct replay *replay)
{
    for (uint32_t i = 0; i < replay->submitted; i++) {
        struct plain_job *row = &replay->jobs[i];
        if (row->start_s < 0 || row->over || row->start_s + row->run_s > replay->now_s)
            continue;
        row->over = true;
        counted_end(&replay->counted, &row->job, (row->start_s + row->run_s) * SECOND,
                    replay->now_s * SECOND);
        fair_use_add(backfill_fair(replay->backfill), row->job.account, -row->job.amount,
                     replay->now_s * 1000);
    }
    for (; replay->submitted < replay->count; replay->submitted++) {
        if (replay->jobs[replay->submitted].submit_s > replay->now_s)
            return;
        backfill_add(replay->backfill, &replay->jobs[replay->submitted].job);
    }
}

static enum backfill_turn turn(struct replay *replay, const struct backfill_job **ret_job)
{
    struct backfill_house house = counted_house(&replay->counted);
    return backfill_next(replay->backfill, &house, replay->now_s * SECOND, replay->counted.grown,
                         ret_job);
}

static void replay_all(struct replay *replay)
{
    while ((replay->now_s = next_s(replay)) >= 0) {
        ends_and_submits(replay);
        for (const struct backfill_job *job; turn(replay, &job) == BACKFILL_FITS;)
            start(replay, &replay->jobs[job->id - 1]);
    }
    for (uint32_t i = 0; i < replay->count; i++)
        assert_true(replay->jobs[i].over);
}

// EASY in twenty lines: first come first served, and behind the first who does not fit everybody
// who ends before its instant or leaves it enough.
static void plain_easy(struct replay *replay)
{
    struct {
        int64_t free, shadow, extra;
    } at;
    int64_t now = 0;
    for (bool more = true; more; now++) {
        at.free = DEVICES;
        more = false;
        for (uint32_t i = 0; i < replay->count; i++) {
            const struct plain_job *row = &replay->jobs[i];
            bool running = row->start_s >= 0 && row->start_s + row->run_s > now;
            at.free -= running ? row->job.amount : 0;
            more = more || row->start_s < 0;
        }
        const struct plain_job *head = NULL;
        for (uint32_t i = 0; i < replay->count && replay->jobs[i].submit_s <= now; i++) {
            struct plain_job *row = &replay->jobs[i];
            if (row->start_s >= 0)
                continue;
            bool before = !head || now + row->run_s <= at.shadow || row->job.amount <= at.extra;
            if (row->job.amount <= at.free && before) {
                row->start_s = now;
                at.free -= row->job.amount;
                if (head && now + row->run_s > at.shadow)
                    at.extra -= row->job.amount;
                continue;
            }
            if (head)
                continue;
            head = row;
            for (at.shadow = now, at.extra = -1; at.extra < 0; at.shadow += at.extra < 0) {
                at.extra = DEVICES - row->job.amount;
                for (uint32_t j = 0; j < replay->count; j++)
                    if (replay->jobs[j].start_s >= 0 &&
                        replay->jobs[j].start_s + replay->jobs[j].run_s > at.shadow)
                        at.extra -= replay->jobs[j].job.amount;
            }
        }
    }
}

static void it_is_easy_when_nothing_else_is_asked(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct rng rng = {seed};
        struct replay replay, plain;
        replay_init(&replay, &(struct backfill_rule){.backfill = true});
        make_jobs(&replay, &rng, 1, 1);
        plain = replay;
        replay_all(&replay);
        plain_easy(&plain);
        for (uint32_t i = 0; i < JOBS; i++)
            assert_int_equal(replay.jobs[i].start_s, plain.jobs[i].start_s);
        replay_finish(&replay);
    }
}

static void without_backfill_it_is_strictly_in_order(void **state)
{
    (void)state;
    struct rng rng = {3};
    struct replay replay;
    replay_init(&replay, &(struct backfill_rule){0});
    make_jobs(&replay, &rng, 1, 1);
    replay_all(&replay);
    for (uint32_t i = 1; i < JOBS; i++)
        assert_true(replay.jobs[i].start_s >= replay.jobs[i - 1].start_s);
    replay_finish(&replay);
}

// What a job that keeps a place was told is never taken back: it starts then or before.
static void what_is_kept_only_comes_nearer(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct rng rng = {seed};
        struct replay replay;
        int64_t told_s[JOBS + 1];
        for (int i = 0; i <= JOBS; i++)
            told_s[i] = INT64_MAX;
        replay_init(&replay, &(struct backfill_rule){true, 0, 200 * 1000, 2});
        make_jobs(&replay, &rng, 1, 1);
        while ((replay.now_s = next_s(&replay)) >= 0) {
            ends_and_submits(&replay);
            for (const struct backfill_job *job; turn(&replay, &job) == BACKFILL_FITS;) {
                assert_true(replay.now_s <= told_s[job->id]);
                start(&replay, &replay.jobs[job->id - 1]);
            }
            struct backfill_kept kept;
            for (uint32_t i = 0; backfill_kept_at(replay.backfill, i, &kept); i++) {
                assert_true(kept.known && kept.at_us / SECOND <= told_s[kept.job]);
                told_s[kept.job] = kept.at_us / SECOND;
            }
        }
        replay_finish(&replay);
    }
}

// Whatever comes, of whatever class and account: a gang waits at most its bound, then for those who
// were older and for what runs.
static void a_gang_waits_a_bounded_time(void **state)
{
    (void)state;
    enum { WAIT_S = 150, GANGS = 2 };
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct rng rng = {seed};
        struct replay replay;
        replay_init(&replay, &(struct backfill_rule){true, 0, WAIT_S * 1000, GANGS});
        make_jobs(&replay, &rng, 5, ACCOUNTS);
        replay_all(&replay);
        for (uint32_t i = 0; i < JOBS; i++) {
            const struct plain_job *row = &replay.jobs[i];
            if (!row->job.gang)
                continue;
            int64_t older = 0; // gangs that were there and had waited too long themselves
            for (uint32_t j = 0; j < i; j++)
                older += replay.jobs[j].job.gang && replay.jobs[j].start_s > row->submit_s;
            assert_true(row->start_s - row->submit_s <= WAIT_S + (older + 1) * 2 * RUN_MAX);
        }
        replay_finish(&replay);
    }
}

// A higher class is never behind a lower one that fits no earlier, and everybody starts once.
static void the_head_is_of_the_highest_class(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct rng rng = {seed};
        struct replay replay;
        replay_init(&replay, &(struct backfill_rule){true, 0, 0, 0});
        make_jobs(&replay, &rng, 5, ACCOUNTS);
        while ((replay.now_s = next_s(&replay)) >= 0) {
            ends_and_submits(&replay);
            const struct backfill_job *job;
            enum backfill_turn turned;
            while ((turned = turn(&replay, &job)) == BACKFILL_FITS)
                start(&replay, &replay.jobs[job->id - 1]);
            for (uint32_t i = 0; i < replay.submitted; i++) {
                const struct plain_job *row = &replay.jobs[i];
                if (turned == BACKFILL_BLOCKED && row->start_s < 0)
                    assert_true(row->job.rank <= job->rank);
                assert_true(turned != BACKFILL_NONE || row->start_s >= 0);
            }
        }
        replay_finish(&replay);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_easy_when_nothing_else_is_asked),
        cmocka_unit_test(without_backfill_it_is_strictly_in_order),
        cmocka_unit_test(what_is_kept_only_comes_nearer),
        cmocka_unit_test(a_gang_waits_a_bounded_time),
        cmocka_unit_test(the_head_is_of_the_highest_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
