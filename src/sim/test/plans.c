// A swarm of small random fleets, each a scenario made from its seed: racks that come late, feeds
// that trip, caps, nodes and racks that die in every state of a job, gangs, owners and guests. All
// invariants are recounted every day; every few seeds a journal is kept and replayed. A seed that
// failed once is named in the message and stays in the list below.
#include "base/rng.h"
#include "sim/planner.h"
#include "store/memory/store_memory.h"
#include "turn/verify.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

enum { SEEDS = 150, REPLAY_EVERY = 5 };

// Seeds that have failed once and must never again.
static const uint64_t regressions[] = {0};

static const char *pick(struct rng *rng, const char *const *words, int64_t count)
{
    return words[rng_below(rng, count)];
}

static void add_sites(struct rng *rng, struct buf *out, int64_t sites)
{
    buf_add(out, S("sites:\n"));
    for (int64_t i = 0; i < sites; i++) {
        int64_t feeds = 1 + rng_below(rng, 2), racks = 2 + rng_below(rng, 4);
        int64_t per_block = 1 + rng_below(rng, 3);
        buf_format(out, "  - {name: s%d, country: JP, grid: {contract_kw: 500}, ", (int)i);
        buf_format(out,
                   "rack_rating_kw: 60, racks_per_block: %d, substations: [{name: t, count: 2, "
                   "rating_kw: 400, feeds: %d, racks: %d}]}\n",
                   (int)per_block, (int)feeds, (int)racks);
    }
    buf_add(out, S("fleet:\n"));
    for (int64_t i = 0; i < sites; i++) {
        int64_t racks = 1 + rng_below(rng, 3), nodes = 1 + rng_below(rng, 4);
        int64_t devices = 1 + rng_below(rng, 8), over = 1 + rng_below(rng, 40);
        buf_format(out,
                   "  - {site: s%d, chip: %s, racks: %d, nodes: %d, devices: %d, over: %dh, "
                   "base_w: 300}\n",
                   (int)i, rng_below(rng, 2) ? "G" : "H", (int)racks, (int)nodes, (int)devices,
                   (int)over);
    }
}

static void add_jobs(struct rng *rng, struct buf *out, int64_t number)
{
    static const char *const kinds[] = {"batch", "training", "fine_tuning"};
    static const char *const levels[] = {"any", "site", "block", "rack"};
    static const char *const priorities[] = {"low", "normal", "high", "critical"};
    static const char *const classes[] = {"on_demand", "spot", "interruptible", "reserved"};
    const char *kind = pick(rng, kinds, 3), *level = pick(rng, levels, 4);
    const char *priority = pick(rng, priorities, 4), *class = pick(rng, classes, 4);
    int64_t per_hour = 1 + rng_below(rng, 8), nodes = 1 + rng_below(rng, 3);
    int64_t devices = 1 + rng_below(rng, 6), minutes = 5 + rng_below(rng, 300);
    buf_format(out,
               "  - {name: j%d, kind: %s, account: a%d, per_hour: %d, sizes: [{devices: 1, weight: "
               "3}, {nodes: %d, devices: %d}",
               (int)number, kind, (int)rng_below(rng, 2), (int)per_hour, (int)nodes, (int)devices);
    buf_format(out, "], durations: [{mean: %dm}], together: %s, priority: %s, class: %s",
               (int)minutes, level, priority, class);
    if (rng_below(rng, 2))
        buf_add(out, S(", checkpoint: 10m, restart_time: 30s"));
    if (rng_below(rng, 3) == 0)
        buf_format(out, ", time_limit: %dm", (int)(10 + rng_below(rng, 200)));
    if (rng_below(rng, 3) == 0)
        buf_add(out, S(", restartable: false"));
    if (rng_below(rng, 3) == 0)
        buf_add(out, S(", must: true"));
    buf_add(out, S("}\n"));
}

static void add_demand(struct rng *rng, struct buf *out)
{
    buf_add(out, S("demand:\n"));
    int64_t classes = 1 + rng_below(rng, 3);
    for (int64_t i = 0; i < classes; i++)
        add_jobs(rng, out, i);
    if (rng_below(rng, 2)) {
        int64_t replicas = 1 + rng_below(rng, 6), devices = 1 + rng_below(rng, 3);
        buf_format(out,
                   "  - {name: o, kind: owner, account: a0, replicas: %d, swing_permille: 600, "
                   "sizes: [{devices: %d}], priority: critical, class: reserved}\n",
                   (int)replicas, (int)devices);
    }
}

