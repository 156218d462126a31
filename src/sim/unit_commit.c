#include "sim/unit_commit.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

enum { SWEEPS_MAX = 8, SWEEPS_MANY = 2, LEVELS = 96, AGES_MAX = 2 * COMMIT_WARM_H };

struct search {
    const struct commit_problem *problem;
    uint32_t order[COMMIT_UNITS_MAX]; // by slope
    int64_t net_w[COMMIT_HOURS_MAX];  // demand less storage
    uint8_t on[COMMIT_HOURS_MAX][COMMIT_UNITS_MAX];
    int64_t storage_w[COMMIT_HOURS_MAX];
};

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// One hour by merit order, in W x micro/MWh: divided by 10^6 it is micro.
static int64_t merit_cost(const struct search *search, const uint8_t *on, uint32_t hour,
                          int64_t need_w)
{
    const struct commit_problem *problem = search->problem;
    int64_t grid_w = problem->grid_w, grid_micro = problem->grid_micro[hour];
    __int128 sum = 0;
    for (uint32_t i = 0; i < problem->units && need_w > 0; i++) {
        const struct commit_unit *unit = &problem->unit[search->order[i]];
        if (!on[search->order[i]])
            continue;
        if (grid_w && grid_micro <= unit->slope_micro) {
            int64_t take = least(grid_w, need_w);
            sum += (__int128)take * grid_micro;
            need_w -= take;
            grid_w = 0;
        }
        int64_t take = least(unit->maximum_w - unit->minimum_w, need_w);
        sum += (__int128)take * unit->slope_micro;
        need_w -= take;
    }
    int64_t take = least(grid_w, need_w);
    sum += (__int128)take * grid_micro;
    sum += (__int128)(need_w - take) * problem->unserved_micro;
    return (int64_t)(sum / 1000000);
}

// What an hour costs with these units running, starts aside.
static int64_t hour_cost(const struct search *search, const uint8_t *on, uint32_t hour,
                         int64_t net_w)
{
    const struct commit_problem *problem = search->problem;
    int64_t minimum_w = 0, maximum_w = 0, largest_w = 0, cost = 0;
    for (uint32_t i = 0; i < problem->units; i++) {
        if (!on[i])
            continue;
        const struct commit_unit *unit = &problem->unit[i];
        minimum_w += unit->minimum_w;
        maximum_w += unit->maximum_w;
        largest_w = most(largest_w, unit->maximum_w);
        cost += unit->fixed_micro;
    }
    if (net_w > minimum_w)
        cost += merit_cost(search, on, hour, net_w - minimum_w);
    else // what is too much is thrown away, at a price that keeps it from being a habit
        cost +=
            (int64_t)((__int128)(minimum_w - net_w) * (problem->unserved_micro / 100) / 1000000);
    int64_t demand_w = problem->demand_w[hour];
    int64_t held_w = maximum_w + problem->grid_w + problem->cover_w;
    int64_t want_w = demand_w + demand_w / 1000 * problem->reserve_permille;
    if (problem->reserve_largest)
        want_w = most(want_w, demand_w + largest_w);
    if (want_w > held_w)
        cost += (int64_t)((__int128)(want_w - held_w) * (problem->unserved_micro / 2) / 1000000);
    return cost;
}

// A unit's past as a number: 0 .. up-1 has run 1 .. up hours (or more), then off 1 .. off_ages.
struct ages {
    int32_t up, off, count;
};

static struct ages ages_of(const struct commit_unit *unit)
{
    struct ages ages = {.up = (int32_t)least(most(unit->up_h, 1), COMMIT_WARM_H)};
    ages.off = (int32_t)least(most(unit->down_h, COMMIT_WARM_H), AGES_MAX - ages.up);
    ages.count = ages.up + ages.off;
    return ages;
}

static int32_t age_at_start(const struct commit_unit *unit, struct ages ages)
{
    if (unit->age_h > 0)
        return (int32_t)least(unit->age_h, ages.up) - 1;
    return ages.up + (int32_t)least(most(-(int64_t)unit->age_h, 1), ages.off) - 1;
}

