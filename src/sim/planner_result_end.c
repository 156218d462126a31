// The tables that are made once, at the end, and the balance of energy.
#include "base/must.h"
#include "sim/planner_state.h"
#include <stdio.h>
#include <string.h>

static struct series_table *of_kinds(struct planner *planner, const char *name, const char *title,
                                     const char *chapter, uint32_t pictures)
{
    struct series_table *table = series_table_of_kinds(planner->series, name, title);
    table->chapter = series_text(planner->series, str_from(chapter));
    table->pictures = pictures;
    return table;
}

static void level(struct series_table *table, const char *label, __int128 device_ms)
{
    series_row_named(table, str_from(label));
    series_set(table, 0, (int64_t)device_ms);
}

static void waterfall(struct planner *planner)
{
    const struct tallies *tallies = &planner->tallies;
    const struct tally *row = tallies->level;
    struct series_table *table =
        of_kinds(planner, "waterfall", "From installed to useful", "Fleet", SERIES_WATERFALL);
    series_column(table, &(struct series_column){S("device_ms"), S("device time"),
                                                 UNIT_DEVICE_SECOND, 3, SERIES_FLOW, SERIES_DATA});
    __int128 energised = row[TALLY_ENERGISED].integral;
    __int128 running = row[TALLY_RUNNING].integral;
    __int128 wasted = tallies->lost_device_ms + tallies->starting_device_ms;
    level(table, "installed", row[TALLY_INSTALLED].integral);
    level(table, "energised", energised);
    level(table, "healthy", energised - row[TALLY_FAULTY].integral);
    level(table, "reserved", row[TALLY_RESERVED].integral);
    level(table, "running", running);
    level(table, "useful", running > wasted ? running - wasted : 0);
}

static void wait_row(struct series_table *table, const char *label, const struct waits *waits)
{
    series_row_named(table, str_from(label));
    series_set(table, 0, (int64_t)waits->count);
    series_set(table, 1, (int64_t)(waits->sum_us / (__int128)waits->count));
    series_set(table, 2, waits_quantile_us(waits, 500));
    series_set(table, 3, waits_quantile_us(waits, 900));
    series_set(table, 4, waits_quantile_us(waits, 990));
    series_set(table, 5, waits->most_us);
}

static void waits(struct planner *planner)
{
    static const struct series_column column[] = {
        {S("jobs"), S("jobs"),                UNIT_COUNT,  0, SERIES_FLOW,  SERIES_HIDDEN},
        {S("mean"), S("mean"),                UNIT_SECOND, 6, SERIES_STOCK, SERIES_DATA  },
        {S("p50"),  S("half of them within"), UNIT_SECOND, 6, SERIES_STOCK, SERIES_DATA  },
        {S("p90"),  S("90 % within"),         UNIT_SECOND, 6, SERIES_STOCK, SERIES_DATA  },
        {S("p99"),  S("99 % within"),         UNIT_SECOND, 6, SERIES_STOCK, SERIES_DATA  },
        {S("most"), S("longest"),             UNIT_SECOND, 6, SERIES_STOCK, SERIES_HIDDEN},
    };
    struct series_table *table =
        of_kinds(planner, "waits", "Waits by class and size", "Work", SERIES_BARS);
    for (size_t i = 0; i < sizeof column / sizeof *column; i++)
        series_column(table, &column[i]);
    for (uint32_t i = 0; i < planner->scenario->demands; i++)
        for (uint32_t k = 0; k < WAIT_SIZES; k++) {
            const struct waits *row = &planner->tallies.waits[i * WAIT_SIZES + k];
            char label[80];
            snprintf(label, sizeof label, "%s, %s", planner->scenario->demand[i].name,
                     waits_size_text(k));
            if (row->count)
                wait_row(table, label, row);
        }
}

static void classes(struct planner *planner)
{
    static const struct series_column column[] = {
        {S("submitted"), S("submitted"),       UNIT_COUNT,         0, SERIES_FLOW, SERIES_DATA},
        {S("ended"),     S("ended"),           UNIT_COUNT,         0, SERIES_FLOW, SERIES_DATA},
        {S("refused"),   S("refused"),         UNIT_COUNT,         0, SERIES_FLOW, SERIES_DATA},
        {S("failed"),    S("attempts failed"), UNIT_COUNT,         0, SERIES_FLOW, SERIES_DATA},
        {S("requeued"),  S("began again"),     UNIT_COUNT,         0, SERIES_FLOW, SERIES_DATA},
        {S("lost"),      S("work lost"),       UNIT_DEVICE_SECOND, 3, SERIES_FLOW, SERIES_DATA},
    };
    struct series_table *table = of_kinds(planner, "classes", "Classes of demand", "Work", 0);
    for (size_t i = 0; i < sizeof column / sizeof *column; i++)
        series_column(table, &column[i]);
    for (uint32_t i = 0; i < planner->scenario->demands; i++) {
        const struct planner_class *class = &planner->classes[i];
        series_row_named(table, str_from(planner->scenario->demand[i].name));
        series_set(table, 0, (int64_t) class->submitted);
        series_set(table, 1, (int64_t) class->ended);
        series_set(table, 2, (int64_t) class->refused);
        series_set(table, 3, (int64_t) class->failed);
        series_set(table, 4, (int64_t) class->requeued);
        series_set(table, 5, class->lost_device_ms);
    }
}

