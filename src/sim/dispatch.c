#include "sim/dispatch.h"
#include "base/instant.h"
#include "base/must.h"
#include "sim/site_rates.h"
#include "sim/unit_commit.h"
#include <stdlib.h>
#include <string.h>

enum { PAST_HOURS = 192, PLAN_HOURS = 24, REPLAN_HOURS = 12, PEAK_HOURS = 100 };
static const int64_t UNSERVED_MICRO = INT64_C(10000000000); // per MWh: dearer than any generator
static const int64_t GAS_CO2_G = 53060;                     // per MMBtu: EPA emission factors, 2024
static const int64_t MWH_MJ = INT64_C(3600000000000);       // millijoules in a MWh

enum unit_condition { UNIT_OFF, UNIT_STARTING, UNIT_RUNNING };

struct unit { // one generator, or a block of equal ones
    enum unit_condition condition;
    uint32_t group;
    int64_t minimum_w, maximum_w, ramp_w_per_minute, power_w, size;
    int64_t since_us, ready_us, start_cost_micro;
    int64_t low_mj, high_mj, given_mj; // of the interval at hand
};

struct dispatch {
    struct site_supply supply;
    struct unit unit[COMMIT_UNITS_MAX];
    uint32_t units, order[COMMIT_UNITS_MAX]; // by the price of a MWh more
    int64_t slope_micro[SITE_GENERATORS_MAX], more_btu[SITE_GENERATORS_MAX];
    struct commit_problem problem;
    struct commit_plan plan;
    int64_t start_us, now_us, plan_us, plan_until_us, facility_rest;
    int64_t past_w[PAST_HOURS], past_hour[PAST_HOURS]; // highest load by hour since 1970
    int64_t charge_mj, grid_w, month_peak_w;
    bool fresh; // nothing has been planned yet
};

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t scaled(int64_t value, int64_t factor, int64_t divisor)
{
    int64_t product;
    if (!__builtin_mul_overflow(value, factor, &product))
        return product / divisor; // as nearly always, and much faster
    return (int64_t)((__int128)value * factor / divisor);
}

static int64_t mj_of(int64_t power_w, int64_t span_us)
{
    return scaled(power_w, span_us, 1000);
}

static int64_t w_of(int64_t energy_mj, int64_t span_us)
{
    return scaled(energy_mj, 1000, span_us);
}

static int64_t minimum_btu(const struct site_generator *group)
{
    return group->minimum_heat_rate_btu_per_kwh ? group->minimum_heat_rate_btu_per_kwh
                                                : group->heat_rate_btu_per_kwh;
}

// Heat is linear between minimum and maximum load: what one kWh more takes.
static int64_t more_btu(const struct site_generator *group)
{
    int64_t span = group->maximum_w - group->minimum_w;
    if (span <= 0)
        return group->heat_rate_btu_per_kwh;
    __int128 full = (__int128)group->maximum_w * group->heat_rate_btu_per_kwh;
    __int128 least_heat = (__int128)group->minimum_w * minimum_btu(group);
    return most((int64_t)((full - least_heat) / span), 0);
}

static void add_units(struct dispatch *dispatch, uint32_t row, uint32_t blocks_of)
{
    const struct site_generator *group = &dispatch->supply.generator[row];
    dispatch->more_btu[row] = more_btu(group);
    dispatch->slope_micro[row] =
        scaled(dispatch->more_btu[row], group->fuel_micro_per_mmbtu, 1000) +
        group->other_micro_per_mwh;
    for (uint32_t left = group->count; left > 0;) {
        must(dispatch->units < COMMIT_UNITS_MAX);
        uint32_t size = left < blocks_of ? left : blocks_of;
        dispatch->unit[dispatch->units++] =
            (struct unit){.group = row,
                          .size = size,
                          .minimum_w = group->minimum_w * size,
                          .maximum_w = group->maximum_w * size,
                          .ramp_w_per_minute = group->ramp_w_per_minute * size,
                          .since_us = INT64_MIN};
        left -= size;
    }
}

