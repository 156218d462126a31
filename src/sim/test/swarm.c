// Hundreds of small random clouds, each with its own seed: invariants on, the journal replayed, the
// books recounted from its text, disks that fail. A failure prints the seed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "power_recount.h"
#include "recount.h"
#include "sim/sim.h"
#include "store/memory/store_memory.h"
#include <inttypes.h>
#include <stdio.h>

enum { SEEDS = 60, COMMANDS = 400 };

static bool recount_visit(void *context, uint64_t seq, str line)
{
    (void)seq;
    recount_line(context, line);
    return true;
}

static uint64_t placed_in_racks;

static bool power_visit(void *context, uint64_t seq, str line)
{
    (void)seq;
    power_line_of(context, line);
    return true;
}

// All that was rated equals what is owed and unbilled plus what was invoiced without tax; device
// time rated equals device time used; debits equal credits.
static void check_recount(const struct recount *recount, uint64_t seed)
{
    __int128 owed = 0, rated = 0, used = 0;
    for (uint64_t i = 1; i <= recount->books; i++) {
        __int128 balance = recount->debit[i] - recount->credit[i];
        if (strcmp(recount->role[i], "revenue") == 0)
            owed -= balance;
        if (strcmp(recount->role[i], "used") == 0)
            used += balance;
        __int128 difference = 0;
        for (uint64_t j = 1; j <= recount->books; j++)
            if (strcmp(recount->commodity[i], recount->commodity[j]) == 0)
                difference += recount->debit[j] - recount->credit[j];
        if (difference != 0)
            fail_msg("seed %" PRIu64 ": %s does not balance", seed, recount->commodity[i]);
    }
    for (uint64_t i = 1; i <= recount->rated; i++)
        rated += recount->rated_money[i];
    if (owed != rated || used != recount->device_ms)
        fail_msg("seed %" PRIu64 ": revenue %" PRId64 ", rated %" PRId64 "; used %" PRId64
                 " device-ms, rated %" PRId64,
                 seed, (int64_t)owed, (int64_t)rated, (int64_t)used, (int64_t)recount->device_ms);
}

static void check_replay(const struct sim *sim, struct journal *journal, uint64_t seed)
{
    struct turn replayed;
    struct err err;
    turn_init(&replayed, journal, (struct turn_release){0});
    if (!turn_load(&replayed, false, &err))
        fail_msg("seed %" PRIu64 ": %s", seed, err.text);
    digest live = cloud_hash(&sim->turn.cloud), again = cloud_hash(&replayed.cloud);
    if (!digest_same(live, again))
        fail_msg("seed %" PRIu64 ": the replay gives another state", seed);
    turn_finish(&replayed);
}

static void run_seed(uint64_t seed, uint64_t fail_every)
{
    struct memory_disk *disk = memory_disk_create();
    struct journal *journal;
    struct blobs *blobs;
    struct err err;
    store_memory_open(disk, &journal, &blobs);
    struct sim_config config = sim_config_of(seed);
    struct sim *sim = sim_create(&config, journal, &err);
    if (!sim)
        fail_msg("seed %" PRIu64 ": %s", seed, err.text);
    for (uint64_t done = 0; done < COMMANDS; done += 20) {
        if (fail_every)
            memory_disk_fail(disk, fail_every + done % 7, 1 + done % 3, MEMORY_DISK_FULL);
        if (!sim_run(sim, 20, &err))
            fail_msg("seed %" PRIu64 ": %s", seed, err.text);
    }
    if (!cloud_check(&sim->turn.cloud, &err))
        fail_msg("seed %" PRIu64 ": %s", seed, err.text);
    if (fail_every)
        assert_true(sim->failed_appends > 0);
    check_replay(sim, journal, seed);
    static struct recount recount;
    memset(&recount, 0, sizeof recount);
    arena_init(&recount.arena, 1 << 24);
    assert_true(journal->ops->read(journal, 0, UINT64_MAX, recount_visit, &recount, &err));
    assert_int_equal(recount.lines, turn_size(&sim->turn));
    check_recount(&recount, seed);
    static struct power_recount power;
    memset(&power, 0, sizeof power);
    arena_init(&power.arena, 1 << 24);
    assert_true(journal->ops->read(journal, 0, UINT64_MAX, power_visit, &power, &err));
    arena_finish(&power.arena);
    placed_in_racks += (uint64_t)power.placed;
    arena_finish(&recount.arena);
    sim_destroy(sim);
    journal->ops->destroy(journal);
    blobs->ops->destroy(blobs);
    memory_disk_destroy(disk);
}

static void random_clouds_keep_every_invariant(void **state)
{
    (void)state;
    // TATARA_SWARM=100000 tries more of them.
    const char *more = getenv("TATARA_SWARM");
    uint64_t seeds = SEEDS;
    if (more)
        assert_true(str_to_u64(str_from(more), &seeds));
    for (uint64_t seed = 1; seed <= seeds; seed++)
        run_seed(seed, 0);
    assert_true(placed_in_racks > 100); // or there was nothing to count
}

static void a_disk_that_fails_now_and_then_loses_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++)
        run_seed(seed, 1 + seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_clouds_keep_every_invariant),
        cmocka_unit_test(a_disk_that_fails_now_and_then_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