static void failures(struct planner *planner)
{
    struct series_table *table =
        of_kinds(planner, "failures", "Failures and lost work", "Faults", SERIES_BARS);
    series_column(table, &(struct series_column){S("failures"), S("failures"), UNIT_COUNT, 0,
                                                 SERIES_FLOW, SERIES_DATA});
    series_column(table, &(struct series_column){S("lost"), S("work lost"), UNIT_DEVICE_SECOND, 3,
                                                 SERIES_FLOW, SERIES_DATA});
    for (uint32_t i = 0; i < planner->scenario->failures; i++) {
        series_row_named(table, str_from(planner->scenario->failure[i].name));
        series_set(table, 0, (int64_t)planner->tallies.failures_of[i]);
        series_set(table, 1, planner->tallies.lost_of[i]);
    }
}

// Every level of the power tree: the highest that was drawn, against its limit.
static void levels(struct planner *planner)
{
    static const struct series_column column[] = {
        {S("permille"),  S("highest, of its limit"), UNIT_PERCENT, 1, SERIES_STOCK, SERIES_DATA  },
        {S("highest_w"), S("highest"),               UNIT_WATT,    0, SERIES_STOCK, SERIES_HIDDEN},
        {S("limit_w"),   S("limit"),                 UNIT_WATT,    0, SERIES_STOCK, SERIES_HIDDEN},
        {S("over"),      S("times above"),           UNIT_COUNT,   0, SERIES_FLOW,  SERIES_HIDDEN},
    };
    static const char *const names[] = {"site", "fullest substation", "fullest feed"};
    struct series_table *table =
        of_kinds(planner, "levels", "Power against limits by level", "Power", SERIES_BARS);
    for (size_t i = 0; i < sizeof column / sizeof *column; i++)
        series_column(table, &column[i]);
    for (uint32_t i = 0; i < planner->scenario->sites; i++) {
        const struct planner_site *site = &planner->sites[i];
        const struct draw_edge *worst[3] = {&planner->draw.edge[site->edge], NULL, NULL};
        for (uint32_t k = 0; k < site->feed_count; k++) {
            const struct draw_edge *sub = &planner->draw.edge[site->feeds[k].edge];
            const struct draw_edge *feed = &planner->draw.edge[site->feeds[k].edge_a];
            worst[1] = !worst[1] || sub->peak_2w > worst[1]->peak_2w ? sub : worst[1];
            worst[2] = !worst[2] || feed->peak_2w > worst[2]->peak_2w ? feed : worst[2];
        }
        for (int k = 0; k < 3; k++) {
            char label[80];
            snprintf(label, sizeof label, "%s, %s", planner->scenario->site[i].name, names[k]);
            series_row_named(table, str_from(label));
            series_set(table, 0,
                       (int64_t)((__int128)worst[k]->peak_2w * 1000 / worst[k]->limit_2w));
            series_set(table, 1, worst[k]->peak_2w / 2);
            series_set(table, 2, worst[k]->limit_2w / 2);
            series_set(table, 3, (int64_t)worst[k]->over);
        }
    }
}

struct energy { // of the whole run, in millijoules
    __int128 jobs, idle, network, loss, cooling, facility;
};

static struct energy energy_of(const struct planner *planner)
{
    struct energy sum = {0};
    for (uint32_t i = 0; i < planner->scenario->sites; i++) {
        const struct planner_site *site = &planner->sites[i];
        const struct draw_site *draw = &planner->draw.site[i];
        sum.jobs += draw->job_mj;
        sum.idle += draw->energy_mj - draw->job_mj;
        sum.network += site->network_mj;
        sum.loss += site->loss_mj;
        sum.cooling += site->cooling_mj;
        sum.facility += site->facility_mj;
    }
    return sum;
}

