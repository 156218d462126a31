#include "core/sched/counted.h"
#include "base/must.h"

static int64_t until_of(const struct backfill_job *job, int64_t from_us)
{
    int64_t until_us;
    return __builtin_add_overflow(from_us, job->run_us, &until_us) ? UNTIL_EVER : until_us;
}

void counted_init(struct counted *counted, int64_t capacity)
{
    *counted = (struct counted){.free = capacity};
    profile_init(&counted->profile, capacity);
}

void counted_finish(struct counted *counted)
{
    profile_finish(&counted->profile);
}

static void kept_look(struct counted *counted)
{
    counted->kept_from_us = INT64_MAX;
    for (uint32_t i = 0; i < counted->kept_count; i++)
        if (counted->kept[i].from_us < counted->kept_from_us)
            counted->kept_from_us = counted->kept[i].from_us;
    counted->kept_free =
        profile_free(&counted->profile, counted->kept_from_us, counted->kept_from_us);
    counted->kept_known = true;
}

static enum backfill_look look(void *context, const struct backfill_job *job, int64_t time_us)
{
    struct counted *counted = context;
    if (job->amount > counted->free)
        return LOOK_BLOCKED;
    if (!counted->kept_count)
        return LOOK_FITS;
    if (!counted->kept_known)
        kept_look(counted);
    int64_t until_us = until_of(job, time_us);
    if (until_us <= counted->kept_from_us)
        return LOOK_FITS;
    if (job->amount > counted->kept_free)
        return LOOK_BLOCKED;
    int64_t free = profile_free(&counted->profile, time_us, until_us);
    return job->amount <= free ? LOOK_FITS : LOOK_BLOCKED;
}

static bool keep(void *context, const struct backfill_job *job, int64_t time_us, int64_t *ret_us)
{
    struct counted *counted = context;
    struct counted_kept kept = {.job = job->id};
    if (!profile_fit(&counted->profile, time_us, job->amount, job->run_us, &kept.from_us))
        return false;
    profile_add(&counted->profile, kept.from_us, until_of(job, kept.from_us), job->amount);
    must(counted->kept_count <= BACKFILL_GANGS_MAX);
    counted->kept[counted->kept_count++] = kept;
    counted->kept_known = false;
    *ret_us = kept.from_us;
    return true;
}

static void unkeep(void *context, const struct backfill_job *job)
{
    struct counted *counted = context;
    uint32_t at = 0;
    while (at < counted->kept_count && counted->kept[at].job != job->id)
        at++;
    if (at == counted->kept_count)
        return; // it could never be kept
    int64_t from_us = counted->kept[at].from_us;
    profile_add(&counted->profile, from_us, until_of(job, from_us), -job->amount);
    counted->kept[at] = counted->kept[--counted->kept_count];
    counted->kept_known = false;
}

struct backfill_house counted_house(struct counted *counted)
{
    return (struct backfill_house){
        .context = counted, .look = look, .keep = keep, .unkeep = unkeep};
}

void counted_start(struct counted *counted, const struct backfill_job *job, int64_t time_us)
{
    must(job->amount <= counted->free);
    profile_forget(&counted->profile, time_us);
    counted->free -= job->amount;
    counted->kept_known = false;
    profile_add(&counted->profile, time_us, until_of(job, time_us), job->amount);
}

void counted_end(struct counted *counted, const struct backfill_job *job, int64_t end_us,
                 int64_t time_us)
{
    counted->free += job->amount;
    counted->grown++;
    counted->kept_known = false;
    if (time_us < end_us)
        profile_add(&counted->profile, time_us, end_us, -job->amount);
}
