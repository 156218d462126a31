// Small fleets on the virtual clock: by hand, twice the same, with everything that can happen.
#include "sim/planner.h"
#include "store/memory/store_memory.h"
#include "turn/verify.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define HEAD                                                                                    \
    "name: tiny\nstart: 2027-01-04\nlength: 10d\ncurrency: USD\n"                               \
    "chips: [{name: G, memory: 80GiB, idle_w: 100, class_w: 700, max_w: 750}]\n"                \
    "accounts: [{slug: lab}]\n"                                                                 \
    "prices: [{chip: G, per_device_hour: 2.50}]\n"                                              \
    "sites:\n  - name: s\n    country: JP\n    grid: {contract_kw: 1000}\n    rack_rating_kw: " \
    "100\n"                                                                                     \
    "    substations: [{name: t, rating_kw: 1000, racks: 9, efficiency_permille: 1000}]\n"      \
    "    tariff: {per_mwh: 100}\n    pue: [{load_permille: 0, permille: 1200}]\n"               \
    "fleet: [{site: s, chip: G, racks: 1, nodes: 2, devices: 4, base_w: 500}]\n"

struct run {
    struct arena arena;
    struct yaml_report report;
    const struct scenario *scenario;
    struct planner *planner;
    struct planner_figures figures;
};

static void open_run(struct run *run, const char *text, struct journal *journal, uint64_t seed)
{
    arena_init(&run->arena, 16 << 20);
    yaml_report_init(&run->report);
    run->scenario = scenario_read("s.yaml", str_from(text), &run->arena, &run->report);
    if (!run->scenario)
        fail_msg("%s", buf_cstr(&run->report.text));
    struct err err;
    struct planner_options options = {
        .seed = seed,
        .until_us = run->scenario->start_us + run->scenario->length_us,
        .journal = journal,
        .check = true,
    };
    run->planner = planner_create(run->scenario, &options, &err);
    if (!run->planner || !planner_run(run->planner, &err))
        fail_msg("%s", err.text);
    run->figures = planner_figures(run->planner);
}

static void close_run(struct run *run)
{
    planner_destroy(run->planner);
    yaml_report_finish(&run->report);
    arena_finish(&run->arena);
}

// One service of two replicas of 4 devices, all the time: everything can be said beforehand.
static void a_steady_service_gives_what_a_calculation_gives(void **state)
{
    (void)state;
    struct run run;
    open_run(&run,
             HEAD "demand: [{name: d, kind: inference, account: lab, chips: [G], replicas: 2,\n"
                  "          sizes: [{devices: 4}]}]\n",
             NULL, 1);
    const int64_t hours = 240, ms = hours * 3600 * 1000;
    assert_int_equal(run.figures.jobs_submitted, 2);
    assert_int_equal(run.figures.device_ms_installed, 8 * ms);
    assert_int_equal(run.figures.device_ms_running, 8 * ms);
    assert_int_equal(run.figures.revenue_micro, 8 * 2500000 * hours);
    // 2 nodes of 500 W, 8 devices of 700 W; each rises 10 s from 100 W: half of 600 W x 10 s.
    int64_t rise_mj = 8 * 600 * 10000 / 2;
    assert_int_equal(run.figures.it_energy_mj, (2 * 500 + 8 * 700) * ms - rise_mj);
    assert_int_equal(run.figures.job_energy_mj, 8 * 700 * ms - rise_mj);
    assert_int_equal(run.figures.facility_energy_mj, run.figures.it_energy_mj / 10 * 12);
    assert_int_equal(run.figures.over_limit, 0);
    close_run(&run);
}

static const char *const busy =
    HEAD "demand:\n"
         "  - {name: batch, kind: batch, account: lab, per_hour: 6, sizes: [{devices: 1},\n"
         "     {devices: 4}], durations: [{mean: 40m}], checkpoint: 10m, restart_time: 1m}\n"
         "  - {name: chat, kind: inference, account: lab, replicas: 3, sizes: [{devices: 1}],\n"
         "     daily: [200, 200, 200, 200, 200, 200, 400, 600, 800, 1000, 1000, 1000,\n"
         "             1000, 1000, 1000, 1000, 1000, 1000, 800, 800, 600, 400, 200, 200]}\n"
         "failures:\n"
         "  - {name: gpu, kind: gpu, every: 100h, fault: replace, repair: 5h}\n"
         "  - {name: soft, kind: job, every: 20h, nodes_max: 1}\n"
         "  - {name: node, kind: node, every: 200h, fault: reset, repair: 1h}\n";

static void the_same_seed_gives_the_same_bytes(void **state)
{
    (void)state;
    digest roots[3];
    struct planner_figures figures[3];
    static const uint64_t seeds[3] = {7, 7, 8};
    for (int i = 0; i < 3; i++) {
        struct memory_disk *disk = memory_disk_create();
        struct journal *journal;
        struct blobs *blobs;
        struct err err;
        struct journal_commit head;
        store_memory_open(disk, &journal, &blobs);
        struct run run;
        open_run(&run, busy, journal, seeds[i]);
        assert_true(journal->ops->head(journal, &head, &err));
        roots[i] = head.root;
        figures[i] = run.figures;
        close_run(&run);
        journal->ops->destroy(journal);
        blobs->ops->destroy(blobs);
        memory_disk_destroy(disk);
    }
    assert_true(digest_same(roots[0], roots[1]));
    assert_false(digest_same(roots[0], roots[2]));
    assert_memory_equal(&figures[0], &figures[1], sizeof figures[0]);
    assert_in_range(figures[0].failures, 5, 500);
    assert_in_range(figures[0].device_ms_lost, 1, INT64_MAX);
}

// Without a journal the same happens: it is only not written.
static void the_light_way_decides_the_same(void **state)
{
    (void)state;
    struct memory_disk *disk = memory_disk_create();
    struct journal *journal;
    struct blobs *blobs;
    store_memory_open(disk, &journal, &blobs);
    struct run written, light;
    open_run(&written, busy, journal, 3);
    open_run(&light, busy, NULL, 3);
    assert_memory_equal(&written.figures, &light.figures, sizeof light.figures);
    close_run(&written);
    close_run(&light);
    journal->ops->destroy(journal);
    blobs->ops->destroy(blobs);
    memory_disk_destroy(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_service_gives_what_a_calculation_gives),
        cmocka_unit_test(the_same_seed_gives_the_same_bytes),
        cmocka_unit_test(the_light_way_decides_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