// Billed + overhead = the sites' meters: the joules that leases were metered with, what runs and is
// not read yet, and every overhead, each counted on its own way.
static bool balance(struct planner *planner, const struct energy *sum, struct err *err)
{
    __int128 open_mj = 0, told_mj = (__int128)planner->joules_told * 1000 + planner->joule_rest_mj;
    for (uint32_t i = 0; i < planner->scenario->sites; i++) {
        const struct draw_site *site = &planner->draw.site[i];
        open_mj += site->open_job_mj - site->rise_now_mj - site->rise_next_mj +
                   (__int128)site->job_w * (planner_ms(planner) - site->last_ms);
    }
    __int128 jobs_mj = told_mj + jobs_under_way_mj(planner);
    if (jobs_mj != sum->jobs + open_mj)
        return err_set(err, "energy: jobs were told %lld J, their sites measured %lld J",
                       (long long)(jobs_mj / 1000), (long long)((sum->jobs + open_mj) / 1000));
    if (sum->jobs + sum->idle + sum->network + sum->loss + sum->cooling != sum->facility)
        return err_set(err, "energy: jobs and overheads are not what the sites' meters say");
    return true;
}

static void energies(struct planner *planner, const struct energy *sum)
{
    struct series_table *table =
        of_kinds(planner, "energy", "Where the energy went", "Power", SERIES_BARS);
    series_column(table, &(struct series_column){S("energy"), S("energy"), UNIT_JOULE, 0,
                                                 SERIES_FLOW, SERIES_DATA});
    const struct {
        const char *label;
        __int128 mj;
    } rows[] = {
        {"jobs",                   sum->jobs    },
        {"idle devices and nodes", sum->idle    },
        {"network",                sum->network },
        {"substations",            sum->loss    },
        {"cooling",                sum->cooling },
        {"sites' meters",          sum->facility}
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        series_row_named(table, str_from(rows[i].label));
        series_set(table, 0, (int64_t)(rows[i].mj / 1000));
    }
}

static void value(struct planner *planner, const char *name, const char *title, int64_t value,
                  struct series_column as)
{
    series_summary_value(planner->series, name, title, value, as);
}

static void summary(struct planner *planner, const struct energy *energy)
{
    const struct tallies *tallies = &planner->tallies;
    const struct tally *row = tallies->level;
    struct series_column count = {.unit = UNIT_COUNT}, devices = {.unit = UNIT_DEVICE};
    struct series_column share = {.unit = UNIT_PERCENT, .scale = 1}, joule = {.unit = UNIT_JOULE};
    struct series_column money = {
        .unit = planner->scenario->currency == CURRENCY_JPY ? UNIT_JPY : UNIT_USD, .scale = 6};
    __int128 energised = row[TALLY_ENERGISED].integral, running = row[TALLY_RUNNING].integral;
    __int128 useful = running - tallies->lost_device_ms - tallies->starting_device_ms;
    char seed[32];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)planner->options.seed);
    series_summary_text(planner->series, "scenario", "Scenario", str_from(planner->scenario->name));
    series_summary_text(planner->series, "seed", "Seed", str_from(seed));
    value(planner, "devices", "Devices at the end", row[TALLY_ENERGISED].level, devices);
    value(planner, "utilisation", "Running, of energised",
          energised ? (int64_t)(running * 1000 / energised) : 0, share);
    value(planner, "useful", "Useful, of running",
          running && useful > 0 ? (int64_t)(useful * 1000 / running) : 0, share);
    value(planner, "jobs", "Jobs submitted", (int64_t)tallies->submitted, count);
    value(planner, "ended", "Jobs ended", (int64_t)tallies->ended, count);
    value(planner, "refused", "Jobs refused", (int64_t)tallies->refused, count);
    value(planner, "failures", "Failures of attempts", (int64_t)tallies->failures, count);
    value(planner, "energy", "Energy at the sites' meters", (int64_t)(energy->facility / 1000),
          joule);
    value(planner, "revenue", "Revenue", (int64_t)(row[TALLY_RATE].integral / (HOUR_US / MS_US)),
          money);
    value(planner, "fuel", "Fuel", planner->cost.fuel_micro, money);
    value(planner, "grid", "Energy from the grid", planner->cost.grid_micro, money);
    value(planner, "co2", "Carbon dioxide of the generators", planner->cost.co2_g,
          (struct series_column){.unit = UNIT_GRAM});
    value(planner, "over", "Times above a limit of power",
          (int64_t)planner_figures(planner).over_limit, count);
    static const char *const heads[] = {"devices", "utilisation", "useful", "jobs",
                                        "energy",  "revenue",     "fuel"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        series_headline(planner->series, heads[i]);
}

bool result_end(struct planner *planner, struct err *err)
{
    result_row(planner);
    for (int i = 0; i < TALLY_COUNT; i++)
        tally_until(&planner->tallies.level[i], planner_ms(planner));
    struct energy energy = energy_of(planner);
    waterfall(planner);
    levels(planner);
    energies(planner, &energy);
    waits(planner);
    classes(planner);
    failures(planner);
    summary(planner, &energy);
    return balance(planner, &energy, err);
}
