// A site is curtailed, feeds trip, caps come and go: who gives way, in which order, who goes on.
#include "base/rng.h"
#include "core/cloud/curtail.h"
#include "core/fleet/power_tree.h"
#include "core/inventory/feeder.h"
#include "core/inventory/placing.h"
#include "core/inventory/rack.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "house.h"

static struct house_run run;

#define DO(kind_, member, ...) \
    house_do(&run, (struct input){.kind = (kind_), .member = __VA_ARGS__})

enum { GRID = 1, FEED_A, FEED_B };

static void add_rack(const char *name, uint64_t a, uint64_t b, uint32_t nodes)
{
    struct rack_new rack = {
        .place = {.site = 1,
                  .feeder_a = a,
                  .feeder_b = b,
                  .block = "b1",
                  .chip = {.name = "gpu",
                           .memory_mib = 1024,
                           .idle_w = 100,
                           .class_w = 800,
                           .max_w = 1000},
                  .arch = "x86_64",
                  .cpu_milli = 64000,
                  .memory_mib = 65536,
                  .devices = 4},
        .nodes = nodes,
    };
    snprintf(rack.place.rack, sizeof rack.place.rack, "%s", name);
    must(DO(INPUT_RACK_NEW, rack, rack) == ANSWER_OK);
}

// One grid point of 24 kW facility at PUE 1.2, 20 kW of devices; ramp 10 W/s.
static int set_up(void **state)
{
    (void)state;
    house_init(&run);
    house_open(&run, 2);
    must(DO(INPUT_SITE_NEW, site, {0, "site", "Site", "JP", 0, 1200}) == ANSWER_OK);
    must(DO(INPUT_FEEDER_NEW, feeder, {1, 0, 24000, 100, "grid", FEEDER_GRID, 1000000}) ==
         ANSWER_OK);
    must(DO(INPUT_FEEDER_NEW, feeder, {1, 1, 20000, 0, "a", FEEDER_WIRE, 1000000}) == ANSWER_OK);
    must(DO(INPUT_FEEDER_NEW, feeder, {1, 1, 20000, 0, "b", FEEDER_WIRE, 1000000}) == ANSWER_OK);
    add_rack("r", FEED_A, FEED_B, 4);
    add_rack("s", FEED_A, 0, 1);
    uint64_t chip = chip_named(&run.cloud.inventory, S("gpu"))->id;
    for (uint32_t class = 0; class < LEASE_CLASS_COUNT; class ++)
        must(DO(INPUT_PRICE_SET, price,
                {
                    chip, {100, 0},
                     CURRENCY_JPY, class, 100
        }) == ANSWER_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    struct err err;
    if (!cloud_check(&run.cloud, &err))
        fail_msg("%s", err.text);
    assert_true(digest_same(cloud_hash(&run.cloud), cloud_hash(&run.replayed)));
    house_finish(&run);
    return 0;
}

struct wanted {
    enum class_asked class;
    enum job_power power;
    bool restartable, checkpoints;
};

static uint64_t submit(struct wanted wanted, uint32_t devices)
{
    struct input job = {.kind = INPUT_JOB_SUBMIT};
    job.job = (struct job_submit){.account = 1,
                                  .class_asked = wanted.class,
                                  .power = wanted.power,
                                  .restartable = wanted.restartable,
                                  .checkpoints = wanted.checkpoints};
    job.job.shape.devices = devices;
    job.job.shape.chips[0] = chip_named(&run.cloud.inventory, S("gpu"))->id;
    must(house_do(&run, job) == ANSWER_OK);
    uint64_t id = run.first.subject;
    const struct job *row = cloud_job(&run.cloud, id);
    if (row->state == JOB_STARTING)
        must(house_report(&run, id, 1, ATTEMPT_STARTED, 0) == ANSWER_OK);
    return id;
}

static const struct job *job_of(uint64_t id)
{
    return cloud_job(&run.cloud, id);
}

static enum answer tick(int64_t by_us)
{
    run.time_us += by_us;
    return house_do(&run, (struct input){.kind = INPUT_TICK});
}

static enum answer curtail(int64_t permille, int64_t for_us, int64_t within_ms)
{
    return DO(INPUT_SITE_CURTAIL, curtail,
              {.site = 1,
               .permille = permille,
               .until_us = run.time_us + for_us,
               .within_ms = within_ms});
}

static uint32_t paused_first(enum event_kind kind, uint64_t *ret_jobs, uint32_t most)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < run.count && count < most; i++)
        if (run.events[i].kind == kind)
            ret_jobs[count++] = kind == EVENT_JOB_PAUSED    ? run.events[i].job_paused.job
                                : kind == EVENT_JOB_RESUMED ? run.events[i].job_resumed.job
                                                            : run.events[i].job_stopping.job;
    return count;
}

