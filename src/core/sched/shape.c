#include "core/sched/shape.h"
#include "base/must.h"
#include <string.h>

#define CPU_MILLI_MAX  (INT64_C(1) << 31)
#define MEMORY_MIB_MAX (INT64_C(1) << 40)

const char *together_text(enum together level)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {TOGETHER_LEVELS(X)};
#undef X
    must(level < TOGETHER_COUNT);
    return texts[level];
}

static const struct {
    const char *text;
    uint32_t slices;
} profiles[] = {
    {"1g", 1           },
    {"2g", 2           },
    {"3g", 3           },
    {"4g", 4           },
    {"7g", SLICES_WHOLE},
};
enum { PROFILES = sizeof profiles / sizeof *profiles };

bool slices_parse(const char *text, uint32_t *ret_slices)
{
    for (int i = 0; i < PROFILES; i++) {
        if (strcmp(text, profiles[i].text) != 0)
            continue;
        *ret_slices = profiles[i].slices;
        return true;
    }
    return false;
}

const char *slices_text(uint32_t slices)
{
    for (int i = 0; i < PROFILES; i++)
        if (slices == profiles[i].slices)
            return profiles[i].text;
    must(slices == 0);
    return "";
}

static bool slices_valid(uint32_t slices)
{
    for (int i = 0; i < PROFILES; i++)
        if (slices == profiles[i].slices)
            return true;
    return slices == 0;
}

struct shape shape_normal(struct shape shape)
{
    if (shape.nodes == 0)
        shape.nodes = 1;
    if (shape.slices)
        shape.milli = MILLI_WHOLE * shape.slices / SLICES_WHOLE;
    else if (shape.milli == 0)
        shape.milli = MILLI_WHOLE;
    return shape;
}

static bool chips_valid(const struct shape *shape)
{
    for (int i = 0; i < SHAPE_CHIPS_MAX; i++) {
        if (shape->chips[i] && i > 0 && !shape->chips[i - 1])
            return false;
        for (int k = 0; k < i; k++)
            if (shape->chips[i] && shape->chips[i] == shape->chips[k])
                return false;
    }
    return true;
}

// Parts cannot be nearer together than they must be apart.
static const char *levels_wrong(const struct shape *shape, uint32_t nodes)
{
    if (shape->together >= TOGETHER_COUNT || (shape->together == TOGETHER_NODE && nodes > 1))
        return "together";
    if (shape->together_must && shape->together == TOGETHER_ANY)
        return "together_must";
    if (shape->spread >= TOGETHER_COUNT || (shape->spread && nodes == 1) ||
        (shape->spread && shape->together && shape->spread <= shape->together))
        return "spread";
    return NULL;
}

const char *shape_wrong(const struct shape *shape)
{
    uint32_t nodes = shape->nodes ? shape->nodes : 1;
    bool share = (shape->milli && shape->milli != MILLI_WHOLE) || shape->slices;
    if (nodes > SHAPE_NODES_MAX)
        return "nodes";
    if (shape->devices > DEVICE_SET_MAX)
        return "devices";
    if (shape->milli > MILLI_WHOLE || (share && (nodes != 1 || shape->devices != 1)))
        return "milli";
    if (!slices_valid(shape->slices) ||
        (shape->slices && shape->milli && shape->milli != shape_normal(*shape).milli))
        return "mig";
    if (shape->cpu_milli < 0 || shape->cpu_milli > CPU_MILLI_MAX)
        return "cpu_milli";
    if (shape->memory_mib < 0 || shape->memory_mib > MEMORY_MIB_MAX)
        return "memory_mib";
    if (shape->device_memory_mib < 0 || shape->device_memory_mib > MEMORY_MIB_MAX ||
        (shape->device_memory_mib && shape->devices == 0))
        return "device_memory_mib";
    if (shape->devices == 0 && shape->cpu_milli == 0)
        return "devices"; // nothing at all
    if (!chips_valid(shape))
        return "chip";
    return levels_wrong(shape, nodes);
}

bool shape_allows(const struct shape *shape, uint64_t chip)
{
    if (shape->chips[0] == 0)
        return true;
    for (int i = 0; i < SHAPE_CHIPS_MAX; i++)
        if (shape->chips[i] == chip)
            return chip != 0;
    return false;
}

int64_t shape_devices(const struct shape *shape)
{
    return (int64_t)shape->nodes * shape->devices;
}

int64_t shape_milli(const struct shape *shape)
{
    return shape_devices(shape) * shape->milli;
}
