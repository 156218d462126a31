#include "core/fleet/frag.h"
#include "base/must.h"
#include "base/rng.h"
#include "core/fleet/frag_row.h"
#include <stdlib.h>
#include <string.h>

enum {
    ROWS = 1024, // score rows, by hash of what is asked
    WHOLE = 1000,
};

struct frag {
    frag_read *read;
    void *context;
    struct frag_classes classes;
    struct frag_demand demand;
    struct frag_row rows[ROWS];
    uint32_t used[ROWS], used_count; // rows in use
    uint32_t *touched, touched_count, touched_room;
    uint8_t *is_touched; // by node
    uint32_t nodes_room;
    struct rng rng;
    struct row_entry *passed; // by a search, off the heap for a while
    uint32_t passed_count, passed_room;
    struct frag_state state; // read last
};

struct frag *frag_create(frag_read *read, void *context)
{
    struct frag *frag = calloc(1, sizeof *frag);
    must(frag);
    frag->read = read;
    frag->context = context;
    classes_init(&frag->classes);
    return frag;
}

static void forget(struct frag *frag)
{
    for (uint32_t i = 0; i < frag->used_count; i++)
        row_finish(&frag->rows[frag->used[i]]);
    frag->used_count = 0;
    for (uint32_t id = 0; id < frag->classes.rows; id++)
        frag->classes.row[id].loss[0] = frag->classes.row[id].loss[1] = INT64_MIN;
}

void frag_destroy(struct frag *frag)
{
    if (!frag)
        return;
    forget(frag);
    classes_finish(&frag->classes);
    demand_finish(&frag->demand);
    free(frag->passed);
    free(frag->touched);
    free(frag->is_touched);
    free(frag);
}

void frag_typical(struct frag *frag, const struct typical *table, uint32_t count)
{
    demand_set(&frag->demand, table, count);
    forget(frag);
}

void frag_touch(struct frag *frag, uint32_t node)
{
    if (node >= frag->nodes_room) {
        uint32_t room = node + node / 2 + 64;
        frag->is_touched = realloc(frag->is_touched, room);
        must(frag->is_touched);
        memset(frag->is_touched + frag->nodes_room, 0, room - frag->nodes_room);
        frag->nodes_room = room;
    }
    if (frag->is_touched[node])
        return;
    if (frag->touched_count == frag->touched_room) {
        frag->touched_room = frag->touched_room * 2 + 64;
        frag->touched = realloc(frag->touched, frag->touched_room * sizeof *frag->touched);
        must(frag->touched);
    }
    frag->is_touched[node] = 1;
    frag->touched[frag->touched_count++] = node;
}

// Reads what was touched; scores of classes that are new are not known.
static void refresh(struct frag *frag)
{
    for (uint32_t i = 0; i < frag->touched_count; i++) {
        uint32_t node = frag->touched[i];
        bool new;
        frag->is_touched[node] = 0;
        frag->read(frag->context, node, &frag->state);
        state_normal(&frag->state);
        uint32_t id = classes_put(&frag->classes, node, &frag->state, &new);
        for (uint32_t k = 0; new &&k < frag->used_count; k++)
            row_forget(&frag->rows[frag->used[k]], id);
    }
    frag->touched_count = 0;
}

