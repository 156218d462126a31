#include "core/sched/usual_shape.h"
#include <string.h>

static bool is_alike(const struct usual_shape *row, const struct shape *shape)
{
    return row->devices == shape->devices && row->milli == shape->milli &&
           row->slices == shape->slices && row->cpu_milli == shape->cpu_milli &&
           row->memory_mib == shape->memory_mib &&
           memcmp(row->chips, shape->chips, sizeof row->chips) == 0;
}

static void halve(struct table *usual_shapes)
{
    for (struct usual_shape *row, *next = table_after(usual_shapes, 0); (row = next);) {
        next = table_after(usual_shapes, row->id);
        row->count /= 2;
        uint64_t id = row->id;
        uint64_t after = next ? next->id : 0;
        if (row->count == 0)
            table_remove(usual_shapes, id);
        next = after ? table_get(usual_shapes, after) : NULL; // a removal may have moved it
    }
}

static void make_room(struct table *usual_shapes)
{
    const struct usual_shape *rarest = NULL;
    uint32_t cursor = 0;
    for (const struct usual_shape *row; (row = table_step(usual_shapes, &cursor));)
        if (!rarest || row->count < rarest->count)
            rarest = row;
    table_remove(usual_shapes, rarest->id);
}

void usual_shape_take(struct table *usual_shapes, const struct shape *shape)
{
    struct usual_shape *found = NULL;
    int64_t sum = 0;
    uint32_t cursor = 0;
    for (struct usual_shape *row; (row = table_step(usual_shapes, &cursor));) {
        sum += row->count;
        if (!found && is_alike(row, shape))
            found = row;
    }
    if (sum >= USUAL_SHAPES_WEIGHT) {
        halve(usual_shapes);
        usual_shape_take(usual_shapes, shape);
        return;
    }
    if (!found) {
        if (usual_shapes->used == USUAL_SHAPES_MAX)
            make_room(usual_shapes);
        found = table_add(usual_shapes, usual_shapes->last_id + 1);
        memcpy(found->chips, shape->chips, sizeof found->chips);
        found->cpu_milli = shape->cpu_milli;
        found->memory_mib = shape->memory_mib;
        found->devices = shape->devices;
        found->milli = shape->milli;
        found->slices = shape->slices;
    }
    found->count++;
}