// The age after an hour in which the unit runs or not; -1: not allowed. `ret_cost` is the start's.
static int32_t age_next(const struct commit_unit *unit, struct ages ages, int32_t age,
                        uint32_t hour, bool on, int64_t *ret_cost)
{
    *ret_cost = 0;
    if (age < ages.up) {
        if (on)
            return (int32_t)least(age + 1, ages.up - 1);
        return age == ages.up - 1 ? ages.up : -1;
    }
    int32_t off = age - ages.up + 1;
    if (!on)
        return (int32_t)least(age + 1, ages.count - 1);
    bool first = unit->age_h <= 0 && off > (int32_t)hour; // it has not run in this plan
    if (first && (int32_t)hour < unit->earliest_h)
        return -1;
    if (off < unit->down_h && off < ages.off && !(first && unit->free_start))
        return -1;
    if (!(first && unit->free_start))
        *ret_cost = unit->start_micro[off < COMMIT_HOT_H ? 0 : off < COMMIT_WARM_H ? 1 : 2];
    return 0;
}

// Dynamic programming over the ages of one or two units, the others held.
struct pair {
    uint32_t unit[2], units;
    struct ages ages[2];
    int32_t states;
    int64_t *cost, *next; // by state: age of the first x ages of the second + age of the second
    uint16_t *from;       // [hour][state]: the state before
};

static void pair_init(struct pair *pair, const struct commit_problem *problem, const uint32_t *unit,
                      uint32_t units)
{
    pair->units = units;
    pair->states = 1;
    for (uint32_t i = 0; i < units; i++) {
        pair->unit[i] = unit[i];
        pair->ages[i] = ages_of(&problem->unit[unit[i]]);
        pair->states *= pair->ages[i].count;
    }
    pair->cost = malloc((size_t)pair->states * sizeof *pair->cost);
    pair->next = malloc((size_t)pair->states * sizeof *pair->next);
    pair->from = malloc((size_t)pair->states * problem->hours * sizeof *pair->from);
    must(pair->cost && pair->next && pair->from);
}

static void pair_finish(struct pair *pair)
{
    free(pair->cost);
    free(pair->next);
    free(pair->from);
}

static int32_t pair_start(const struct pair *pair, const struct commit_problem *problem)
{
    int32_t state = 0;
    for (uint32_t i = 0; i < pair->units; i++)
        state = state * pair->ages[i].count +
                age_at_start(&problem->unit[pair->unit[i]], pair->ages[i]);
    return state;
}

// From one state to those it can become in this hour; `running` has the costs of the 2 or 4 ways.
static void pair_step(struct pair *pair, const struct commit_problem *problem, uint32_t hour,
                      int32_t state, const int64_t *running)
{
    int32_t second = pair->units == 2 ? pair->ages[1].count : 1;
    int32_t age[2] = {state / second, state % second};
    for (uint32_t way = 0; way < 1u << pair->units; way++) {
        int64_t cost = pair->cost[state] + running[way];
        int32_t to = 0;
        for (uint32_t i = 0; i < pair->units && to >= 0; i++) {
            int64_t start;
            int32_t next = age_next(&problem->unit[pair->unit[i]], pair->ages[i], age[i], hour,
                                    way >> i & 1, &start);
            cost += start;
            to = next < 0 ? -1 : to * (i ? second : 1) + next;
        }
        if (to < 0 || cost >= pair->next[to])
            continue;
        pair->next[to] = cost;
        pair->from[(size_t)hour * (size_t)pair->states + (size_t)to] = (uint16_t)state;
    }
}

static bool pair_runs(const struct pair *pair, int32_t state, uint32_t which)
{
    int32_t second = pair->units == 2 ? pair->ages[1].count : 1;
    int32_t age = which ? state % second : state / second;
    return age < pair->ages[which].up;
}

