#include "sim/site_rates.h"
#include "base/instant.h"

static int64_t local_us(uint32_t zone, int64_t time_us)
{
    return time_us + zone_offset_us(zone, time_us);
}

// Floor, also before 1970.
static int64_t whole(int64_t value, int64_t of)
{
    return value / of - (value % of < 0);
}

int64_t tariff_micro_per_mwh(const struct site_tariff *tariff, int64_t time_us)
{
    if (!tariff->count)
        return tariff->micro_per_mwh;
    int64_t local = local_us(tariff->zone, time_us);
    int64_t day = whole(local, DAY_US);
    int64_t minute = (local - day * DAY_US) / MINUTE_US;
    uint32_t weekday = (uint32_t)(((day + 3) % 7 + 7) % 7); // 1970-01-01 was a Thursday
    for (uint32_t i = 0; i < tariff->count; i++) {
        const struct tariff_window *window = &tariff->window[i];
        bool days = !window->days || window->days >> weekday & 1;
        if (days && minute >= window->from_minute && minute < window->to_minute)
            return window->micro_per_mwh;
    }
    return tariff->micro_per_mwh;
}

static int64_t between(int64_t x, int64_t x0, int64_t y0, int64_t x1, int64_t y1)
{
    if (x1 <= x0)
        return y1;
    int64_t product = (y1 - y0) * (x - x0), span = x1 - x0;
    return y0 + (product >= 0 ? product + span / 2 : product - span / 2) / span;
}

int32_t air_c10_at(const struct site_pue *pue, uint32_t zone, int64_t time_us)
{
    int64_t local = local_us(zone, time_us);
    struct civil civil = civil_from_us(local);
    int32_t this = civil.month - 1, day = civil.day - 1;
    int32_t other = day < 15 ? (this + 11) % MONTHS : (this + 1) % MONTHS;
    int64_t away = day < 15 ? 15 - day : day - 15; // days from the month's middle, towards `other`
    int64_t mean = between(away, 0, pue->month_c10[this], 30, pue->month_c10[other]);
    int64_t minute = (int64_t)civil.hour * 60 + civil.minute;
    int64_t from_peak = minute - 15 * 60; // the warmest at 15:00, the coldest twelve hours away
    from_peak = from_peak < 0 ? -from_peak : from_peak;
    from_peak = from_peak > 720 ? 1440 - from_peak : from_peak;
    return (int32_t)(mean + between(from_peak, 0, pue->day_swing_c10, 720, -pue->day_swing_c10));
}

static int64_t by_load(const struct site_pue *pue, int64_t load)
{
    if (!pue->count)
        return 1000;
    if (load <= pue->point[0].load_permille)
        return pue->point[0].pue_permille;
    for (uint32_t i = 1; i < pue->count; i++) {
        const struct pue_point *a = &pue->point[i - 1], *b = &pue->point[i];
        if (load <= b->load_permille)
            return between(load, a->load_permille, a->pue_permille, b->load_permille,
                           b->pue_permille);
    }
    return pue->point[pue->count - 1].pue_permille;
}

static int64_t by_air(const struct site_pue *pue, int64_t air)
{
    if (!pue->air_count)
        return 0;
    if (air <= pue->air[0].air_c10)
        return pue->air[0].pue_permille;
    for (uint32_t i = 1; i < pue->air_count; i++) {
        const struct pue_air *a = &pue->air[i - 1], *b = &pue->air[i];
        if (air <= b->air_c10)
            return between(air, a->air_c10, a->pue_permille, b->air_c10, b->pue_permille);
    }
    return pue->air[pue->air_count - 1].pue_permille;
}

int64_t pue_permille_at(const struct site_supply *supply, int64_t it_w, int64_t time_us)
{
    const struct site_pue *pue = &supply->pue;
    int64_t load =
        supply->it_rating_w ? (int64_t)((__int128)it_w * 1000 / supply->it_rating_w) : 1000;
    int32_t which = civil_from_us(local_us(supply->tariff.zone, time_us)).month - 1;
    int64_t permille = by_load(pue, load) + pue->month_permille[which];
    if (pue->air_count)
        permille += by_air(pue, air_c10_at(pue, supply->tariff.zone, time_us));
    return permille < 1000 ? 1000 : permille;
}
