#include "core/sched/fair.h"
#include "base/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

enum { ACCOUNTS = 12, HOUR_MS = 3600 * 1000 };

struct plain_account {
    uint32_t parent, rank;
    int64_t nominal, used, since_ms;
    uint64_t job;
};

struct world {
    struct fair *fair;
    struct plain_account account[ACCOUNTS];
    int64_t time_ms;
    uint64_t job;
};

static void world_init(struct world *world, struct rng *rng)
{
    *world = (struct world){.fair = fair_create()};
    fair_rule_set(world->fair, &(struct fair_rule){HOUR_MS, HOUR_MS / 4});
    for (uint32_t i = 0; i < ACCOUNTS; i++) {
        uint32_t parent = rng_below(rng, 2) ? FAIR_NONE : (uint32_t)rng_below(rng, i ? i : 1);
        if (i == 0)
            parent = FAIR_NONE;
        world->account[i].parent = parent;
        world->account[i].nominal = 1000 * rng_below(rng, 5);
        fair_account_set(world->fair, i, parent, world->account[i].nominal);
    }
}

static void world_step(struct world *world, struct rng *rng)
{
    uint32_t i = (uint32_t)rng_below(rng, ACCOUNTS);
    struct plain_account *account = &world->account[i];
    world->time_ms += rng_below(rng, 200000);
    int64_t milli = 1000 * rng_between(rng, 1, 4);
    switch (rng_below(rng, 3)) {
    case 0:
        if (account->used >= milli && rng_below(rng, 2))
            milli = -milli;
        account->used += milli;
        fair_use_add(world->fair, i, milli, world->time_ms);
        return;
    case 1:
        account->rank = (uint32_t)rng_below(rng, 3);
        account->job = ++world->job;
        account->since_ms = world->time_ms - rng_below(rng, HOUR_MS);
        break;
    default:
        account->job = 0;
    }
    fair_wait(world->fair, i, account->rank, account->job, account->since_ms);
}

static int64_t used_below(const struct world *world, uint32_t place)
{
    int64_t used = world->account[place].used;
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        if (world->account[i].parent == place)
            used += used_below(world, i);
    return used;
}

// What an account would place: its best own or lower job, found by looking at all.
struct claim {
    uint32_t leaf, rank;
    uint64_t job;
    int64_t since_ms;
};

static struct claim best_below(const struct world *world, uint32_t parent);

static struct claim claim_of(const struct world *world, uint32_t place)
{
    const struct plain_account *account = &world->account[place];
    struct claim own = {place, account->rank, account->job, account->since_ms};
    struct claim below = best_below(world, place);
    bool older = own.rank > below.rank || (own.rank == below.rank && own.job < below.job);
    return !below.job || (own.job && older) ? own : below;
}

static struct claim best_below(const struct world *world, uint32_t parent)
{
    struct claim best = {.job = 0};
    uint32_t best_position = 0;
    bool best_borrows = false;
    for (uint32_t i = 0; i < ACCOUNTS; i++) {
        if (world->account[i].parent != parent)
            continue;
        struct claim claim = claim_of(world, i);
        if (!claim.job)
            continue;
        uint32_t position = fair_position(world->fair, i, world->time_ms);
        bool borrows =
            !world->account[i].nominal || used_below(world, i) >= world->account[i].nominal;
        bool first = claim.rank != best.rank     ? claim.rank > best.rank
                     : borrows != best_borrows   ? best_borrows
                     : position != best_position ? position < best_position
                                                 : claim.job < best.job;
        if (best.job && !first)
            continue;
        best = claim;
        best_position = position;
        best_borrows = borrows;
    }
    return best;
}

static void the_first_is_the_best_of_all(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct rng rng = {seed};
        struct world world;
        world_init(&world, &rng);
        for (int i = 0; i < 400; i++) {
            world_step(&world, &rng);
            uint32_t first = fair_first(world.fair, world.time_ms);
            struct claim best = best_below(&world, FAIR_NONE);
            assert_int_equal(first, best.job ? best.leaf : FAIR_NONE);
            for (uint32_t j = 0; j < ACCOUNTS; j++)
                assert_int_equal(fair_used(world.fair, j), used_below(&world, j));
        }
        fair_destroy(world.fair);
    }
}

