#include "core/fleet/power_tree.h"
#include "base/lookup.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

#define WATTS_MAX INT64_C(1000000000000) // of an edge: a terawatt is a slip of the pen

struct room {                  // in millionths of IT watts
    int64_t limit, load, base; // base: the part of load that stays
};

struct windows { // of one edge, by beginning
    struct power_cap *cap;
    uint32_t count, space;
    int64_t first_us, last_us; // [first, last) holds all of them
};

struct step {
    uint32_t edge;
    uint32_t sides; // 1: on path A, 2: on path B, 3: on both
    int64_t factor;
};

struct line {
    struct step step[2 * POWER_PATH_MAX];
    uint32_t steps, reserved;
    int64_t promised_w;
};

struct power_tree {
    struct power_edge *edges;
    struct room *rooms;
    struct windows *windows;
    int64_t *extra;    // of power_fits; all 0 between calls
    uint32_t *touched; // edges with an extra
    struct line *lines;
    struct lookup pairs; // (a, b) -> line + 1
    uint32_t edge_count, edge_space, line_count, line_space, capped;
};

static void *grown(void *rows, uint32_t space, size_t size)
{
    void *more = realloc(rows, space * size);
    must(more);
    return more;
}

struct power_tree *power_tree_create(void)
{
    struct power_tree *tree = calloc(1, sizeof *tree);
    must(tree);
    lookup_init(&tree->pairs);
    return tree;
}

void power_tree_destroy(struct power_tree *tree)
{
    if (!tree)
        return;
    for (uint32_t edge = 0; edge < tree->edge_count; edge++)
        free(tree->windows[edge].cap);
    free(tree->edges);
    free(tree->rooms);
    free(tree->windows);
    free(tree->extra);
    free(tree->touched);
    free(tree->lines);
    lookup_finish(&tree->pairs);
    free(tree);
}

// Of what comes out, in millionths of the watts below the PUE boundary, rounded down.
static int64_t below(const struct power_edge *edge, int64_t watts)
{
    must(watts >= 0 && watts <= WATTS_MAX);
    int64_t whole = watts * 1000 / edge->pue_permille, rest = watts * 1000 % edge->pue_permille;
    return whole * POWER_WHOLE + rest * POWER_WHOLE / edge->pue_permille;
}

uint32_t power_edge_add(struct power_tree *tree, const struct power_edge *edge)
{
    must(edge->parent == POWER_NONE || edge->parent < tree->edge_count);
    must(edge->efficiency_ppm >= 0 && edge->efficiency_ppm <= POWER_WHOLE && edge->rated_w >= 0);
    if (tree->edge_count == tree->edge_space) {
        tree->edge_space = tree->edge_space ? tree->edge_space * 2 : 16;
        tree->edges = grown(tree->edges, tree->edge_space, sizeof *tree->edges);
        tree->rooms = grown(tree->rooms, tree->edge_space, sizeof *tree->rooms);
        tree->windows = grown(tree->windows, tree->edge_space, sizeof *tree->windows);
        tree->extra = grown(tree->extra, tree->edge_space, sizeof *tree->extra);
        tree->touched = grown(tree->touched, tree->edge_space, sizeof *tree->touched);
    }
    uint32_t place = tree->edge_count++;
    struct power_edge *row = &tree->edges[place];
    *row = *edge;
    row->efficiency_ppm = edge->efficiency_ppm ? edge->efficiency_ppm : POWER_WHOLE;
    row->pue_permille = edge->pue_permille ? edge->pue_permille : 1000;
    tree->rooms[place] = (struct room){.limit = below(row, row->rated_w)};
    tree->windows[place] = (struct windows){.first_us = INT64_MAX, .last_us = INT64_MIN};
    tree->extra[place] = 0;
    return place;
}

uint32_t power_edges(const struct power_tree *tree)
{
    return tree->edge_count;
}

const struct power_edge *power_edge(const struct power_tree *tree, uint32_t place)
{
    must(place < tree->edge_count);
    return &tree->edges[place];
}

void power_rate(struct power_tree *tree, uint32_t edge, int64_t rated_w)
{
    must(edge < tree->edge_count && rated_w >= 0);
    tree->edges[edge].rated_w = rated_w;
    tree->rooms[edge].limit = below(&tree->edges[edge], rated_w);
}