static void who_gives_way_first_goes_on_last(void **state)
{
    (void)state;
    uint64_t reserved = submit((struct wanted){ASK_RESERVED, POWER_TRAINING, true, true}, 4);
    uint64_t demand = submit((struct wanted){ASK_ON_DEMAND, POWER_TRAINING, false, false}, 4);
    uint64_t spot = submit((struct wanted){ASK_SPOT, POWER_BATCH, true, false}, 4);
    uint64_t guest = submit((struct wanted){ASK_INTERRUPTIBLE, POWER_BATCH, true, true}, 4);
    uint64_t jobs[8];
    // Promised 4,000 + 4,000 + 3,200 + 3,200 W; at half the grid point carries 10,000 W.
    assert_int_equal(curtail(500, HOUR_US, 30000), ANSWER_OK);
    assert_int_equal(run.events[0].kind, EVENT_SITE_CURTAILED);
    assert_int_equal(run.events[0].site_curtailed.cap_w, 12000);
    assert_int_equal(run.events[1].kind, EVENT_FEEDER_CAP_SET);
    assert_int_equal(paused_first(EVENT_JOB_PAUSED, jobs, 8), 2);
    assert_int_equal(jobs[0], guest);
    assert_int_equal(jobs[1], spot);
    assert_int_equal(job_of(guest)->hold_urgency, HOLD_EMERGENCY);
    assert_int_equal(job_of(guest)->state, JOB_RUNNING);
    assert_int_equal(run.effects, 2);
    assert_int_equal(run.effect[0].kind, EFFECT_PAUSE);
    assert_true(!job_of(demand)->paused_us && !job_of(reserved)->paused_us);
    struct effect effect;
    assert_true(cloud_outstanding(&run.cloud, guest - 1, &effect));
    assert_true(effect.kind == EFFECT_ADOPT && effect.paused);

    tick(HOUR_US); // 100 W/s: 6,000 W a minute in all, half of them at once
    assert_int_equal(run.events[0].kind, EVENT_CURTAIL_ENDED);
    assert_int_equal(paused_first(EVENT_JOB_RESUMED, jobs, 8), 1);
    assert_int_equal(jobs[0], spot);
    assert_true(job_of(guest)->paused_us != 0);
    int64_t due_us;
    assert_true(cloud_next_due(&run.cloud, run.time_us, &due_us));
    assert_true(due_us > run.time_us && due_us < run.time_us + 5 * MINUTE_US);
    tick(due_us - run.time_us);
    assert_int_equal(paused_first(EVENT_JOB_RESUMED, jobs, 8), 1);
    assert_int_equal(jobs[0], guest);
    assert_int_equal(job_of(guest)->stood_us, run.time_us - job_of(guest)->started_us);
    assert_false(cloud_next_due(&run.cloud, run.time_us, &due_us));
}

static void what_does_not_suffice_goes_on_to_the_last(void **state)
{
    (void)state;
    uint64_t reserved = submit((struct wanted){ASK_RESERVED, POWER_TRAINING, true, true}, 4);
    uint64_t demand = submit((struct wanted){ASK_ON_DEMAND, POWER_TRAINING, true, false}, 4);
    uint64_t jobs[8];
    assert_int_equal(curtail(40, HOUR_US, 30000), ANSWER_OK); // 960 W of facility: 800 W
    assert_int_equal(paused_first(EVENT_JOB_PAUSED, jobs, 8), 2);
    assert_int_equal(jobs[0], demand);
    assert_int_equal(jobs[1], reserved);
    assert_int_equal(paused_first(EVENT_JOB_STOPPING, jobs, 8), 1);
    assert_int_equal(jobs[0], demand); // its idle watts too; the reserved one never
    assert_int_equal(job_of(demand)->stop_reason, REASON_CURTAILED);
    assert_true(job_of(demand)->stop_grace_ms <= 15000);
}

