// run_sample.h - what a run of a 10 GW site could give, small and made up: for tests and for eyes.
#pragma once
#include "base/instant.h"
#include "base/rng.h"
#include "text/series.h"

static uint32_t sample_column(struct series_table *table, const char *name, const char *title,
                              enum quantity_unit unit, uint32_t scale)
{
    struct series_column column = {str_from(name), str_from(title), unit, scale, 0, 0};
    return series_column(table, &column);
}

static void sample_waterfall(struct series *series)
{
    static const struct {
        const char *label;
        int64_t share;
    } levels[] = {
        {"installed", 1000},
        {"energised", 942 },
        {"healthy",   918 },
        {"reserved",  861 },
        {"running",   803 },
        {"useful",    742 }
    };
    struct series_table *table =
        series_table_of_kinds(series, "waterfall", "Where device-hours go");
    table->chapter = S("Devices");
    table->pictures = SERIES_WATERFALL;
    table->note = S("Of all hours of all installed devices.");
    sample_column(table, "devices", "Device time", UNIT_DEVICE_SECOND, 3);
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        series_row_named(table, str_from(levels[i].label));
        series_set(table, 0, levels[i].share * INT64_C(4300000) * 8760 * 3600);
    }
}

static void sample_power(struct series *series, int64_t from_us, uint32_t rows, int64_t step_us)
{
    static const int64_t day[24] = {60, 55, 52, 50, 50, 53, 60,  70, 80, 86, 90, 92,
                                    92, 91, 90, 90, 92, 95, 100, 98, 92, 85, 75, 66};
    struct series_table *power = series_table_over_time(series, "power_site", "Power at the site");
    power->chapter = S("Power");
    power->pictures = SERIES_LINES | SERIES_HEAT;
    power->note = S("Facility watts against the cap in force; A & B feeds, <one> lost.");
    sample_column(power, "facility_w", "facility", UNIT_WATT, 0);
    sample_column(power, "it_w", "IT", UNIT_WATT, 0);
    power->column[sample_column(power, "cap_w", "cap", UNIT_WATT, 0)].mark = SERIES_LIMIT;
    struct series_table *made =
        series_table_over_time(series, "generation", "Where power comes from");
    made->chapter = S("Power");
    made->pictures = SERIES_AREAS;
    sample_column(made, "combined_w", "combined cycle", UNIT_WATT, 0);
    sample_column(made, "engines_w", "engines", UNIT_WATT, 0);
    sample_column(made, "grid_w", "grid", UNIT_WATT, 0);
    sample_column(made, "storage_w", "storage", UNIT_WATT, 0);
    struct series_table *money = series_table_over_time(series, "money", "Revenue and energy cost");
    money->chapter = S("Money");
    money->pictures = SERIES_STACKS;
    sample_column(money, "reserved", "reserved", UNIT_USD, 2);
    sample_column(money, "spot", "spot", UNIT_USD, 2);
    sample_column(money, "fuel", "fuel", UNIT_USD, 2);
    for (uint32_t i = 0; i < 3; i++)
        money->column[i].kind = SERIES_FLOW;
    struct rng rng = {.state = 3};
    for (uint32_t row = 0; row < rows; row++) {
        int64_t time_us = from_us + row * step_us;
        int64_t it =
            day[(uint64_t)(time_us / HOUR_US) % 24] * 70000000 + rng_below(&rng, 300000000);
        int64_t facility = it / 100 * 115;
        series_row(power, time_us);
        series_set(power, 0, facility);
        series_set(power, 1, it);
        series_set(power, 2, row % 900 > 700 && row % 900 < 736 ? 7500000000 : 10000000000);
        series_row(made, time_us);
        int64_t gas = facility < 6900000000 ? facility : 6900000000;
        series_set(made, 0, gas);
        series_set(made, 1, (facility - gas) / 2);
        series_set(made, 2, (facility - gas) - (facility - gas) / 2);
        series_set(made, 3, row % 48 < 4 ? -200000000 : 0);
        series_row(money, time_us);
        series_set(money, 0, it / 30);
        series_set(money, 1, rng_below(&rng, 60000000));
        series_set(money, 2, -facility / 250);
    }
    power->until_us = made->until_us = money->until_us = from_us + rows * step_us;
}

static void sample_waits(struct series *series)
{
    static const char *const labels[] = {"reserved, 1-8",  "reserved, 9-1,024",
                                         "on demand, 1-8", "on demand, 9-1,024",
                                         "spot, 1-8",      "spot \"big\" <1,024>"};
    struct series_table *waits = series_table_of_kinds(series, "waits", "Waits by class and size");
    waits->chapter = S("Queue");
    waits->pictures = SERIES_BARS;
    sample_column(waits, "p50_us", "median", UNIT_SECOND, 6);
    sample_column(waits, "p99_us", "99 of 100", UNIT_SECOND, 6);
    for (int i = 0; i < 6; i++) {
        series_row_named(waits, str_from(labels[i]));
        series_set(waits, 0, (i + 1) * 240 * SECOND_US);
        series_set(waits, 1, (i + 1) * (i + 1) * 900 * SECOND_US);
    }
    struct series_table *classes =
        series_table_of_kinds(series, "wait_classes", "How long jobs wait");
    classes->chapter = S("Queue");
    classes->pictures = SERIES_HISTOGRAM;
    sample_column(classes, "jobs", "jobs", UNIT_COUNT, 0);
    static const char *const marks[] = {"0", "1 s", "10 s", "1 min", "10 min", "1 h", "6 h", "1 d"};
    for (int i = 0; i < 8; i++) {
        series_row_named(classes, str_from(marks[i]));
        series_set(classes, 0,
                   (int64_t[]){1900000, 720000, 410000, 230000, 160000, 90000, 21000, 900}[i]);
    }
    struct series_table *lost = series_table_of_kinds(series, "lost", "Work lost by cause");
    lost->chapter = S("Failures");
    lost->pictures = SERIES_STACKS;
    sample_column(lost, "redone", "done again", UNIT_DEVICE_SECOND, 3);
    sample_column(lost, "idle", "waiting for repair", UNIT_DEVICE_SECOND, 3);
    series_row_named(lost, S("device fault"));
    series_set(lost, 0, INT64_C(5100000000000));
    series_set(lost, 1, INT64_C(9100000000000));
    series_row_named(lost, S("node lost"));
    series_set(lost, 0, INT64_C(2100000000000));
    series_set(lost, 1, INT64_C(1100000000000));
}

static struct series *sample_run(uint32_t rows, int64_t step_us)
{
    struct series *series = series_create();
    struct civil start = {.year = 2030, .month = 1, .day = 1};
    sample_waterfall(series);
    sample_power(series, civil_to_us(start), rows, step_us);
    sample_waits(series);
    series_summary_text(series, "scenario", "Scenario", S("sample & <test>"));
    series_summary_text(series, "seed", "Seed", S("42"));
    series_summary_value(series, "revenue", "Revenue", INT64_C(5120000000000),
                         (struct series_column){.unit = UNIT_USD, .scale = 2});
    series_summary_value(series, "energy", "Energy of the sites", INT64_C(221000000000000000),
                         (struct series_column){.unit = UNIT_JOULE});
    series_summary_value(series, "useful", "Useful device time", 742,
                         (struct series_column){.unit = UNIT_PERCENT, .scale = 1});
    series_summary_value(series, "wait", "Median wait", 912 * SECOND_US,
                         (struct series_column){.unit = UNIT_SECOND, .scale = 6});
    series_headline(series, "revenue");
    series_headline(series, "energy");
    series_headline(series, "useful");
    series_headline(series, "wait");
    return series;
}
