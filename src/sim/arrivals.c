#include "sim/arrivals.h"
#include "base/must.h"

#define PPM INT64_C(1000000)

static int64_t growth_permille(const struct scenario_demand *demand, int64_t time_us)
{
    if (demand->growths == 0)
        return 1000;
    const struct demand_growth *point = demand->growth;
    if (time_us <= point->at_us)
        return point->permille;
    for (uint32_t i = 1; i < demand->growths; i++) {
        const struct demand_growth *next = &demand->growth[i], *last = next - 1;
        if (time_us < next->at_us)
            return last->permille +
                   (int64_t)((__int128)(next->permille - last->permille) * (time_us - last->at_us) /
                             (next->at_us - last->at_us));
    }
    return demand->growth[demand->growths - 1].permille;
}

int64_t arrivals_level_ppm(const struct scenario_demand *demand, uint32_t zone, int64_t time_us)
{
    if (time_us < demand->from_us || time_us >= demand->until_us)
        return 0;
    int64_t local_us = time_us + zone_offset_us(zone, time_us);
    int64_t hour = local_us / HOUR_US % 24, part_us = local_us % HOUR_US;
    int64_t weekday = (local_us / DAY_US + 3) % 7; // 1970-01-01 was a Thursday; 0 is Monday
    int64_t now = demand->daily[hour], next = demand->daily[(hour + 1) % 24];
    int64_t daily_ppm = now * 1000 + (next - now) * 1000 * part_us / HOUR_US;
    int64_t level = daily_ppm * demand->weekly[weekday] / 1000;
    return (int64_t)((__int128)level * growth_permille(demand, time_us) / 1000);
}

int64_t arrivals_highest_ppm(const struct scenario_demand *demand)
{
    int64_t growth = demand->growths ? 0 : 1000, daily = 0, weekly = 0;
    for (uint32_t i = 0; i < demand->growths; i++)
        growth = demand->growth[i].permille > growth ? demand->growth[i].permille : growth;
    for (int i = 0; i < 24; i++)
        daily = demand->daily[i] > daily ? demand->daily[i] : daily;
    for (int i = 0; i < 7; i++)
        weekly = demand->weekly[i] > weekly ? demand->weekly[i] : weekly;
    return daily * weekly * growth / 1000;
}

int64_t arrivals_next(const struct scenario_demand *demand, uint32_t zone, int64_t after_us,
                      struct rng *rng)
{
    int64_t highest_ppm = arrivals_highest_ppm(demand), time_us = after_us;
    int64_t per_hour_micro =
        (int64_t)((__int128)demand->per_hour_micro * highest_ppm / PPM); // the candidates' rate
    if (per_hour_micro <= 0)
        return INT64_MAX;
    __int128 gap_us = (__int128)HOUR_US * PPM / per_hour_micro;
    int64_t mean_us = gap_us > 1000 * 366 * DAY_US ? 1000 * 366 * DAY_US : (int64_t)gap_us;
    if (time_us < demand->from_us)
        time_us = demand->from_us;
    while (time_us < demand->until_us && time_us - after_us < 200 * 366 * DAY_US) {
        time_us += 1 + rng_exponential(rng, mean_us);
        int64_t level_ppm = arrivals_level_ppm(demand, zone, time_us);
        if (level_ppm == highest_ppm || rng_below(rng, highest_ppm) < level_ppm)
            return time_us < demand->until_us ? time_us : INT64_MAX;
    }
    return INT64_MAX;
}

uint32_t arrivals_size(const struct scenario_demand *demand, struct rng *rng)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < demand->sizes; i++)
        sum += demand->size[i].weight;
    int64_t left = rng_below(rng, sum);
    uint32_t i = 0;
    while (left >= demand->size[i].weight)
        left -= demand->size[i++].weight;
    return i;
}

static const struct demand_duration *pick_duration(const struct scenario_demand *demand,
                                                   struct rng *rng)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < demand->durations; i++)
        sum += demand->duration[i].weight;
    int64_t left = rng_below(rng, sum);
    const struct demand_duration *row = demand->duration;
    while (left >= row->weight)
        left -= (row++)->weight;
    return row;
}

int64_t arrivals_duration_us(const struct scenario_demand *demand, struct rng *rng)
{
    must(demand->durations > 0);
    const struct demand_duration *row = pick_duration(demand, rng);
    int64_t value_us = row->mean_us;
    if (row->kind == DURATION_UNIFORM)
        return rng_between(rng, row->least_us, row->most_us);
    if (row->kind == DURATION_EXPONENTIAL)
        value_us = rng_exponential(rng, row->mean_us);
    if (value_us < row->least_us)
        value_us = row->least_us;
    return value_us > row->most_us ? row->most_us : value_us;
}
