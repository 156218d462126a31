// dispatch.h - what makes a site's power in each settlement interval, and what that costs.
//
// Once per interval, in order: the IT energy becomes facility energy by the PUE; generators follow
// the plan of unit_commit.h for the next day (made from what the load was a day before, and made
// anew twice a day, or when the load leaves it); within ramps, minimum and maximum the cheapest
// gives first, the grid among them at the tariff's price; storage does what the plan says and
// bridges what ramps cannot follow. What nobody can give is curtailed, what nobody can take is
// spilled. Import beyond the month's highest interval so far counts as dearer, for the demand
// charge it brings.
//
//     load of the interval -> facility = grid + generated + discharged + curtailed
//                                        - charged - spilled                      (exact, in mJ)
//
// Not modelled: faults of generators, part of a unit lost, the seconds after a loss, reactive
// power. More than COMMIT_UNITS_MAX units are taken in equal blocks.
//
//   Owner      dispatch_create .. dispatch_destroy; the supply is copied
//   Invariant  integers only; the same intervals give the same result; the line above is exact, and
//              facility_mj of all intervals = IT energy x PUE to one mJ
//   Refusal    none
//   Fault      none: intervals out of order are a must
#pragma once
#include "sim/site_parts.h"

struct dispatch_interval {
    int64_t pue_permille, facility_mj;
    int64_t grid_mj, generated_mj, charged_mj, discharged_mj, curtailed_mj, spilled_mj;
    int64_t grid_micro, fuel_micro, start_micro,
        other_micro;      // grid_micro: the demand charge with it
    int64_t demand_micro; // of it, in a month's last interval
    int64_t units_running, starts, grid_peak_w, fuel_kbtu, co2_g;
    int64_t spare_w;                       // running maxima + grid + storage - load
    int64_t uncovered_w;                   // of the loss of the largest running unit
    int64_t charge_j;                      // in storage at the end
    int64_t group_mj[SITE_GENERATORS_MAX]; // by row of site_supply.generator
    int64_t group_running[SITE_GENERATORS_MAX];
};

struct dispatch;
struct dispatch *dispatch_create(const struct site_supply *supply, int64_t start_us);
void dispatch_destroy(struct dispatch *dispatch); // accepts NULL
void dispatch_step(struct dispatch *dispatch, int64_t from_us, int64_t until_us,
                   int64_t it_energy_mj, int64_t it_peak_w, struct dispatch_interval *ret);
// The demand charge of the month that has begun and not ended: for the end of a run.
int64_t dispatch_demand_due(const struct dispatch *dispatch);
