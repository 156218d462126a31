#include "base/rng.h"
#include "sim/unit_commit.h"
#include "unit_model.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct commit_problem problem;
static struct commit_plan plan;

// Gas turbines, engines and combined cycles of round sizes; kW and milli divide everything.
static void random_unit(struct rng *rng, struct commit_unit *unit)
{
    *unit = (struct commit_unit){.maximum_w = rng_between(rng, 4, 40) * 10000000};
    unit->minimum_w = unit->maximum_w / 1000000 * rng_between(rng, 30, 50) / 100 * 1000000;
    unit->ramp_w = unit->maximum_w / 1000000 * rng_between(rng, 40, 600) / 100 * 1000000;
    unit->slope_micro = rng_between(rng, 20, 60) * 1000000;
    unit->fixed_micro =
        unit->minimum_w / 1000000 * (unit->slope_micro / 100 * rng_between(rng, 102, 140));
    int64_t cold = unit->maximum_w / 1000000 * rng_between(rng, 20, 120) * 1000000;
    for (int kind = 0; kind < 3; kind++)
        unit->start_micro[kind] = cold / 100 * (int64_t[]){40, 65, 100}[kind] / 1000000 * 1000000;
    unit->up_h = (int32_t)rng_between(rng, 1, 8);
    unit->down_h = (int32_t)rng_between(rng, 1, 6);
    unit->age_h = (int32_t)(rng_below(rng, 3) ? rng_between(rng, 8, 60) : -rng_between(rng, 6, 60));
    unit->earliest_h = unit->age_h < 0 ? (int32_t)rng_below(rng, 3) : 0;
    unit->power_w = -1;
}

// A load with the course of a day, noise and an evening; grid and storage in some.
static void random_problem(uint64_t seed, uint32_t units, uint32_t hours)
{
    struct rng rng = {.state = seed};
    memset(&problem, 0, sizeof problem);
    problem.units = units;
    problem.hours = hours;
    int64_t all_mw = 0;
    for (uint32_t i = 0; i < units; i++) {
        random_unit(&rng, &problem.unit[i]);
        all_mw += problem.unit[i].maximum_w / 1000000;
    }
    int64_t base = all_mw * rng_between(&rng, 25, 40) / 100;
    int64_t swing = all_mw * rng_between(&rng, 5, 30) / 100;
    static const int64_t course[24] = {10, 5,  0,  0,  0,  5,  20,  40, 60, 70, 75, 80,
                                       80, 78, 75, 75, 80, 90, 100, 95, 80, 60, 40, 20};
    for (uint32_t h = 0; h < hours; h++) {
        int64_t mw = base + swing * course[h % 24] / 100 + rng_below(&rng, all_mw / 30 + 1);
        problem.demand_w[h] = mw * 1000000;
        bool evening = h % 24 >= 16 && h % 24 < 21;
        problem.grid_micro[h] = (evening ? 90 : 45) * 1000000;
    }
    problem.grid_w = rng_below(&rng, 2) ? all_mw / 10 * 1000000 : 0;
    if (rng_below(&rng, 2)) {
        int64_t power_w = all_mw / 12 * 1000000;
        problem.storage = (struct commit_storage){.capacity_j = power_w * 3600 * 4,
                                                  .floor_j = power_w * 360,
                                                  .start_j = power_w * 7200,
                                                  .charge_w = power_w,
                                                  .discharge_w = power_w,
                                                  .efficiency_permille = 870};
        problem.cover_w = power_w / 10 * 9;
    } else {
        problem.storage.efficiency_permille = 1000;
    }
    problem.reserve_largest = rng_below(&rng, 4) > 0;
    problem.unserved_micro = INT64_C(3000000000);
}

// The solver's optimum in micro, or -1 when it did not end in time.
static int64_t solved(bool relaxed)
{
    char model[] = "/tmp/tatara-unit-XXXXXX.lp", command[512], line[512];
    int file = mkstemps(model, 3);
    assert_true(file >= 0);
    struct buf text;
    buf_init(&text, 256 << 20);
    model_write(&problem, relaxed, &text);
    assert_int_equal(write(file, text.ptr, text.len), (ssize_t)text.len);
    close(file);
    buf_finish(&text);
    snprintf(command, sizeof command, "cbc %s ratio 0.0005 sec 15 solve 2>/dev/null", model);
    FILE *answer = popen(command, "r");
    assert_non_null(answer);
    double value = -1;
    bool optimal = false;
    while (fgets(line, sizeof line, answer)) {
        optimal |= strstr(line, "Optimal solution found") || strstr(line, "Optimal - objective");
        const char *at = strstr(line, "bjective value");
        if (at)
            value = strtod(at + 15 + (at[14] == ':'), NULL);
    }
    pclose(answer);
    unlink(model);
    return optimal && value > 0 ? (int64_t)(value * 1000) : -1;
}

