#include "base/must.h"
#include "core/fleet/fleet_find.h"
#include <stdlib.h>

enum { EDGES_A_LINE = 2 * POWER_PATH_MAX, UNKNOWN = UINT32_MAX - 1 };

struct wire {              // an edge, as the lines see it
    uint32_t lines, above; // how many hang on it; the edge that comes next above for all of them
    int64_t factor;
};

// The edges above a line, each once.
static uint32_t edges_of(const struct fleet *fleet, uint32_t line, uint32_t *ret_edges)
{
    const struct line_memo *memo = &fleet->lines[line];
    const uint32_t leaf[2] = {memo->feeder_a, memo->feeder_b};
    uint32_t count = 0;
    for (int feed = 0; feed < 2; feed++) {
        uint32_t edge = leaf[feed];
        while (edge != POWER_NONE) {
            bool known = false;
            for (uint32_t i = 0; i < count; i++)
                known |= ret_edges[i] == edge;
            if (!known)
                ret_edges[count++] = edge;
            edge = power_edge(fleet->power, edge)->parent;
        }
    }
    return count;
}

static bool comes_before(const struct wire *wires, uint32_t a, uint32_t b)
{
    return wires[a].lines != wires[b].lines ? wires[a].lines < wires[b].lines : a < b;
}

// The fewest lines first.
static void arrange(const struct wire *wires, uint32_t *edges, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        for (uint32_t k = i; k && comes_before(wires, edges[k], edges[k - 1]); k--) {
            uint32_t swap = edges[k];
            edges[k] = edges[k - 1];
            edges[k - 1] = swap;
        }
}

static bool count_line(const struct fleet *fleet, uint32_t line, struct wire *wires)
{
    uint32_t edges[EDGES_A_LINE], count = edges_of(fleet, line, edges);
    for (uint32_t i = 0; i < count; i++) {
        struct wire *wire = &wires[edges[i]];
        int64_t factor = power_factor(fleet->power, line, edges[i]);
        if (wire->lines++ && wire->factor != factor)
            return false;
        wire->factor = factor;
        wire->above = UNKNOWN;
    }
    return true;
}

// Above an edge the same edge comes next for each of its lines: then sets of lines are nested.
static bool chain_line(const struct fleet *fleet, uint32_t line, struct wire *wires)
{
    uint32_t edges[EDGES_A_LINE], count = edges_of(fleet, line, edges);
    arrange(wires, edges, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t above = i + 1 < count ? edges[i + 1] : POWER_NONE;
        struct wire *wire = &wires[edges[i]];
        if (wire->above == UNKNOWN)
            wire->above = above;
        if (wire->above != above)
            return false;
    }
    return true;
}

bool lines_nested(struct fleet *fleet)
{
    uint32_t lines = power_lines(fleet->power);
    lines = lines < fleet->line_room ? lines : fleet->line_room;
    if (fleet->nested_known == lines + 1)
        return fleet->nested;
    struct wire *wires = calloc(power_edges(fleet->power) + 1, sizeof *wires);
    must(wires);
    bool nested = true;
    for (uint32_t line = 0; line < lines && nested; line++)
        nested = !fleet->lines[line].used || count_line(fleet, line, wires);
    for (uint32_t line = 0; line < lines && nested; line++)
        nested = !fleet->lines[line].used || chain_line(fleet, line, wires);
    free(wires);
    fleet->nested_known = lines + 1;
    return fleet->nested = nested;
}
