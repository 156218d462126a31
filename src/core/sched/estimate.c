#include "core/sched/estimate.h"
#include "base/must.h"
#include "core/sched/sched_index.h"
#include "core/sched/search.h"
#include <stdlib.h>

enum { WAITERS_MAX = ESTIMATE_AHEAD_MAX * 2, LOOKS_MAX = WAITERS_MAX * 4 };
#define NOBODY UINT32_MAX

// Open devices of one chip on one node. Slots stand in order of node, then chip.
struct slot {
    uint64_t chip;
    uint32_t node, devices;
};

struct end {
    int64_t time_us;
    uint64_t job;
    int64_t memory_mib;
    uint32_t slot, devices; // of the lease, those that will be open
    uint32_t leased;        // of the lease, all: they count against the limit
    uint32_t payer;         // place in payers, or NOBODY
};

struct payer {
    const struct account *account;
    int64_t leased;
    bool held;
};

struct waiter {
    struct search search;
    const struct job *job;
    uint32_t payer;
    bool placed;
};

struct sketch {
    const struct place_view *view;
    int64_t time_us;
    int64_t *memory_mib;  // free, by place of the node
    uint32_t *first_slot; // by place of the node, and one behind the last
    struct slot *slots;
    struct end *ends; // a heap, the earliest first
    uint32_t slot_count, end_count;
    struct payer payers[WAITERS_MAX];
    struct waiter waiters[WAITERS_MAX];
    uint32_t payer_count, waiter_count;
    const struct waiter *asked;
    uint64_t endless, last_end; // a running job without a time limit; whose end came last
};

static bool end_earlier(const struct end *a, const struct end *b)
{
    return a->time_us != b->time_us ? a->time_us < b->time_us : a->job < b->job;
}

static void end_push(struct sketch *sketch, struct end end)
{
    uint32_t at = sketch->end_count++;
    for (; at > 0 && end_earlier(&end, &sketch->ends[(at - 1) / 2]); at = (at - 1) / 2)
        sketch->ends[at] = sketch->ends[(at - 1) / 2];
    sketch->ends[at] = end;
}

static struct end end_pop(struct sketch *sketch)
{
    struct end first = sketch->ends[0], last = sketch->ends[--sketch->end_count];
    uint32_t at = 0;
    for (uint32_t child; (child = at * 2 + 1) < sketch->end_count; at = child) {
        if (child + 1 < sketch->end_count &&
            end_earlier(&sketch->ends[child + 1], &sketch->ends[child]))
            child++;
        if (!end_earlier(&sketch->ends[child], &last))
            break;
        sketch->ends[at] = sketch->ends[child];
    }
    sketch->ends[at] = last;
    return first;
}

static uint32_t payer_of(const struct sketch *sketch, uint64_t account)
{
    for (uint32_t i = 0; i < sketch->payer_count; i++)
        if (sketch->payers[i].account->id == account)
            return i;
    return NOBODY;
}

// The ids of the first in line: in the order of now where classes and shares decide, by age where
// the rule is strict. The job asked for is among them, or *ret_found is false.
static uint32_t line_ids(const struct sketch *sketch, uint64_t asked, uint64_t ids[LOOKS_MAX],
                         bool *ret_found)
{
    const struct sched_index *index = sketch->view->sched->index;
    uint32_t count = 0;
    *ret_found = false;
    if (index->queue.rule.backfill) {
        count = backfill_order(index->queue.backfill, sketch->view->time_us, ids, LOOKS_MAX);
        for (uint32_t i = 0; i <= ESTIMATE_AHEAD_MAX && i < count; i++)
            *ret_found = *ret_found || ids[i] == asked;
        return count;
    }
    for (uint64_t id = 0; count < LOOKS_MAX && (id = line_next(&index->line, id));)
        ids[count++] = id;
    *ret_found = line_before(&index->line, asked) <= ESTIMATE_AHEAD_MAX;
    return count;
}

// The line without the accounts that stay held: those in front of the job, and those behind, who
// pass it while a limit of its account holds it. False: too many in front.
static bool take_line(struct sketch *sketch, const struct job *job)
{
    const struct sched_index *index = sketch->view->sched->index;
    uint64_t ids[LOOKS_MAX];
    bool found;
    uint32_t count = line_ids(sketch, job->id, ids, &found);
    for (uint32_t i = 0; found && i < count; i++) {
        const struct job *waiting = table_get(&sketch->view->sched->jobs, ids[i]);
        const struct account *account =
            table_get(&sketch->view->market->accounts, waiting->account);
        if (sketch->waiter_count == WAITERS_MAX)
            return true;
        if (queue_hold_of(&index->queue, sketch->view->market, account) == HOLD_STUCK ||
            queue_month_over(sketch->view, account))
            continue;
        if (waiting == job)
            sketch->asked = &sketch->waiters[sketch->waiter_count];
        uint32_t payer = payer_of(sketch, account->id);
        if (payer == NOBODY) {
            payer = sketch->payer_count++;
            sketch->payers[payer] =
                (struct payer){account, account->milli_leased / MILLI_WHOLE, false};
        }
        sketch->waiters[sketch->waiter_count++] =
            (struct waiter){search_for(sketch->view, waiting), waiting, payer, false};
    }
    return found;
}

