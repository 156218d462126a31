// site_parts.h - what makes, keeps and prices a site's power, as plain values of a scenario.
//
// The scenario fills them, dispatch reads them. Money is in micro-units (10^-6) of the scenario's
// currency, power in watts, energy in joules, shares in thousandths.
//
//   Owner      plain values
//   Invariant  what scenario_read let through: minimum <= maximum, curves ascend
//   Refusal    none
//   Fault      none
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { SITE_GENERATORS_MAX = 48, TARIFF_WINDOWS_MAX = 24, PUE_POINTS_MAX = 16, MONTHS = 12 };

struct site_generator {
    char name[32];
    uint32_t count;                // so many equal units
    int64_t minimum_w, maximum_w;  // of one unit while it runs
    int64_t ramp_w_per_minute;     // of one unit, up and down
    int64_t start_us;              // from cold to its minimum
    int64_t start_cost_micro;      // a start of one unit
    int64_t heat_rate_btu_per_kwh; // 6.4 MMBtu/MWh is 6,400
    int64_t fuel_micro_per_mmbtu;  // of its fuel
    int64_t other_micro_per_mwh;   // operation and maintenance
    int64_t from_us;               // there from then on; 0: always
    // What follows may be left 0.
    int64_t start_hot_us, start_warm_us;                 // off < 8 h, < 48 h; 0: as from cold
    int64_t start_hot_cost_micro, start_warm_cost_micro; // 0: as from cold
    int64_t minimum_up_us, minimum_down_us;              // once running, once off
    int64_t minimum_heat_rate_btu_per_kwh;               // at minimum load; 0: as at full load
    int64_t co2_g_per_mmbtu;                             // 0: natural gas, 53,060
};

struct site_storage {
    int64_t capacity_j, charge_w, discharge_w; // capacity 0: there is none
    int32_t efficiency_permille;               // of a round trip
    int32_t start_permille;                    // how full it is in the beginning
    int32_t reserve_permille;                  // kept back for the loss of a unit; may be 0
};

struct tariff_window { // [from, to) minutes of the local day, on these days (bit 0: Monday)
    int32_t from_minute, to_minute;
    uint32_t days;
    int64_t micro_per_mwh;
};

struct site_tariff {
    uint32_t zone;         // of instant.h: where its hours are
    int64_t micro_per_mwh; // outside all windows
    uint32_t count;
    struct tariff_window window[TARIFF_WINDOWS_MAX]; // the first that fits holds
    int64_t demand_micro_per_kw_month;               // of a month's highest settlement interval
};

struct pue_point { // at this IT load, in thousandths of the site's rating
    int32_t load_permille, pue_permille;
};

struct pue_air { // at this temperature outside, so much is added to the PUE
    int32_t air_c10, pue_permille;
};

struct site_pue { // linear between points, flat outside
    uint32_t count;
    struct pue_point point[PUE_POINTS_MAX];
    int32_t month_permille[MONTHS]; // of cooling by season: added to the PUE in that month
    // What follows may be left 0. Cooling by the air outside: its mean by month, and how far the
    // afternoon (15:00 in the tariff's zone) is above it and the night (03:00) below.
    uint32_t air_count;
    struct pue_air air[PUE_POINTS_MAX];
    int32_t month_c10[MONTHS], day_swing_c10; // tenths of a degree
};

struct site_grid {                    // contract 0: no grid
    int64_t contract_w, ramp_w_per_s; // ramp 0: no limit
};

struct site_supply { // all of it, of one site
    struct site_grid grid;
    uint32_t generators;
    int32_t reserve_permille;  // of the load, kept spinning
    bool reserve_largest_unit; // the loss of the largest running unit must be covered
    struct site_generator generator[SITE_GENERATORS_MAX];
    struct site_storage storage;
    struct site_tariff tariff;
    struct site_pue pue;
    int64_t it_rating_w; // what load_permille is of
};
