#include "core/fleet/frag_score.h"
#include "base/must.h"
#include <stddef.h>
#include <string.h>

enum {
    WHOLE = 1000,
    STEP_MILLI = 50,
    STEP_BITS = 14, // of the score of POLICY_TATARA: steps, then one bit, then the gap
    GAP_BITS = 11,
    CPU_MAX = 1 << 30,
};

// 1,000,000 * ln(i / (100 - i)): from there on 100 * sigmoid is at least i. The first is not used.
static const int32_t sigmoid_reach[SCORE_STEPS] = {
    0,        -4595120, -3891820, -3476099, -3178054, -2944439, -2751535, -2586689, -2442347,
    -2313635, -2197225, -2090741, -1992430, -1900959, -1815290, -1734601, -1658228, -1585627,
    -1516347, -1450010, -1386294, -1324925, -1265666, -1208311, -1152680, -1098612, -1045969,
    -994623,  -944462,  -895384,  -847298,  -800119,  -753772,  -708185,  -663294,  -619039,
    -575364,  -532217,  -489548,  -447312,  -405465,  -363965,  -322773,  -281851,  -241162,
    -200671,  -160343,  -120144,  -80043,   -40005,   0,        40005,    80043,    120144,
    160343,   200671,   241162,   281851,   322773,   363965,   405465,   447312,   489548,
    532217,   575364,   619039,   663294,   708185,   753772,   800119,   847298,   895384,
    944462,   994623,   1045969,  1098612,  1152680,  1208311,  1265666,  1324925,  1386294,
    1450010,  1516347,  1585627,  1658228,  1734601,  1815290,  1900959,  1992430,  2090741,
    2197225,  2313635,  2442347,  2586689,  2751535,  2944439,  3178054,  3476099,  3891820,
    4595120,
};

// A tenth of the waste is the plain chance that a gap is too small for the next share: of
// placements that are equally good in the long run it prefers to fill what is open already.
static void blend(struct frag_demand *demand, const struct gap_size *sizes, uint32_t count)
{
    uint64_t all = 0;
    uint32_t shift = 0;
    for (uint32_t i = 0; i < count; i++)
        while (sizes[i].weight >> shift >> 40)
            shift++;
    for (uint32_t i = 0; i < count; i++)
        all += sizes[i].weight >> shift;
    for (uint32_t gap = 1; gap < WHOLE && all; gap++) {
        uint64_t larger = 0;
        for (uint32_t i = 0; i < count; i++)
            larger += sizes[i].milli > gap ? sizes[i].weight >> shift : 0;
        int32_t chance = (int32_t)(gap * larger / all);
        demand->waste[gap] = (9 * demand->waste[gap] + chance) / 10;
    }
}

static void set_gaps(struct frag_demand *demand, const struct typical *table, uint32_t count)
{
    struct gap_size sizes[GAP_VALUES] = {0};
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (table[i].devices != 1 || !table[i].milli || table[i].milli >= WHOLE)
            continue;
        uint32_t at = 0;
        while (at < used && sizes[at].milli != table[i].milli)
            at++;
        if (at == used)
            sizes[used++] = (struct gap_size){table[i].milli, 0};
        sizes[at].weight += table[i].count;
    }
    gap_value(sizes, used, demand->waste, NULL);
    blend(demand, sizes, used);
}

void demand_set(struct frag_demand *demand, const struct typical *table, uint32_t count)
{
    typical_set(&demand->plain, table, count, false);
    typical_set(&demand->full, table, count, true);
    set_gaps(demand, table, count);
    for (uint32_t i = 0; i < SCORE_STEPS; i++) {
        int64_t reach = sigmoid_reach[i] * demand->plain.total; // below 2^23 * 2^31
        demand->threshold[i] = reach / WHOLE + (reach % WHOLE > 0);
    }
    demand->cpu_mean = demand->milli_mean = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!table[i].devices)
            continue;
        demand->cpu_mean += table[i].count * (uint64_t)table[i].cpu_milli;
        demand->milli_mean += table[i].count * table[i].devices * table[i].milli;
    }
    while (demand->cpu_mean >> 31 || demand->milli_mean >> 31) {
        demand->cpu_mean = demand->cpu_mean / 2 + 1;
        demand->milli_mean = demand->milli_mean / 2 + 1;
    }
}