static uint32_t slot_for(struct sketch *sketch, uint32_t node, uint64_t chip)
{
    uint32_t at = sketch->first_slot[node];
    while (at < sketch->slot_count && sketch->slots[at].chip < chip)
        at++;
    if (at < sketch->slot_count && sketch->slots[at].chip == chip)
        return at;
    for (uint32_t i = sketch->slot_count++; i > at; i--)
        sketch->slots[i] = sketch->slots[i - 1];
    sketch->slots[at] = (struct slot){chip, node, 0};
    return at;
}

static void take_node(struct sketch *sketch, const struct node *node)
{
    const struct inventory *inventory = sketch->view->inventory;
    uint32_t place = table_place(&inventory->nodes, node);
    sketch->first_slot[place] = sketch->slot_count;
    sketch->memory_mib[place] = node->memory_mib - node->memory_leased_mib;
    for (uint32_t i = 0; i < node->devices; i++) {
        uint32_t slot = slot_for(sketch, place, device_chip(inventory, node, i));
        sketch->slots[slot].devices += device_set_has(&node->open, i);
    }
}

// When a job that has a lease will have ended by its limit, or by the grace of its stop.
static bool ends_at(const struct job *job, int64_t now_us, int64_t *ret_time_us)
{
    int64_t from_us = job->started_us ? job->started_us : job->placed_us;
    int64_t span_ms = job->run_ms_max, span_us, end_us;
    if (job->state == JOB_STOPPING) {
        from_us = job->stop_us;
        span_ms = job->stop_grace_ms;
    } else if (span_ms == 0) {
        return false;
    }
    if (__builtin_mul_overflow(span_ms, 1000, &span_us) ||
        __builtin_add_overflow(from_us, span_us, &end_us))
        return false;
    *ret_time_us = end_us > now_us ? end_us : now_us;
    return true;
}

static void take_held(struct sketch *sketch, const struct lease *lease, const struct node *node,
                      const device_set *devices)
{
    const struct inventory *inventory = sketch->view->inventory;
    const struct job *job = table_get(&sketch->view->sched->jobs, lease->job);
    struct end end = {.job = lease->job, .memory_mib = lease->memory_mib};
    uint32_t first = device_set_next(devices, 0);
    if (first == DEVICE_SET_MAX)
        return;
    end.slot =
        slot_for(sketch, table_place(&inventory->nodes, node), device_chip(inventory, node, first));
    end.payer = payer_of(sketch, lease->account);
    end.leased = device_set_count(devices);
    for (uint32_t i = 0; node_standing(node) == NODE_READY && i < node->devices; i++)
        end.devices += device_set_has(devices, i) && device_set_has(&node->healthy, i);
    if (job && ends_at(job, sketch->time_us, &end.time_us))
        end_push(sketch, end);
    else if (sketch->endless == 0 || lease->job < sketch->endless)
        sketch->endless = lease->job;
}

// Every node of every run of a lease; false: there are too many.
static bool take_lease(struct sketch *sketch, const struct lease *lease)
{
    for (uint32_t i = 0; i <= lease->parts; i++) {
        struct lease_run run = lease_run_at(sketch->view->market, lease, i);
        for (uint32_t n = 0; n < run.count; n++) {
            if (sketch->end_count == ESTIMATE_LEASES_MAX)
                return false;
            const struct node *node = table_get(&sketch->view->inventory->nodes, run.node + n);
            take_held(sketch, lease, node, &run.devices);
        }
    }
    return true;
}

static bool take_leases(struct sketch *sketch)
{
    uint32_t cursor = 0;
    for (const struct lease *lease; (lease = table_step(&sketch->view->market->leases, &cursor));)
        if (lease->state != LEASE_ENDED && !take_lease(sketch, lease))
            return false;
    return true;
}

static bool slot_takes(const struct sketch *sketch, const struct waiter *waiter, uint32_t at)
{
    const struct slot *slot = &sketch->slots[at];
    const struct job *job = waiter->job;
    if (slot->devices < job->shape.devices ||
        sketch->memory_mib[slot->node] < job->shape.memory_mib ||
        !shape_allows(&job->shape, slot->chip))
        return false;
    return price_for(sketch->view->market, slot->chip, (enum lease_class)job->class,
                     waiter->search.account->currency);
}

// As fleet.h chooses: the lowest chip, the fewest devices that are enough, the lowest node.
static uint32_t best_slot(const struct sketch *sketch, const struct waiter *waiter, uint32_t from,
                          uint32_t to)
{
    uint32_t best = to;
    for (uint32_t at = from; at < to; at++) {
        const struct slot *slot = &sketch->slots[at], *than = &sketch->slots[best];
        if (!slot_takes(sketch, waiter, at))
            continue;
        if (best == to || slot->chip < than->chip ||
            (slot->chip == than->chip && slot->devices < than->devices))
            best = at;
    }
    return best;
}

