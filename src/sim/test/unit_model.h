// unit_model.h - a commitment problem as a linear program with integers, for a solver to read.
#pragma once
#include "base/buf.h"
#include "sim/unit_commit.h"

static void model_term(struct buf *out, int64_t factor, const char *name, int64_t i, int64_t hour)
{
    buf_format(out, " %s %lld %s_%lld_%lld\n", factor < 0 ? "-" : "+",
               (long long)(factor < 0 ? -factor : factor), name, (long long)i, (long long)hour);
}

static void model_end(struct buf *out, const char *relation, int64_t right)
{
    buf_format(out, " %s %lld\n", relation, (long long)right);
}

static int64_t model_edge(const struct commit_unit *unit)
{
    int64_t edge = unit->minimum_w > unit->ramp_w ? unit->minimum_w : unit->ramp_w;
    return edge < unit->maximum_w ? edge : unit->maximum_w;
}

// Power in kW, money in milli: factors stay whole and small.
static void model_objective(const struct commit_problem *problem, struct buf *out)
{
    buf_add(out, S("Minimize\n cost:\n"));
    for (uint32_t h = 0; h < problem->hours; h++) {
        for (uint32_t i = 0; i < problem->units; i++) {
            const struct commit_unit *unit = &problem->unit[i];
            int64_t minimum = unit->minimum_w / 1000 * (unit->slope_micro / 1000) / 1000;
            model_term(out, unit->fixed_micro / 1000 - minimum, "u", i, h);
            buf_format(out, " + %lld.%03lld p_%u_%u\n", (long long)(unit->slope_micro / 1000000),
                       (long long)(unit->slope_micro / 1000 % 1000), i, h);
            model_term(out, unit->start_micro[2] / 1000, "v", i, h);
            model_term(out, (unit->start_micro[0] - unit->start_micro[2]) / 1000, "hot", i, h);
            model_term(out, (unit->start_micro[1] - unit->start_micro[2]) / 1000, "warm", i, h);
        }
        buf_format(out, " + %lld.%03lld grid_0_%u\n", (long long)(problem->grid_micro[h] / 1000000),
                   (long long)(problem->grid_micro[h] / 1000 % 1000), h);
        model_term(out, problem->unserved_micro / 1000000, "lack_0", 0, h);
        model_term(out, problem->unserved_micro / 100000000, "spill_0", 0, h);
        model_term(out, problem->unserved_micro / 2000000, "short_0", 0, h);
    }
}

static void model_balance(const struct commit_problem *problem, struct buf *out)
{
    for (uint32_t h = 0; h < problem->hours; h++) {
        for (uint32_t i = 0; i < problem->units; i++)
            model_term(out, 1, "p", i, h);
        model_term(out, 1, "grid", 0, h);
        model_term(out, 1, "lack_0", 0, h);
        model_term(out, -1, "spill_0", 0, h);
        model_term(out, 1, "give", 0, h);
        model_term(out, -1, "take", 0, h);
        model_end(out, "=", problem->demand_w[h] / 1000);
        for (uint32_t k = 0; k < problem->units; k++) {
            for (uint32_t i = 0; i < problem->units; i++)
                if (i != k || !problem->reserve_largest)
                    model_term(out, problem->unit[i].maximum_w / 1000, "u", i, h);
            model_term(out, 1, "short_0", 0, h);
            model_end(out,
                      ">=", (problem->demand_w[h] - problem->grid_w - problem->cover_w) / 1000);
        }
        model_term(out, 1, "give", 0, h); // not both ways in one hour
        model_term(out, problem->storage.discharge_w / 1000, "taking", 0, h);
        model_end(out, "<=", problem->storage.discharge_w / 1000);
        model_term(out, 1, "take", 0, h);
        model_term(out, -problem->storage.charge_w / 1000, "taking", 0, h);
        model_end(out, "<=", 0);
        model_term(out, 1000, "charge", 0, h);
        if (h)
            model_term(out, -1000, "charge", 0, (int64_t)h - 1);
        model_term(out, -problem->storage.efficiency_permille, "take", 0, h);
        model_term(out, 1000, "give", 0, h);
        model_end(out, "=", h ? 0 : problem->storage.start_j / 3600);
    }
}

