// lab_fleet.h - fills a placement index of any size and churns it: what a scheduler's core costs.
//
// Nodes of 8 devices stand in racks of 4 to 16, blocks of at most 1,024 nodes and sites of at most
// 819,200 devices. Leases come by a fixed mix until nine devices of ten are taken; from then on
// a random lease ends for each one that comes. The mix, of 100,000 placements:
//
//   devices of one node   1: 40,000   2: 15,000   4: 15,000   8: 20,000
//   gangs of whole nodes  2: 4,000    4: 3,000    8: 1,500    16: 800    32: 400    64: 200
//                         128: 60     256: 30     512: 7      1,024: 3
//
// With power every rack hangs on two wires (feed A and B of its block) below two feeds of its
// site, and every device that is taken promises 1,250 W; a site is rated for 95 % of its devices.
//
//   Owner      lab_fleet_create takes memory, lab_fleet_destroy gives it back
//   Invariant  the same ask makes the same decisions
//   Refusal    a gang that finds no room is counted and left
//   Fault      none (no memory: must)
#pragma once
#include "core/fleet/fleet.h"

struct lab_fleet_ask {
    int64_t devices;
    uint64_t seed;
    bool power;
};

struct lab_fleet_count {
    int64_t placed, released, refused;
    int64_t nodes_placed; // of all that was placed
    int64_t leases, devices, devices_taken;
};

struct lab_fleet;
struct lab_fleet *lab_fleet_create(const struct lab_fleet_ask *ask); // filled to nine tenths
void lab_fleet_destroy(struct lab_fleet *lab);
// Until so many placements and releases have been made; gives how many.
int64_t lab_fleet_churn(struct lab_fleet *lab, int64_t steps);
struct lab_fleet_count lab_fleet_count(const struct lab_fleet *lab);
struct fleet *lab_fleet_index(struct lab_fleet *lab);
// The next of the mix, for a peer that is held against it.
struct rng;
void lab_fleet_draw(struct rng *rng, uint32_t *ret_nodes, uint32_t *ret_devices);
