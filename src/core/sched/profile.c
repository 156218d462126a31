#include "core/sched/profile.h"
#include "base/must.h"
#include <stdlib.h>

enum { NIL = 0, ROOM_FIRST = 64 };

struct profile_step { // steps[0] is nobody: an empty subtree
    int64_t time_us, delta;
    int64_t sum;         // of the subtree's deltas
    int64_t most, least; // of the running sums within the subtree; empty: see NIL_MOST
    uint64_t priority;
    uint32_t left, right;
};

static uint64_t priority_of(int64_t time_us) // SplitMix64's finisher
{
    uint64_t bits = (uint64_t)time_us + UINT64_C(0x9e3779b97f4a7c15);
    bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
    return bits ^ bits >> 31;
}

void profile_init(struct profile *profile, int64_t capacity)
{
    *profile = (struct profile){.capacity = capacity, .since_us = INT64_MIN, .high = 1};
}

void profile_finish(struct profile *profile)
{
    free(profile->steps);
    *profile = (struct profile){0};
}

static void grow(struct profile *profile)
{
    profile->room = profile->room ? profile->room * 2 : ROOM_FIRST;
    must(profile->room);
    profile->steps = realloc(profile->steps, profile->room * sizeof *profile->steps);
    must(profile->steps);
    profile->steps[NIL] = (struct profile_step){0};
}

static uint32_t step_make(struct profile *profile, int64_t time_us, int64_t delta)
{
    uint32_t at = profile->spare;
    if (at) {
        profile->spare = profile->steps[at].left;
    } else {
        if (profile->high >= profile->room)
            grow(profile);
        at = profile->high++;
    }
    profile->steps[at] = (struct profile_step){.time_us = time_us,
                                               .delta = delta,
                                               .sum = delta,
                                               .most = delta,
                                               .least = delta,
                                               .priority = priority_of(time_us)};
    return at;
}

static void step_drop(struct profile *profile, uint32_t at)
{
    profile->steps[at].left = profile->spare;
    profile->spare = at;
}

// Sums of a subtree from those of its children.
static void step_sum(struct profile *profile, uint32_t at)
{
    struct profile_step *step = &profile->steps[at];
    const struct profile_step *left = &profile->steps[step->left];
    const struct profile_step *right = &profile->steps[step->right];
    int64_t here = left->sum + step->delta;
    step->most = step->least = here;
    if (step->left && left->most > step->most)
        step->most = left->most;
    if (step->left && left->least < step->least)
        step->least = left->least;
    if (step->right && here + right->most > step->most)
        step->most = here + right->most;
    if (step->right && here + right->least < step->least)
        step->least = here + right->least;
    step->sum = here + right->sum;
}

static uint32_t merge(struct profile *profile, uint32_t left, uint32_t right)
{
    if (!left || !right)
        return left ? left : right;
    struct profile_step *a = &profile->steps[left], *b = &profile->steps[right];
    if (a->priority >= b->priority) {
        a->right = merge(profile, a->right, right);
        step_sum(profile, left);
        return left;
    }
    b->left = merge(profile, left, b->left);
    step_sum(profile, right);
    return right;
}

// Steps up to time_us go left, later ones right.
static void split(struct profile *profile, uint32_t root, int64_t time_us, uint32_t *ret_left,
                  uint32_t *ret_right)
{
    if (!root) {
        *ret_left = *ret_right = NIL;
        return;
    }
    struct profile_step *step = &profile->steps[root];
    if (step->time_us <= time_us) {
        split(profile, step->right, time_us, &step->right, ret_right);
        *ret_left = root;
    } else {
        split(profile, step->left, time_us, ret_left, &step->left);
        *ret_right = root;
    }
    step_sum(profile, root);
}

static uint32_t *child_to(struct profile_step *step, int64_t time_us)
{
    return time_us < step->time_us ? &step->left : &step->right;
}

// Changes the step at an instant; a step that comes to nothing leaves. `made` is the place of a new
// step, made before: the array does not move while links are held.
static uint32_t change(struct profile *profile, uint32_t root, int64_t time_us, uint32_t made)
{
    struct profile_step *step = &profile->steps[root], *fresh = &profile->steps[made];
    if (!root)
        return made;
    if (step->time_us == time_us) {
        step->delta += fresh->delta;
        step_drop(profile, made);
        if (step->delta == 0) {
            uint32_t rest = merge(profile, step->left, step->right);
            step_drop(profile, root);
            return rest;
        }
    } else if (fresh->priority > step->priority) {
        // No step of this instant can be below: it would have the same priority.
        split(profile, root, time_us, &fresh->left, &fresh->right);
        root = made;
    } else {
        uint32_t *child = child_to(step, time_us);
        *child = change(profile, *child, time_us, made);
    }
    step_sum(profile, root);
    return root;
}

