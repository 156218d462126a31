// site_rates.h - the price of a site's energy and its PUE, at an instant.
//
// Tariff windows are minutes of the local day on weekdays, the first that fits holds. PUE is linear
// between the points of load, plus the month's share, plus cooling by the air outside: linear
// between its points, the air's course a triangle over the day around the month's mean, and the
// months joined linearly at their middles.
//
//   Owner      the caller
//   Invariant  integers only; a PUE is never below 1,000
//   Refusal    none
//   Fault      none
#pragma once
#include "sim/site_parts.h"

int64_t tariff_micro_per_mwh(const struct site_tariff *tariff, int64_t time_us);
int32_t air_c10_at(const struct site_pue *pue, uint32_t zone, int64_t time_us);
int64_t pue_permille_at(const struct site_supply *supply, int64_t it_w, int64_t time_us);
