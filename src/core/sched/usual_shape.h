// usual_shape.h - what jobs usually ask of one node: shapes with counts, the old ones fading.
//
// The fragmentation score of placement (core/fleet/frag.h) asks which jobs a node could still
// take, weighted by how often such jobs come. Each queued job counts once; when the counts add up
// to USUAL_SHAPES_WEIGHT they are all halved, so that last month says less than today. Of more than
// USUAL_SHAPES_MAX different shapes the rarest (of equals the oldest) makes room.
//
//   Owner      struct sched owns the table
//   Invariant  at most USUAL_SHAPES_MAX rows, no two alike, counts at least 1
//   Refusal    none
//   Fault      none
#pragma once
#include "base/table.h"
#include "core/sched/shape.h"

enum { USUAL_SHAPES_MAX = 64, USUAL_SHAPES_WEIGHT = 1 << 14 };

struct usual_shape {
    uint64_t id;
    uint64_t chips[SHAPE_CHIPS_MAX]; // none: any
    int64_t cpu_milli, memory_mib;
    int64_t count;
    uint32_t devices, milli, slices, reserved;
};
_Static_assert(sizeof(struct usual_shape) == 80, "no padding");

void usual_shape_take(struct table *usual_shapes, const struct shape *shape);
