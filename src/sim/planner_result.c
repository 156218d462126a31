// Intervals, tallies and totals into a series of tables; it draws nothing.
#include "base/must.h"
#include "sim/dispatch.h"
#include "sim/planner_state.h"
#include <stdio.h>
#include <string.h>

#define DEVICE_COLUMN(name, title)                                   \
    {                                                                \
        S(name), S(title), UNIT_DEVICE, 0, SERIES_STOCK, SERIES_DATA \
    }

static struct series_table *over_time(struct planner *planner, const char *name, const char *title,
                                      const char *chapter, uint32_t pictures)
{
    struct series_table *table = series_table_over_time(planner->series, name, title);
    table->chapter = series_text(planner->series, str_from(chapter));
    table->pictures = pictures;
    table->zone = planner->scenario->site[0].zone;
    table->until_us = planner->options.until_us;
    return table;
}

static void columns(struct series_table *table, const struct series_column *column, size_t count)
{
    for (size_t i = 0; i < count; i++)
        series_column(table, &column[i]);
}

static enum quantity_unit money_unit(const struct planner *planner)
{
    return planner->scenario->currency == CURRENCY_JPY ? UNIT_JPY : UNIT_USD;
}

static void open_devices(struct planner *planner)
{
    static const struct series_column column[] = {
        DEVICE_COLUMN("useful", "useful"),
        DEVICE_COLUMN("lost", "starting or done again"),
        DEVICE_COLUMN("open", "healthy, not reserved"),
        DEVICE_COLUMN("faulty", "faulty"),
        DEVICE_COLUMN("dark", "not energised"),
    };
    struct series_table *table = over_time(planner, "devices", "Devices", "Fleet", SERIES_AREAS);
    columns(table, column, sizeof column / sizeof *column);
    planner->tables.devices = table;
}

static void open_jobs(struct planner *planner)
{
    static const struct series_column column[] = {
        {S("submitted"), S("submitted"),          UNIT_COUNT, 0, SERIES_FLOW,  SERIES_DATA},
        {S("ended"),     S("ended"),              UNIT_COUNT, 0, SERIES_FLOW,  SERIES_DATA},
        {S("requeued"),  S("began again"),        UNIT_COUNT, 0, SERIES_FLOW,  SERIES_DATA},
        {S("refused"),   S("refused"),            UNIT_COUNT, 0, SERIES_FLOW,  SERIES_DATA},
        {S("failures"),  S("failures"),           UNIT_COUNT, 0, SERIES_FLOW,  SERIES_DATA},
        {S("waiting"),   S("waiting at its end"), UNIT_COUNT, 0, SERIES_STOCK, SERIES_DATA},
    };
    struct series_table *table = over_time(planner, "jobs", "Jobs", "Work", SERIES_LINES);
    columns(table, column, sizeof column / sizeof *column);
    planner->tables.jobs = table;
}

static void open_money(struct planner *planner)
{
    enum quantity_unit unit = money_unit(planner);
    const struct series_column column[] = {
        {S("revenue"), S("revenue"),                    unit, 6, SERIES_FLOW, SERIES_DATA},
        {S("fuel"),    S("fuel"),                       unit, 6, SERIES_FLOW, SERIES_DATA},
        {S("energy"),  S("energy from the grid"),       unit, 6, SERIES_FLOW, SERIES_DATA},
        {S("starts"),  S("starts and upkeep of units"), unit, 6, SERIES_FLOW, SERIES_DATA},
    };
    struct series_table *table =
        over_time(planner, "money", "Revenue, fuel and energy", "Money", SERIES_LINES);
    columns(table, column, sizeof column / sizeof *column);
    planner->tables.money = table;
}

