#include "core/sched/horizon.h"
#include "base/must.h"
#include <stdlib.h>

struct horizon_chip {
    uint64_t chip;
    struct profile profile;
};

void horizon_finish(struct horizon *horizon)
{
    for (uint32_t i = 0; i < horizon->count; i++)
        profile_finish(&horizon->chips[i].profile);
    free(horizon->chips);
    *horizon = (struct horizon){0};
}

static struct profile *profile_of(struct horizon *horizon, uint64_t chip)
{
    for (uint32_t i = 0; i < horizon->count; i++)
        if (horizon->chips[i].chip == chip)
            return &horizon->chips[i].profile;
    horizon->chips = realloc(horizon->chips, (horizon->count + 1) * sizeof *horizon->chips);
    must(horizon->chips);
    struct horizon_chip *row = &horizon->chips[horizon->count++];
    row->chip = chip;
    profile_init(&row->profile, 0);
    return &row->profile;
}

static int64_t until_of(int64_t from_us, int64_t run_ms)
{
    int64_t until_us;
    if (run_ms == 0 || __builtin_mul_overflow(run_ms, 1000, &until_us) ||
        __builtin_add_overflow(until_us, from_us, &until_us))
        return UNTIL_EVER;
    return until_us;
}

static int64_t job_until(const struct backfill_job *job, int64_t from_us)
{
    int64_t until_us;
    return __builtin_add_overflow(from_us, job->run_us, &until_us) ? UNTIL_EVER : until_us;
}

void horizon_job(struct horizon *horizon, const struct market *market, const struct job *job,
                 int sign)
{
    const struct lease *lease = table_get(&market->leases, job->lease);
    const struct price *price = lease ? table_get(&market->prices, lease->price) : NULL;
    if (!price)
        return; // no devices
    profile_add(profile_of(horizon, price->chip), job->placed_us,
                until_of(job->placed_us, job->run_ms_max), sign * shape_milli(&job->shape));
}

static int64_t open_milli(const struct inventory *inventory, uint64_t chip)
{
    const struct capacity *row = table_get(&inventory->capacities, chip);
    return row ? row->count[CAPACITY_OPEN] : 0;
}

bool horizon_fit(struct horizon *horizon, const struct inventory *inventory, uint64_t chip,
                 const struct backfill_job *job, int64_t now_us, int64_t *ret_us)
{
    struct profile *profile = profile_of(horizon, chip);
    profile_forget(profile, now_us);
    // What is open now is what is free now, whatever nodes were added or closed meanwhile.
    profile->capacity += open_milli(inventory, chip) - profile_free(profile, now_us, now_us);
    return profile_fit(profile, now_us, job->amount, job->run_us, ret_us) && *ret_us > now_us;
}

void horizon_keep(struct horizon *horizon, const struct horizon_kept *kept)
{
    must(horizon->kept_count <= BACKFILL_GANGS_MAX);
    horizon->kept[horizon->kept_count++] = *kept;
    if (kept->chip)
        profile_add(profile_of(horizon, kept->chip), kept->from_us, kept->until_us, kept->amount);
}

void horizon_unkeep(struct horizon *horizon, uint64_t job)
{
    uint32_t at = 0;
    while (at < horizon->kept_count && horizon->kept[at].job != job)
        at++;
    must(at < horizon->kept_count);
    struct horizon_kept *kept = &horizon->kept[at];
    if (kept->chip)
        profile_add(profile_of(horizon, kept->chip), kept->from_us, kept->until_us, -kept->amount);
    *kept = horizon->kept[--horizon->kept_count];
}

bool horizon_disturbs(struct horizon *horizon, uint64_t chip, const struct backfill_job *job,
                      int64_t now_us)
{
    bool kept_there = false;
    for (uint32_t i = 0; i < horizon->kept_count; i++) {
        const struct horizon_kept *kept = &horizon->kept[i];
        if (kept->job == job->id)
            continue;
        if (!kept->chip && shape_allows(&kept->shape, chip))
            return true;
        kept_there = kept_there || kept->chip == chip;
    }
    return kept_there &&
           profile_free(profile_of(horizon, chip), now_us, job_until(job, now_us)) < job->amount;
}