void demand_finish(struct frag_demand *demand)
{
    typical_finish(&demand->plain);
    typical_finish(&demand->full);
}

static bool below(const struct frag_device *a, const struct frag_device *b)
{
    if (a->milli != b->milli)
        return a->milli < b->milli;
    return a->memory_mib != b->memory_mib ? a->memory_mib < b->memory_mib : a->slices < b->slices;
}

void state_normal(struct frag_state *state)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < state->devices; i++) {
        struct frag_device device = state->device[i];
        if (!device.milli)
            continue;
        uint32_t at = kept++;
        for (; at > 0 && below(&device, &state->device[at - 1]); at--)
            state->device[at] = state->device[at - 1];
        state->device[at] = device;
    }
    state->devices = kept;
}

static int64_t idle_milli(const struct frag_state *state)
{
    int64_t idle = 0;
    for (uint32_t i = 0; i < state->devices; i++)
        idle += state->device[i].milli;
    return idle;
}

int64_t demand_loss(const struct frag_demand *demand, const struct frag_state *state,
                    enum fleet_policy policy)
{
    int64_t usable, reach, loss = 0;
    if (policy == POLICY_FGD) {
        typical_measure(&demand->plain, state, &usable, &reach);
        return idle_milli(state) * demand->plain.total - usable;
    }
    if (policy != POLICY_TATARA)
        return 0;
    typical_measure(&demand->full, state, &usable, &reach);
    for (uint32_t i = 0; i < state->devices; i++)
        loss += demand->waste[state->device[i].milli];
    return loss * demand->full.total + reach - usable;
}

static void copy_state(struct frag_state *to, const struct frag_state *from)
{
    memcpy(to, from, offsetof(struct frag_state, device) + from->devices * sizeof *from->device);
}

// A share of device `index`, in place: the order stays.
static void take_share(struct frag_state *state, const struct typical *shape, uint32_t index)
{
    struct frag_device device = state->device[index];
    device.milli = (uint16_t)(device.milli - shape->milli);
    device.slices = (uint16_t)(shape->slices ? device.slices - shape->slices : 0);
    device.memory_mib -= (int32_t)shape->device_memory_mib;
    if (shape->slices && !device.slices)
        device.milli = 0;
    if (!device.milli) {
        state->devices--;
        memmove(&state->device[index], &state->device[index + 1],
                (state->devices - index) * sizeof device);
        return;
    }
    for (; index > 0 && below(&device, &state->device[index - 1]); index--)
        state->device[index] = state->device[index - 1];
    state->device[index] = device;
}

static void take_whole(struct frag_state *state, const struct typical *shape)
{
    uint32_t left = shape->devices, kept = 0;
    for (uint32_t i = 0; i < state->devices; i++) {
        if (left && state->device[i].milli == WHOLE && typical_on_device(shape, &state->device[i]))
            left--;
        else
            state->device[kept++] = state->device[i];
    }
    state->devices = kept;
}

static bool is_share(const struct typical *shape)
{
    return shape->milli && shape->milli < WHOLE;
}

static int64_t loss_after(const struct frag_demand *demand, const struct frag_want *want,
                          const struct frag_state *state, uint32_t index)
{
    struct frag_state after;
    copy_state(&after, state);
    after.cpu_milli -= want->shape.cpu_milli;
    after.memory_mib -= want->shape.memory_mib;
    if (is_share(&want->shape))
        take_share(&after, &want->shape, index);
    else
        take_whole(&after, &want->shape);
    return demand_loss(demand, &after, want->policy);
}