static void step_at(struct profile *profile, int64_t time_us, int64_t delta)
{
    if (time_us == UNTIL_EVER)
        return;
    if (time_us <= profile->since_us) {
        profile->base += delta;
        return;
    }
    uint32_t made = step_make(profile, time_us, delta);
    profile->root = change(profile, profile->root, time_us, made);
}

void profile_add(struct profile *profile, int64_t from_us, int64_t until_us, int64_t amount)
{
    must(from_us <= until_us);
    if (amount == 0 || from_us == until_us)
        return;
    step_at(profile, from_us, amount);
    step_at(profile, until_us, -amount);
}

static int64_t taken_at(const struct profile *profile, int64_t time_us)
{
    int64_t taken = profile->base;
    for (uint32_t at = profile->root; at;) {
        const struct profile_step *step = &profile->steps[at];
        if (step->time_us > time_us) {
            at = step->left;
            continue;
        }
        taken += profile->steps[step->left].sum + step->delta;
        at = step->right;
    }
    return taken;
}

struct seek {
    int64_t after_us, limit;
    bool above; // look for a running sum above the limit, else for one at or below it
};

static bool seek_met(const struct seek *seek, int64_t taken)
{
    return (taken > seek->limit) == seek->above;
}

// The first step after an instant from which on the running sum is as sought; NIL: none.
static uint32_t seek_step(const struct profile *profile, uint32_t at, int64_t taken,
                          const struct seek *seek)
{
    if (!at)
        return NIL;
    const struct profile_step *step = &profile->steps[at];
    if (!seek_met(seek, taken + (seek->above ? step->most : step->least)))
        return NIL;
    int64_t here = taken + profile->steps[step->left].sum + step->delta;
    if (step->time_us > seek->after_us) {
        uint32_t found = seek_step(profile, step->left, taken, seek);
        if (found)
            return found;
        if (seek_met(seek, here))
            return at;
    }
    return seek_step(profile, step->right, here, seek);
}

// The most of a subtree's running sums at steps strictly between the two instants.
static int64_t most_between(const struct profile *profile, uint32_t at, int64_t taken,
                            const int64_t bounds_us[2], int64_t most)
{
    while (at) {
        const struct profile_step *step = &profile->steps[at];
        int64_t here = taken + profile->steps[step->left].sum + step->delta;
        if (bounds_us[0] == INT64_MIN && bounds_us[1] == UNTIL_EVER)
            return taken + step->most > most ? taken + step->most : most;
        if (step->time_us >= bounds_us[1]) {
            at = step->left;
            continue;
        }
        if (step->time_us > bounds_us[0]) {
            const int64_t low[2] = {bounds_us[0], UNTIL_EVER};
            most = most_between(profile, step->left, taken, low, here > most ? here : most);
            const int64_t high[2] = {INT64_MIN, bounds_us[1]};
            return most_between(profile, step->right, here, high, most);
        }
        taken = here;
        at = step->right;
    }
    return most;
}

int64_t profile_free(const struct profile *profile, int64_t from_us, int64_t until_us)
{
    const int64_t bounds_us[2] = {from_us, until_us};
    int64_t taken = taken_at(profile, from_us);
    return profile->capacity -
           most_between(profile, profile->root, profile->base, bounds_us, taken);
}

bool profile_fit(const struct profile *profile, int64_t from_us, int64_t amount,
                 int64_t duration_us, int64_t *ret_us)
{
    int64_t limit = profile->capacity - amount;
    int64_t at_us = from_us > profile->since_us ? from_us : profile->since_us;
    bool open = taken_at(profile, at_us) <= limit;
    for (;;) {
        struct seek seek = {at_us, limit, false};
        uint32_t step = open ? NIL : seek_step(profile, profile->root, profile->base, &seek);
        if (!open && !step)
            return false;
        if (step)
            at_us = profile->steps[step].time_us;
        seek = (struct seek){at_us, limit, true};
        step = seek_step(profile, profile->root, profile->base, &seek);
        int64_t until_us;
        if (__builtin_add_overflow(at_us, duration_us, &until_us))
            until_us = UNTIL_EVER;
        if (!step || profile->steps[step].time_us >= until_us) {
            *ret_us = at_us;
            return true;
        }
        at_us = profile->steps[step].time_us;
        open = false;
    }
}

static void drop_all(struct profile *profile, uint32_t at)
{
    if (!at)
        return;
    drop_all(profile, profile->steps[at].left);
    drop_all(profile, profile->steps[at].right);
    step_drop(profile, at);
}

void profile_forget(struct profile *profile, int64_t now_us)
{
    if (now_us <= profile->since_us)
        return;
    profile->since_us = now_us;
    if (!profile->root)
        return;
    uint32_t past;
    split(profile, profile->root, now_us, &past, &profile->root);
    if (past)
        profile->base += profile->steps[past].sum;
    drop_all(profile, past);
}