// Follows the cheapest way back into search->on. Whether anything changed.
static bool pair_keep(const struct pair *pair, struct search *search, int32_t state)
{
    bool changed = false;
    for (uint32_t hour = search->problem->hours; hour-- > 0;) {
        for (uint32_t i = 0; i < pair->units; i++) {
            uint8_t *on = &search->on[hour][pair->unit[i]];
            changed |= *on != pair_runs(pair, state, i);
            *on = pair_runs(pair, state, i);
        }
        state = pair->from[(size_t)hour * (size_t)pair->states + (size_t)state];
    }
    return changed;
}

// Re-decides these units over all hours; the cheapest way there is while the others stay.
static bool redecide(struct search *search, const uint32_t *unit, uint32_t units)
{
    const struct commit_problem *problem = search->problem;
    struct pair pair;
    pair_init(&pair, problem, unit, units);
    for (int32_t state = 0; state < pair.states; state++)
        pair.cost[state] = INT64_MAX;
    pair.cost[pair_start(&pair, problem)] = 0;
    for (uint32_t hour = 0; hour < problem->hours; hour++) {
        int64_t running[4];
        uint8_t on[COMMIT_UNITS_MAX];
        memcpy(on, search->on[hour], problem->units);
        for (uint32_t way = 0; way < 1u << units; way++) {
            for (uint32_t i = 0; i < units; i++)
                on[unit[i]] = way >> i & 1;
            running[way] = hour_cost(search, on, hour, search->net_w[hour]);
        }
        for (int32_t state = 0; state < pair.states; state++)
            pair.next[state] = INT64_MAX;
        for (int32_t state = 0; state < pair.states; state++)
            if (pair.cost[state] != INT64_MAX)
                pair_step(&pair, problem, hour, state, running);
        int64_t *swap = pair.cost;
        pair.cost = pair.next;
        pair.next = swap;
    }
    int32_t best = 0;
    for (int32_t state = 1; state < pair.states; state++)
        best = pair.cost[state] < pair.cost[best] ? state : best;
    must(pair.cost[best] != INT64_MAX);
    bool changed = pair_keep(&pair, search, best);
    pair_finish(&pair);
    return changed;
}

static void improve(struct search *search)
{
    uint32_t units = search->problem->units;
    bool few = units <= COMMIT_FEW && !search->problem->quick, changed = true;
    for (int sweep = 0; changed && sweep < (few ? SWEEPS_MAX : SWEEPS_MANY); sweep++) {
        changed = false;
        for (uint32_t i = units; i-- > 0;) // the dearest first: it is the likeliest to be spare
            changed |= redecide(search, &search->order[i], 1);
        for (uint32_t i = 0; few && i < units; i++)
            for (uint32_t j = i + 1; j < units; j++)
                changed |= redecide(search, (uint32_t[]){search->order[i], search->order[j]}, 2);
    }
}

// Each hour, the units that are cheapest at full load, until load and reserve are covered.
static void priority_list(struct search *search)
{
    const struct commit_problem *problem = search->problem;
    for (uint32_t hour = 0; hour < problem->hours; hour++) {
        uint8_t *on = search->on[hour];
        memset(on, 0, problem->units);
        int64_t cost = hour_cost(search, on, hour, search->net_w[hour]);
        for (uint32_t i = 0; i < problem->units; i++) {
            on[search->order[i]] = 1;
            int64_t with = hour_cost(search, on, hour, search->net_w[hour]);
            if (with >= cost)
                on[search->order[i]] = 0;
            else
                cost = with;
        }
    }
}

static int64_t energy_j(int64_t power_w)
{
    return power_w * 3600;
}

// What a power of the storage adds to its charge, in watts over an hour, and back.
static int64_t stored_w(const struct commit_storage *storage, int64_t power_w)
{
    return power_w > 0 ? -power_w : -power_w * storage->efficiency_permille / 1000;
}

static int64_t storing_w(const struct commit_storage *storage, int64_t stored)
{
    int64_t efficiency = storage->efficiency_permille;
    return stored < 0 ? -stored : -((stored * 1000 + efficiency - 1) / efficiency);
}