static void model_starts(const struct commit_problem *problem, uint32_t i, uint32_t h,
                         struct buf *out)
{
    const struct commit_unit *unit = &problem->unit[i];
    int64_t off = unit->age_h < 0 ? -(int64_t)unit->age_h : 0;
    model_term(out, 1, "u", i, h);
    model_term(out, -1, "v", i, h);
    model_term(out, 1, "w", i, h);
    if (h)
        model_term(out, -1, "u", i, (int64_t)h - 1);
    model_end(out, "=", h ? 0 : unit->age_h > 0);
    model_term(out, 1, "hot", i, h);
    model_term(out, 1, "warm", i, h);
    model_term(out, -1, "v", i, h);
    model_end(out, "<=", 0);
    const char *const kinds[] = {"hot", "warm"};
    const int64_t from[] = {1, COMMIT_HOT_H}, until[] = {COMMIT_HOT_H, COMMIT_WARM_H};
    for (int kind = 0; kind < 2; kind++) { // off for from .. until-1 hours
        model_term(out, 1, kinds[kind], i, h);
        for (int64_t k = from[kind]; k < until[kind] && k <= h; k++)
            model_term(out, -1, "w", i, (int64_t)h - k);
        model_end(out, "<=", off && off + h >= from[kind] && off + h < until[kind]);
    }
    for (int64_t k = 0; k < unit->up_h && k <= h; k++)
        model_term(out, 1, "v", i, (int64_t)h - k);
    model_term(out, -1, "u", i, h);
    model_end(out, "<=", 0);
    for (int64_t k = 0; k < unit->down_h && k <= h; k++)
        model_term(out, 1, "w", i, (int64_t)h - k);
    model_term(out, 1, "u", i, h);
    model_end(out, "<=", 1);
    if ((unit->age_h > 0 && (int64_t)h < unit->up_h - unit->age_h)) {
        model_term(out, 1, "u", i, h);
        model_end(out, "=", 1);
    }
    if (unit->age_h < 0 && ((int64_t)h < unit->down_h - off || (int32_t)h < unit->earliest_h)) {
        model_term(out, 1, "u", i, h);
        model_end(out, "=", 0);
    }
}

static void model_powers(const struct commit_problem *problem, uint32_t i, uint32_t h,
                         struct buf *out)
{
    const struct commit_unit *unit = &problem->unit[i];
    model_term(out, 1, "p", i, h);
    model_term(out, -unit->maximum_w / 1000, "u", i, h);
    model_end(out, "<=", 0);
    model_term(out, 1, "p", i, h);
    model_term(out, -unit->minimum_w / 1000, "u", i, h);
    model_end(out, ">=", 0);
    if (!h)
        return;
    int64_t ramp = unit->ramp_w / 1000, edge = model_edge(unit) / 1000;
    model_term(out, 1, "p", i, h);
    model_term(out, -1, "p", i, (int64_t)h - 1);
    model_term(out, -ramp, "u", i, (int64_t)h - 1);
    model_term(out, -edge, "v", i, h);
    model_end(out, "<=", 0);
    model_term(out, 1, "p", i, (int64_t)h - 1);
    model_term(out, -1, "p", i, h);
    model_term(out, -ramp, "u", i, h);
    model_term(out, -edge, "w", i, h);
    model_end(out, "<=", 0);
}

// The whole model in the form of CPLEX LP files. `relaxed`: shares of a unit may run.
static void model_write(const struct commit_problem *problem, bool relaxed, struct buf *out)
{
    model_objective(problem, out);
    buf_add(out, S("Subject To\n"));
    model_balance(problem, out);
    for (uint32_t i = 0; i < problem->units; i++) {
        for (uint32_t h = 0; h < problem->hours; h++) {
            model_starts(problem, i, h, out);
            model_powers(problem, i, h, out);
        }
    }
    buf_add(out, S("Bounds\n"));
    for (uint32_t h = 0; h < problem->hours; h++) {
        const struct commit_storage *storage = &problem->storage;
        bool last = h + 1 == problem->hours;
        int64_t low =
            last && storage->start_j > storage->floor_j ? storage->start_j : storage->floor_j;
        buf_format(out, " grid_0_%u <= %lld\n give_0_%u <= %lld\n take_0_%u <= %lld\n", h,
                   (long long)problem->grid_w / 1000, h, (long long)storage->discharge_w / 1000, h,
                   (long long)storage->charge_w / 1000);
        buf_format(out, " %lld <= charge_0_%u <= %lld\n", (long long)low / 3600000, h,
                   (long long)storage->capacity_j / 3600000);
        buf_format(out, " taking_0_%u <= 1\n", h);
        for (uint32_t i = 0; i < problem->units; i++)
            buf_format(out, " v_%u_%u <= 1\n w_%u_%u <= 1\n u_%u_%u <= 1\n", i, h, i, h, i, h);
    }
    buf_add(out, relaxed ? S("End\n") : S("Binary\n"));
    for (uint32_t i = 0; !relaxed && i < problem->units; i++)
        for (uint32_t h = 0; h < problem->hours; h++)
            buf_format(out, " u_%u_%u\n", i, h);
    for (uint32_t h = 0; !relaxed && h < problem->hours; h++)
        buf_format(out, " taking_0_%u\n", h);
    if (!relaxed)
        buf_add(out, S("End\n"));
}