void power_set_pue(struct power_tree *tree, uint32_t edge, int32_t pue_permille)
{
    must(edge < tree->edge_count && pue_permille >= 1000);
    tree->edges[edge].pue_permille = pue_permille;
    tree->rooms[edge].limit = below(&tree->edges[edge], tree->edges[edge].rated_w);
}

// The way from a leaf up. An edge that is on the line already has the higher factor of both.
static void climb(struct power_tree *tree, struct line *line, uint32_t leaf, uint32_t side)
{
    int64_t factor = POWER_WHOLE;
    for (uint32_t edge = leaf; edge != POWER_NONE; edge = tree->edges[edge].parent) {
        uint32_t at = 0;
        while (at < line->steps && line->step[at].edge != edge)
            at++;
        must(at < 2 * POWER_PATH_MAX && factor < 1000 * (int64_t)POWER_WHOLE);
        if (at == line->steps)
            line->step[line->steps++] = (struct step){.edge = edge};
        line->step[at].sides |= side;
        if (line->step[at].factor < factor)
            line->step[at].factor = factor;
        int64_t efficiency = tree->edges[edge].efficiency_ppm;
        factor = (factor * POWER_WHOLE + efficiency - 1) / efficiency;
    }
}

uint32_t power_line(struct power_tree *tree, uint32_t a, uint32_t b)
{
    must(a < tree->edge_count && (b < tree->edge_count || b == POWER_NONE));
    struct lookup_key key = {
        {a, b == a ? POWER_NONE : b}
    };
    uint64_t known = lookup_get(&tree->pairs, key);
    if (known)
        return (uint32_t)known - 1;
    if (tree->line_count == tree->line_space) {
        tree->line_space = tree->line_space ? tree->line_space * 2 : 16;
        tree->lines = grown(tree->lines, tree->line_space, sizeof *tree->lines);
    }
    struct line *line = &tree->lines[tree->line_count];
    *line = (struct line){.promised_w = 0};
    climb(tree, line, a, 1);
    if (b != POWER_NONE && b != a)
        climb(tree, line, b, 2);
    lookup_put(&tree->pairs, key, ++tree->line_count);
    return tree->line_count - 1;
}

uint32_t power_lines(const struct power_tree *tree)
{
    return tree->line_count;
}

static struct line *line_at(const struct power_tree *tree, uint32_t place)
{
    must(place < tree->line_count);
    return &tree->lines[place];
}

int64_t power_factor(const struct power_tree *tree, uint32_t place, uint32_t edge)
{
    const struct line *line = line_at(tree, place);
    for (uint32_t i = 0; i < line->steps; i++)
        if (line->step[i].edge == edge)
            return line->step[i].factor;
    return 0;
}

static void bounds(struct power_tree *tree, struct windows *windows)
{
    windows->first_us = INT64_MAX;
    windows->last_us = INT64_MIN;
    for (uint32_t i = 0; i < windows->count; i++) {
        const struct power_cap *cap = &windows->cap[i];
        windows->first_us = cap->from_us < windows->first_us ? cap->from_us : windows->first_us;
        windows->last_us = cap->until_us > windows->last_us ? cap->until_us : windows->last_us;
    }
    tree->capped = 0;
    for (uint32_t edge = 0; edge < tree->edge_count; edge++)
        tree->capped += tree->windows[edge].count != 0;
}

void power_cap_add(struct power_tree *tree, const struct power_cap *cap)
{
    must(cap->edge < tree->edge_count && cap->cap_w >= 0 && cap->from_us < cap->until_us);
    struct windows *windows = &tree->windows[cap->edge];
    if (windows->count == windows->space) {
        windows->space = windows->space ? windows->space * 2 : 4;
        windows->cap = grown(windows->cap, windows->space, sizeof *windows->cap);
    }
    windows->cap[windows->count++] = *cap;
    bounds(tree, windows);
}

void power_cap_remove(struct power_tree *tree, const struct power_cap *cap)
{
    must(cap->edge < tree->edge_count);
    struct windows *windows = &tree->windows[cap->edge];
    for (uint32_t i = 0; i < windows->count; i++) {
        const struct power_cap *row = &windows->cap[i];
        if (row->from_us != cap->from_us || row->until_us != cap->until_us ||
            row->cap_w != cap->cap_w)
            continue;
        windows->cap[i] = windows->cap[--windows->count];
        bounds(tree, windows);
        return;
    }
    must(false); // there is no such window
}

