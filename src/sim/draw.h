// draw.h - the power that is drawn: levels at every rack and feeder, energy by integral.
//
// Power is piecewise linear. A job's watts rise in a straight line from idle to what its class
// draws, over at most one settlement interval, and fall at once when it ends. Levels count the
// whole rise at its beginning (an upper bound, held against ratings); what the rise leaves out is
// taken off the energy by its area:
//
//     watts      ┌────────      F(x) = W (2 r x - x^2) / 2r, the area left out up to x after the
//            ////│              start of a rise of r milliseconds, rounded down
//     idle ──────┘
//
// Energy is in millijoules: watts times milliseconds, exact. A rack that hangs on two feeds loads
// each with half of what it draws, so levels of edges are kept in half watts.
//
//   Owner      draw_init .. draw_finish
//   Invariant  the energy of a site is the sum of the energies of its racks, to the millijoule
//   Refusal    none: a level above its limit is counted, with the first one kept
//   Fault      none (no memory: must)
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define DRAW_NONE UINT32_MAX

struct draw_edge { // a feeder: half watts
    uint32_t parent;
    int64_t level_2w, limit_2w, peak_2w;
    uint64_t over; // changes that left it above its limit
};

struct draw_rack {
    uint32_t site, feed_a, feed_b;
    int64_t level_w, limit_w, last_ms, energy_mj;
};

struct draw_site {
    int64_t level_w, job_w; // all that racks draw, and what of it is jobs'
    int64_t last_ms, peak_w;
    __int128 energy_mj, job_mj;        // settled
    int64_t open_mj, open_job_mj;      // of the interval that is not settled
    int64_t rise_now_mj, rise_next_mj; // left out by rises: in this and in the next one
};

struct draw {
    struct draw_edge *edge;
    struct draw_rack *rack;
    struct draw_site *site;
    uint32_t edges, racks, sites, edge_room, rack_room, site_room;
    int64_t interval_end_ms; // of the settlement interval that is open
    uint64_t over_racks;
};

void draw_init(struct draw *draw, int64_t interval_end_ms);
void draw_finish(struct draw *draw);
// Each gives its place: 0, 1, 2, …
uint32_t draw_site_add(struct draw *draw, int64_t now_ms);
uint32_t draw_edge_add(struct draw *draw, uint32_t parent, int64_t limit_w);
uint32_t draw_rack_add(struct draw *draw, const struct draw_rack *rack, int64_t now_ms);

// From now on the rack draws so many watts more (or less), and jobs so many of the site's.
void draw_change(struct draw *draw, uint32_t rack, int64_t now_ms, int64_t watts, int64_t job_w);
// What was begun with draw_change at start_ms rises over rise_ms: takes the area off. Gives it.
int64_t draw_rise(struct draw *draw, uint32_t rack, int64_t start_ms, int64_t rise_ms,
                  int64_t watts);
// The rise is cut off at end_ms: puts back what lies behind. Gives it.
int64_t draw_rise_cut(struct draw *draw, uint32_t rack, int64_t start_ms, int64_t rise_ms,
                      int64_t end_ms, int64_t watts);

// F(x) of the drawing above.
int64_t draw_left_out(int64_t watts, int64_t rise_ms, int64_t after_ms);

struct draw_interval {
    int64_t energy_mj, job_mj, peak_w, mean_w;
};
// Ends the open interval of a site at interval_end_ms.
struct draw_interval draw_settle(struct draw *draw, uint32_t site, int64_t from_ms);
// After every site: the next interval is open.
void draw_next(struct draw *draw, int64_t interval_end_ms);
// Of a site's racks, up to now_ms: must be what the site says, see draw_site_mj.
__int128 draw_racks_mj(const struct draw *draw, uint32_t site, int64_t now_ms);
__int128 draw_site_mj(const struct draw *draw, uint32_t site, int64_t now_ms);
