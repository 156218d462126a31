#include "sim/dispatch.h"
#include "base/instant.h"
#include "base/rng.h"
#include "sim/site_rates.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const int64_t STEP_US = 5 * MINUTE_US;

static struct site_supply a_site(struct rng *rng)
{
    struct site_supply supply = {.generators = 2, .reserve_largest_unit = true};
    supply.it_rating_w = 400000000;
    for (uint32_t row = 0; row < 2; row++) {
        int64_t maximum_w = rng_between(rng, 20, 90) * 1000000;
        supply.generator[row] =
            (struct site_generator){.count = (uint32_t)rng_between(rng, 1, 8),
                                    .minimum_w = maximum_w * 45 / 100,
                                    .maximum_w = maximum_w,
                                    .ramp_w_per_minute = maximum_w * rng_between(rng, 2, 10) / 100,
                                    .start_us = rng_between(rng, 0, 120) * MINUTE_US,
                                    .start_hot_us = 15 * MINUTE_US,
                                    .start_cost_micro = INT64_C(8000000000),
                                    .heat_rate_btu_per_kwh = rng_between(rng, 6400, 9500),
                                    .minimum_heat_rate_btu_per_kwh = 10000,
                                    .fuel_micro_per_mmbtu = 4000000,
                                    .other_micro_per_mwh = 2000000,
                                    .minimum_up_us = rng_below(rng, 5) * HOUR_US};
    }
    supply.grid = (struct site_grid){.contract_w = rng_below(rng, 200) * 1000000,
                                     .ramp_w_per_s = rng_below(rng, 3) * 100000};
    supply.tariff.micro_per_mwh = 60000000;
    supply.tariff.demand_micro_per_kw_month = 12000000;
    if (rng_below(rng, 2))
        supply.storage = (struct site_storage){.capacity_j = INT64_C(360000000000),
                                               .charge_w = 50000000,
                                               .discharge_w = 60000000,
                                               .efficiency_permille = 880,
                                               .start_permille = 500,
                                               .reserve_permille = 200};
    supply.pue.count = 2;
    supply.pue.point[0] = (struct pue_point){0, 1300};
    supply.pue.point[1] = (struct pue_point){1000, 1150};
    return supply;
}

static void interval_is_exact(const struct dispatch_interval *got, const struct site_supply *supply)
{
    int64_t sources = got->grid_mj + got->generated_mj + got->discharged_mj + got->curtailed_mj;
    assert_int_equal(got->facility_mj, sources - got->charged_mj - got->spilled_mj);
    assert_true(got->grid_mj >= 0 && got->curtailed_mj >= 0 && got->spilled_mj >= 0);
    assert_true(!got->charged_mj || !got->discharged_mj);
    assert_in_range(got->charge_j, 0, supply->storage.capacity_j);
    assert_in_range(got->grid_mj, 0, supply->grid.contract_w * 300 * 1000);
    int64_t groups_mj = 0;
    for (uint32_t row = 0; row < supply->generators; row++) {
        const struct site_generator *group = &supply->generator[row];
        int64_t second_mj = got->group_running[row] * 300 * 1000;
        assert_in_range(got->group_mj[row], group->minimum_w * second_mj,
                        group->maximum_w * second_mj);
        groups_mj += got->group_mj[row];
    }
    assert_int_equal(groups_mj, got->generated_mj);
}

// Random sites, a random walk of the load: every interval balances to the millijoule, nobody leaves
// their bounds, the facility's energy is the load's times the PUE, and a rerun gives the same.
static void intervals_balance(void **state)
{
    (void)state;
    struct rng rng = {.state = 5};
    for (int round = 0; round < 12; round++) {
        struct site_supply supply = a_site(&rng);
        int64_t start_us = 1700000000 * SECOND_US / HOUR_US * HOUR_US;
        struct dispatch *one = dispatch_create(&supply, start_us);
        struct dispatch *two = dispatch_create(&supply, start_us);
        struct dispatch_interval got, same;
        int64_t load_w = 150000000, charge_mj = supply.storage.capacity_j * 500;
        __int128 want = 0, facility = 0;
        for (int i = 0; i < 300; i++) {
            int64_t from_us = start_us + i * STEP_US;
            load_w += rng_between(&rng, -15000000, 15000000);
            load_w = load_w < 1000000 ? 1000000 : load_w > 390000000 ? 390000000 : load_w;
            int64_t load_mj = load_w * 300 * 1000 + rng_below(&rng, 1000);
            dispatch_step(one, from_us, from_us + STEP_US, load_mj, load_w, &got);
            dispatch_step(two, from_us, from_us + STEP_US, load_mj, load_w, &same);
            assert_memory_equal(&got, &same, sizeof got);
            interval_is_exact(&got, &supply);
            want += (__int128)load_mj * got.pue_permille;
            facility += got.facility_mj;
            charge_mj += got.charged_mj * supply.storage.efficiency_permille / 1000;
            charge_mj -= got.discharged_mj;
            assert_int_equal(got.charge_j, charge_mj / 1000);
        }
        assert_true(facility == want / 1000);
        dispatch_destroy(one);
        dispatch_destroy(two);
    }
}

