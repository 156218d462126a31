// power_tree.h - the wires from the grid to the racks: what each may carry, and what is promised.
//
// Edges form a tree: grid point or generator group > substation > feed > rack. A line is what a
// rack hangs on: the leaf of one feed, or of two (A and B). Watts are promised on a line.
//
//            grid point            every edge on either path carries the whole promise, as if the
//             │ pue                other feed were lost; an edge above the place where the paths
//          substation              join carries it once
//           ╱      ╲
//       feed A    feed B           what an edge's parent sees is what comes out of the edge,
//           ╲      ╱               divided by the edge's efficiency
//             rack
//
// The load of an edge is the sum over lines of (promised watts x factor of line and edge), where
// the factor is in millionths, fixed when the line is made, rounded up: so a promise handed back
// leaves the tree exactly as it was. An edge whose rating is in facility watts (grid point,
// generators) has a PUE: its limit in the watts below is rating / PUE.
//
// Caps are windows [from, until). A cap of 0 W is a trip: the edge is dead. While one path of a
// line is dead its whole load is on the other, which carries it already; promises go on being
// counted, and held to rating and other caps, on both, so that the feed may come back. While
// both paths of a line are dead it has no headroom.
//
//   Owner      power_tree_create takes memory, power_tree_destroy gives it back
//   Invariant  sums are exact and do not depend on the order of promises; no load is below 0
//   Refusal    power_fits false; a headroom below 0 says by how much a cap was cut under the load
//   Fault      none (no memory: must)
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define POWER_NONE UINT32_MAX // no parent; no second feed
enum { POWER_WHOLE = 1000000, POWER_PATH_MAX = 16 };

struct power_edge {
    uint32_t parent;        // a lower place, or POWER_NONE
    int32_t efficiency_ppm; // what comes out, of a million that goes in; 0 is 1,000,000
    int64_t rated_w;        // of what comes out
    int64_t ramp_w_per_s;   // 0: no limit
    int32_t pue_permille;   // 0 is 1000: the rating is in IT watts
};

struct power_cap {
    uint32_t edge;
    int64_t from_us, until_us; // [from, until); INT64_MAX: until it is lifted
    int64_t cap_w;
};

struct power_load { // watts on a line
    uint32_t line;
    int64_t watts;
};

struct power_span {
    int64_t from_us, until_us; // [from, until)
    bool bare; // ratings and base watts alone: as if nothing ran and no cap were set
};

struct power_tree;
struct power_tree *power_tree_create(void);
void power_tree_destroy(struct power_tree *tree); // accepts NULL

// Gives its place: 0, 1, 2, … A rating is at most 1 TW.
uint32_t power_edge_add(struct power_tree *tree, const struct power_edge *edge);
uint32_t power_edges(const struct power_tree *tree);
const struct power_edge *power_edge(const struct power_tree *tree, uint32_t place);
void power_rate(struct power_tree *tree, uint32_t edge, int64_t rated_w);
void power_set_pue(struct power_tree *tree, uint32_t edge, int32_t pue_permille);
// The line on these leaves, made at first need. Equal pairs are one line; b may be POWER_NONE.
uint32_t power_line(struct power_tree *tree, uint32_t a, uint32_t b);
uint32_t power_lines(const struct power_tree *tree);
// What a watt on the line puts on an edge, in millionths; 0: the edge is not above it.
int64_t power_factor(const struct power_tree *tree, uint32_t line, uint32_t edge);

void power_cap_add(struct power_tree *tree, const struct power_cap *cap);
void power_cap_remove(struct power_tree *tree, const struct power_cap *cap); // the same again
void power_forget(struct power_tree *tree, int64_t before_us); // windows that ended until then

// They check nothing: a promise that was made stands when a cap falls under it.
void power_promise(struct power_tree *tree, uint32_t line, int64_t watts);
void power_hand_back(struct power_tree *tree, uint32_t line, int64_t watts);
int64_t power_promised(const struct power_tree *tree, uint32_t line);
// Watts that nodes take whether anything runs on them or not; below 0: taken back. They count like
// promises, also in a bare span.
void power_base(struct power_tree *tree, uint32_t line, int64_t watts);

// The most watts that may be added to the line, held over all instants of the span.
int64_t power_headroom(const struct power_tree *tree, uint32_t line, const struct power_span *span);
// The same question for known watts, without a division: for the search.
bool power_has(const struct power_tree *tree, const struct power_load *load,
               const struct power_span *span);
// All of these at once, exact on every edge; lines may repeat.
bool power_fits(struct power_tree *tree, const struct power_load *loads, uint32_t count,
                const struct power_span *span);

// Of one edge, in its own watts (facility watts where it has a PUE), rounded up.
int64_t power_edge_load(const struct power_tree *tree, uint32_t edge);
int64_t power_edge_limit(const struct power_tree *tree, uint32_t edge, int64_t time_us);
// Watts below by which it is promised over its limit at an instant, rounded up; 0: it is not.
int64_t power_edge_over(const struct power_tree *tree, uint32_t edge, int64_t time_us);
// At least one path of the line is without a trip at that instant.
bool power_alive(const struct power_tree *tree, uint32_t line, int64_t time_us);
// The next instant after this one at which a cap begins or ends; INT64_MAX: none.
int64_t power_next_cap(const struct power_tree *tree, int64_t after_us);