static bool no_solver(void)
{
    if (system("command -v cbc >/dev/null 2>&1") == 0)
        return false;
    print_message("skipped: no cbc here (tool/packages test)\n");
    return true;
}

// A plan keeps every rule of the model: found by plain recount, unit by unit, hour by hour.
static void plan_is_lawful(void)
{
    for (uint32_t h = 0; h < problem.hours; h++) {
        int64_t sum = plan.grid_w[h] + plan.storage_w[h] + plan.unserved_w[h] - plan.spilled_w[h];
        for (uint32_t i = 0; i < problem.units; i++) {
            const struct commit_unit *unit = &problem.unit[i];
            int64_t power_w = plan.power_w[h][i], edge_w = model_edge(unit);
            sum += power_w;
            assert_true(plan.on[h][i] ? power_w >= unit->minimum_w : power_w == 0);
            assert_true(power_w <= unit->maximum_w);
            bool ran = h ? plan.on[h - 1][i] : unit->age_h > 0;
            int64_t before_w = h ? plan.power_w[h - 1][i] : power_w;
            if (plan.on[h][i] && ran)
                assert_in_range(power_w - before_w + unit->ramp_w, 0, 2 * unit->ramp_w);
            if (plan.on[h][i] && !ran)
                assert_true(power_w <= edge_w && (int32_t)h >= unit->earliest_h);
            if (!plan.on[h][i] && h && ran)
                assert_true(before_w <= edge_w);
        }
        assert_int_equal(sum, problem.demand_w[h]);
        assert_in_range(plan.grid_w[h], 0, problem.grid_w);
    }
}

static void times_are_lawful(uint32_t i)
{
    const struct commit_unit *unit = &problem.unit[i];
    int32_t age = unit->age_h;
    for (uint32_t h = 0; h < problem.hours; h++) {
        if (plan.on[h][i] && age < 0)
            assert_true(-age >= unit->down_h);
        if (!plan.on[h][i] && age > 0)
            assert_true(age >= unit->up_h);
        age = plan.on[h][i] ? (age > 0 ? age + 1 : 1) : (age < 0 ? age - 1 : -1);
    }
}

static void plans_keep_every_rule(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 102; seed++) {
        random_problem(seed, (uint32_t)(2 + seed % 4), 24);
        commit_solve(&problem, &plan);
        plan_is_lawful();
        for (uint32_t i = 0; i < problem.units; i++)
            times_are_lawful(i);
    }
}

// Against an exact optimum (cbc to 0.05 %) of 2 to 6 units over 48 hours. More seeds:
// TATARA_SEEDS=70. Storage is left out here: with it a plan may be some percent dearer.
static void costs_agree_with_a_solver(void **state)
{
    (void)state;
    if (no_solver())
        return;
    const char *more = getenv("TATARA_SEEDS");
    uint64_t seeds = more ? strtoull(more, NULL, 10) : 2, compared = 0;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        random_problem(seed, (uint32_t)(2 + seed % 5), 48);
        problem.storage = (struct commit_storage){.efficiency_permille = 1000};
        problem.cover_w = 0;
        commit_solve(&problem, &plan);
        int64_t best = solved(false);
        if (best < 0)
            continue;
        compared++;
        double gap = 100.0 * (double)(plan.cost_micro - best) / (double)best;
        if (more)
            print_message("seed %d: %u units, %.3f %%\n", (int)seed, problem.units, gap);
        if (gap > 0.5 || gap < -0.1)
            fail_msg("seed %d: %u units, %.3f %% from the optimum", (int)seed, problem.units, gap);
    }
    assert_true(compared * 2 >= seeds);
}

// Forty units for a day: near the bound that a relaxation gives, which no plan can reach.
static void many_units_are_near_the_relaxation(void **state)
{
    (void)state;
    if (no_solver())
        return;
    random_problem(7, 40, 24);
    problem.storage = (struct commit_storage){.efficiency_permille = 1000};
    problem.cover_w = 0;
    commit_solve(&problem, &plan);
    plan_is_lawful();
    int64_t bound = solved(true);
    assert_true(bound > 0);
    double gap = 100.0 * (double)(plan.cost_micro - bound) / (double)bound;
    if (gap < -0.1 || gap > 3.0)
        fail_msg("%.3f %% from the relaxation", gap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(plans_keep_every_rule),
                                       cmocka_unit_test(costs_agree_with_a_solver),
                                       cmocka_unit_test(many_units_are_near_the_relaxation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