// The cheapest course of the charge on LEVELS steps of what may be used, the units held.
static void plan_storage(struct search *search)
{
    const struct commit_problem *problem = search->problem;
    const struct commit_storage *storage = &problem->storage;
    int64_t step_j = (storage->capacity_j - storage->floor_j) / (LEVELS - 1);
    if (step_j <= 0)
        return;
    static const int64_t NEVER = INT64_MAX / 4;
    int32_t up = (int32_t)least(
        energy_j(storage->charge_w) / 1000 * storage->efficiency_permille / step_j, LEVELS);
    int32_t down = (int32_t)least(energy_j(storage->discharge_w) / step_j, LEVELS);
    int64_t cost[LEVELS], next[LEVELS], hour_of[2 * LEVELS + 1], power_of[2 * LEVELS + 1];
    uint8_t from[COMMIT_HOURS_MAX][LEVELS];
    int32_t start =
        (int32_t)least(most(storage->start_j - storage->floor_j, 0) / step_j, LEVELS - 1);
    for (int32_t level = 0; level < LEVELS; level++)
        cost[level] = level == start ? 0 : NEVER;
    for (int32_t move = -down; move <= up; move++) {
        int64_t moved_w = step_j * (move < 0 ? -move : move) / 3600;
        power_of[move + LEVELS] = storing_w(storage, move < 0 ? -moved_w : moved_w + (move > 0));
    }
    for (uint32_t hour = 0; hour < problem->hours; hour++) {
        for (int32_t move = -down; move <= up; move++)
            hour_of[move + LEVELS] = hour_cost(search, search->on[hour], hour,
                                               problem->demand_w[hour] - power_of[move + LEVELS]);
        for (int32_t level = 0; level < LEVELS; level++) {
            next[level] = NEVER;
            from[hour][level] = 0;
            for (int32_t move = (int32_t)most(-down, level - LEVELS + 1); move <= least(up, level);
                 move++) {
                int64_t sum = cost[level - move] + hour_of[move + LEVELS];
                if (sum >= next[level])
                    continue;
                next[level] = sum;
                from[hour][level] = (uint8_t)(level - move);
            }
        }
        memcpy(cost, next, sizeof cost);
    }
    int32_t level = start;
    for (int32_t end = start; end < LEVELS; end++)
        level = cost[end] < cost[level] ? end : level;
    for (uint32_t hour = problem->hours; hour-- > 0;) {
        int32_t before = from[hour][level];
        search->storage_w[hour] = power_of[level - before + LEVELS];
        search->net_w[hour] = problem->demand_w[hour] - search->storage_w[hour];
        level = before;
    }
}

// Whether a unit's hours keep its minimum times and its earliest start.
static bool allowed(const struct commit_problem *problem, const struct commit_plan *plan,
                    uint32_t i)
{
    const struct commit_unit *unit = &problem->unit[i];
    struct ages ages = ages_of(unit);
    int32_t age = age_at_start(unit, ages);
    for (uint32_t hour = 0; hour < problem->hours && age >= 0; hour++) {
        int64_t start;
        age = age_next(unit, ages, age, hour, plan->on[hour][i], &start);
    }
    return age >= 0;
}

static bool try_plan(const struct commit_problem *problem, struct commit_plan *best,
                     struct commit_plan *trial)
{
    commit_dispatch(problem, trial);
    if (trial->cost_micro >= best->cost_micro)
        return false;
    *best = *trial;
    return true;
}

// Changes one unit in the hours [from, from + hours): with ramps and all, is it cheaper?
static bool polish_units(const struct commit_problem *problem, struct commit_plan *best,
                         struct commit_plan *trial)
{
    static const uint32_t lengths[] = {1, 2, 3, 4, 6, 8, 12, 24, 48};
    bool better = false;
    for (uint32_t i = 0; i < problem->units; i++) {
        for (uint32_t from = 0; from < problem->hours; from++) {
            for (size_t k = 0; k < 2 * sizeof lengths / sizeof lengths[0]; k++) {
                uint32_t until = (uint32_t)least(from + lengths[k / 2], problem->hours);
                *trial = *best;
                bool changed = false;
                for (uint32_t hour = from; hour < until; hour++) {
                    changed |= trial->on[hour][i] != (k & 1);
                    trial->on[hour][i] = k & 1;
                }
                if (changed && allowed(problem, trial, i))
                    better |= try_plan(problem, best, trial);
            }
        }
    }
    return better;
}