static void a_voluntary_one_stops_nothing(void **state)
{
    (void)state;
    uint64_t demand = submit((struct wanted){ASK_ON_DEMAND, POWER_TRAINING, true, false}, 4);
    assert_int_equal(curtail(10, HOUR_US, 600000), ANSWER_OK);
    assert_int_equal(job_of(demand)->state, JOB_RUNNING);
    assert_true(job_of(demand)->paused_us != 0);
    assert_int_equal(job_of(demand)->hold_urgency, HOLD_VOLUNTARY);
    assert_int_equal(curtail(1000, 0, 0), ANSWER_OK); // lifted
    assert_int_equal(job_of(demand)->paused_us, 0);
    assert_int_equal(curtail(1000, 0, 0), ANSWER_WRONG_STATE);
    assert_int_equal(run.cloud.curtailments.used, 0);
}

static void power_caps_come_before_pauses(void **state)
{
    (void)state;
    assert_int_equal(DO(INPUT_SETTING_SET, setting, {SETTING_POWER_CAP_LEAST, 600}), ANSWER_OK);
    uint64_t training = submit((struct wanted){ASK_ON_DEMAND, POWER_TRAINING, true, false}, 4);
    uint64_t batch = submit((struct wanted){ASK_ON_DEMAND, POWER_BATCH, true, false}, 4);
    assert_int_equal(curtail(300, HOUR_US, 30000), ANSWER_OK); // 6,000 W; 4,000 + 3,200
    assert_int_equal(job_of(batch)->cap_permille, 600);
    assert_true(!job_of(batch)->paused_us && !job_of(training)->paused_us);
    assert_int_equal(run.effect[0].kind, EFFECT_CAP);
    assert_int_equal(run.effect[0].permille, 600);
    tick(HOUR_US);
    assert_int_equal(job_of(batch)->cap_permille, 0);
    assert_int_equal(run.effect[0].permille, 1000);
}

static void a_tripped_feed_moves_to_the_other(void **state)
{
    (void)state;
    uint64_t both[4], alone;
    for (int i = 0; i < 4; i++)
        both[i] = submit((struct wanted){ASK_ON_DEMAND, POWER_TRAINING, true, false}, 4);
    alone = submit((struct wanted){ASK_ON_DEMAND, POWER_TRAINING, true, false}, 4);
    assert_int_equal(cloud_lease(&run.cloud, job_of(alone)->lease)->node,
                     node_named(&run.cloud.inventory, S("s-0"))->id);
    assert_int_equal(DO(INPUT_FEEDER_CAP, cap, {FEED_A, 0, 0, 0}), ANSWER_OK);
    for (int i = 0; i < 4; i++)
        assert_true(job_of(both[i])->state == JOB_RUNNING && !job_of(both[i])->paused_us);
    assert_int_equal(job_of(alone)->state, JOB_STOPPING);
    assert_int_equal(job_of(alone)->stop_reason, REASON_CURTAILED);
}

