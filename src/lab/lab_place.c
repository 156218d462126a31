#include "lab/lab_place.h"
#include "base/must.h"
#include "base/rng.h"
#include "core/fleet/fleet_score.h"
#include <stdlib.h>
#include <time.h>

enum { WHOLE = 1000, OVERFULL_PERCENT = 130, HOLD_MAX = 4096 };

void place_finish(struct lab_place *lab)
{
    openb_finish(&lab->openb);
    free(lab->rank);
    free(lab->order);
    *lab = (struct lab_place){0};
}

static int64_t pod_milli(const struct openb_pod *pod)
{
    return (int64_t)pod->devices * pod->milli;
}

static int64_t capacity_milli(const struct openb *openb)
{
    int64_t milli = 0;
    for (uint32_t i = 0; i < openb->nodes; i++)
        milli += (int64_t)openb->node[i].devices * WHOLE;
    return milli;
}

void place_shuffle(struct lab_place *lab, uint64_t seed)
{
    const struct openb *openb = &lab->openb;
    struct rng rng = {.state = seed};
    int64_t left = capacity_milli(openb) * OVERFULL_PERCENT / 100, all = 0;
    must(openb->nodes <= UINT16_MAX + 1);
    for (uint32_t i = 0; i < openb->pods; i++)
        all += pod_milli(&openb->pod[i]);
    lab->rank = calloc(openb->nodes, sizeof *lab->rank);
    lab->order = calloc(openb->pods, sizeof *lab->order);
    must(lab->rank && lab->order);
    for (uint32_t i = 0; i < openb->nodes; i++) {
        uint32_t at = (uint32_t)rng_below(&rng, i + 1);
        lab->rank[i] = lab->rank[at];
        lab->rank[at] = (uint16_t)i;
    }
    for (uint32_t i = 0; i < openb->pods; i++) {
        uint32_t at = (uint32_t)rng_below(&rng, i + 1);
        lab->order[i] = lab->order[at];
        lab->order[at] = i;
    }
    lab->arrivals = openb->pods;
    for (uint32_t room = openb->pods; all > 0 && all < left; lab->arrivals++) {
        if (lab->arrivals == room) {
            room = room * 2;
            lab->order = realloc(lab->order, room * sizeof *lab->order);
            must(lab->order);
        }
        lab->order[lab->arrivals] = (uint32_t)rng_below(&rng, openb->pods);
        all += pod_milli(&openb->pod[lab->order[lab->arrivals]]);
    }
}

static uint32_t *rows_by_rank(const struct lab_place *lab)
{
    uint32_t nodes = lab->openb.nodes;
    uint32_t *row = malloc((nodes + 1) * sizeof *row);
    must(row);
    for (uint32_t i = 0; i < nodes; i++)
        row[i] = UINT32_MAX;
    for (uint32_t i = 0; i < nodes; i++)
        if (lab->rank[i] < nodes)
            row[lab->rank[i]] = i;
    return row;
}

bool place_ranks_good(const struct lab_place *lab)
{
    uint32_t *row = rows_by_rank(lab);
    bool good = true;
    for (uint32_t i = 0; i < lab->openb.nodes; i++)
        good = good && row[i] != UINT32_MAX;
    free(row);
    return good;
}

// Nodes enter in the order of their ranks, because ties go to the lowest place.
static struct fleet *build(const struct lab_place *lab)
{
    struct fleet *fleet = fleet_create();
    uint32_t site = fleet_site_add(fleet), block = 0, rack = 0, count = 0;
    uint32_t *row = rows_by_rank(lab);
    for (uint32_t i = 0; i < lab->openb.nodes; i++) {
        const struct openb_node *node = &lab->openb.node[row[i]];
        if (!node->devices) // the experiment is about nodes that have devices
            continue;
        if (count % FLEET_BLOCK_NODES_MAX == 0)
            block = fleet_block_add(fleet, site);
        if (count++ % FLEET_RACK_NODES_MAX == 0)
            rack = fleet_rack_add(fleet, block, FLEET_NONE, FLEET_NONE);
        fleet_node_add(fleet, &(struct fleet_node){.rack = rack,
                                                   .chip = node->chip,
                                                   .devices = node->devices,
                                                   .cpu_milli = node->cpu_milli,
                                                   .memory_mib = node->memory_mib});
    }
    free(row);
    return fleet;
}

static void set_typical(struct fleet *fleet, const struct openb *openb)
{
    struct typical *table = calloc(openb->pods + 1, sizeof *table);
    must(table);
    for (uint32_t i = 0; i < openb->pods; i++) {
        const struct openb_pod *pod = &openb->pod[i];
        table[i] = (struct typical){.chips = pod->chips,
                                    .devices = pod->devices,
                                    .milli = pod->milli,
                                    .cpu_milli = pod->cpu_milli,
                                    .memory_mib = pod->memory_mib,
                                    .count = 1};
    }
    fleet_typical(fleet, table, openb->pods);
    free(table);
}

static bool place(struct fleet *fleet, const struct openb_pod *pod)
{
    struct fleet_shape shape = {.chips = pod->chips,
                                .nodes = 1,
                                .devices = pod->devices,
                                .milli = pod->milli,
                                .cpu_milli = pod->cpu_milli,
                                .memory_mib = pod->memory_mib};
    struct fleet_plan plan;
    if (!fleet_find(fleet, &shape, &plan))
        return false;
    fleet_take(fleet, &(struct fleet_use){.node = plan.run[0].node,
                                          .milli = pod->milli,
                                          .devices = plan.run[0].devices,
                                          .cpu_milli = pod->cpu_milli,
                                          .memory_mib = pod->memory_mib});
    return true;
}

