// arrivals.h - when jobs come, how large they are and how long they run; all by integers.
//
// A class comes by a Poisson process whose rate follows its curves: candidates are drawn at the
// highest rate there is and kept with the chance rate / highest (thinning: Lewis and Shedler
// 1979). Curves by hour and weekday are linear between full hours, growth between its points.
//
//   Owner      nobody: functions of a class and an rng
//   Invariant  the same class, instant and rng give the same draw
//   Refusal    INT64_MAX: nothing more comes
//   Fault      none
#pragma once
#include "base/rng.h"
#include "sim/scenario.h"

// In millionths of the height, at this instant in this zone.
int64_t arrivals_level_ppm(const struct scenario_demand *demand, uint32_t zone, int64_t time_us);
int64_t arrivals_highest_ppm(const struct scenario_demand *demand); // over all time
// The next arrival after an instant.
int64_t arrivals_next(const struct scenario_demand *demand, uint32_t zone, int64_t after_us,
                      struct rng *rng);
uint32_t arrivals_size(const struct scenario_demand *demand, struct rng *rng); // place in `size`
int64_t arrivals_duration_us(const struct scenario_demand *demand, struct rng *rng);