static struct frag_want want_for(const struct frag_ask *ask)
{
    const struct fleet_shape *shape = ask->shape;
    must(shape->nodes <= 1 && shape->milli <= WHOLE && shape->devices <= DEVICE_SET_MAX);
    struct frag_want want = {.policy = ask->policy};
    want.shape = (struct typical){.chips = shape->chips,
                                  .devices = shape->devices,
                                  .milli = shape->milli ? shape->milli : WHOLE,
                                  .slices = shape->slices,
                                  .cpu_milli = shape->cpu_milli,
                                  .memory_mib = shape->memory_mib,
                                  .device_memory_mib = shape->device_memory_mib};
    if (!shape->devices)
        want.shape.milli = 0;
    must(want.shape.devices <= 1 || want.shape.milli == WHOLE);
    return want;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

static bool same_want(const struct frag_want *a, const struct frag_want *b)
{
    const struct typical *x = &a->shape, *y = &b->shape;
    return a->policy == b->policy && x->chips == y->chips && x->devices == y->devices &&
           x->milli == y->milli && x->slices == y->slices && x->cpu_milli == y->cpu_milli &&
           x->memory_mib == y->memory_mib && x->device_memory_mib == y->device_memory_mib;
}

// The row of scores for what is wanted; another shape that had it must be scored again.
static struct frag_row *row_for(struct frag *frag, const struct frag_want *want)
{
    const struct typical *shape = &want->shape;
    uint64_t hash = mix(want->policy, shape->chips);
    hash = mix(hash, (uint64_t)shape->devices << 32 | shape->milli << 8 | shape->slices);
    hash = mix(hash, (uint64_t)shape->cpu_milli);
    hash = mix(hash, (uint64_t)shape->memory_mib);
    hash = mix(hash, (uint64_t)shape->device_memory_mib);
    uint32_t at = (uint32_t)(hash >> 40) % ROWS;
    struct frag_row *row = &frag->rows[at];
    if (!row->score)
        frag->used[frag->used_count++] = at;
    if (!row->whole || !same_want(&row->want, want))
        row_begin(row, want);
    row_follow(row, &frag->classes, &frag->demand);
    return row;
}

// The devices of a node that the choice may mean: those that are as the class's chosen one is.
static device_set devices_for(struct frag *frag, const struct frag_want *want, uint32_t node,
                              const struct frag_device *chosen)
{
    device_set devices = {0};
    frag->read(frag->context, node, &frag->state);
    for (uint32_t i = 0; i < frag->state.devices; i++) {
        const struct frag_device *device = &frag->state.device[i];
        bool share = want->shape.milli < WHOLE;
        if (device->milli && (share ? memcmp(device, chosen, sizeof *device) == 0
                                    : typical_on_device(&want->shape, device)))
            device_set_add(&devices, i);
    }
    return devices;
}

// The lowest node of a class below `limit` that is allowed, with its devices.
static bool first_allowed(struct frag *frag, const struct frag_ask *ask, const struct frag_row *row,
                          uint32_t id, struct frag_choice *best)
{
    const struct frag_class *class = &frag->classes.row[id];
    const struct typical *shape = &row->want.shape;
    uint32_t chosen = 0, limit = best->node;
    demand_score(&frag->demand, &row->want, class->state,
                 class_loss(&frag->classes, &frag->demand, id, row->want.policy), &chosen);
    for (uint32_t node = 0; (node = place_set_next(&class->places, node)) < limit; node++) {
        uint32_t index = 0;
        device_set all = {0}, devices = {0};
        if (shape->devices)
            all = devices_for(frag, &row->want, node, &class->state->device[chosen]);
        if ((ask->allow && !ask->allow(ask->context, node, &all)) ||
            device_set_count(&all) < shape->devices)
            continue;
        for (uint32_t k = 0; k < shape->devices; k++, index++) {
            index = device_set_next(&all, index);
            device_set_add(&devices, index);
        }
        *best = (struct frag_choice){node, devices};
        return true;
    }
    return false;
}

// The best score with an allowed node, there the lowest place. What was taken off the heap while
// looking is put back.
static bool find_allowed(struct frag *frag, const struct frag_ask *ask, struct frag_row *row,
                         struct frag_choice *ret_choice)
{
    struct row_entry entry;
    int32_t score = SCORE_NONE;
    struct frag_choice best = {.node = UINT32_MAX};
    frag->passed_count = 0;
    for (uint32_t id; (id = row_top(row, &frag->classes, &entry)) != CLASS_NONE; row_pop(row)) {
        if (best.node != UINT32_MAX && (entry.score < score || entry.first >= best.node))
            break;
        first_allowed(frag, ask, row, id, &best);
        score = entry.score;
        if (frag->passed_count == frag->passed_room) {
            frag->passed_room = frag->passed_room * 2 + 64;
            frag->passed = realloc(frag->passed, frag->passed_room * sizeof *frag->passed);
            must(frag->passed);
        }
        frag->passed[frag->passed_count++] = entry;
    }
    for (uint32_t i = 0; i < frag->passed_count; i++)
        row_push(row, frag->passed[i]);
    if (best.node != UINT32_MAX)
        *ret_choice = best;
    return best.node != UINT32_MAX;
}

// Any class, each as likely as it has nodes; then as if this class were all there is.
static bool find_random(struct frag *frag, const struct frag_ask *ask, struct frag_row *row,
                        struct frag_choice *ret_choice)
{
    const struct frag_classes *classes = &frag->classes;
    int64_t nodes = 0;
    for (uint32_t i = 0; i < classes->live_count; i++)
        if (row_score(row, &frag->classes, &frag->demand, classes->live[i]) != SCORE_NONE)
            nodes += classes->row[classes->live[i]].places.count;
    int64_t drawn = nodes ? rng_below(&frag->rng, nodes) : 0;
    for (uint32_t i = 0; i < classes->live_count && nodes; i++) {
        uint32_t id = classes->live[i];
        if (row_score(row, &frag->classes, &frag->demand, id) == SCORE_NONE)
            continue;
        drawn -= classes->row[id].places.count;
        struct frag_choice choice = {.node = UINT32_MAX};
        if (drawn < 0 && first_allowed(frag, ask, row, id, &choice)) {
            *ret_choice = choice;
            return true;
        }
    }
    return find_allowed(frag, ask, row, ret_choice);
}

bool frag_find(struct frag *frag, const struct frag_ask *ask, struct frag_choice *ret_choice)
{
    struct frag_want want = want_for(ask);
    refresh(frag);
    struct frag_row *row = row_for(frag, &want);
    if (ask->policy == POLICY_RANDOM)
        return find_random(frag, ask, row, ret_choice);
    return find_allowed(frag, ask, row, ret_choice);
}

int64_t frag_fragmentation(struct frag *frag)
{
    int64_t milli = 0, parts = 0, total = frag->demand.plain.total;
    refresh(frag);
    for (uint32_t i = 0; i < frag->classes.live_count; i++) {
        uint32_t id = frag->classes.live[i];
        int64_t loss = total ? class_loss(&frag->classes, &frag->demand, id, POLICY_FGD) : 0;
        int64_t nodes = frag->classes.row[id].places.count, one = total ? total : 1;
        parts += loss % one * nodes; // below 2^31 * 2^31
        milli += loss / one * nodes + parts / one;
        parts %= one;
    }
    return milli;
}

uint32_t frag_classes_live(const struct frag *frag)
{
    return frag->classes.live_count;
}

int64_t frag_bytes(const struct frag *frag)
{
    int64_t bytes = (int64_t)sizeof *frag + classes_bytes(&frag->classes) +
                    (int64_t)frag->nodes_room + (int64_t)frag->touched_room * 4;
    for (uint32_t i = 0; i < frag->used_count; i++)
        bytes += (int64_t)frag->rows[frag->used[i]].room * 4 +
                 (int64_t)(frag->rows[frag->used[i]].heap_room * sizeof(struct row_entry));
    return bytes;
}
