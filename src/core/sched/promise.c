#include "core/sched/promise.h"
#include "base/must.h"
#include "core/fleet/power_promise.h"

static int64_t of_shape(int64_t device_w, const struct shape *shape)
{
    int64_t milli = shape->milli ? shape->milli : MILLI_WHOLE;
    return (device_w * shape->devices * milli + MILLI_WHOLE - 1) / MILLI_WHOLE;
}

int64_t promise_node_w(const struct chip *chip, const struct shape *shape, enum job_power power,
                       uint32_t replicas)
{
    static const enum power_work works[] = {[POWER_TRAINING] = POWER_WORK_TRAINING,
                                            [POWER_INFERENCE] = POWER_WORK_INFERENCE,
                                            [POWER_BATCH] = POWER_WORK_BATCH};
    must(power < JOB_POWER_COUNT);
    if (!chip || shape->devices == 0)
        return 0;
    struct power_chip watts = {chip->idle_w, chip->class_w, chip->max_w};
    return of_shape(
        power_promise_w(&watts, works[power], POWER_LOAD_HEAVY, replicas ? replicas : 1), shape);
}

int64_t promise_idle_w(const struct chip *chip, const struct shape *shape)
{
    return chip ? of_shape(chip->idle_w, shape) : 0;
}