static void a_machine_in_no_rack_is_site_0(void **state)
{
    (void)state;
    uint64_t job = house_submit(&run, 1, 2), waits;
    must(house_report(&run, job, 1, ATTEMPT_STARTED, 0) == ANSWER_OK);
    struct site_curtail ask = {.permille = 500, .until_us = run.time_us + HOUR_US};
    assert_int_equal(DO(INPUT_SITE_CURTAIL, curtail, ask), ANSWER_OK);
    assert_true(job_of(job)->paused_us != 0);
    int64_t due_us;
    assert_true(cloud_next_due(&run.cloud, run.time_us, &due_us));
    assert_int_equal(due_us, ask.until_us);
    run.time_us += MINUTE_US;
    assert_int_equal(house_report(&run, job, 1, ATTEMPT_ENDED, 500), ANSWER_OK);
    waits = house_submit(&run, 1, 2);
    assert_int_equal(job_of(waits)->state, JOB_QUEUED);
    tick(HOUR_US);
    assert_int_equal(job_of(waits)->state, JOB_STARTING);
    assert_int_equal(job_of(job)->ran_ms, 500); // what stood still is not charged
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    assert_int_equal(curtail(-1, HOUR_US, 0), ANSWER_BAD_FIELD);
    assert_int_equal(curtail(500, 0, 0), ANSWER_BAD_FIELD);
    assert_int_equal(curtail(500, HOUR_US, -1), ANSWER_BAD_FIELD);
    assert_int_equal(curtail(0, HOUR_US, 0), ANSWER_BAD_FIELD); // no watts either
    struct site_curtail ask = {.site = 9, .permille = 500, .until_us = run.time_us + 1};
    assert_int_equal(DO(INPUT_SITE_CURTAIL, curtail, ask), ANSWER_NOT_FOUND);
    assert_int_equal(run.count, 0);
}

// --- the property ---

// Facility watts of an edge by what its jobs take now: a recount that knows no tree.
static int64_t recount(uint64_t feeder)
{
    const struct inventory *inventory = &run.cloud.inventory;
    int64_t watts = 0;
    uint32_t cursor = 0;
    for (const struct lease *lease; (lease = table_step(&run.cloud.market.leases, &cursor));) {
        const struct node *node = table_get(&inventory->nodes, lease->node);
        const struct job *job = job_of(lease->job);
        if (lease->state != LEASE_ACTIVE || !node->rack || !job || job->lease != lease->id)
            continue;
        const struct rack *rack = table_get(&inventory->racks, node->rack);
        if (feeder == GRID || rack->feeder_a == feeder || rack->feeder_b == feeder)
            watts += curtail_job_w(&run.cloud, job);
    }
    return feeder == GRID ? (watts * 1200 + 999) / 1000 : watts;
}

// Over its limit there is nobody left who runs and could stand still.
static void assert_limits_hold(void)
{
    for (uint64_t feeder = GRID; feeder <= FEED_B; feeder++) {
        const struct feeder *row = table_get(&run.cloud.inventory.feeders, feeder);
        int64_t limit_w = row->rated_w;
        uint32_t cursor = 0;
        for (const struct feeder_cap *cap; (cap = table_step(&run.cloud.inventory.caps, &cursor));)
            if (cap->feeder == feeder && cap->cap_w && cap->from_us <= run.time_us &&
                (!cap->until_us || run.time_us < cap->until_us) && cap->cap_w < limit_w)
                limit_w = cap->cap_w;
        if (recount(feeder) <= limit_w)
            continue;
        cursor = 0;
        for (const struct lease *lease; (lease = table_step(&run.cloud.market.leases, &cursor));) {
            const struct job *job = job_of(lease->job);
            const struct node *node = table_get(&run.cloud.inventory.nodes, lease->node);
            const struct rack *rack = table_get(&run.cloud.inventory.racks, node->rack);
            if (lease->state != LEASE_ACTIVE || !rack || job->lease != lease->id)
                continue;
            if (feeder != GRID && rack->feeder_a != feeder && rack->feeder_b != feeder)
                continue;
            assert_true(job->paused_us || job->state == JOB_STOPPING);
        }
    }
}

// What the placement index has promised on each feeder is the sum of its leases, also after the
// state was loaded from a snapshot.
static void assert_index_promises(const struct cloud *cloud)
{
    const struct inventory *inventory = &cloud->inventory;
    const struct power_tree *power = fleet_power(placing_fleet(inventory));
    for (uint64_t feeder = GRID; feeder <= FEED_B; feeder++) {
        int64_t watts = 0;
        uint32_t cursor = 0;
        for (const struct lease *lease; (lease = table_step(&cloud->market.leases, &cursor));) {
            const struct node *node = table_get(&inventory->nodes, lease->node);
            const struct rack *rack = table_get(&inventory->racks, node->rack);
            if (lease->state != LEASE_ACTIVE || !rack)
                continue;
            if (feeder == GRID || rack->feeder_a == feeder || rack->feeder_b == feeder)
                watts += lease->watts;
        }
        const struct feeder *row = table_get(&inventory->feeders, feeder);
        int64_t load = power_edge_load(power, table_place(&inventory->feeders, row));
        assert_int_equal(load, feeder == GRID ? (watts * 1200 + 999) / 1000 : watts);
        assert_true(load <= row->rated_w);
    }
}