static void add_trouble(struct rng *rng, struct buf *out, int64_t sites)
{
    buf_add(out, S("failures:\n"));
    buf_format(out, "  - {name: g, kind: gpu, every: %dh, fault: %s, repair: %dm}\n",
               (int)(10 + rng_below(rng, 400)), rng_below(rng, 2) ? "reset" : "replace",
               (int)(1 + rng_below(rng, 600)));
    buf_format(out, "  - {name: j, kind: job, every: %dh}\n", (int)(5 + rng_below(rng, 50)));
    buf_format(out, "  - {name: n, kind: node, every: %dh, fault: reset, repair: %dm}\n",
               (int)(20 + rng_below(rng, 200)), (int)(1 + rng_below(rng, 300)));
    buf_format(out, "  - {name: r, kind: rack, every: %dh, fault: reset, repair: 30m}\n",
               (int)(50 + rng_below(rng, 300)));
    if (rng_below(rng, 2) == 0)
        return;
    buf_add(out, S("curtailments:\n"));
    for (int64_t i = 0; i < 2; i++) {
        int64_t site = rng_below(rng, sites), permille = rng_below(rng, 1001);
        buf_format(out, "  - {site: s%d, at: 2027-01-0%dT0%d:00:00Z, for: %dm, to_permille: %d}\n",
                   (int)site, (int)(4 + i), (int)rng_below(rng, 10), (int)(1 + rng_below(rng, 400)),
                   (int)permille);
    }
}

static void make_scenario(uint64_t seed, struct buf *out)
{
    struct rng rng = {.state = seed * 0x9e3779b97f4a7c15 + 1};
    int64_t sites = 1 + rng_below(&rng, 2);
    buf_format(out, "name: seed %llu\nstart: 2027-01-03\nlength: 4d\n", (unsigned long long)seed);
    buf_add(out, S("chips:\n  - {name: G, memory: 80GiB, idle_w: 70, class_w: 700, max_w: 750}\n"
                   "  - {name: H, memory: 40GiB, idle_w: 50, class_w: 400, max_w: 400}\n"
                   "accounts: [{slug: a0, zone: Asia/Tokyo}, {slug: a1, devices_max: 9}]\n"
                   "prices:\n"));
    static const char *const classes[] = {"on_demand", "spot", "interruptible", "reserved"};
    for (int i = 0; i < 8; i++)
        buf_format(out, "  - {chip: %s, class: %s, per_device_hour: %d.25}\n", i % 2 ? "G" : "H",
                   classes[i / 2], i);
    add_sites(&rng, out, sites);
    add_demand(&rng, out);
    add_trouble(&rng, out, sites);
}

struct sums {
    uint64_t jobs, failures, attempts;
};

// What was written replays to what it was, line by line and root by root.
static void replay(uint64_t seed, struct journal *journal)
{
    struct cloud cloud;
    struct merkle tree = {0};
    struct verify verify;
    struct err err;
    cloud_init(&cloud);
    verify_init(&verify, &cloud, &tree);
    if (!verify_journal(&verify, journal, &err) || !verify_end(&verify, &err))
        fail_msg("seed %llu: %s", (unsigned long long)seed, err.text);
    verify_finish(&verify);
    cloud_finish(&cloud);
}

static void run_seed(uint64_t seed, bool written, struct sums *sums)
{
    struct buf text;
    struct arena arena;
    struct yaml_report report;
    struct err err = {0};
    struct memory_disk *disk = memory_disk_create();
    struct journal *journal;
    struct blobs *blobs;
    store_memory_open(disk, &journal, &blobs);
    buf_init(&text, 1 << 16);
    arena_init(&arena, 16 << 20);
    yaml_report_init(&report);
    make_scenario(seed, &text);
    const struct scenario *scenario = scenario_read("seed", buf_str(&text), &arena, &report);
    if (!scenario)
        fail_msg("seed %llu: %s\n%s", (unsigned long long)seed, buf_cstr(&report.text),
                 buf_cstr(&text));
    struct planner_options options = {.seed = seed,
                                      .until_us = scenario->start_us + scenario->length_us,
                                      .journal = written ? journal : NULL,
                                      .check = true};
    struct planner *planner = planner_create(scenario, &options, &err);
    if (!planner || !planner_run(planner, &err))
        fail_msg("seed %llu: %s", (unsigned long long)seed, err.text);
    struct planner_figures figures = planner_figures(planner);
    sums->jobs += figures.jobs_ended;
    sums->failures += figures.failures;
    sums->attempts += figures.attempts;
    planner_destroy(planner);
    if (written)
        replay(seed, journal);
    yaml_report_finish(&report);
    arena_finish(&arena);
    buf_finish(&text);
    journal->ops->destroy(journal);
    blobs->ops->destroy(blobs);
    memory_disk_destroy(disk);
}

static void small_random_fleets_keep_every_invariant(void **state)
{
    (void)state;
    struct sums sums = {0};
    for (size_t i = 0; i < sizeof regressions / sizeof *regressions; i++)
        run_seed(regressions[i], true, &sums);
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_seed(seed, seed % REPLAY_EVERY == 0, &sums);
    // There was something to keep.
    assert_in_range(sums.jobs, 50 * SEEDS, UINT64_MAX);
    assert_in_range(sums.failures, 2 * SEEDS, UINT64_MAX);
    assert_in_range(sums.attempts, sums.jobs, UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_random_fleets_keep_every_invariant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