// Loaded from its memories, a tree decides as the one that lived through it.
static void a_loaded_tree_decides_the_same(void **state)
{
    (void)state;
    struct rng rng = {5};
    struct world world;
    world_init(&world, &rng);
    for (int i = 0; i < 300; i++) {
        world_step(&world, &rng);
        struct fair *loaded = fair_create();
        fair_rule_set(loaded, &(struct fair_rule){HOUR_MS, HOUR_MS / 4});
        for (uint32_t j = ACCOUNTS; j-- > 0;) {
            struct plain_account *account = &world.account[j];
            fair_account_set(loaded, j, account->parent, account->nominal);
            struct fair_memory memory = fair_memory_of(world.fair, j);
            fair_memory_set(loaded, j, &memory);
            fair_wait(loaded, j, account->rank, account->job, account->since_ms);
        }
        assert_int_equal(fair_first(loaded, world.time_ms), fair_first(world.fair, world.time_ms));
        for (uint32_t j = 0; j < ACCOUNTS; j++)
            for (uint32_t k = 0; k < ACCOUNTS; k++)
                assert_int_equal(fair_may_reclaim(loaded, j, 1000, k),
                                 fair_may_reclaim(world.fair, j, 1000, k));
        fair_destroy(loaded);
    }
    fair_destroy(world.fair);
}

static void use_fades_by_half(void **state)
{
    (void)state;
    assert_int_equal(fair_faded(1000000, HOUR_MS, HOUR_MS), 500000);
    assert_int_equal(fair_faded(1000000, 0, HOUR_MS), 1000000);
    assert_int_equal(fair_faded(1000000, 3 * HOUR_MS, HOUR_MS), 125000);
    assert_in_range(fair_faded(1000000, HOUR_MS / 2, HOUR_MS), 707106, 707107);
    for (int64_t ms = 1; ms < 3 * HOUR_MS; ms += 977)
        assert_true(fair_faded(INT64_MAX, ms, HOUR_MS) <= fair_faded(INT64_MAX, ms - 1, HOUR_MS));
    // A use that never changes is remembered as half-life / ln 2 of itself.
    struct fair *fair = fair_create();
    fair_rule_set(fair, &(struct fair_rule){HOUR_MS, 0});
    fair_account_set(fair, 0, FAIR_NONE, 8000);
    fair_use_add(fair, 0, 8000, 0);
    int64_t full = INT64_C(8000) * (INT64_C(3600) * 1000000 / 693147);
    assert_in_range(fair_decayed(fair, 0, 40 * HOUR_MS), full - 10000, full);
    assert_in_range(fair_decayed(fair, 0, HOUR_MS), full / 2 - 10000, full / 2 + 10000);
    // Cut into pieces it comes to nearly the same.
    for (int i = 1; i <= 3600; i++)
        fair_use_add(fair, 0, 0, i * 1000);
    assert_in_range(fair_decayed(fair, 0, HOUR_MS), full / 2 - 10000, full / 2 + 10000);
    fair_destroy(fair);
}

// However long a job waits it never passes a higher class; in its own class it goes up step by
// step, until nobody who came later is in front of it.
static void aging_never_inverts(void **state)
{
    (void)state;
    enum { HEAVY, LIGHT, HIGH };
    struct fair *fair = fair_create();
    fair_rule_set(fair, &(struct fair_rule){HOUR_MS, HOUR_MS / 4});
    for (uint32_t i = 0; i < 3; i++)
        fair_account_set(fair, i, FAIR_NONE, 0);
    fair_use_add(fair, HEAVY, 64000, 0);
    fair_use_add(fair, HIGH, 640000, 0);
    int64_t start_ms = 8 * HOUR_MS;
    fair_wait(fair, HEAVY, 2, 1, start_ms);
    fair_wait(fair, HIGH, 3, 2, start_ms);
    bool passed = false;
    for (int i = 0; i <= FAIR_POSITIONS; i++) {
        int64_t now_ms = start_ms + (int64_t)i * HOUR_MS / 4;
        fair_wait(fair, HIGH, 3, 2, start_ms);
        fair_wait(fair, LIGHT, 2, 10 + (uint64_t)i, now_ms); // always somebody new and light
        assert_int_equal(fair_first(fair, now_ms), HIGH);
        fair_wait(fair, HIGH, 3, 0, 0);
        bool first = fair_first(fair, now_ms) == HEAVY;
        assert_true(first || !passed); // once in front it stays there
        passed = first;
        assert_true(i > 0 || !first);
    }
    assert_true(passed);
    fair_destroy(fair);
}

