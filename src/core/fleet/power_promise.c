#include "core/fleet/power_promise.h"
#include "base/must.h"

enum { STEPS = 9 };
static const int64_t replica_steps[STEPS] = {1, 2, 5, 10, 20, 50, 100, 200, 500};
static const int32_t permille[POWER_LOADS][STEPS] = {
    [POWER_LOAD_HEAVY] = {996, 974, 932, 916, 902, 890, 885, 881, 877},
    [POWER_LOAD_MEDIUM] = {989, 945, 894, 872, 856, 844, 838, 833, 830},
    [POWER_LOAD_LIGHT] = {886, 761, 661, 637, 618, 603, 596, 592, 589},
};

int32_t power_promise_permille(enum power_load_class load, int64_t replicas)
{
    must(load < POWER_LOADS && replicas >= 1);
    uint32_t step = 0;
    while (step + 1 < STEPS && replica_steps[step + 1] <= replicas)
        step++;
    return permille[load][step];
}

int64_t power_promise_w(const struct power_chip *chip, enum power_work work,
                        enum power_load_class load, int64_t replicas)
{
    must(chip->idle_w >= 0 && chip->max_w >= 0);
    int64_t watts = chip->max_w;
    if (work == POWER_WORK_BATCH && chip->class_w > 0)
        watts = chip->class_w;
    if (work == POWER_WORK_INFERENCE)
        watts = (chip->max_w * power_promise_permille(load, replicas) + 999) / 1000;
    watts = watts < chip->idle_w ? chip->idle_w : watts;
    return watts > chip->max_w ? chip->max_w : watts;
}