struct dispatch *dispatch_create(const struct site_supply *supply, int64_t start_us)
{
    struct dispatch *dispatch = calloc(1, sizeof *dispatch);
    must(dispatch);
    dispatch->supply = *supply;
    dispatch->start_us = dispatch->now_us = start_us;
    dispatch->plan_until_us = start_us;
    dispatch->fresh = true;
    uint32_t count = 0, blocks_of = 1;
    for (uint32_t row = 0; row < supply->generators; row++)
        count += supply->generator[row].count;
    if (count > COMMIT_UNITS_MAX - SITE_GENERATORS_MAX)
        blocks_of = (count - 1) / (COMMIT_UNITS_MAX - SITE_GENERATORS_MAX) + 1;
    for (uint32_t row = 0; row < supply->generators; row++)
        add_units(dispatch, row, blocks_of);
    for (uint32_t i = 0; i < dispatch->units; i++) {
        uint32_t at = i;
        int64_t slope = dispatch->slope_micro[dispatch->unit[i].group];
        for (; at > 0; at--) {
            uint32_t before = dispatch->order[at - 1];
            if (dispatch->slope_micro[dispatch->unit[before].group] <= slope)
                break;
            dispatch->order[at] = before;
        }
        dispatch->order[at] = i;
    }
    dispatch->charge_mj = scaled(supply->storage.capacity_j, supply->storage.start_permille, 1);
    return dispatch;
}

void dispatch_destroy(struct dispatch *dispatch)
{
    free(dispatch);
}

// Which start it would be after so long off: 0 hot, 1 warm, 2 cold.
static int start_kind(int64_t off_us)
{
    return off_us < COMMIT_HOT_H * HOUR_US ? 0 : off_us < COMMIT_WARM_H * HOUR_US ? 1 : 2;
}

static int64_t off_for(const struct dispatch *dispatch, const struct unit *unit)
{
    return unit->since_us == INT64_MIN ? INT64_MAX : dispatch->now_us - unit->since_us;
}

static int64_t start_takes_us(const struct site_generator *group, int kind)
{
    int64_t takes[] = {group->start_hot_us, group->start_warm_us, group->start_us};
    return takes[kind] ? takes[kind] : group->start_us;
}

static int64_t start_costs(const struct site_generator *group, int kind)
{
    int64_t costs[] = {group->start_hot_cost_micro, group->start_warm_cost_micro,
                       group->start_cost_micro};
    return costs[kind] ? costs[kind] : group->start_cost_micro;
}

static int32_t hours_up(int64_t span_us, int32_t limit)
{
    return (int32_t)least((span_us + HOUR_US - 1) / HOUR_US, limit);
}

static void fill_unit(const struct dispatch *dispatch, const struct unit *unit,
                      struct commit_unit *ret)
{
    const struct site_generator *group = &dispatch->supply.generator[unit->group];
    int64_t fuel =
        scaled(unit->minimum_w, minimum_btu(group) * group->fuel_micro_per_mmbtu / 1000, 1000000);
    *ret = (struct commit_unit){
        .minimum_w = unit->minimum_w,
        .maximum_w = unit->maximum_w,
        .ramp_w = unit->ramp_w_per_minute * 60,
        .fixed_micro = fuel + scaled(unit->minimum_w, group->other_micro_per_mwh, 1000000),
        .slope_micro = dispatch->slope_micro[unit->group],
        .up_h = (int32_t)most(hours_up(group->minimum_up_us, COMMIT_WARM_H), 1),
        .down_h = (int32_t)most(
            hours_up(most(group->minimum_down_us, start_takes_us(group, 0)), COMMIT_WARM_H), 1),
        .power_w = -1};
    for (int kind = 0; kind < 3; kind++)
        ret->start_micro[kind] = start_costs(group, kind) * unit->size;
    int64_t held_us = off_for(dispatch, unit), wait_us = 0;
    int32_t held_h = (int32_t)most(least(held_us / HOUR_US, 1000), 1);
    ret->age_h = unit->condition == UNIT_RUNNING ? held_h : -held_h;
    if (unit->condition == UNIT_STARTING)
        wait_us = most(unit->ready_us - dispatch->now_us, 0);
    else if (unit->condition == UNIT_OFF && !dispatch->fresh)
        wait_us = start_takes_us(group, start_kind(held_us));
    if (group->from_us > dispatch->now_us)
        wait_us = most(wait_us, group->from_us - dispatch->now_us);
    ret->earliest_h = hours_up(wait_us, COMMIT_HOURS_MAX);
    ret->free_start = dispatch->fresh;
}

static int64_t past_of(const struct dispatch *dispatch, int64_t hour)
{
    uint32_t at = (uint32_t)((hour % PAST_HOURS + PAST_HOURS) % PAST_HOURS);
    return dispatch->past_hour[at] == hour ? dispatch->past_w[at] : -1;
}