// Enough machines and a load with the course of a day: nothing is curtailed after the first hours,
// the largest unit's loss is covered, and the cheap units run before the dear ones.
static void a_steady_site_is_served(void **state)
{
    (void)state;
    struct rng rng = {.state = 9};
    struct site_supply supply = a_site(&rng);
    supply.generator[0].count = supply.generator[1].count = 10;
    supply.generator[0].maximum_w = supply.generator[1].maximum_w = 50000000;
    supply.generator[0].minimum_w = supply.generator[1].minimum_w = 20000000;
    supply.generator[0].heat_rate_btu_per_kwh = 6400;
    supply.generator[1].heat_rate_btu_per_kwh = 9400;
    supply.grid.contract_w = 0;
    struct dispatch *dispatch = dispatch_create(&supply, 0);
    struct dispatch_interval got;
    int64_t curtailed = 0, uncovered = 0, cheap = 0, dear = 0;
    for (int i = 0; i < 3 * 288; i++) {
        int64_t away = i % 288 < 144 ? i % 288 : 288 - i % 288;
        int64_t load_w = 200000000 + away * 1000000;
        dispatch_step(dispatch, i * STEP_US, (i + 1) * STEP_US, load_w * 300 * 1000, load_w, &got);
        curtailed += got.curtailed_mj;
        uncovered += i >= 288 && got.uncovered_w > 0; // the first day it does not know the course
        cheap += got.group_mj[0];
        dear += got.group_mj[1];
    }
    assert_int_equal(curtailed, 0);
    assert_int_equal(uncovered, 0);
    assert_true(cheap > 3 * dear);
    dispatch_destroy(dispatch);
}

static void demand_is_charged_once_a_month(void **state)
{
    (void)state;
    struct site_supply supply = {.grid = {.contract_w = 50000000}, .it_rating_w = 50000000};
    supply.tariff =
        (struct site_tariff){.micro_per_mwh = 100000000, .demand_micro_per_kw_month = 10000000};
    struct civil civil = {.year = 2028, .month = 1, .day = 31, .hour = 23, .minute = 50};
    int64_t from_us = civil_to_us(civil);
    struct dispatch *dispatch = dispatch_create(&supply, from_us);
    struct dispatch_interval got;
    int64_t demand[3];
    for (int i = 0; i < 3; i++, from_us += STEP_US) {
        int64_t load_w = (i == 0 ? 40 : 30) * 1000000;
        dispatch_step(dispatch, from_us, from_us + STEP_US, load_w * 300 * 1000, load_w, &got);
        demand[i] = got.demand_micro;
        assert_int_equal(got.grid_micro - got.demand_micro, load_w / 1000000 * 100000000 / 12);
    }
    assert_int_equal(demand[0], 0);
    assert_int_equal(demand[1], INT64_C(40000) * 10000000); // 40 MW in kW, at 10 a kW
    assert_int_equal(demand[2], 0);
    assert_int_equal(dispatch_demand_due(dispatch), INT64_C(30000) * 10000000);
    dispatch_destroy(dispatch);
}

static void rates_follow_clock_and_air(void **state)
{
    (void)state;
    struct site_tariff tariff = {.micro_per_mwh = 50, .count = 2};
    assert_true(zone_parse(S("Asia/Tokyo"), &tariff.zone));
    tariff.window[0] = (struct tariff_window){13 * 60, 16 * 60, 0x1f, 90};
    tariff.window[1] = (struct tariff_window){0, 24 * 60, 0x60, 30};
    struct civil friday = {.year = 2026, .month = 11, .day = 20, .hour = 4}; // 13:00 in Tokyo
    int64_t time_us = civil_to_us(friday);
    assert_int_equal(tariff_micro_per_mwh(&tariff, time_us), 90);
    assert_int_equal(tariff_micro_per_mwh(&tariff, time_us - 1), 50);
    assert_int_equal(tariff_micro_per_mwh(&tariff, time_us + 3 * HOUR_US), 50);
    assert_int_equal(tariff_micro_per_mwh(&tariff, time_us + DAY_US), 30);

    struct site_supply supply = {.it_rating_w = 1000};
    supply.pue.count = 2;
    supply.pue.point[0] = (struct pue_point){200, 1400};
    supply.pue.point[1] = (struct pue_point){1000, 1100};
    assert_int_equal(pue_permille_at(&supply, 0, 0), 1400);
    assert_int_equal(pue_permille_at(&supply, 600, 0), 1250);
    assert_int_equal(pue_permille_at(&supply, 5000, 0), 1100);
    supply.pue.air_count = 2;
    supply.pue.air[0] = (struct pue_air){100, 0};
    supply.pue.air[1] = (struct pue_air){300, 200};
    for (int i = 0; i < MONTHS; i++)
        supply.pue.month_c10[i] = 200;
    supply.pue.day_swing_c10 = 50;
    assert_int_equal(air_c10_at(&supply.pue, 0, 15 * HOUR_US), 250);
    assert_int_equal(air_c10_at(&supply.pue, 0, 3 * HOUR_US), 150);
    assert_int_equal(pue_permille_at(&supply, 1000, 15 * HOUR_US), 1250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(intervals_balance),
                                       cmocka_unit_test(a_steady_site_is_served),
                                       cmocka_unit_test(demand_is_charged_once_a_month),
                                       cmocka_unit_test(rates_follow_clock_and_air)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
