#include "core/sched/fair.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

enum { FADE_STEPS = 64, FADE_BITS = 32, DEVICE_MILLI = 1000 };

// 2^32 * 2^-(i/64).
static const uint64_t fade_table[FADE_STEPS + 1] = {
    UINT64_C(4294967296), 4248701965u, 4202935003u, 4157661043u, 4112874773u, 4068570940u,
    4024744348u,          3981389855u, 3938502376u, 3896076880u, 3854108391u, 3812591987u,
    3771522796u,          3730896002u, 3690706840u, 3650950594u, 3611622603u, 3572718252u,
    3534232978u,          3496162267u, 3458501653u, 3421246719u, 3384393094u, 3347936457u,
    3311872529u,          3276197082u, 3240905930u, 3205994934u, 3171459999u, 3137297074u,
    3103502151u,          3070071267u, 3037000500u, 3004285971u, 2971923842u, 2939910317u,
    2908241642u,          2876914102u, 2845924021u, 2815267765u, 2784941738u, 2754942382u,
    2725266179u,          2695909648u, 2666869345u, 2638141863u, 2609723834u, 2581611923u,
    2553802834u,          2526293303u, 2499080105u, 2472160047u, 2445529972u, 2419186755u,
    2393127307u,          2367348571u, 2341847524u, 2316621173u, 2291666561u, 2266980759u,
    2242560872u,          2218404036u, 2194507417u, 2170868212u, 2147483648u};

struct share {
    uint32_t parent; // of all accounts; the house is the last share, see HOUSE
    uint32_t *heap;  // children with somebody who waits, the first first
    uint32_t heap_count, heap_room;
    uint32_t heap_at;               // place in the parent's heap + 1; 0: not in it
    int64_t nominal, nominal_below; // its own quota, and its children's together
    int64_t own_used;               // without the children
    struct fair_memory all;         // with them
    // What it would place: its own job, and the best of itself and its children.
    uint32_t own_rank, rank;
    uint64_t own_job, job;
    int64_t own_since_ms, since_ms;
    uint32_t position; // as of the last look, with aging
    bool borrowing;
};

// Shares: 0 is the house, account place p is share p + 1.
struct fair {
    struct share *shares;
    uint32_t count, room;
    struct fair_rule rule;
    int64_t step; // of the clock at the last look
};
enum { HOUSE = 0 };
#define HALF_LIFE_MS_MAX (INT64_C(1) << 39)

// Between two rows a chord, less what the curve hangs below it: p (1 - p) (ln 2 / 64)^2 / 2.
static uint64_t fade_factor(int64_t span_ms, int64_t half_life_ms)
{
    enum { SAG = 251896 }; // 2^32 (ln 2 / 64)^2 / 2
    int64_t whole = span_ms / half_life_ms;
    if (whole >= FADE_BITS)
        return 0;
    uint64_t whole_ms = (uint64_t)half_life_ms; // below 2^39: part << 24 is within 64 bits
    uint64_t part = (uint64_t)(span_ms % half_life_ms) * FADE_STEPS;
    uint64_t step = part / whole_ms, p = ((part % whole_ms << 24) / whole_ms) << 8;
    uint64_t high = fade_table[step], low = fade_table[step + 1];
    uint64_t chord = (high - low) * p >> FADE_BITS;
    uint64_t sag = (p * ((UINT64_C(1) << FADE_BITS) - p) >> FADE_BITS) * SAG >> FADE_BITS;
    return (high - chord - (high * sag >> FADE_BITS)) >> whole;
}

int64_t fair_faded(int64_t amount, int64_t span_ms, int64_t half_life_ms)
{
    if (half_life_ms == 0)
        return 0;
    return (int64_t)((__int128)amount * fade_factor(span_ms, half_life_ms) >> FADE_BITS);
}

// ln 2 = 693147 / 1000000: a use that never changes is remembered as half-life / ln 2 of itself.
static int64_t memory_s(int64_t half_life_ms)
{
    return half_life_ms * 1000 / 693147;
}

static int64_t decayed_at(const struct fair *fair, const struct fair_memory *memory,
                          int64_t time_ms)
{
    int64_t half_life_ms = fair->rule.half_life_ms;
    if (half_life_ms == 0)
        return 0;
    if (time_ms <= memory->since_ms)
        return memory->decayed;
    uint64_t kept = fade_factor(time_ms - memory->since_ms, half_life_ms);
    __int128 old = (__int128)memory->decayed * kept >> FADE_BITS;
    __int128 gained = (__int128)memory->used * memory_s(half_life_ms);
    return (int64_t)(old + (gained * ((UINT64_C(1) << FADE_BITS) - kept) >> FADE_BITS));
}