void power_forget(struct power_tree *tree, int64_t before_us)
{
    for (uint32_t edge = 0; tree->capped && edge < tree->edge_count; edge++) {
        struct windows *windows = &tree->windows[edge];
        uint32_t kept = 0;
        for (uint32_t i = 0; i < windows->count; i++)
            if (windows->cap[i].until_us > before_us)
                windows->cap[kept++] = windows->cap[i];
        if (kept == windows->count)
            continue;
        windows->count = kept;
        bounds(tree, windows);
    }
}

static void add(struct power_tree *tree, struct line *line, int64_t watts, bool base)
{
    for (uint32_t i = 0; i < line->steps; i++) {
        struct room *room = &tree->rooms[line->step[i].edge];
        int64_t load;
        must(!__builtin_mul_overflow(watts, line->step[i].factor, &load));
        must(!__builtin_add_overflow(room->load, load, &room->load));
        must(room->load >= 0);
        room->base += base ? load : 0;
        must(room->base >= 0);
    }
    line->promised_w += base ? 0 : watts;
    must(line->promised_w >= 0);
}

void power_base(struct power_tree *tree, uint32_t line, int64_t watts)
{
    add(tree, line_at(tree, line), watts, true);
}

void power_promise(struct power_tree *tree, uint32_t line, int64_t watts)
{
    must(watts >= 0);
    add(tree, line_at(tree, line), watts, false);
}

void power_hand_back(struct power_tree *tree, uint32_t line, int64_t watts)
{
    must(watts >= 0);
    add(tree, line_at(tree, line), -watts, false);
}

int64_t power_promised(const struct power_tree *tree, uint32_t line)
{
    return line_at(tree, line)->promised_w;
}

static bool touches(const struct power_cap *cap, int64_t from_us, int64_t until_us)
{
    return cap->from_us < until_us && cap->until_us > from_us;
}

// The least limit over an interval, trips left out: power_alive is for them.
static int64_t limit_over(const struct power_tree *tree, uint32_t edge, int64_t from_us,
                          int64_t until_us)
{
    const struct windows *windows = &tree->windows[edge];
    int64_t limit = tree->rooms[edge].limit;
    if (windows->first_us >= until_us || windows->last_us <= from_us)
        return limit;
    for (uint32_t i = 0; i < windows->count; i++) {
        const struct power_cap *cap = &windows->cap[i];
        if (cap->cap_w == 0 || !touches(cap, from_us, until_us))
            continue;
        int64_t most = below(&tree->edges[edge], cap->cap_w);
        limit = most < limit ? most : limit;
    }
    return limit;
}

// The sides of a line with a trip at an instant.
static uint32_t dead_sides(const struct power_tree *tree, const struct line *line, int64_t time_us)
{
    uint32_t dead = 0;
    for (uint32_t i = 0; i < line->steps; i++) {
        const struct windows *windows = &tree->windows[line->step[i].edge];
        for (uint32_t k = 0; k < windows->count; k++)
            if (windows->cap[k].cap_w == 0 && touches(&windows->cap[k], time_us, time_us + 1))
                dead |= line->step[i].sides;
    }
    return dead;
}

static uint32_t sides(const struct line *line)
{
    uint32_t all = 0;
    for (uint32_t i = 0; i < line->steps; i++)
        all |= line->step[i].sides;
    return all;
}

bool power_alive(const struct power_tree *tree, uint32_t place, int64_t time_us)
{
    const struct line *line = line_at(tree, place);
    return tree->capped == 0 || dead_sides(tree, line, time_us) != sides(line);
}

// The line is fed at every instant of an interval: at its beginning, and whenever a trip begins.
static bool fed(const struct power_tree *tree, const struct line *line,
                const struct power_span *span)
{
    if (tree->capped == 0 || span->bare)
        return true;
    uint32_t all = sides(line);
    if (dead_sides(tree, line, span->from_us) == all)
        return false;
    for (uint32_t i = 0; i < line->steps; i++) {
        const struct windows *windows = &tree->windows[line->step[i].edge];
        for (uint32_t k = 0; k < windows->count; k++) {
            const struct power_cap *cap = &windows->cap[k];
            bool begins = cap->from_us > span->from_us && cap->from_us < span->until_us;
            if (cap->cap_w == 0 && begins && dead_sides(tree, line, cap->from_us) == all)
                return false;
        }
    }
    return true;
}