static void assert_loaded_is_the_same(void)
{
    struct cloud loaded;
    struct buf bytes;
    struct err err;
    buf_init(&bytes, 64 << 20);
    cloud_save(&run.cloud, &bytes);
    cloud_init(&loaded);
    if (!cloud_load(&loaded, buf_str(&bytes), &err))
        fail_msg("%s", err.text);
    assert_index_promises(&loaded);
    cloud_finish(&loaded);
    buf_finish(&bytes);
}

static void some_change(struct rng *rng)
{
    int64_t from_us = run.time_us + rng_below(rng, 20) * MINUTE_US;
    int64_t until_us = from_us + rng_between(rng, 1, 60) * MINUTE_US;
    if (rng_below(rng, 2)) {
        struct site_curtail ask = {.site = 1,
                                   .permille = rng_between(rng, 50, 1000),
                                   .from_us = from_us,
                                   .until_us = until_us,
                                   .within_ms = rng_below(rng, 2) ? 30000 : 600000};
        DO(INPUT_SITE_CURTAIL, curtail, ask);
        return;
    }
    uint64_t feeder = 1 + (uint64_t)rng_below(rng, 3);
    const struct feeder *row = table_get(&run.cloud.inventory.feeders, feeder);
    int64_t cap_w = rng_below(rng, 4) ? rng_between(rng, 1, row->rated_w) : 0;
    must(DO(INPUT_FEEDER_CAP, cap, {feeder, cap_w, from_us, until_us}) == ANSWER_OK);
}

static void some_job(struct rng *rng)
{
    struct wanted wanted = {(enum class_asked)rng_below(rng, CLASS_ASKED_COUNT),
                            (enum job_power)rng_below(rng, JOB_POWER_COUNT), rng_below(rng, 2),
                            rng_below(rng, 2)};
    if (run.cloud.sched.jobs.used < 60)
        submit(wanted, 1 + (uint32_t)rng_below(rng, 4));
}

static void some_end(struct rng *rng)
{
    uint64_t id = 1 + (uint64_t)rng_below(rng, (int64_t)run.cloud.sched.jobs.last_id + 1);
    const struct job *job = job_of(id);
    if (job && job->state != JOB_QUEUED && job->state != JOB_DONE)
        house_report(&run, id, job->attempt, ATTEMPT_ENDED, 1);
}

static void limits_hold_whatever_comes(void **state)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct rng rng = {.state = seed};
        uint32_t held = 0;
        if (seed > 1)
            set_up(state);
        for (int i = 0; i < 300; i++) {
            int64_t what = rng_below(&rng, 8);
            if (what < 3)
                some_job(&rng);
            else if (what < 5)
                some_end(&rng);
            else if (what < 6)
                some_change(&rng);
            else
                tick(rng_below(&rng, 10) * MINUTE_US);
            held += run.cloud.index->held > 0;
            struct err err;
            if (!cloud_check(&run.cloud, &err))
                fail_msg("seed %d: %s", (int)seed, err.text);
            assert_limits_hold();
            assert_index_promises(&run.cloud);
        }
        assert_true(held > 10);
        assert_loaded_is_the_same();
        for (int64_t due_us; run.cloud.index->held; run.time_us = due_us, tick(0))
            assert_true(cloud_next_due(&run.cloud, run.time_us, &due_us) && due_us != INT64_MAX);
        if (seed < 6)
            tear_down(state);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(who_gives_way_first_goes_on_last),  CASE(what_does_not_suffice_goes_on_to_the_last),
        CASE(a_voluntary_one_stops_nothing),     CASE(power_caps_come_before_pauses),
        CASE(a_tripped_feed_moves_to_the_other), CASE(a_machine_in_no_rack_is_site_0),
        CASE(what_makes_no_sense_is_refused),    CASE(limits_hold_whatever_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
