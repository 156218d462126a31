#include "core/fleet/frag_row.h"
#include "base/must.h"
#include <stdlib.h>

void row_finish(struct frag_row *row)
{
    free(row->score);
    free(row->heap);
    *row = (struct frag_row){0};
}

void row_begin(struct frag_row *row, const struct frag_want *want)
{
    row->want = *want;
    row->count = 0;
    row->whole = false;
    for (uint32_t id = 0; id < row->room; id++)
        row->score[id] = SCORE_UNKNOWN;
}

void row_forget(struct frag_row *row, uint32_t id)
{
    if (id < row->room)
        row->score[id] = SCORE_UNKNOWN;
}

static bool better(const struct row_entry *a, const struct row_entry *b)
{
    return a->score != b->score ? a->score > b->score : a->first < b->first;
}

void row_push(struct frag_row *row, struct row_entry entry)
{
    if (row->count == row->heap_room) {
        row->heap_room = row->heap_room * 2 + 64;
        row->heap = realloc(row->heap, row->heap_room * sizeof *row->heap);
        must(row->heap);
    }
    uint32_t at = row->count++;
    for (; at > 0 && better(&entry, &row->heap[(at - 1) / 2]); at = (at - 1) / 2)
        row->heap[at] = row->heap[(at - 1) / 2];
    row->heap[at] = entry;
}

void row_pop(struct frag_row *row)
{
    struct row_entry last = row->heap[--row->count];
    uint32_t at = 0;
    for (uint32_t child; (child = at * 2 + 1) < row->count; at = child) {
        if (child + 1 < row->count && better(&row->heap[child + 1], &row->heap[child]))
            child++;
        if (!better(&row->heap[child], &last))
            break;
        row->heap[at] = row->heap[child];
    }
    if (row->count)
        row->heap[at] = last;
}

uint32_t row_top(struct frag_row *row, const struct frag_classes *classes,
                 struct row_entry *ret_entry)
{
    for (; row->count; row_pop(row)) {
        *ret_entry = row->heap[0];
        uint32_t id = ret_entry->id;
        if (classes->first[id] == ret_entry->first && row->score[id] == ret_entry->score)
            return id;
    }
    return CLASS_NONE;
}

static void widen(struct frag_row *row, const struct frag_classes *classes)
{
    if (row->room >= classes->rows)
        return;
    row->score = realloc(row->score, classes->room * sizeof *row->score);
    must(row->score);
    for (uint32_t id = row->room; id < classes->room; id++)
        row->score[id] = SCORE_UNKNOWN;
    row->room = classes->room;
}

static bool may_fit(const struct class_brief *brief, const struct typical *shape)
{
    if (brief->cpu_milli < shape->cpu_milli && brief->cpu_milli < INT32_MAX)
        return false;
    if (brief->memory_mib < shape->memory_mib && brief->memory_mib < INT32_MAX)
        return false;
    return brief->most >= shape->milli && (shape->milli < 1000 || brief->whole >= shape->devices);
}

int32_t row_score(struct frag_row *row, struct frag_classes *classes,
                  const struct frag_demand *demand, uint32_t id)
{
    uint32_t device;
    if (row->score[id] != SCORE_UNKNOWN)
        return row->score[id];
    row->score[id] = SCORE_NONE;
    if (may_fit(&classes->brief[id], &row->want.shape))
        row->score[id] = demand_score(demand, &row->want, classes->row[id].state,
                                      class_loss(classes, demand, id, row->want.policy), &device);
    return row->score[id];
}

static void put(struct frag_row *row, struct frag_classes *classes,
                const struct frag_demand *demand, uint32_t id)
{
    if (classes->first[id] == CLASS_NONE)
        return;
    int32_t score = row_score(row, classes, demand, id);
    if (score != SCORE_NONE)
        row_push(row, (struct row_entry){score, classes->first[id], id});
}

void row_follow(struct frag_row *row, struct frag_classes *classes,
                const struct frag_demand *demand)
{
    widen(row, classes);
    bool all = !row->whole || classes->changes - row->seen > CLASS_LOG ||
               row->count > 2 * classes->live_count + 256;
    if (all) {
        row->count = 0;
        for (uint32_t i = 0; i < classes->live_count; i++)
            put(row, classes, demand, classes->live[i]);
    }
    uint64_t seen = row->seen;
    for (uint64_t at = classes->changes; !all && at > seen; at--) { // the last of a class counts
        uint32_t id = classes->log[(at - 1) % CLASS_LOG];
        if (classes->changed_at[id] == at)
            put(row, classes, demand, id);
    }
    row->seen = classes->changes;
    row->whole = true;
}