static void open_power(struct planner *planner, uint32_t site)
{
#define WATTS(name, title, mark)                            \
    {                                                       \
        S(name), S(title), UNIT_WATT, 0, SERIES_STOCK, mark \
    }
#define JOULES(name, title)                                          \
    {                                                                \
        S(name), S(title), UNIT_JOULE, 0, SERIES_FLOW, SERIES_HIDDEN \
    }
    static const struct series_column column[] = {
        WATTS("it_w", "IT load, mean", SERIES_DATA),
        WATTS("overhead_w", "network, losses, cooling", SERIES_DATA),
        WATTS("it_peak_w", "IT load, highest", SERIES_LIMIT),
        WATTS("it_limit_w", "IT limit", SERIES_LIMIT),
        JOULES("grid_j", "from the grid"),
        JOULES("generated_j", "generated"),
        JOULES("unserved_j", "not served"),
    };
#undef WATTS
#undef JOULES
    char name[48], title[64];
    snprintf(name, sizeof name, "power_%s", planner->scenario->site[site].name);
    snprintf(title, sizeof title, "Power at %s", planner->scenario->site[site].name);
    for (char *at = name; *at; at++)
        if (*at == '-' || *at == ' ' || *at == '.')
            *at = '_';
    struct series_table *table = over_time(planner, name, title, "Power", SERIES_AREAS);
    columns(table, column, sizeof column / sizeof *column);
    planner->sites[site].table = table;
}

// Where the site's power comes from: a column for each row of generators, the grid, the storage.
static void open_sources(struct planner *planner, uint32_t site)
{
    const struct scenario_site *row = &planner->scenario->site[site];
    char name[64], title[80];
    snprintf(name, sizeof name, "sources_%s", row->name);
    snprintf(title, sizeof title, "Where the power of %s comes from", row->name);
    for (char *at = name; *at; at++)
        if (*at == '-' || *at == ' ' || *at == '.')
            *at = '_';
    struct series_table *table = over_time(planner, name, title, "Power", SERIES_AREAS);
    for (uint32_t i = 0; i < row->supply.generators; i++) {
        snprintf(name, sizeof name, "generator_%u_w", i + 1);
        series_column(table, &(struct series_column){str_from(name),
                                                     str_from(row->supply.generator[i].name),
                                                     UNIT_WATT, 0, SERIES_STOCK, SERIES_DATA});
    }
    const struct series_column column[] = {
        {S("grid_w"),        S("grid"),            UNIT_WATT,  0, SERIES_STOCK, SERIES_DATA  },
        {S("storage_w"),     S("storage, given"),  UNIT_WATT,  0, SERIES_STOCK, SERIES_DATA  },
        {S("unserved_w"),    S("not served"),      UNIT_WATT,  0, SERIES_STOCK, SERIES_DATA  },
        {S("least_spare_w"), S("least reserve"),   UNIT_WATT,  0, SERIES_STOCK, SERIES_HIDDEN},
        {S("starts"),        S("starts of units"), UNIT_COUNT, 0, SERIES_FLOW,  SERIES_HIDDEN},
        {S("co2_g"),         S("carbon dioxide"),  UNIT_GRAM,  0, SERIES_FLOW,  SERIES_HIDDEN},
    };
    columns(table, column, sizeof column / sizeof *column);
    planner->sites[site].sources = table;
    planner->sites[site].row.least_spare_w = INT64_MAX;
}

// The same of all sites together, when there are several: generators of one name are one column.
static void open_totals(struct planner *planner)
{
    static const struct series_column column[] = {
        {S("it_w"),       S("IT load, mean"),            UNIT_WATT, 0, SERIES_STOCK, SERIES_DATA },
        {S("overhead_w"), S("network, losses, cooling"), UNIT_WATT, 0, SERIES_STOCK, SERIES_DATA },
        {S("it_limit_w"), S("IT limit"),                 UNIT_WATT, 0, SERIES_STOCK, SERIES_LIMIT},
    };
    struct series_table *power =
        over_time(planner, "power", "Power of all sites", "Power", SERIES_AREAS);
    columns(power, column, sizeof column / sizeof *column);
    planner->tables.power = power;
    planner->tables.sources = over_time(
        planner, "sources", "Where the power of all sites comes from", "Power", SERIES_AREAS);
}

static uint32_t source_column(struct series_table *sources, const struct series_column *of)
{
    for (uint32_t i = 0; i < sources->columns; i++)
        if (str_is(sources->column[i].title, of->title))
            return i;
    struct series_column column = *of;
    char name[32];
    snprintf(name, sizeof name, "source_%u_w", sources->columns + 1);
    column.name = str_from(name);
    return series_column(sources, &column);
}