static bool harder(const struct openb_pod *a, const struct openb_pod *b)
{
    if (pod_milli(a) != pod_milli(b))
        return pod_milli(a) > pod_milli(b);
    return a->cpu_milli > b->cpu_milli;
}

// The arrivals [from, until), the hardest first, else as they came.
static void sort_held(const struct lab_place *lab, uint32_t from, uint32_t until, uint32_t *held)
{
    for (uint32_t i = from; i < until; i++) {
        uint32_t at = i - from;
        const struct openb_pod *pod = &lab->openb.pod[lab->order[i]];
        for (; lab->hold > 1 && at > 0 && harder(pod, &lab->openb.pod[held[at - 1]]); at--)
            held[at] = held[at - 1];
        held[at] = lab->order[i];
    }
}

static void mark_levels(const struct lab_place *lab, struct lab_place_result *result,
                        uint32_t *level, bool end)
{
    while (*level < lab->levels &&
           (end ||
            result->arrived_milli * 100 >= result->capacity_milli * (int64_t)lab->level[*level]))
        result->level_milli[(*level)++] = result->allocated_milli;
}

static double seconds_now(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void place_all(const struct lab_place *lab, struct fleet *fleet,
                      struct lab_place_result *result)
{
    uint32_t hold = lab->hold > 1 ? lab->hold : 1, level = 0, held[HOLD_MAX];
    must(hold <= HOLD_MAX);
    for (uint32_t from = 0; from < lab->arrivals; from += hold) {
        uint32_t until = lab->arrivals - from > hold ? from + hold : lab->arrivals;
        sort_held(lab, from, until, held);
        for (uint32_t i = 0; i < until - from; i++) {
            const struct openb_pod *pod = &lab->openb.pod[held[i]];
            bool placed = place(fleet, pod);
            result->arrived_milli += pod_milli(pod);
            result->allocated_milli += placed ? pod_milli(pod) : 0;
            result->placed += placed;
            result->dropped += !placed;
            mark_levels(lab, result, &level, false);
        }
    }
    mark_levels(lab, result, &level, true);
}

void place_run(const struct lab_place *lab, struct lab_place_result *ret_result)
{
    struct fleet *fleet = build(lab);
    set_typical(fleet, &lab->openb);
    fleet_policy(fleet, lab->policy);
    *ret_result = (struct lab_place_result){.capacity_milli = capacity_milli(&lab->openb)};
    double before = seconds_now();
    place_all(lab, fleet, ret_result);
    ret_result->seconds = seconds_now() - before;
    ret_result->fragmentation_milli = fleet_fragmentation(fleet);
    fleet_destroy(fleet);
}

const char *place_policy_text(enum fleet_policy policy)
{
    static const char *const texts[] = {[POLICY_TATARA] = "tatara",
                                        [POLICY_FGD] = "fgd",
                                        [POLICY_BEST_FIT] = "bestfit",
                                        [POLICY_PACKING] = "packing",
                                        [POLICY_RANDOM] = "random"};
    return texts[policy];
}

static double percent(int64_t part, int64_t all)
{
    return all ? (double)part * 100 / (double)all : 0;
}

static double per_second(const struct lab_place_result *result)
{
    double decisions = (double)result->placed + result->dropped;
    return result->seconds > 0 ? decisions / result->seconds : 0;
}

void place_json(const struct lab_place *lab, const struct lab_place_result *result, struct buf *out)
{
    int64_t idle = result->capacity_milli - result->allocated_milli;
    buf_format(out, "{\"policy\":\"%s\",\"hold\":%u,\"allocation\":{",
               place_policy_text(lab->policy), lab->hold > 1 ? lab->hold : 0);
    for (uint32_t i = 0; i < lab->levels; i++)
        buf_format(out, "%s\"%u\":%.3f", i ? "," : "", lab->level[i],
                   percent(result->level_milli[i], result->capacity_milli));
    buf_format(out, "},\"arrived\":%.3f,\"placed\":%u,\"dropped\":%u,",
               percent(result->arrived_milli, result->capacity_milli), result->placed,
               result->dropped);
    buf_format(out, "\"unallocated_gpus\":%.3f,\"fragmentation\":%.3f,\"decisions_per_s\":%.0f}\n",
               (double)idle / WHOLE, (double)result->fragmentation_milli / WHOLE,
               per_second(result));
}

void place_text(const struct lab_place *lab, const struct lab_place_result *result, struct buf *out)
{
    int64_t idle = result->capacity_milli - result->allocated_milli;
    buf_format(out, "policy %s, %lld devices, %u pods placed, %u dropped\n",
               place_policy_text(lab->policy), (long long)result->capacity_milli / WHOLE,
               result->placed, result->dropped);
    if (lab->hold > 1)
        buf_format(out, "held back: %u arrivals at once, the hardest placed first\n", lab->hold);
    for (uint32_t i = 0; i < lab->levels; i++)
        buf_format(out, "arrived %3u %%   allocated %.2f %%\n", lab->level[i],
                   percent(result->level_milli[i], result->capacity_milli));
    buf_format(out, "not allocated %.1f devices, fragmented %.1f; %.0f decisions/s\n",
               (double)idle / WHOLE, (double)result->fragmentation_milli / WHOLE,
               per_second(result));
}