static int64_t hour_of(int64_t time_us)
{
    return time_us / HOUR_US - (time_us % HOUR_US < 0);
}

static int64_t pue_load_w(const struct dispatch *dispatch)
{
    int64_t it_w = dispatch->supply.it_rating_w;
    return scaled(it_w, pue_permille_at(&dispatch->supply, it_w, dispatch->now_us), 1000);
}

// The load of a coming hour: as a day before, moved by what today differs from yesterday so far.
static int64_t foreseen_w(const struct dispatch *dispatch, int64_t load_w, int64_t hour)
{
    int64_t now = hour_of(dispatch->now_us);
    int64_t then = past_of(dispatch, now - 24), before = past_of(dispatch, hour - 24);
    if (hour == now)
        return load_w;
    if (then < 0 || before < 0) { // the first day: it may grow by a quarter, up to the rating
        int64_t rating_w = pue_load_w(dispatch);
        return most(load_w, least(load_w + load_w / 4, rating_w));
    }
    return most(before + load_w - then, load_w / 4);
}

static void make_plan(struct dispatch *dispatch, int64_t load_w)
{
    const struct site_supply *supply = &dispatch->supply;
    const struct site_storage *storage = &supply->storage;
    struct commit_problem *problem = &dispatch->problem;
    memset(problem, 0, sizeof *problem);
    problem->units = dispatch->units;
    problem->hours = PLAN_HOURS;
    problem->quick = true;
    for (uint32_t i = 0; i < dispatch->units; i++)
        fill_unit(dispatch, &dispatch->unit[i], &problem->unit[i]);
    for (uint32_t hour = 0; hour < PLAN_HOURS; hour++) {
        int64_t time_us = dispatch->now_us + hour * HOUR_US;
        problem->demand_w[hour] = foreseen_w(dispatch, load_w, hour_of(time_us));
        problem->grid_micro[hour] = tariff_micro_per_mwh(&supply->tariff, time_us);
    }
    problem->grid_w = supply->grid.contract_w;
    problem->reserve_largest = supply->reserve_largest_unit;
    problem->reserve_permille = supply->reserve_permille;
    problem->unserved_micro = UNSERVED_MICRO;
    if (storage->capacity_j && storage->efficiency_permille > 0) {
        int64_t floor_j = scaled(storage->capacity_j, storage->reserve_permille, 1000);
        problem->storage =
            (struct commit_storage){.capacity_j = storage->capacity_j,
                                    .floor_j = floor_j,
                                    .start_j = most(dispatch->charge_mj / 1000, floor_j),
                                    .charge_w = storage->charge_w,
                                    .discharge_w = storage->discharge_w,
                                    .efficiency_permille = storage->efficiency_permille};
        problem->cover_w = least(storage->discharge_w, floor_j / 1800); // for half an hour
    }
    commit_solve(problem, &dispatch->plan);
    dispatch->plan_us = dispatch->now_us;
    dispatch->plan_until_us = dispatch->now_us + REPLAN_HOURS * HOUR_US;
}

static bool planned(const struct dispatch *dispatch, uint32_t i, int64_t time_us)
{
    int64_t hour = (time_us - dispatch->plan_us) / HOUR_US;
    return hour < PLAN_HOURS && dispatch->plan.on[hour][i];
}

static void run_unit(struct dispatch *dispatch, struct unit *unit, struct dispatch_interval *ret)
{
    if (!dispatch->fresh) {
        ret->starts += unit->size;
        ret->start_micro += unit->start_cost_micro;
    }
    unit->condition = UNIT_RUNNING;
    unit->since_us = dispatch->now_us;
    unit->power_w = 0;
}

// Starts are begun so early that the unit is there when the plan wants it.
static void move_unit(struct dispatch *dispatch, uint32_t i, struct dispatch_interval *ret)
{
    struct unit *unit = &dispatch->unit[i];
    const struct site_generator *group = &dispatch->supply.generator[unit->group];
    int64_t now = dispatch->now_us;
    bool wanted = planned(dispatch, i, now);
    if (unit->condition == UNIT_RUNNING) {
        bool may = now - unit->since_us >= group->minimum_up_us;
        if (wanted || !may || unit->power_w > unit->minimum_w)
            return;
        unit->condition = UNIT_OFF;
        unit->since_us = now;
        unit->power_w = 0;
        return;
    }
    if (now < group->from_us)
        return;
    int kind = start_kind(off_for(dispatch, unit));
    int64_t takes = dispatch->fresh ? 0 : start_takes_us(group, kind);
    if (unit->condition == UNIT_OFF && (wanted || planned(dispatch, i, now + takes))) {
        unit->condition = UNIT_STARTING;
        unit->ready_us = now + takes;
        unit->start_cost_micro = start_costs(group, kind) * unit->size;
    }
    if (unit->condition == UNIT_STARTING && wanted && now >= unit->ready_us)
        run_unit(dispatch, unit, ret);
    else if (unit->condition == UNIT_STARTING && !wanted && now >= unit->ready_us + HOUR_US)
        unit->condition = UNIT_OFF; // the plan changed its mind
}

