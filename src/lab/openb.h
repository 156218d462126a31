// openb.h - reads a recorded cluster, its nodes and the pods that came, as the openb traces do.
//
//     nodes: sn,cpu_milli,memory_mib,gpu,model
//     pods:  name,cpu_milli,memory_mib,num_gpu,gpu_milli[,gpu_spec]
//
// Columns are found by their names in the first line; others are passed over. gpu_spec is the set
// of allowed models, "V100M16|V100M32", empty for any. An order is a file of 16-bit numbers,
// little end first: rows of the pod list, from 0; ranks are the same, of each node its place.
//
//   Owner      struct openb; openb_finish gives its memory back
//   Invariant  CPU and memory are at most 2^40, devices at most 256, milli 1..1000
//   Refusal    none
//   Fault      each wrong line is named in a text, "file:line:column: what; what to do", at most 20
#pragma once
#include "base/buf.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum { OPENB_CHIPS_MAX = 63, OPENB_NAME_MAX = 32, OPENB_WRONG_MAX = 20 };

struct openb_node {
    uint32_t devices, chip; // a place in openb.chip
    int64_t cpu_milli, memory_mib;
};

struct openb_pod {
    uint64_t chips;   // bits of the allowed; 0: any
    uint32_t devices; // 0: CPU and memory only
    uint32_t milli;   // of each: 1000, or less when devices is 1
    int64_t cpu_milli, memory_mib;
};

struct openb {
    struct openb_node *node;
    struct openb_pod *pod;
    uint32_t nodes, pods, node_room, pod_room;
    char chip[OPENB_CHIPS_MAX][OPENB_NAME_MAX];
    uint32_t chips;
};

void openb_finish(struct openb *openb); // accepts a zeroed one
// Nodes before pods: a model that no node has allows nothing. false: `wrong` says why, by line.
bool openb_nodes(struct openb *openb, const char *file, str text, struct buf *wrong);
bool openb_pods(struct openb *openb, const char *file, str text, struct buf *wrong);
// How many numbers a file of 16-bit numbers has, each below `limit`; ret_number has room for all.
bool openb_numbers(const char *file, str bytes, uint32_t limit, uint16_t *ret_number,
                   struct buf *wrong);
