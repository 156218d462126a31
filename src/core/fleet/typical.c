#include "core/fleet/typical.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

enum { COVER_PERCENT = 95, WHOLE = 1000, TOTAL_BITS = 31 };

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

static void sort(struct typical_set *set, bool by_count)
{
    for (uint32_t i = 1; i < set->rows; i++) {
        struct typical shape = set->row[i];
        uint32_t at = i;
        while (at > 0 && (by_count ? set->row[at - 1].count < shape.count
                                   : set->row[at - 1].milli > shape.milli)) {
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
    for (uint32_t i = 0; i < set->rows; i++) {
        const struct typical *shape = &set->row[i];
        set->cpu_total += shape->count * (uint64_t)shape->cpu_milli;
        set->milli_total += shape->count * shape->milli * shape->devices;
    }
}

void typical_finish(struct typical_set *set)
{
    free(set->row);
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

void typical_measure(const struct typical_set *set, const struct frag_state *state,
                     int64_t *ret_usable, int64_t *ret_reach)
{
    int64_t usable = 0, reach = 0, large = 0;
    uint32_t first = 0; // of the devices that are large enough
    bool plain = !cut_devices(state);
    for (uint32_t i = 0; i < state->devices; i++)
        large += state->device[i].milli;
    for (uint32_t i = 0; i < set->rows; i++) {
        const struct typical *shape = &set->row[i];
        for (; first < state->devices && state->device[first].milli < shape->milli; first++)
            large -= state->device[first].milli;
        if (!shape->devices || !typical_on_chip(shape->chips, state->chip))
            continue;
        uint32_t count = state->devices - first;
        int64_t milli = large;
        if (!plain || shape->slices || shape->device_memory_mib)
            measure_one(shape, state, &count, &milli);
        milli *= (int64_t)shape->count;
        reach += milli;
        if (state->cpu_milli >= shape->cpu_milli && state->memory_mib >= shape->memory_mib &&
            count >= shape->devices)
            usable += milli;
    }
    *ret_usable = usable;
    *ret_reach = reach;
}