static void set_bounds(struct dispatch *dispatch, uint32_t i, int64_t span_us)
{
    struct unit *unit = &dispatch->unit[i];
    unit->low_mj = unit->high_mj = unit->given_mj = 0;
    if (unit->condition != UNIT_RUNNING)
        return;
    int64_t ramp_w = scaled(unit->ramp_w_per_minute, span_us, MINUTE_US);
    int64_t low = unit->minimum_w, high = unit->maximum_w;
    if (!unit->power_w && !dispatch->fresh) {
        high = most(unit->minimum_w, least(high, ramp_w));
    } else if (unit->power_w) {
        low = most(low, unit->power_w - ramp_w);
        high = least(high, unit->power_w + ramp_w);
        if (!planned(dispatch, i, dispatch->now_us)) // on its way down, to go off
            high = most(low, unit->power_w - ramp_w);
    }
    unit->low_mj = mj_of(low, span_us);
    unit->high_mj = most(mj_of(high, span_us), unit->low_mj);
    unit->given_mj = unit->low_mj;
}

// What the storage could give or take in this interval.
struct room {
    int64_t give_mj, take_mj;
};

static struct room storage_room(const struct dispatch *dispatch, int64_t span_us)
{
    const struct site_storage *storage = &dispatch->supply.storage;
    if (!storage->capacity_j || storage->efficiency_permille <= 0)
        return (struct room){0};
    int64_t empty_mj = scaled(storage->capacity_j, 1000, 1) - dispatch->charge_mj;
    return (struct room){.give_mj =
                             least(mj_of(storage->discharge_w, span_us), dispatch->charge_mj),
                         .take_mj = least(mj_of(storage->charge_w, span_us),
                                          scaled(empty_mj, 1000, storage->efficiency_permille))};
}

static int64_t limited(int64_t value, struct room room)
{
    return most(least(value, room.give_mj), -room.take_mj);
}

struct supplied { // the interval's sums
    int64_t span_us, low_mj, high_mj, grid_low_mj, grid_high_mj, storage_mj;
};

static void grid_bounds(const struct dispatch *dispatch, struct supplied *sums)
{
    const struct site_grid *grid = &dispatch->supply.grid;
    int64_t low = 0, high = grid->contract_w;
    if (grid->ramp_w_per_s && !dispatch->fresh) {
        int64_t ramp = scaled(grid->ramp_w_per_s, sums->span_us, SECOND_US);
        low = most(0, least(dispatch->grid_w - ramp, high));
        high = least(high, dispatch->grid_w + ramp);
    }
    sums->grid_low_mj = mj_of(low, sums->span_us);
    sums->grid_high_mj = mj_of(high, sums->span_us);
}

// What the storage does: the plan's, then what keeps the rest within reach.
static void use_storage(struct dispatch *dispatch, int64_t need_mj, struct supplied *sums)
{
    struct room room = storage_room(dispatch, sums->span_us);
    int64_t hour = least((dispatch->now_us - dispatch->plan_us) / HOUR_US, PLAN_HOURS - 1);
    int64_t floor_mj =
        scaled(dispatch->supply.storage.capacity_j, dispatch->supply.storage.reserve_permille, 1);
    int64_t wish = mj_of(dispatch->plan.storage_w[hour], sums->span_us);
    wish = limited(least(wish, most(dispatch->charge_mj - floor_mj, 0)), room);
    int64_t above = need_mj - wish - sums->high_mj - sums->grid_high_mj;
    int64_t below = sums->low_mj + sums->grid_low_mj - (need_mj - wish);
    if (above > 0)
        wish = limited(wish + above, room);
    else if (below > 0)
        wish = limited(wish - below, room);
    sums->storage_mj = wish;
}