static int32_t score_fgd(const struct frag_demand *demand, int64_t gain)
{
    int32_t low = 0, high = SCORE_STEPS - 1; // the last whose threshold is reached
    while (low < high) {
        int32_t middle = (low + high + 1) / 2;
        if (gain >= demand->threshold[middle])
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

// Much CPU for its devices, on a node that has enough for what will still come.
static bool suits(const struct frag_demand *demand, const struct typical *shape,
                  const struct frag_state *state)
{
    int64_t taken = (int64_t)shape->devices * shape->milli;
    int64_t cpu_mean = (int64_t)demand->cpu_mean, milli_mean = (int64_t)demand->milli_mean;
    if (taken && (__int128)shape->cpu_milli * milli_mean <= (__int128)cpu_mean * taken)
        return false;
    int64_t cpu_left = state->cpu_milli - shape->cpu_milli, idle = idle_milli(state) - taken;
    return (__int128)cpu_left * milli_mean >= (__int128)cpu_mean * idle;
}

static int32_t score_tatara(const struct frag_demand *demand, const struct typical *shape,
                            const struct frag_state *state, uint32_t gap, int64_t gain)
{
    int64_t step = STEP_MILLI * (demand->full.total ? demand->full.total : 1);
    int64_t steps = gain / step - (gain % step < 0), most = (1 << (STEP_BITS - 1)) - 1;
    steps = steps > most ? most : steps < -most ? -most : steps;
    int32_t score = (int32_t)steps * (1 << (GAP_BITS + 1));
    return score + (suits(demand, shape, state) ? 1 << GAP_BITS : 0) + WHOLE - (int32_t)gap;
}

// CPU counts as the devices that are asked for with it.
static int32_t score_best_fit(const struct frag_demand *demand, const struct typical *shape,
                              const struct frag_state *state, uint32_t gap)
{
    int64_t left = state->cpu_milli - shape->cpu_milli;
    left = left < CPU_MAX ? left : CPU_MAX; // times at most 2^31
    left = demand->cpu_mean ? left * (int64_t)demand->milli_mean / (int64_t)demand->cpu_mean : left;
    left = left + idle_milli(state) - (int64_t)shape->devices * shape->milli;
    return -(int32_t)(left < 1000000 ? left : 1000000) * 1024 - (int32_t)gap;
}

static int32_t score_packing(const struct typical *shape, const struct frag_state *state,
                             uint32_t gap)
{
    int32_t idle = (int32_t)idle_milli(state);
    if (is_share(shape) && gap < WHOLE)
        return WHOLE - (int32_t)gap;
    return -idle;
}

static int32_t score_one(const struct frag_demand *demand, const struct frag_want *want,
                         const struct frag_state *state, int64_t loss, uint32_t index)
{
    const struct typical *shape = &want->shape;
    uint32_t gap = is_share(shape) ? state->device[index].milli : 0;
    switch (want->policy) {
    case POLICY_TATARA:
        return score_tatara(demand, shape, state, gap,
                            loss - loss_after(demand, want, state, index));
    case POLICY_FGD:
        return score_fgd(demand, loss - loss_after(demand, want, state, index));
    case POLICY_BEST_FIT:
        return score_best_fit(demand, shape, state, gap);
    case POLICY_PACKING:
        return score_packing(shape, state, gap);
    case POLICY_RANDOM:
        return 0;
    }
    must(false);
    return SCORE_NONE;
}

int32_t demand_score(const struct frag_demand *demand, const struct frag_want *want,
                     const struct frag_state *state, int64_t loss, uint32_t *ret_device)
{
    const struct typical *shape = &want->shape;
    if (!typical_on_chip(shape->chips, state->chip) || state->cpu_milli < shape->cpu_milli ||
        state->memory_mib < shape->memory_mib)
        return SCORE_NONE;
    uint32_t fits = 0;
    int32_t best = SCORE_NONE;
    for (uint32_t i = 0; i < state->devices && shape->devices; i++) {
        const struct frag_device *device = &state->device[i];
        if (!typical_on_device(shape, device))
            continue;
        fits++;
        bool again = i > 0 && memcmp(device, device - 1, sizeof *device) == 0;
        if (!is_share(shape) || (again && fits > 1))
            continue;
        int32_t score = score_one(demand, want, state, loss, i);
        if (score > best) {
            best = score;
            *ret_device = i;
        }
    }
    if (fits < shape->devices || is_share(shape))
        return best;
    *ret_device = 0;
    return score_one(demand, want, state, loss, 0);
}
