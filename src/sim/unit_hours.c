// What the running units give, hour after hour: merit order between the bounds that ramps leave.
#include "base/must.h"
#include "sim/unit_commit.h"
#include <stdlib.h>
#include <string.h>

enum { AHEAD = 3 }; // hours that a ramp is looked after beforehand

struct hours {
    const struct commit_problem *problem;
    struct commit_plan *plan;
    uint32_t order[COMMIT_UNITS_MAX];
    int64_t top_w[COMMIT_HOURS_MAX][COMMIT_UNITS_MAX]; // what it may give, given when it goes off
};

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t edge_w(const struct commit_unit *unit) // when it comes and when it goes
{
    return least(most(unit->minimum_w, unit->ramp_w), unit->maximum_w);
}

// A unit that goes off in a later hour must have come down by then.
static void set_tops(struct hours *hours)
{
    const struct commit_problem *problem = hours->problem;
    for (uint32_t i = 0; i < problem->units; i++) {
        const struct commit_unit *unit = &problem->unit[i];
        int64_t top_w = unit->maximum_w;
        for (uint32_t hour = problem->hours; hour-- > 0;) {
            if (!hours->plan->on[hour][i]) {
                top_w = edge_w(unit);
                hours->top_w[hour][i] = 0;
                continue;
            }
            hours->top_w[hour][i] = top_w;
            top_w = least(unit->maximum_w, top_w + unit->ramp_w);
        }
    }
}

static void bounds(const struct hours *hours, uint32_t hour, uint32_t i, int64_t *ret_low,
                   int64_t *ret_high)
{
    const struct commit_unit *unit = &hours->problem->unit[i];
    bool ran = hour ? hours->plan->on[hour - 1][i] : unit->age_h > 0;
    int64_t before_w = hour ? hours->plan->power_w[hour - 1][i] : unit->power_w;
    int64_t low = unit->minimum_w, high = hours->top_w[hour][i];
    if (!ran) {
        high = least(high, edge_w(unit));
    } else if (hour || before_w >= 0) {
        low = most(low, before_w - unit->ramp_w);
        high = least(high, before_w + unit->ramp_w);
    }
    *ret_high = most(high, unit->minimum_w);
    *ret_low = least(low, *ret_high);
}

// Whether a unit runs from this hour until `ahead` hours later, without a pause.
static bool runs_through(const struct hours *hours, uint32_t hour, uint32_t ahead, uint32_t i)
{
    for (uint32_t k = 0; k <= ahead; k++)
        if (!hours->plan->on[hour + k][i])
            return false;
    return true;
}

// What the units could give `ahead` hours later, at most or at least.
static int64_t reach_w(const struct hours *hours, uint32_t hour, uint32_t ahead, bool up)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < hours->problem->units; i++) {
        if (!hours->plan->on[hour + ahead][i])
            continue;
        const struct commit_unit *unit = &hours->problem->unit[i];
        int64_t span_w = unit->ramp_w * ahead, power_w = hours->plan->power_w[hour][i];
        if (!runs_through(hours, hour, ahead, i)) { // it comes in between, at its edge
            uint32_t came = ahead;
            while (came > 1 && hours->plan->on[hour + came - 1][i])
                came--;
            power_w = edge_w(unit);
            span_w = unit->ramp_w * (ahead - came);
        }
        if (up)
            sum += least(hours->top_w[hour + ahead][i], power_w + span_w);
        else
            sum += most(unit->minimum_w, power_w - span_w);
    }
    return sum;
}

// How far a unit may be moved up (or down) so that the reach moves with it (`reaching`) or stays
// where it is.
static int64_t movable_w(const struct hours *hours, uint32_t hour, uint32_t ahead, uint32_t i,
                         bool up, bool reaching)
{
    if (!hours->plan->on[hour][i])
        return 0;
    const struct commit_unit *unit = &hours->problem->unit[i];
    int64_t low, high, power_w = hours->plan->power_w[hour][i];
    bounds(hours, hour, i, &low, &high);
    int64_t room = up ? high - power_w : power_w - low;
    if (!runs_through(hours, hour, ahead, i))
        return reaching ? 0 : most(room, 0);
    int64_t top_w = hours->top_w[hour + ahead][i], span_w = unit->ramp_w * ahead;
    int64_t free_w;
    if (up)
        free_w = reaching ? top_w - span_w - power_w : unit->minimum_w + span_w - power_w;
    else
        free_w = reaching ? power_w - span_w - unit->minimum_w : power_w + span_w - top_w;
    return most(least(room, free_w), 0);
}

// Moves power between the units of this hour, cheapest first, until what is needed later can be
// reached.
static void prepare(struct hours *hours, uint32_t hour, uint32_t ahead, int64_t lack_w, bool up)
{
    const struct commit_problem *problem = hours->problem;
    struct commit_plan *plan = hours->plan;
    uint32_t units = problem->units;
    for (uint32_t a = 0; a < units && lack_w > 0; a++) {
        uint32_t mover = hours->order[up ? a : units - 1 - a];
        int64_t gain = least(movable_w(hours, hour, ahead, mover, up, true), lack_w);
        int64_t grid = least(gain, up ? plan->grid_w[hour] : problem->grid_w - plan->grid_w[hour]);
        int64_t moved = grid;
        plan->grid_w[hour] -= up ? grid : -grid;
        for (uint32_t b = 0; b < units && moved < gain; b++) {
            uint32_t other = hours->order[up ? units - 1 - b : b];
            if (other == mover)
                continue;
            int64_t step = least(movable_w(hours, hour, ahead, other, !up, false), gain - moved);
            plan->power_w[hour][other] -= up ? step : -step;
            moved += step;
        }
        plan->power_w[hour][mover] += up ? moved : -moved;
        lack_w -= moved;
    }
}