static int64_t give_grid(int64_t *need_mj, int64_t room_mj)
{
    int64_t take = most(least(*need_mj, room_mj), 0);
    *need_mj -= take;
    return take;
}

// The cheapest first. Import beyond the month's peak bears the demand charge, spread over hours.
static void by_merit(struct dispatch *dispatch, int64_t need_mj, const struct supplied *sums,
                     struct dispatch_interval *ret)
{
    const struct site_tariff *tariff = &dispatch->supply.tariff;
    int64_t price = tariff_micro_per_mwh(tariff, dispatch->now_us);
    int64_t beyond = price + tariff->demand_micro_per_kw_month * 1000 / PEAK_HOURS;
    int64_t peak_mj = mj_of(dispatch->month_peak_w, sums->span_us);
    ret->grid_mj = sums->grid_low_mj;
    need_mj -= sums->low_mj + sums->grid_low_mj;
    for (uint32_t at = 0; at <= dispatch->units; at++) {
        bool last = at == dispatch->units;
        struct unit *unit = last ? NULL : &dispatch->unit[dispatch->order[at]];
        int64_t slope = last ? INT64_MAX : dispatch->slope_micro[unit->group];
        if (price <= slope)
            ret->grid_mj += give_grid(&need_mj, least(peak_mj, sums->grid_high_mj) - ret->grid_mj);
        if (beyond <= slope)
            ret->grid_mj += give_grid(&need_mj, sums->grid_high_mj - ret->grid_mj);
        if (last || unit->condition != UNIT_RUNNING)
            continue;
        int64_t take = most(least(unit->high_mj - unit->low_mj, need_mj), 0);
        unit->given_mj += take;
        need_mj -= take;
    }
    ret->curtailed_mj = most(need_mj, 0);
    ret->spilled_mj = most(-need_mj, 0);
}

static void count_unit(struct dispatch *dispatch, struct unit *unit, int64_t span_us,
                       struct dispatch_interval *ret)
{
    const struct site_generator *group = &dispatch->supply.generator[unit->group];
    unit->power_w = w_of(unit->given_mj, span_us);
    int64_t base_mj = least(mj_of(unit->minimum_w, span_us), unit->given_mj);
    __int128 heat = (__int128)base_mj * minimum_btu(group) +
                    (__int128)(unit->given_mj - base_mj) * dispatch->more_btu[unit->group];
    int64_t btu = (int64_t)(heat / (MWH_MJ / 1000));
    ret->fuel_kbtu += btu / 1000;
    ret->fuel_micro += scaled(btu, group->fuel_micro_per_mmbtu, 1000000);
    ret->co2_g += scaled(btu, group->co2_g_per_mmbtu ? group->co2_g_per_mmbtu : GAS_CO2_G, 1000000);
    ret->other_micro += scaled(unit->given_mj, group->other_micro_per_mwh, MWH_MJ);
    ret->generated_mj += unit->given_mj;
    ret->units_running += unit->size;
    ret->group_mj[unit->group] += unit->given_mj;
    ret->group_running[unit->group] += unit->size;
}

static void count_storage(struct dispatch *dispatch, int64_t storage_mj,
                          struct dispatch_interval *ret)
{
    if (storage_mj > 0)
        ret->discharged_mj = storage_mj;
    else
        ret->charged_mj = -storage_mj;
    dispatch->charge_mj -= ret->discharged_mj;
    dispatch->charge_mj +=
        scaled(ret->charged_mj, dispatch->supply.storage.efficiency_permille, 1000);
    ret->charge_j = dispatch->charge_mj / 1000;
}

static void count_grid(struct dispatch *dispatch, int64_t until_us, int64_t above_mean_w,
                       struct dispatch_interval *ret)
{
    const struct site_tariff *tariff = &dispatch->supply.tariff;
    int64_t span_us = until_us - dispatch->now_us;
    dispatch->grid_w = w_of(ret->grid_mj, span_us);
    if (ret->grid_mj)
        ret->grid_peak_w = least(dispatch->grid_w + above_mean_w, dispatch->supply.grid.contract_w);
    dispatch->month_peak_w = most(dispatch->month_peak_w, dispatch->grid_w);
    ret->grid_micro = scaled(ret->grid_mj, tariff_micro_per_mwh(tariff, dispatch->now_us), MWH_MJ);
    if (month_at(tariff->zone, dispatch->now_us) == month_at(tariff->zone, until_us))
        return;
    ret->demand_micro = dispatch_demand_due(dispatch);
    ret->grid_micro += ret->demand_micro;
    dispatch->month_peak_w = 0;
}

