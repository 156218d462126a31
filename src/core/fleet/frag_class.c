#include "core/fleet/frag_class.h"
#include "base/must.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64, DEAD_MIN = 1024, WHOLE = 1000 };

static size_t state_bytes(const struct frag_state *state)
{
    return offsetof(struct frag_state, device) + state->devices * sizeof *state->device;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

static uint64_t hash_state(const struct frag_state *state)
{
    uint64_t hash = mix(state->chip, (uint64_t)state->cpu_milli);
    hash = mix(hash, (uint64_t)state->memory_mib);
    for (uint32_t i = 0; i < state->devices; i++) {
        uint64_t word;
        _Static_assert(sizeof word == sizeof state->device[i], "a device is one word");
        memcpy(&word, &state->device[i], sizeof word);
        hash = mix(hash, word);
    }
    return mix(hash, hash >> 32);
}

void classes_init(struct frag_classes *classes)
{
    *classes = (struct frag_classes){.free = CLASS_NONE, .buckets = FIRST_ROOM};
    classes->bucket = malloc(classes->buckets * sizeof *classes->bucket);
    classes->log = malloc(CLASS_LOG * sizeof *classes->log);
    must(classes->bucket && classes->log);
    memset(classes->bucket, 0xff, classes->buckets * sizeof *classes->bucket);
}

void classes_finish(struct frag_classes *classes)
{
    for (uint32_t i = 0; i < classes->rows; i++) {
        free(classes->row[i].state);
        place_set_finish(&classes->row[i].places);
    }
    free(classes->row);
    free(classes->live);
    free(classes->first);
    free(classes->brief);
    free(classes->changed_at);
    free(classes->log);
    free(classes->bucket);
    free(classes->of);
    *classes = (struct frag_classes){0};
}

static void unlink_class(struct frag_classes *classes, uint32_t id)
{
    uint32_t *link = &classes->bucket[classes->row[id].hash & (classes->buckets - 1)];
    while (*link != id)
        link = &classes->row[*link].next;
    *link = classes->row[id].next;
}

static void link_class(struct frag_classes *classes, uint32_t id)
{
    uint32_t *bucket = &classes->bucket[classes->row[id].hash & (classes->buckets - 1)];
    classes->row[id].next = *bucket;
    *bucket = id;
}

// Many are dead: their numbers are free.
static void sweep(struct frag_classes *classes)
{
    for (uint32_t id = classes->rows; id-- > 0;) {
        struct frag_class *class = &classes->row[id];
        if (class->places.count || !class->state)
            continue;
        unlink_class(classes, id);
        free(class->state);
        place_set_finish(&class->places);
        *class = (struct frag_class){.next = classes->free};
        classes->free = id;
    }
    classes->dead = 0;
}

static void *grown(void *memory, size_t count, size_t size)
{
    must(count <= SIZE_MAX / size);
    memory = realloc(memory, count * size);
    must(memory);
    return memory;
}

static void grow(struct frag_classes *classes)
{
    classes->room = classes->room ? classes->room * 2 : FIRST_ROOM;
    classes->row = grown(classes->row, classes->room, sizeof *classes->row);
    classes->live = grown(classes->live, classes->room, sizeof *classes->live);
    classes->first = grown(classes->first, classes->room, sizeof *classes->first);
    classes->brief = grown(classes->brief, classes->room, sizeof *classes->brief);
    classes->changed_at = grown(classes->changed_at, classes->room, sizeof *classes->changed_at);
    classes->buckets = classes->room * 2;
    classes->bucket = grown(classes->bucket, classes->buckets, sizeof *classes->bucket);
    memset(classes->bucket, 0xff, classes->buckets * sizeof *classes->bucket);
    for (uint32_t id = 0; id < classes->rows; id++)
        if (classes->row[id].state)
            link_class(classes, id);
}

static struct class_brief brief_of(const struct frag_state *state)
{
    struct class_brief brief = {
        .cpu_milli = state->cpu_milli < INT32_MAX ? (int32_t)state->cpu_milli : INT32_MAX,
        .memory_mib = state->memory_mib < INT32_MAX ? (int32_t)state->memory_mib : INT32_MAX};
    for (uint32_t i = state->devices; i > 0 && state->device[i - 1].milli == WHOLE; i--)
        brief.whole++;
    if (state->devices)
        brief.most = state->device[state->devices - 1].milli;
    return brief;
}

static uint32_t add_class(struct frag_classes *classes, const struct frag_state *state,
                          uint64_t hash)
{
    if (classes->free == CLASS_NONE && classes->dead > DEAD_MIN + classes->live_count)
        sweep(classes);
    uint32_t id = classes->free;
    if (id != CLASS_NONE) {
        classes->free = classes->row[id].next;
    } else {
        if (classes->rows == classes->room)
            grow(classes);
        id = classes->rows++;
    }
    struct frag_class *class = &classes->row[id];
    *class = (struct frag_class){
        .hash = hash, .loss = {INT64_MIN, INT64_MIN}
    };
    class->state = malloc(state_bytes(state));
    must(class->state);
    memcpy(class->state, state, state_bytes(state));
    classes->brief[id] = brief_of(state);
    link_class(classes, id);
    classes->dead++; // until it gets its node
    return id;
}

static uint32_t find_class(const struct frag_classes *classes, const struct frag_state *state,
                           uint64_t hash)
{
    uint32_t id = classes->bucket[hash & (classes->buckets - 1)];
    for (; id != CLASS_NONE; id = classes->row[id].next) {
        const struct frag_class *class = &classes->row[id];
        if (class->hash == hash && class->state->devices == state->devices &&
            memcmp(class->state, state, state_bytes(state)) == 0)
            return id;
    }
    return CLASS_NONE;
}

static void changed(struct frag_classes *classes, uint32_t id)
{
    classes->log[classes->changes % CLASS_LOG] = id;
    classes->changed_at[id] = ++classes->changes;
}

static void set_first(struct frag_classes *classes, uint32_t id, uint32_t first)
{
    classes->first[id] = first;
    changed(classes, id);
}

static void leave(struct frag_classes *classes, uint32_t node)
{
    uint32_t id = classes->of[node];
    if (id == CLASS_NONE)
        return;
    struct frag_class *class = &classes->row[id];
    place_set_remove(&class->places, node);
    if (class->places.count) {
        if (node == classes->first[id])
            set_first(classes, id, place_set_next(&class->places, node));
        return;
    }
    uint32_t last = classes->live[--classes->live_count];
    classes->live[class->live_at] = last;
    classes->row[last].live_at = class->live_at;
    classes->first[id] = CLASS_NONE;
    classes->dead++;
}

static void join(struct frag_classes *classes, uint32_t node, uint32_t id)
{
    struct frag_class *class = &classes->row[id];
    if (!class->places.count) {
        class->live_at = classes->live_count;
        classes->live[classes->live_count++] = id;
        classes->dead--;
        classes->first[id] = CLASS_NONE;
    }
    place_set_add(&class->places, node);
    if (node < classes->first[id])
        set_first(classes, id, node);
    classes->of[node] = id;
}

uint32_t classes_put(struct frag_classes *classes, uint32_t node, const struct frag_state *state,
                     bool *ret_new)
{
    if (node >= classes->of_room) {
        uint32_t room = node + node / 2 + FIRST_ROOM;
        classes->of = grown(classes->of, room, sizeof *classes->of);
        memset(classes->of + classes->of_room, 0xff,
               (room - classes->of_room) * sizeof *classes->of);
        classes->of_room = room;
    }
    uint64_t hash = hash_state(state);
    uint32_t id = find_class(classes, state, hash);
    *ret_new = id == CLASS_NONE;
    if (id != CLASS_NONE && id == classes->of[node])
        return id;
    leave(classes, node);
    if (id == CLASS_NONE)
        id = add_class(classes, state, hash);
    join(classes, node, id);
    return id;
}

int64_t class_loss(struct frag_classes *classes, const struct frag_demand *demand, uint32_t id,
                   enum fleet_policy policy)
{
    if (policy != POLICY_TATARA && policy != POLICY_FGD)
        return 0;
    int64_t *loss = &classes->row[id].loss[policy == POLICY_FGD];
    if (*loss == INT64_MIN)
        *loss = demand_loss(demand, classes->row[id].state, policy);
    return *loss;
}

int64_t classes_bytes(const struct frag_classes *classes)
{
    uint64_t bytes = (uint64_t)classes->room * (sizeof *classes->row + 32) + CLASS_LOG * 4 +
                     (classes->buckets + (uint64_t)classes->of_room) * 4;
    for (uint32_t i = 0; i < classes->rows; i++) {
        const struct frag_class *class = &classes->row[i];
        bytes += class->state ? state_bytes(class->state) : 0;
        bytes += (uint64_t)place_set_bytes(&class->places);
    }
    return (int64_t)bytes;
}
