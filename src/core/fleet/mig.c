#include "core/fleet/mig.h"
#include "base/must.h"

static const struct mig_profile profiles[] = {
    {S("1g"),    1, 1},
    {S("1g.2x"), 1, 2},
    {S("2g"),    2, 2},
    {S("3g"),    3, 4},
    {S("4g"),    4, 4},
    {S("7g"),    7, 8},
};

const struct mig_profile *mig_profiles(uint32_t *ret_count)
{
    *ret_count = sizeof profiles / sizeof *profiles;
    return profiles;
}

const struct mig_profile *mig_profile(str name)
{
    for (uint32_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
        if (str_is(name, profiles[i].name))
            return &profiles[i];
    return NULL;
}

uint32_t mig_milli(uint32_t slices)
{
    must(slices > 0 && slices <= MIG_SLICES);
    return 1000 * slices / MIG_SLICES;
}

int64_t mig_memory_mib(const struct mig_profile *profile, int64_t device_mib)
{
    must(device_mib >= 0 && device_mib <= INT64_MAX / MIG_MEMORY_SLICES);
    return device_mib * profile->memory_slices / MIG_MEMORY_SLICES;
}
