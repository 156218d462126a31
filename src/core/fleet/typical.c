#include "core/fleet/typical.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

enum { COVER_PERCENT = 95, WHOLE = 1000, TOTAL_BITS = 30 };

static bool same_shape(const struct typical *a, const struct typical *b)
{
    return a->chips == b->chips && a->devices == b->devices && a->milli == b->milli &&
           a->slices == b->slices && a->cpu_milli == b->cpu_milli &&
           a->memory_mib == b->memory_mib && a->device_memory_mib == b->device_memory_mib;
}

static void count_shape(struct typical_set *set, struct typical shape)
{
    if (!set->memory)
        shape.memory_mib = 0;
    if (!shape.devices)
        shape.milli = 0;
    must(shape.milli <= WHOLE && shape.devices <= DEVICE_SET_MAX);
    for (uint32_t i = 0; i < set->rows; i++) {
        if (same_shape(&set->row[i], &shape)) {
            set->row[i].count += shape.count;
            return;
        }
    }
    set->row[set->rows++] = shape;
}

static bool is_plain(const struct typical *shape)
{
    return shape->devices && !shape->chips && !shape->slices && !shape->device_memory_mib;
}

static bool after(const struct typical *a, const struct typical *b)
{
    if (is_plain(a) != is_plain(b))
        return is_plain(b);
    return a->milli > b->milli;
}

static void sort(struct typical_set *set, bool by_count)
{
    for (uint32_t i = 1; i < set->rows; i++) {
        struct typical shape = set->row[i];
        uint32_t at = i;
        while (at > 0 && (by_count ? set->row[at - 1].count < shape.count
                                   : after(&set->row[at - 1], &shape))) {
            set->row[at] = set->row[at - 1];
            at--;
        }
        set->row[at] = shape;
    }
}

// Counts so small that a product with the milli of a node stays far from the end of int64.
static void shrink(struct typical_set *set)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < set->rows; i++)
        most = set->row[i].count > most ? set->row[i].count : most;
    while (set->rows && most > (UINT64_C(1) << TOTAL_BITS) / set->rows) {
        most /= 2;
        for (uint32_t i = 0; i < set->rows; i++)
            set->row[i].count = (set->row[i].count + 1) / 2;
    }
}

static void cut(struct typical_set *set)
{
    uint64_t all = 0, kept = 0;
    uint32_t rows = 0;
    for (uint32_t i = 0; i < set->rows; i++)
        all += set->row[i].count;
    while (rows < set->rows && kept * 100 < all * COVER_PERCENT)
        kept += set->row[rows++].count;
    set->rows = rows;
    set->total = (int64_t)kept;
}

static int32_t clamp(int64_t value)
{
    return value < INT32_MAX ? (int32_t)value : INT32_MAX;
}

// What a measure looks at, in a form that it passes quickly.
static void set_hot(struct typical_set *set)
{
    struct typical_hot *hot = &set->hot;
    int32_t *memory = calloc(4 * (size_t)set->rows + 1, sizeof *memory);
    set->group = calloc(set->rows + 1, sizeof *set->group);
    must(memory && set->group);
    *hot = (struct typical_hot){memory, memory + set->rows, memory + 2 * (size_t)set->rows,
                                memory + 3 * (size_t)set->rows};
    for (uint32_t i = 0; i < set->rows && is_plain(&set->row[i]); i++) {
        const struct typical *shape = &set->row[i];
        hot->cpu_milli[i] = clamp(shape->cpu_milli);
        hot->memory_mib[i] = clamp(shape->memory_mib);
        hot->devices[i] = (int32_t)shape->devices;
        hot->count[i] = (int32_t)shape->count;
        if (i == 0 || set->row[i - 1].milli != shape->milli)
            set->group[set->groups++] = (struct typical_group){.milli = shape->milli, .from = i};
        struct typical_group *group = &set->group[set->groups - 1];
        group->until = set->plain = i + 1;
        group->count += (int64_t)shape->count;
    }
}

void typical_set(struct typical_set *set, const struct typical *table, uint32_t count, bool memory)
{
    typical_finish(set);
    set->memory = memory;
    set->row = calloc(count + 1, sizeof *set->row);
    must(set->row);
    for (uint32_t i = 0; i < count; i++)
        count_shape(set, table[i]);
    shrink(set);
    sort(set, true);
    cut(set);
    sort(set, false);
    set_hot(set);
}

void typical_finish(struct typical_set *set)
{
    free(set->row);
    free(set->group);
    free(set->hot.cpu_milli);
    *set = (struct typical_set){0};
}

bool typical_on_device(const struct typical *shape, const struct frag_device *device)
{
    if (device->milli < shape->milli || device->memory_mib < shape->device_memory_mib)
        return false;
    if (shape->slices)
        return device->slices >= shape->slices;
    return device->milli == WHOLE || !device->slices;
}

// Devices that are shared by slices, or shapes that ask for them or for device memory.
static void measure_one(const struct typical *shape, const struct frag_state *state,
                        uint32_t *ret_count, int64_t *ret_milli)
{
    *ret_count = 0;
    *ret_milli = 0;
    for (uint32_t i = 0; i < state->devices; i++) {
        if (!typical_on_device(shape, &state->device[i]))
            continue;
        *ret_count += 1;
        *ret_milli += state->device[i].milli;
    }
}

static bool cut_devices(const struct frag_state *state)
{
    for (uint32_t i = 0; i < state->devices; i++)
        if (state->device[i].slices && state->device[i].milli < WHOLE)
            return true;
    return false;
}

// Counts of the shapes of a group that the node can run, with `fits` devices for them.
static int64_t runs(const struct typical_hot *hot, const struct typical_group *group,
                    const int32_t *left, int32_t fits)
{
    int32_t sum = 0; // at most the total, 2^30
    for (uint32_t i = group->from; i < group->until; i++) {
        int32_t can = (hot->cpu_milli[i] <= left[0]) & (hot->memory_mib[i] <= left[1]) &
                      (hot->devices[i] <= fits);
        sum += hot->count[i] & -can;
    }
    return sum;
}

void typical_measure(const struct typical_set *set, const struct frag_state *state,
                     int64_t *ret_usable, int64_t *ret_reach)
{
    const int32_t left[2] = {clamp(state->cpu_milli), clamp(state->memory_mib)};
    int64_t usable = 0, reach = 0, large = 0;
    uint32_t first = 0; // of the devices that are large enough
    bool plain = !cut_devices(state);
    for (uint32_t i = 0; i < state->devices; i++)
        large += state->device[i].milli;
    for (uint32_t i = 0; i < set->groups && plain; i++) {
        const struct typical_group *group = &set->group[i];
        for (; first < state->devices && state->device[first].milli < group->milli; first++)
            large -= state->device[first].milli;
        if (first == state->devices)
            break;
        reach += large * group->count;
        usable += large * runs(&set->hot, group, left, (int32_t)(state->devices - first));
    }
    for (uint32_t i = plain ? set->plain : 0; i < set->rows; i++) {
        const struct typical *shape = &set->row[i];
        uint32_t count;
        if (!shape->devices || !typical_on_chip(shape->chips, state->chip))
            continue;
        measure_one(shape, state, &count, &large);
        large *= (int64_t)shape->count;
        reach += large;
        if (state->cpu_milli >= shape->cpu_milli && state->memory_mib >= shape->memory_mib &&
            count >= shape->devices)
            usable += large;
    }
    *ret_usable = usable;
    *ret_reach = reach;
}