// Sets which units run in a window of hours, all of them at once: is it cheaper?
static bool polish_fleets(const struct commit_problem *problem, struct commit_plan *best,
                          struct commit_plan *trial)
{
    static const uint32_t lengths[] = {1, 2, 4, 8, 12, 16, 24, 48};
    bool better = false;
    for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
        for (uint32_t from = 0; from < problem->hours; from++) {
            uint32_t until = (uint32_t)least(from + lengths[k], problem->hours);
            for (uint32_t pattern = 1; pattern < 1u << problem->units; pattern++) {
                *trial = *best;
                bool fits = true;
                for (uint32_t i = 0; i < problem->units && fits; i++) {
                    for (uint32_t hour = from; hour < until; hour++)
                        trial->on[hour][i] = pattern >> i & 1;
                    fits = allowed(problem, trial, i);
                }
                if (fits)
                    better |= try_plan(problem, best, trial);
            }
        }
    }
    return better;
}

// The charge after each hour stays within its bounds, and ends no lower than it began.
static bool storage_holds(const struct commit_problem *problem, const struct commit_plan *plan)
{
    const struct commit_storage *storage = &problem->storage;
    int64_t charge_j = storage->start_j;
    for (uint32_t hour = 0; hour < problem->hours; hour++) {
        int64_t power_w = plan->storage_w[hour];
        if (power_w > storage->discharge_w || -power_w > storage->charge_w)
            return false;
        charge_j += energy_j(stored_w(storage, power_w));
        if (charge_j > storage->capacity_j || charge_j < storage->floor_j)
            return false;
    }
    return charge_j >= storage->start_j;
}

// Shifts energy from one hour to another through the storage: is it cheaper?
static bool polish_storage(const struct commit_problem *problem, struct commit_plan *best,
                           struct commit_plan *trial)
{
    const struct commit_storage *storage = &problem->storage;
    bool better = false;
    for (int64_t part = 2; part <= 128; part *= 4) {
        int64_t step = storage->discharge_w / part;
        for (uint32_t a = 0; a < problem->hours; a++) {
            for (uint32_t b = 0; b < problem->hours; b++) {
                *trial = *best;
                int64_t *from = &trial->storage_w[a], *to = &trial->storage_w[b];
                *from = storing_w(storage, stored_w(storage, *from) - step);
                *to = storing_w(storage, stored_w(storage, *to) + step);
                if (a != b && storage_holds(problem, trial))
                    better |= try_plan(problem, best, trial);
            }
        }
    }
    return better;
}

static void polish(const struct commit_problem *problem, struct commit_plan *best,
                   struct commit_plan *trial)
{
    bool better = true;
    for (int round = 0; better && round < 4; round++) {
        better = polish_units(problem, best, trial);
        better |= polish_fleets(problem, best, trial);
        if (problem->storage.capacity_j)
            better |= polish_storage(problem, best, trial);
    }
}

static void start_with_order(struct search *search, const struct commit_problem *problem)
{
    memset(search, 0, sizeof *search);
    search->problem = problem;
    memcpy(search->net_w, problem->demand_w, sizeof search->net_w);
    for (uint32_t i = 0; i < problem->units; i++) {
        uint32_t at = i;
        int64_t slope = problem->unit[i].slope_micro;
        for (; at > 0 && problem->unit[search->order[at - 1]].slope_micro > slope; at--)
            search->order[at] = search->order[at - 1];
        search->order[at] = i;
    }
}