static void count_reserve(const struct dispatch *dispatch, int64_t load_w, int64_t give_mj,
                          int64_t span_us, struct dispatch_interval *ret)
{
    int64_t largest_w = 0;
    ret->spare_w = dispatch->supply.grid.contract_w + w_of(give_mj, span_us) - load_w;
    for (uint32_t i = 0; i < dispatch->units; i++) {
        const struct unit *unit = &dispatch->unit[i];
        if (unit->condition != UNIT_RUNNING)
            continue;
        ret->spare_w += unit->maximum_w;
        largest_w = most(largest_w, unit->maximum_w / unit->size);
    }
    ret->uncovered_w = most(largest_w - ret->spare_w, 0);
}

int64_t dispatch_demand_due(const struct dispatch *dispatch)
{
    return scaled(dispatch->month_peak_w, dispatch->supply.tariff.demand_micro_per_kw_month, 1000);
}

static void remember(struct dispatch *dispatch, int64_t load_w)
{
    int64_t hour = hour_of(dispatch->now_us);
    uint32_t at = (uint32_t)((hour % PAST_HOURS + PAST_HOURS) % PAST_HOURS);
    bool same = dispatch->past_hour[at] == hour;
    dispatch->past_w[at] = same ? most(dispatch->past_w[at], load_w) : load_w;
    dispatch->past_hour[at] = hour;
}

// Plans anew when half of the plan is over, or when the load left it by a twenty-fifth.
static void plan_if_due(struct dispatch *dispatch, int64_t load_w)
{
    int64_t now = dispatch->now_us;
    int64_t hour = least((now - dispatch->plan_us) / HOUR_US, PLAN_HOURS - 1);
    bool due = dispatch->fresh || now >= dispatch->plan_until_us;
    if (!due && now - dispatch->plan_us >= 15 * MINUTE_US) {
        int64_t away = dispatch->problem.demand_w[hour] - load_w;
        due = away < -(load_w / 25) || away > load_w / 8;
    }
    if (due && dispatch->units)
        make_plan(dispatch, load_w);
    else if (due)
        dispatch->plan_until_us = now + DAY_US;
}

void dispatch_step(struct dispatch *dispatch, int64_t from_us, int64_t until_us,
                   int64_t it_energy_mj, int64_t it_peak_w, struct dispatch_interval *ret)
{
    must(from_us >= dispatch->now_us && until_us > from_us && it_energy_mj >= 0);
    struct supplied sums = {.span_us = until_us - from_us};
    memset(ret, 0, sizeof *ret);
    dispatch->now_us = from_us;
    int64_t it_w = w_of(it_energy_mj, sums.span_us);
    ret->pue_permille = pue_permille_at(&dispatch->supply, it_w, from_us);
    __int128 facility = (__int128)it_energy_mj * ret->pue_permille + dispatch->facility_rest;
    ret->facility_mj = (int64_t)(facility / 1000);
    dispatch->facility_rest = (int64_t)(facility % 1000);
    int64_t load_w = w_of(ret->facility_mj, sums.span_us);
    int64_t peak_w = most(load_w, scaled(it_peak_w, ret->pue_permille, 1000));
    remember(dispatch, peak_w);
    plan_if_due(dispatch, peak_w);
    for (uint32_t i = 0; i < dispatch->units; i++) {
        move_unit(dispatch, i, ret);
        set_bounds(dispatch, i, sums.span_us);
        sums.low_mj += dispatch->unit[i].low_mj;
        sums.high_mj += dispatch->unit[i].high_mj;
    }
    grid_bounds(dispatch, &sums);
    use_storage(dispatch, ret->facility_mj, &sums);
    by_merit(dispatch, ret->facility_mj - sums.storage_mj, &sums, ret);
    for (uint32_t i = 0; i < dispatch->units; i++)
        if (dispatch->unit[i].condition == UNIT_RUNNING)
            count_unit(dispatch, &dispatch->unit[i], sums.span_us, ret);
    count_reserve(dispatch, load_w, storage_room(dispatch, sums.span_us).give_mj, sums.span_us,
                  ret);
    count_storage(dispatch, sums.storage_mj, ret);
    count_grid(dispatch, until_us, peak_w - load_w, ret);
    dispatch->fresh = false;
    dispatch->now_us = until_us;
}
