// horizon.h - when what runs will have ended, by chip: one time profile (profile.h) for each.
//
// Inside the room only. What runs stands in the profile of its chip from its placement until its
// time limit, without a limit for ever. Kept places (backfill.h) stand in it too, from their
// instant on. It counts devices and knows no nodes: where the count says that a job fits and the
// index does not, or where no end is known, the chips that the job could use are closed, and nobody
// passes it there.
//
//   Owner      struct sched_index; a function of the tables and of what is kept
//   Invariant  the profile of a chip holds exactly the jobs that have a lease of it
//   Refusal    horizon_fit false: not known when
//   Fault      none (no memory: must)
#pragma once
#include "core/inventory/inventory.h"
#include "core/sched/backfill.h"
#include "core/sched/job.h"
#include "core/sched/profile.h"

struct horizon_kept {
    uint64_t job, chip;      // chip 0: it closes those of its shape
    int64_t from_us, amount; // of the profile
    int64_t until_us;
    struct shape shape;
};

struct horizon_chip;
struct horizon {
    struct horizon_chip *chips; // in the order in which they were first seen
    uint32_t count;
    struct horizon_kept kept[BACKFILL_GANGS_MAX + 1];
    uint32_t kept_count;
};

void horizon_finish(struct horizon *horizon);
// A job that has a lease comes (+1) or goes (-1).
void horizon_job(struct horizon *horizon, const struct market *market, const struct job *job,
                 int sign);
// The first instant after now at which so much of a chip is free for as long as the job may run,
// counted from what is open now.
bool horizon_fit(struct horizon *horizon, const struct inventory *inventory, uint64_t chip,
                 const struct backfill_job *job, int64_t now_us, int64_t *ret_us);
void horizon_keep(struct horizon *horizon, const struct horizon_kept *kept);
void horizon_unkeep(struct horizon *horizon, uint64_t job);
// Would a job of this chip that starts now be in the way of what others keep?
bool horizon_disturbs(struct horizon *horizon, uint64_t chip, const struct backfill_job *job,
                      int64_t now_us);