static bool try_slots(struct sketch *sketch, struct waiter *waiter, uint32_t from, uint32_t to)
{
    const struct job *job = waiter->job;
    uint32_t at = best_slot(sketch, waiter, from, to);
    if (at == to)
        return false;
    sketch->slots[at].devices -= job->shape.devices;
    sketch->memory_mib[sketch->slots[at].node] -= job->shape.memory_mib;
    sketch->payers[waiter->payer].leased += job->shape.devices;
    waiter->placed = true;
    struct end end = {.job = job->id,
                      .memory_mib = job->shape.memory_mib,
                      .slot = at,
                      .devices = job->shape.devices,
                      .leased = job->shape.devices,
                      .payer = waiter->payer};
    if (job->run_ms_max && !__builtin_mul_overflow(job->run_ms_max, 1000, &end.time_us) &&
        !__builtin_add_overflow(end.time_us, sketch->time_us, &end.time_us))
        end_push(sketch, end);
    else if (sketch->endless == 0)
        sketch->endless = job->id;
    return true;
}

// The first whose account does not hold it; NULL: none.
static struct waiter *first_waiter(struct sketch *sketch)
{
    for (uint32_t i = 0; i < sketch->payer_count; i++)
        sketch->payers[i].held = false;
    struct placement placement;
    for (uint32_t i = 0; i < sketch->waiter_count; i++) {
        struct waiter *waiter = &sketch->waiters[i];
        struct payer *payer = &sketch->payers[waiter->payer];
        if (waiter->placed || payer->held)
            continue;
        int64_t limit = payer->account->devices_max;
        bool over = limit != NO_LIMIT && payer->leased + waiter->job->shape.devices > limit;
        if (!over && search_node(&waiter->search, ROOM_SELLABLE, &placement))
            return waiter;
        payer->held = true;
    }
    return NULL;
}

// Places whoever can be placed now; true when the one asked for was among them.
static bool place_all(struct sketch *sketch, uint32_t from, uint32_t to,
                      const struct waiter **blocked)
{
    for (struct waiter *waiter; (waiter = first_waiter(sketch));) {
        bool known = waiter == *blocked; // only what was just freed can be new to it
        if (!try_slots(sketch, waiter, known ? from : 0, known ? to : sketch->slot_count)) {
            *blocked = waiter;
            return false;
        }
        if (waiter == sketch->asked)
            return true;
    }
    return false;
}

static struct estimate play(struct sketch *sketch)
{
    const struct waiter *blocked = NULL;
    bool placed = place_all(sketch, 0, sketch->slot_count, &blocked);
    while (!placed && sketch->end_count) {
        struct end end = end_pop(sketch);
        sketch->time_us = end.time_us;
        sketch->last_end = end.job;
        uint32_t node = sketch->slots[end.slot].node;
        sketch->slots[end.slot].devices += end.devices;
        sketch->memory_mib[node] += end.memory_mib;
        if (end.payer != NOBODY)
            sketch->payers[end.payer].leased -= end.leased;
        placed =
            place_all(sketch, sketch->first_slot[node], sketch->first_slot[node + 1], &blocked);
    }
    if (placed)
        return (struct estimate){true, sketch->time_us, sketch->last_end};
    return (struct estimate){.waits_for = sketch->endless};
}

static void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    must(memory);
    return memory;
}

static bool take_house(struct sketch *sketch)
{
    const struct inventory *inventory = sketch->view->inventory;
    uint32_t cursor = 0;
    for (const struct node *node; (node = table_step(&inventory->nodes, &cursor));)
        take_node(sketch, node);
    sketch->first_slot[inventory->nodes.high] = sketch->slot_count;
    return take_leases(sketch);
}

struct estimate estimate_start(const struct place_view *view, const struct job *job,
                               int64_t time_us)
{
    const struct inventory *inventory = view->inventory;
    struct estimate estimate = {0};
    if (inventory->devices.used > ESTIMATE_DEVICES_MAX)
        return estimate;
    struct sketch *sketch = zeroed(1, sizeof *sketch);
    sketch->view = view;
    sketch->time_us = time_us;
    if (take_line(sketch, job) && sketch->asked) {
        sketch->memory_mib = zeroed(inventory->nodes.high, sizeof *sketch->memory_mib);
        sketch->first_slot = zeroed(inventory->nodes.high, sizeof *sketch->first_slot);
        sketch->slots = zeroed(inventory->devices.used, sizeof *sketch->slots);
        sketch->ends = zeroed(ESTIMATE_LEASES_MAX + WAITERS_MAX, sizeof *sketch->ends);
        if (take_house(sketch))
            estimate = play(sketch);
    }
    free(sketch->memory_mib);
    free(sketch->first_slot);
    free(sketch->slots);
    free(sketch->ends);
    free(sketch);
    return estimate;
}