static void memory_add(const struct fair *fair, struct fair_memory *memory, int64_t milli,
                       int64_t time_ms)
{
    memory->decayed = decayed_at(fair, memory, time_ms);
    if (time_ms > memory->since_ms)
        memory->since_ms = time_ms;
    memory->used += milli;
}

// Remembered use over what would be remembered of the nominal quota, in thousandths, as a band:
// eight bands an octave.
static uint32_t band_of(const struct fair *fair, const struct share *share, int64_t time_ms)
{
    if (fair->rule.half_life_ms == 0)
        return 0;
    int64_t nominal = share->nominal > 0 ? share->nominal : DEVICE_MILLI;
    int64_t full, decayed = decayed_at(fair, &share->all, time_ms);
    if (__builtin_mul_overflow(nominal, memory_s(fair->rule.half_life_ms), &full))
        full = INT64_MAX;
    for (; decayed > INT64_MAX / 1000; decayed /= 2)
        full /= 2;
    int64_t ratio = decayed * 1000 / (full > 0 ? full : 1);
    if (ratio < 8)
        return (uint32_t)(ratio > 0 ? ratio : 0);
    uint64_t value = (uint64_t)ratio;
    uint32_t octave = 63 - (uint32_t)__builtin_clzll(value);
    return (octave - 2) * 8 + (uint32_t)(value >> (octave - 3) & 7);
}

static void share_look(const struct fair *fair, struct share *share, int64_t time_ms)
{
    int64_t waited_ms = time_ms - share->since_ms;
    int64_t gained = fair->rule.aging_ms && waited_ms > 0 ? waited_ms / fair->rule.aging_ms : 0;
    int64_t band = band_of(fair, share, time_ms);
    share->position = (uint32_t)(band > gained ? band - gained : 0);
    share->borrowing = share->nominal == 0 || share->all.used >= share->nominal;
}

static bool before(const struct share *a, const struct share *b)
{
    if (a->rank != b->rank)
        return a->rank > b->rank;
    if (a->borrowing != b->borrowing)
        return b->borrowing;
    if (a->position != b->position)
        return a->position < b->position;
    return a->job < b->job;
}

static void heap_put(struct fair *fair, struct share *parent, uint32_t at, uint32_t child)
{
    parent->heap[at] = child;
    fair->shares[child].heap_at = at + 1;
}

static void heap_sink(struct fair *fair, struct share *parent, uint32_t at)
{
    uint32_t child = parent->heap[at];
    for (uint32_t down; (down = at * 2 + 1) < parent->heap_count; at = down) {
        uint32_t next = down + 1;
        if (next < parent->heap_count &&
            before(&fair->shares[parent->heap[next]], &fair->shares[parent->heap[down]]))
            down = next;
        if (!before(&fair->shares[parent->heap[down]], &fair->shares[child]))
            break;
        heap_put(fair, parent, at, parent->heap[down]);
    }
    heap_put(fair, parent, at, child);
}

static void heap_settle(struct fair *fair, struct share *parent, uint32_t at)
{
    uint32_t child = parent->heap[at];
    for (; at > 0; at = (at - 1) / 2) {
        uint32_t up = parent->heap[(at - 1) / 2];
        if (!before(&fair->shares[child], &fair->shares[up]))
            break;
        heap_put(fair, parent, at, up);
    }
    heap_put(fair, parent, at, child);
    heap_sink(fair, parent, at);
}

static void heap_leave(struct fair *fair, struct share *parent, uint32_t child)
{
    uint32_t at = fair->shares[child].heap_at;
    if (at == 0)
        return;
    fair->shares[child].heap_at = 0;
    uint32_t last = parent->heap[--parent->heap_count];
    if (last == child)
        return;
    heap_put(fair, parent, at - 1, last);
    heap_settle(fair, parent, at - 1);
}

static void heap_join(struct fair *fair, struct share *parent, uint32_t child)
{
    if (parent->heap_count == parent->heap_room) {
        parent->heap_room = parent->heap_room ? parent->heap_room * 2 : 8;
        parent->heap = realloc(parent->heap, parent->heap_room * sizeof *parent->heap);
        must(parent->heap);
    }
    heap_put(fair, parent, parent->heap_count++, child);
}

// The best of its own job and its children's.
static void share_choose(const struct fair *fair, struct share *share)
{
    share->rank = share->own_rank;
    share->job = share->own_job;
    share->since_ms = share->own_since_ms;
    if (!share->heap_count)
        return;
    const struct share *child = &fair->shares[share->heap[0]];
    if (share->job &&
        (share->rank > child->rank || (share->rank == child->rank && share->job < child->job)))
        return;
    share->rank = child->rank;
    share->job = child->job;
    share->since_ms = child->since_ms;
}