static void keep(const struct search *search, struct commit_plan *plan)
{
    memcpy(plan->on, search->on, sizeof plan->on);
    memcpy(plan->storage_w, search->storage_w, sizeof plan->storage_w);
    commit_dispatch(search->problem, plan);
}

static void settle_start(struct search *search, struct commit_plan *trial, struct commit_plan *best)
{
    const struct commit_problem *problem = search->problem;
    bool few = problem->units <= COMMIT_FEW && !problem->quick;
    bool stored = problem->storage.capacity_j > 0;
    for (int round = 0; round < (!stored ? 1 : few ? 3 : 2); round++) {
        if (round)
            plan_storage(search);
        improve(search);
        keep(search, trial);
        if (trial->cost_micro < best->cost_micro)
            *best = *trial;
    }
}

// All units at once: a dynamic program over the ages of every unit that keeps, hour by hour, the
// BEAM cheapest pasts. Exact as long as there are no more.
enum { BEAM = 256, PATTERNS = 1 << COMMIT_FEW };

struct past {
    int64_t cost;
    uint64_t ages; // a byte for each unit
    uint32_t before, pattern;
};

static int past_by_ages(const void *one, const void *two)
{
    const struct past *a = one, *b = two;
    if (a->ages != b->ages)
        return a->ages < b->ages ? -1 : 1;
    if (a->cost != b->cost)
        return a->cost < b->cost ? -1 : 1;
    return (a->before > b->before) - (a->before < b->before);
}

static int past_by_cost(const void *one, const void *two)
{
    const struct past *a = one, *b = two;
    if (a->cost != b->cost)
        return a->cost < b->cost ? -1 : 1;
    return past_by_ages(one, two);
}

// A past one hour longer; false when the pattern is not allowed after it.
static bool past_goes_on(const struct commit_problem *problem, const struct past *past,
                         uint32_t hour, uint32_t pattern, struct past *ret)
{
    *ret = (struct past){.cost = past->cost, .pattern = pattern};
    for (uint32_t i = 0; i < problem->units; i++) {
        const struct commit_unit *unit = &problem->unit[i];
        int64_t start;
        int32_t age = age_next(unit, ages_of(unit), (int32_t)(past->ages >> 8 * i & 255), hour,
                               pattern >> i & 1, &start);
        if (age < 0)
            return false;
        ret->cost += start;
        ret->ages |= (uint64_t)age << 8 * i;
    }
    return true;
}

// Of the pasts that end alike the cheapest, and of these the BEAM cheapest.
static uint32_t past_select(struct past *past, uint32_t count)
{
    uint32_t kept = 0;
    qsort(past, count, sizeof *past, past_by_ages);
    for (uint32_t i = 0; i < count; i++)
        if (!kept || past[i].ages != past[kept - 1].ages)
            past[kept++] = past[i];
    qsort(past, kept, sizeof *past, past_by_cost);
    return kept < BEAM ? kept : BEAM;
}

static uint32_t beam_hour(const struct search *search, uint32_t hour, const struct past *from,
                          uint32_t count, struct past *next)
{
    const struct commit_problem *problem = search->problem;
    uint32_t made = 0;
    for (uint32_t pattern = 0; pattern < 1u << problem->units; pattern++) {
        uint8_t on[COMMIT_UNITS_MAX];
        for (uint32_t i = 0; i < problem->units; i++)
            on[i] = pattern >> i & 1;
        int64_t cost = hour_cost(search, on, hour, search->net_w[hour]);
        for (uint32_t i = 0; i < count; i++) {
            if (!past_goes_on(problem, &from[i], hour, pattern, &next[made]))
                continue;
            next[made].cost += cost;
            next[made++].before = i;
        }
    }
    return past_select(next, made);
}