static void add_totals(struct planner *planner, uint32_t site)
{
    const struct series_table *power = planner->sites[site].table;
    const struct series_table *from = planner->sites[site].sources;
    struct series_table *sources = planner->tables.sources;
    if (!sources)
        return;
    series_row(planner->tables.power, planner->row_us);
    series_row(sources, planner->row_us);
    const uint32_t of[] = {0, 1, 3}; // IT, overhead, limit
    for (uint32_t i = 0; i < 3; i++)
        series_add(planner->tables.power, i, power->value[of[i]][power->rows - 1]);
    for (uint32_t i = 0; i < from->columns; i++)
        if (from->column[i].mark == SERIES_DATA)
            series_add(sources, source_column(sources, &from->column[i]),
                       from->value[i][from->rows - 1]);
}

void result_open(struct planner *planner)
{
    planner->series = series_create();
    open_devices(planner);
    if (planner->scenario->sites > 1)
        open_totals(planner);
    for (uint32_t i = 0; i < planner->scenario->sites; i++) {
        open_power(planner, i);
        open_sources(planner, i);
        planner->sites[i].dispatch =
            dispatch_create(&planner->scenario->site[i].supply, planner->now_us);
    }
    open_jobs(planner);
    open_money(planner);
}

void result_close(struct planner *planner)
{
    series_destroy(planner->series);
    for (uint32_t i = 0; planner->sites && i < planner->scenario->sites; i++)
        dispatch_destroy(planner->sites[i].dispatch);
}

const struct series *planner_series(const struct planner *planner)
{
    return planner->series;
}

// IT energy through network and substations to the site's meter.
bool result_interval(struct planner *planner, uint32_t site, int64_t from_us,
                     const struct draw_interval *interval, struct err *err)
{
    const struct scenario_site *row = &planner->scenario->site[site];
    struct planner_site *place = &planner->sites[site];
    struct dispatch_interval given;
    int64_t network_mj = interval->energy_mj / 1000 * row->network_permille;
    int64_t racks_mj = interval->energy_mj + network_mj;
    int64_t efficiency = row->substation[0].efficiency_permille;
    int64_t it_mj = (int64_t)((__int128)racks_mj * 1000 / efficiency);
    int64_t peak_w =
        (int64_t)((__int128)interval->peak_w * (1000 + row->network_permille) / efficiency);
    dispatch_step(place->dispatch, from_us, planner->now_us, it_mj, peak_w, &given);
    place->network_mj += network_mj;
    place->loss_mj += it_mj - racks_mj;
    place->cooling_mj += given.facility_mj - it_mj;
    place->facility_mj += given.facility_mj;
    if (given.facility_mj != given.grid_mj + given.generated_mj + given.discharged_mj +
                                 given.curtailed_mj - given.charged_mj - given.spilled_mj)
        return err_set(err, "site \"%s\": what is supplied is not what is used", row->name);
    struct site_row *sum = &place->row;
    sum->it_mj += interval->energy_mj;
    sum->facility_mj += given.facility_mj;
    sum->peak_w = interval->peak_w > sum->peak_w ? interval->peak_w : sum->peak_w;
    sum->grid_mj += given.grid_mj;
    sum->generated_mj += given.generated_mj;
    sum->unserved_mj += given.curtailed_mj;
    sum->fuel_micro += given.fuel_micro;
    sum->grid_micro += given.grid_micro;
    sum->other_micro += given.start_micro + given.other_micro;
    sum->stored_mj += given.discharged_mj - given.charged_mj;
    sum->co2_g += given.co2_g;
    sum->starts += given.starts;
    if (given.spare_w < sum->least_spare_w)
        sum->least_spare_w = given.spare_w;
    for (uint32_t i = 0; i < row->supply.generators; i++)
        sum->group_mj[i] += given.group_mj[i];
    return true;
}

static int64_t since(struct planner *planner, enum tally_kind kind, int64_t length_ms)
{
    __int128 now = tally_until(&planner->tallies.level[kind], planner_ms(planner));
    __int128 passed = now - planner->last.integral[kind];
    planner->last.integral[kind] = now;
    return (int64_t)(passed / length_ms);
}