static int64_t step_ms(const struct fair *fair)
{
    return fair->step * (FAIR_STEP_US / 1000);
}

// A share has changed: it and its parents find their places anew.
static void share_changed(struct fair *fair, uint32_t at)
{
    while (at != HOUSE) {
        struct share *share = &fair->shares[at], *parent = &fair->shares[share->parent];
        share_choose(fair, share);
        share_look(fair, share, step_ms(fair));
        if (!share->job) {
            heap_leave(fair, parent, at);
        } else {
            if (!share->heap_at)
                heap_join(fair, parent, at);
            heap_settle(fair, parent, share->heap_at - 1);
        }
        at = share->parent;
    }
}

// Children first, by depth: everybody's position at a new step of the clock.
static void look_below(struct fair *fair, uint32_t at)
{
    struct share *share = &fair->shares[at];
    for (uint32_t i = 0; i < share->heap_count; i++)
        look_below(fair, share->heap[i]);
    for (uint32_t i = share->heap_count / 2; i-- > 0;)
        heap_sink(fair, share, i);
    if (at == HOUSE)
        return;
    share_choose(fair, share);
    share_look(fair, share, step_ms(fair));
}

struct fair *fair_create(void)
{
    struct fair *fair = calloc(1, sizeof *fair);
    must(fair);
    fair->shares = calloc(1, sizeof *fair->shares);
    must(fair->shares);
    fair->count = fair->room = 1;
    return fair;
}

void fair_destroy(struct fair *fair)
{
    if (!fair)
        return;
    for (uint32_t i = 0; i < fair->count; i++)
        free(fair->shares[i].heap);
    free(fair->shares);
    free(fair);
}

static struct share *share_of(const struct fair *fair, uint32_t place)
{
    must(place < fair->count - 1);
    return &fair->shares[place + 1];
}

static void share_room(struct fair *fair, uint32_t count)
{
    if (count <= fair->count)
        return;
    if (count > fair->room) {
        fair->room = count * 2;
        fair->shares = realloc(fair->shares, fair->room * sizeof *fair->shares);
        must(fair->shares);
    }
    memset(fair->shares + fair->count, 0, (count - fair->count) * sizeof *fair->shares);
    fair->count = count;
}

void fair_rule_set(struct fair *fair, const struct fair_rule *rule)
{
    must(rule->half_life_ms >= 0 && rule->half_life_ms < HALF_LIFE_MS_MAX && rule->aging_ms >= 0);
    fair->rule = *rule;
    look_below(fair, HOUSE);
}

// The memory of a branch, added to or taken from the parents.
static void branch_move(struct fair *fair, uint32_t parent, const struct fair_memory *branch,
                        int sign)
{
    for (uint32_t at = parent; at != HOUSE; at = fair->shares[at].parent) {
        struct fair_memory *all = &fair->shares[at].all;
        int64_t late_ms = branch->since_ms > all->since_ms ? branch->since_ms : all->since_ms;
        memory_add(fair, all, 0, late_ms);
        all->decayed += sign * decayed_at(fair, branch, late_ms);
        all->used += sign * branch->used;
    }
}

void fair_account_set(struct fair *fair, uint32_t place, uint32_t parent, int64_t nominal_milli)
{
    must(nominal_milli >= 0 && place != parent);
    share_room(fair, (parent == FAIR_NONE || parent < place ? place : parent) + 2);
    struct share *share = share_of(fair, place);
    uint32_t up = parent == FAIR_NONE ? HOUSE : parent + 1;
    fair->shares[share->parent].nominal_below -= share->nominal;
    if (share->parent != up) {
        branch_move(fair, share->parent, &share->all, -1);
        heap_leave(fair, &fair->shares[share->parent], place + 1);
        share_changed(fair, share->parent);
        share->parent = up;
        branch_move(fair, up, &share->all, 1);
    }
    share->nominal = nominal_milli;
    fair->shares[up].nominal_below += nominal_milli;
    share_changed(fair, place + 1);
}

void fair_memory_set(struct fair *fair, uint32_t place, const struct fair_memory *memory)
{
    struct share *share = share_of(fair, place);
    int64_t more = memory->used - share->all.used;
    share->own_used += more;
    if (share->parent != HOUSE)
        fair->shares[share->parent].own_used -= more;
    share->all = *memory;
    share_changed(fair, place + 1);
}

struct fair_memory fair_memory_of(const struct fair *fair, uint32_t place)
{
    return share_of(fair, place)->all;
}