static void beam(struct search *search)
{
    const struct commit_problem *problem = search->problem;
    struct past *kept = calloc((size_t)BEAM * (problem->hours + 1), sizeof *kept);
    struct past *next = calloc((size_t)BEAM * PATTERNS, sizeof *next);
    must(kept && next);
    for (uint32_t i = 0; i < problem->units; i++)
        kept->ages |= (uint64_t)age_at_start(&problem->unit[i], ages_of(&problem->unit[i]))
                      << 8 * i;
    uint32_t count = 1;
    for (uint32_t hour = 0; hour < problem->hours; hour++) {
        count = beam_hour(search, hour, &kept[(size_t)BEAM * hour], count, next);
        must(count > 0);
        memcpy(&kept[(size_t)BEAM * (hour + 1)], next, count * sizeof *next);
    }
    uint32_t at = 0; // the cheapest stands first
    for (uint32_t hour = problem->hours; hour-- > 0;) {
        const struct past *past = &kept[(size_t)BEAM * (hour + 1) + at];
        for (uint32_t i = 0; i < problem->units; i++)
            search->on[hour][i] = past->pattern >> i & 1;
        at = past->before;
    }
    free(kept);
    free(next);
}

// The costs when only the units of a pattern may run: which fleets are worth a closer look.
static void try_pattern(struct search *search, uint32_t pattern, struct commit_plan *trial)
{
    const struct commit_problem *problem = search->problem;
    bool stored = problem->storage.capacity_j > 0;
    memset(search->storage_w, 0, sizeof search->storage_w);
    memcpy(search->net_w, problem->demand_w, sizeof search->net_w);
    for (uint32_t hour = 0; hour < problem->hours; hour++)
        for (uint32_t i = 0; i < problem->units; i++)
            search->on[hour][i] = pattern >> i & 1;
    for (int sweep = 0; sweep < 2; sweep++) {
        if (stored)
            plan_storage(search);
        for (uint32_t at = problem->units; at-- > 0;)
            if (pattern >> search->order[at] & 1)
                redecide(search, &search->order[at], 1);
    }
    keep(search, trial);
}

enum { CLOSER = 6 };

static void few_starts(struct search *search, struct commit_plan *trial, struct commit_plan *best)
{
    const struct commit_problem *problem = search->problem;
    int64_t cost[CLOSER];
    uint32_t kept[CLOSER], count = 0;
    for (uint32_t pattern = 1; pattern < 1u << problem->units; pattern++) {
        try_pattern(search, pattern, trial);
        uint32_t at = count < CLOSER ? count++ : CLOSER;
        for (; at > 0 && trial->cost_micro < cost[at - 1]; at--) {
            if (at == CLOSER)
                continue;
            cost[at] = cost[at - 1];
            kept[at] = kept[at - 1];
        }
        if (at == CLOSER)
            continue;
        cost[at] = trial->cost_micro;
        kept[at] = pattern;
    }
    for (uint32_t i = 0; i < count; i++) {
        try_pattern(search, kept[i], trial);
        settle_start(search, trial, best);
    }
    for (int round = 0; round < 3; round++) { // pairs and windows, each from where the other ended
        int64_t before = best->cost_micro;
        polish(problem, best, trial);
        memcpy(search->on, best->on, sizeof search->on);
        memcpy(search->storage_w, best->storage_w, sizeof search->storage_w);
        for (uint32_t hour = 0; hour < problem->hours; hour++)
            search->net_w[hour] = problem->demand_w[hour] - best->storage_w[hour];
        beam(search);
        improve(search);
        keep(search, trial);
        if (trial->cost_micro < best->cost_micro)
            *best = *trial;
        if (best->cost_micro == before)
            break;
    }
}

void commit_solve(const struct commit_problem *problem, struct commit_plan *ret_plan)
{
    must(problem->units <= COMMIT_UNITS_MAX && problem->hours <= COMMIT_HOURS_MAX);
    struct search *search = malloc(sizeof *search);
    struct commit_plan *trial = calloc(1, sizeof *trial);
    must(search && trial);
    ret_plan->cost_micro = INT64_MAX;
    start_with_order(search, problem);
    priority_list(search);
    settle_start(search, trial, ret_plan);
    if (problem->units <= COMMIT_FEW && !problem->quick)
        few_starts(search, trial, ret_plan);
    free(trial);
    free(search);
}