// Among those of one class and position the older is first, whatever they have waited.
static void the_same_position_goes_by_age(void **state)
{
    (void)state;
    struct fair *fair = fair_create();
    struct rng rng = {3};
    fair_rule_set(fair, &(struct fair_rule){HOUR_MS, HOUR_MS / 4});
    uint64_t job[ACCOUNTS];
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        fair_account_set(fair, i, FAIR_NONE, 0);
    for (int round = 0; round < 100; round++) {
        uint64_t oldest = UINT64_MAX;
        for (uint32_t i = 0; i < ACCOUNTS; i++) {
            job[i] = 1 + (uint64_t)round * ACCOUNTS + (i * 5 + (uint32_t)round) % ACCOUNTS;
            oldest = job[i] < oldest ? job[i] : oldest;
            fair_wait(fair, i, 1, job[i], rng_below(&rng, HOUR_MS));
        }
        assert_true(job[fair_first(fair, 2 * HOUR_MS)] == oldest);
    }
    fair_destroy(fair);
}

// A full house and a claim within nominal quota: somebody has borrowed, and only such are victims.
static void nominal_quota_is_always_reclaimable(void **state)
{
    (void)state;
    enum { CAPACITY = 40 };
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct rng rng = {seed};
        int64_t nominal[ACCOUNTS], left[ACCOUNTS + 1] = {[ACCOUNTS] = CAPACITY};
        int64_t used[ACCOUNTS] = {0};
        uint32_t parents[ACCOUNTS];
        struct fair *fair = fair_create();
        for (uint32_t i = 0; i < ACCOUNTS; i++) {
            uint32_t parent = (uint32_t)rng_below(&rng, i + 1);
            parent = parent == i || rng_below(&rng, 3) == 0 ? ACCOUNTS : parent;
            nominal[i] = left[parent] ? rng_below(&rng, left[parent] + 1) : 0;
            left[parent] -= nominal[i];
            left[i] = nominal[i];
            parents[i] = parent;
            fair_account_set(fair, i, parent == ACCOUNTS ? FAIR_NONE : parent, nominal[i] * 1000);
        }
        for (int i = 0; i < CAPACITY; i++) {
            uint32_t who = (uint32_t)rng_below(&rng, ACCOUNTS);
            used[who]++;
            fair_use_add(fair, who, 1000, i);
        }
        for (uint32_t i = 0; i < ACCOUNTS; i++) {
            bool claims = nominal[i] > 0, found = false;
            for (uint32_t at = i; at != ACCOUNTS; at = parents[at])
                claims = claims && fair_used(fair, at) + 1000 <= nominal[at] * 1000;
            // A parent's own jobs have only what the children's quotas leave.
            claims = claims && used[i] + 1 <= left[i];
            for (uint32_t j = 0; j < ACCOUNTS; j++) {
                bool may = fair_may_reclaim(fair, i, 1000, j);
                found = found || (may && used[j]);
                assert_false(may && i == j);
            }
            assert_true(found || !claims);
        }
        fair_destroy(fair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_the_best_of_all),
        cmocka_unit_test(a_loaded_tree_decides_the_same),
        cmocka_unit_test(use_fades_by_half),
        cmocka_unit_test(aging_never_inverts),
        cmocka_unit_test(the_same_position_goes_by_age),
        cmocka_unit_test(nominal_quota_is_always_reclaimable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