static int64_t floored(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

// Millionths of watts that an edge has left over a span.
static int64_t left(const struct power_tree *tree, uint32_t edge, const struct power_span *span)
{
    const struct room *room = &tree->rooms[edge];
    if (span->bare)
        return room->limit - room->base;
    return limit_over(tree, edge, span->from_us, span->until_us) - room->load;
}

int64_t power_headroom(const struct power_tree *tree, uint32_t place, const struct power_span *span)
{
    const struct line *line = line_at(tree, place);
    int64_t least_w = INT64_MAX;
    for (uint32_t i = 0; i < line->steps; i++) {
        int64_t room_w = floored(left(tree, line->step[i].edge, span), line->step[i].factor);
        least_w = room_w < least_w ? room_w : least_w;
    }
    return least_w > 0 && !fed(tree, line, span) ? 0 : least_w;
}

bool power_has(const struct power_tree *tree, const struct power_load *load,
               const struct power_span *span)
{
    const struct line *line = line_at(tree, load->line);
    for (uint32_t i = 0; i < line->steps; i++) {
        const struct step *step = &line->step[i];
        if ((__int128)load->watts * step->factor > left(tree, step->edge, span))
            return false;
    }
    return load->watts == 0 || fed(tree, line, span);
}

bool power_fits(struct power_tree *tree, const struct power_load *loads, uint32_t count,
                const struct power_span *span)
{
    uint32_t touched = 0;
    bool fits = true;
    for (uint32_t k = 0; k < count; k++) {
        const struct line *line = line_at(tree, loads[k].line);
        must(loads[k].watts >= 0);
        if (loads[k].watts == 0)
            continue;
        fits = fits && fed(tree, line, span);
        for (uint32_t i = 0; i < line->steps; i++) {
            int64_t *extra = &tree->extra[line->step[i].edge], load;
            if (*extra == 0)
                tree->touched[touched++] = line->step[i].edge;
            must(!__builtin_mul_overflow(loads[k].watts, line->step[i].factor, &load));
            must(!__builtin_add_overflow(*extra, load, extra));
        }
    }
    for (uint32_t i = 0; i < touched; i++) {
        uint32_t edge = tree->touched[i];
        fits = fits && tree->extra[edge] <= left(tree, edge, span);
        tree->extra[edge] = 0;
    }
    return fits;
}

// The other way, rounded up.
static int64_t outside(const struct power_edge *edge, int64_t load)
{
    int64_t part = INT64_C(1000) * POWER_WHOLE, rest = load % part * edge->pue_permille;
    return load / part * edge->pue_permille + (rest + part - 1) / part;
}

int64_t power_edge_load(const struct power_tree *tree, uint32_t edge)
{
    return outside(power_edge(tree, edge), tree->rooms[edge].load);
}

int64_t power_edge_limit(const struct power_tree *tree, uint32_t edge, int64_t time_us)
{
    int64_t limit_w = power_edge(tree, edge)->rated_w;
    const struct windows *windows = &tree->windows[edge];
    for (uint32_t i = 0; i < windows->count; i++)
        if (touches(&windows->cap[i], time_us, time_us + 1) && windows->cap[i].cap_w < limit_w)
            limit_w = windows->cap[i].cap_w;
    return limit_w;
}

int64_t power_edge_over(const struct power_tree *tree, uint32_t edge, int64_t time_us)
{
    must(edge < tree->edge_count);
    int64_t over = tree->rooms[edge].load - limit_over(tree, edge, time_us, time_us + 1);
    return over > 0 ? (over + POWER_WHOLE - 1) / POWER_WHOLE : 0;
}

int64_t power_next_cap(const struct power_tree *tree, int64_t after_us)
{
    int64_t next_us = INT64_MAX;
    for (uint32_t edge = 0; tree->capped && edge < tree->edge_count; edge++) {
        for (uint32_t i = 0; i < tree->windows[edge].count; i++) {
            const struct power_cap *cap = &tree->windows[edge].cap[i];
            if (cap->from_us > after_us && cap->from_us < next_us)
                next_us = cap->from_us;
            if (cap->until_us > after_us && cap->until_us < next_us)
                next_us = cap->until_us;
        }
    }
    return next_us;
}