void fair_use_add(struct fair *fair, uint32_t place, int64_t milli, int64_t time_ms)
{
    share_of(fair, place)->own_used += milli;
    for (uint32_t at = place + 1; at != HOUSE; at = fair->shares[at].parent)
        memory_add(fair, &fair->shares[at].all, milli, time_ms);
    share_changed(fair, place + 1);
}

void fair_wait(struct fair *fair, uint32_t place, uint32_t rank, uint64_t job, int64_t since_ms)
{
    struct share *share = share_of(fair, place);
    if (share->own_job == job && share->own_rank == rank && share->own_since_ms == since_ms)
        return;
    share->own_rank = rank;
    share->own_job = job;
    share->own_since_ms = since_ms;
    share_changed(fair, place + 1);
}

uint32_t fair_first(struct fair *fair, int64_t time_ms)
{
    int64_t step = time_ms / (FAIR_STEP_US / 1000);
    if (step != fair->step) {
        fair->step = step;
        look_below(fair, HOUSE);
    }
    const struct share *share = &fair->shares[HOUSE];
    if (!share->heap_count)
        return FAIR_NONE;
    uint32_t at = HOUSE;
    do {
        at = share->heap[0];
        share = &fair->shares[at];
    } while (share->own_job != share->job);
    return at - 1;
}

uint32_t fair_rank(const struct fair *fair, uint32_t place)
{
    return share_of(fair, place)->own_rank;
}

int64_t fair_used(const struct fair *fair, uint32_t place)
{
    return share_of(fair, place)->all.used;
}

int64_t fair_nominal(const struct fair *fair, uint32_t place)
{
    return share_of(fair, place)->nominal;
}

int64_t fair_decayed(const struct fair *fair, uint32_t place, int64_t time_ms)
{
    return decayed_at(fair, &share_of(fair, place)->all, time_ms);
}

uint32_t fair_position(const struct fair *fair, uint32_t place, int64_t time_ms)
{
    struct share share = *share_of(fair, place);
    share_look(fair, &share, time_ms / (FAIR_STEP_US / 1000) * (FAIR_STEP_US / 1000));
    return share.position;
}

bool fair_within_nominal(const struct fair *fair, uint32_t place, int64_t more_milli)
{
    bool quota = false;
    for (uint32_t at = place + 1; at != HOUSE; at = fair->shares[at].parent) {
        const struct share *share = &fair->shares[at];
        if (share->nominal == 0)
            continue;
        quota = true;
        if (share->all.used + more_milli > share->nominal)
            return false;
    }
    return quota;
}

static uint32_t depth_of(const struct fair *fair, uint32_t at)
{
    uint32_t depth = 0;
    for (; at != HOUSE; at = fair->shares[at].parent)
        depth++;
    return depth;
}

// One side of where two branches part: a child, or the parent's own jobs, whose quota is what the
// children's quotas leave.
struct side {
    int64_t used, nominal;
};

static struct side side_of(const struct fair *fair, uint32_t at, uint32_t parted)
{
    const struct share *share = &fair->shares[at];
    if (at != parted)
        return (struct side){share->all.used, share->nominal};
    int64_t left = share->nominal - share->nominal_below;
    return (struct side){share->own_used, left > 0 ? left : 0};
}

// Up to the child of `parted` on the way from `at`; `at` itself when they are the same.
static uint32_t child_towards(const struct fair *fair, uint32_t at, uint32_t parted)
{
    while (at != parted && fair->shares[at].parent != parted)
        at = fair->shares[at].parent;
    return at;
}

static uint32_t parted_at(const struct fair *fair, uint32_t a, uint32_t b)
{
    uint32_t deep_a = depth_of(fair, a), deep_b = depth_of(fair, b);
    while (a != b) {
        bool rise_a = deep_a >= deep_b;
        uint32_t *at = rise_a ? &a : &b;
        *at = fair->shares[*at].parent;
        rise_a ? deep_a-- : deep_b--;
    }
    return a;
}

bool fair_may_reclaim(const struct fair *fair, uint32_t claimant, int64_t more_milli,
                      uint32_t victim)
{
    if (claimant == victim)
        return false;
    uint32_t parted = parted_at(fair, claimant + 1, victim + 1);
    for (uint32_t at = claimant + 1; at != parted; at = fair->shares[at].parent) {
        const struct share *share = &fair->shares[at];
        if (share->nominal && share->all.used + more_milli > share->nominal)
            return false;
    }
    struct side claims = side_of(fair, child_towards(fair, claimant + 1, parted), parted);
    struct side lends = side_of(fair, child_towards(fair, victim + 1, parted), parted);
    return claims.used + more_milli <= claims.nominal && lends.used > lends.nominal;
}