static void merit_hour(struct hours *hours, uint32_t hour, int64_t need_w)
{
    const struct commit_problem *problem = hours->problem;
    struct commit_plan *plan = hours->plan;
    int64_t low[COMMIT_UNITS_MAX], high[COMMIT_UNITS_MAX];
    for (uint32_t i = 0; i < problem->units; i++) {
        plan->power_w[hour][i] = 0;
        if (!plan->on[hour][i])
            continue;
        bounds(hours, hour, i, &low[i], &high[i]);
        plan->power_w[hour][i] = low[i];
        need_w -= low[i];
    }
    plan->spilled_w[hour] = most(-need_w, 0);
    need_w = most(need_w, 0);
    int64_t grid_w = problem->grid_w;
    plan->grid_w[hour] = 0;
    for (uint32_t at = 0; at <= problem->units; at++) {
        uint32_t i = at < problem->units ? hours->order[at] : 0;
        bool last = at == problem->units;
        if (grid_w && (last || problem->grid_micro[hour] <= problem->unit[i].slope_micro)) {
            plan->grid_w[hour] = least(grid_w, need_w);
            need_w -= plan->grid_w[hour];
            grid_w = 0;
        }
        if (last || !plan->on[hour][i])
            continue;
        int64_t take = least(high[i] - low[i], need_w);
        plan->power_w[hour][i] += take;
        need_w -= take;
    }
    plan->unserved_w[hour] = need_w;
}

static int64_t priced(int64_t power_w, int64_t micro_per_mwh)
{
    return (int64_t)((__int128)power_w * micro_per_mwh / 1000000);
}

static int64_t hour_micro(const struct hours *hours, uint32_t hour)
{
    const struct commit_problem *problem = hours->problem;
    const struct commit_plan *plan = hours->plan;
    int64_t largest_w = 0, held_w = problem->grid_w + problem->cover_w;
    int64_t sum = priced(plan->grid_w[hour], problem->grid_micro[hour]) +
                  priced(plan->unserved_w[hour], problem->unserved_micro) +
                  priced(plan->spilled_w[hour], problem->unserved_micro / 100);
    for (uint32_t i = 0; i < problem->units; i++) {
        const struct commit_unit *unit = &problem->unit[i];
        if (!plan->on[hour][i])
            continue;
        sum +=
            unit->fixed_micro + priced(plan->power_w[hour][i] - unit->minimum_w, unit->slope_micro);
        largest_w = most(largest_w, unit->maximum_w);
        held_w += unit->maximum_w;
    }
    int64_t demand_w = problem->demand_w[hour];
    int64_t want_w = demand_w + demand_w / 1000 * problem->reserve_permille;
    if (problem->reserve_largest)
        want_w = most(want_w, demand_w + largest_w);
    return sum + priced(most(want_w - held_w, 0), problem->unserved_micro / 2);
}

static int64_t starts_micro(const struct commit_problem *problem, struct commit_plan *plan)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < problem->units; i++) {
        const struct commit_unit *unit = &problem->unit[i];
        int64_t off = unit->age_h > 0 ? 0 : -(int64_t)unit->age_h;
        bool free_start = unit->free_start && unit->age_h <= 0;
        for (uint32_t hour = 0; hour < problem->hours; hour++) {
            if (!plan->on[hour][i]) {
                off++;
                continue;
            }
            if (off && !free_start) {
                sum += unit->start_micro[off < COMMIT_HOT_H ? 0 : off < COMMIT_WARM_H ? 1 : 2];
                plan->starts++;
            }
            free_start = false;
            off = 0;
        }
    }
    return sum;
}

static void look_ahead(struct hours *hours, uint32_t hour, uint32_t ahead)
{
    const struct commit_problem *problem = hours->problem;
    if (hour + ahead >= problem->hours)
        return;
    int64_t need_w = problem->demand_w[hour + ahead] - hours->plan->storage_w[hour + ahead];
    int64_t lack_w = need_w - problem->grid_w - reach_w(hours, hour, ahead, true);
    if (lack_w > 0)
        prepare(hours, hour, ahead, lack_w, true);
    lack_w = reach_w(hours, hour, ahead, false) - need_w;
    if (lack_w > 0)
        prepare(hours, hour, ahead, lack_w, false);
}

void commit_dispatch(const struct commit_problem *problem, struct commit_plan *plan)
{
    struct hours *hours = malloc(sizeof *hours);
    must(hours);
    hours->problem = problem;
    hours->plan = plan;
    for (uint32_t i = 0; i < problem->units; i++) {
        uint32_t at = i;
        int64_t slope = problem->unit[i].slope_micro;
        for (; at > 0 && problem->unit[hours->order[at - 1]].slope_micro > slope; at--)
            hours->order[at] = hours->order[at - 1];
        hours->order[at] = i;
    }
    set_tops(hours);
    plan->starts = 0;
    plan->cost_micro = starts_micro(problem, plan);
    for (uint32_t hour = 0; hour < problem->hours; hour++) {
        merit_hour(hours, hour, problem->demand_w[hour] - plan->storage_w[hour]);
        for (uint32_t ahead = AHEAD; ahead > 0; ahead--)
            look_ahead(hours, hour, ahead);
        plan->cost_micro += hour_micro(hours, hour);
    }
    free(hours);
}