static void row_devices(struct planner *planner, int64_t length_ms)
{
    struct series_table *table = planner->tables.devices;
    const struct tallies *tallies = &planner->tallies;
    int64_t installed = since(planner, TALLY_INSTALLED, length_ms);
    int64_t energised = since(planner, TALLY_ENERGISED, length_ms);
    int64_t faulty = since(planner, TALLY_FAULTY, length_ms);
    int64_t running = since(planner, TALLY_RUNNING, length_ms);
    int64_t wasted_ms = tallies->lost_device_ms + tallies->starting_device_ms;
    int64_t lost = (wasted_ms - planner->last.wasted_ms) / length_ms;
    planner->last.wasted_ms = wasted_ms;
    if (lost > running)
        lost = running; // what is lost now may have run in an earlier step
    int64_t open = energised - faulty - running;
    series_row(table, planner->row_us);
    series_set(table, 0, running - lost);
    series_set(table, 1, lost);
    series_set(table, 2, open > 0 ? open : 0);
    series_set(table, 3, faulty);
    series_set(table, 4, installed - energised);
}

static void row_jobs(struct planner *planner)
{
    struct series_table *table = planner->tables.jobs;
    const struct tallies *tallies = &planner->tallies;
    const uint64_t now[RESULT_COUNTS] = {tallies->submitted, tallies->ended, tallies->requeued,
                                         tallies->refused, tallies->failures};
    series_row(table, planner->row_us);
    for (uint32_t i = 0; i < RESULT_COUNTS; i++) {
        series_set(table, i, (int64_t)(now[i] - planner->last.count[i]));
        planner->last.count[i] = now[i];
    }
    const struct house *row = table_get(&door_cloud(&planner->door)->house, 1);
    series_set(table, RESULT_COUNTS, row->queued);
}

static void row_sources(struct planner *planner, uint32_t site, int64_t length_ms)
{
    const struct site_row *row = &planner->sites[site].row;
    struct series_table *table = planner->sites[site].sources;
    uint32_t generators = planner->scenario->site[site].supply.generators;
    series_row(table, planner->row_us);
    for (uint32_t i = 0; i < generators; i++)
        series_set(table, i, row->group_mj[i] / length_ms);
    const int64_t rest[] = {row->grid_mj / length_ms,
                            row->stored_mj / length_ms,
                            row->unserved_mj / length_ms,
                            row->least_spare_w,
                            row->starts,
                            row->co2_g};
    for (uint32_t i = 0; i < sizeof rest / sizeof *rest; i++)
        series_set(table, generators + i, rest[i]);
    planner->cost.co2_g += row->co2_g;
}

static void row_site(struct planner *planner, uint32_t site, int64_t length_ms)
{
    struct planner_site *place = &planner->sites[site];
    const struct site_row *row = &place->row;
    struct series_table *table = place->table;
    series_row(table, planner->row_us);
    series_set(table, 0, row->it_mj / length_ms);
    series_set(table, 1, (row->facility_mj - row->it_mj) / length_ms);
    series_set(table, 2, row->peak_w);
    series_set(table, 3, planner->draw.edge[place->edge].limit_2w / 2);
    series_set(table, 4, row->grid_mj / 1000);
    series_set(table, 5, row->generated_mj / 1000);
    series_set(table, 6, row->unserved_mj / 1000);
    struct series_table *money = planner->tables.money;
    series_add(money, 1, row->fuel_micro);
    series_add(money, 2, row->grid_micro);
    series_add(money, 3, row->other_micro);
    planner->cost.fuel_micro += row->fuel_micro;
    planner->cost.grid_micro += row->grid_micro;
    planner->cost.other_micro += row->other_micro;
    row_sources(planner, site, length_ms);
    add_totals(planner, site);
    place->row = (struct site_row){.least_spare_w = INT64_MAX};
}

void result_row(struct planner *planner)
{
    int64_t length_ms = (planner->now_us - planner->row_us) / MS_US;
    if (length_ms <= 0)
        return;
    row_devices(planner, length_ms);
    row_jobs(planner);
    __int128 earned = tally_until(&planner->tallies.level[TALLY_RATE], planner_ms(planner));
    series_row(planner->tables.money, planner->row_us);
    series_set(planner->tables.money, 0,
               (int64_t)((earned - planner->last.earned) / (HOUR_US / MS_US)));
    planner->last.earned = earned;
    for (uint32_t i = 0; i < planner->scenario->sites; i++)
        row_site(planner, i, length_ms);
    planner->row_us = planner->now_us;
}
