#include "core/sched/reserve.h"
#include "base/must.h"
#include "core/inventory/health.h"
#include "core/inventory/maintenance.h"
#include "core/sched/profile.h"
#include "core/sched/search.h"
#include <stdlib.h>
#include <string.h>

struct lent { // a window that stands in the index while a question is asked
    uint64_t node;
    struct fleet_window window;
};
struct loans {
    struct lent *lent;
    uint32_t count, room;
};

static void lend(const struct place_view *view, struct loans *loans, uint64_t node,
                 const struct fleet_window *window)
{
    if (loans->count == loans->room) {
        loans->room = loans->room ? loans->room * 2 : 64;
        loans->lent = realloc(loans->lent, loans->room * sizeof *loans->lent);
        must(loans->lent);
    }
    loans->lent[loans->count++] = (struct lent){node, *window};
    placing_window(view->inventory, node, window, true);
}

static void take_back(const struct place_view *view, struct loans *loans)
{
    while (loans->count) {
        const struct lent *lent = &loans->lent[--loans->count];
        placing_window(view->inventory, lent->node, &lent->window, false);
    }
    free(loans->lent);
}

static int64_t later(int64_t from_us, int64_t by_us)
{
    int64_t until_us;
    return __builtin_add_overflow(from_us, by_us, &until_us) ? INT64_MAX : until_us;
}

// When the devices of a lease are free at the latest.
static int64_t free_us(const struct place_view *view, const struct lease *lease, int64_t lead_us)
{
    const struct job *job = table_get(&view->sched->jobs, lease->job);
    int64_t soon_us = later(view->time_us, lead_us), end_us = INT64_MAX, limit_us;
    if (!job)
        return INT64_MAX;
    const struct reservation *its = reservation_get(view->sched, job->reservation);
    if (lease->class == LEASE_SPOT || lease->class == LEASE_INTERRUPTIBLE)
        return soon_us;
    if (job->run_ms_max && !__builtin_mul_overflow(job->run_ms_max, 1000, &limit_us))
        end_us = later(
            later((job->started_us ? job->started_us : job->placed_us) + job->stood_us, limit_us),
            lead_us);
    if (its && reservation_live(its) && its->end_us < end_us)
        end_us = its->end_us;
    if (job->state == JOB_STOPPING)
        end_us = later(job->stop_us, job->stop_grace_ms * 1000);
    return end_us > view->time_us ? end_us : soon_us;
}

// What runs, as windows from the beginning of time until it is gone.
static void lend_leases(const struct place_view *view, const struct reserve_ask *ask,
                        int64_t from_us, struct loans *loans)
{
    uint32_t cursor = 0;
    for (const struct lease *lease; (lease = table_step(&view->market->leases, &cursor));) {
        const struct job *job = table_get(&view->sched->jobs, lease->job);
        if (lease->state == LEASE_ENDED ||
            (ask->moves && job && job->reservation == ask->moves->id))
            continue;
        struct fleet_window window = {.until_us = free_us(view, lease, ask->lead_us),
                                      .owner = UINT64_MAX};
        if (window.until_us <= from_us)
            continue;
        for (uint32_t i = 0; i <= lease->parts; i++) {
            struct lease_run run = lease_run_at(view->market, lease, i);
            window.devices = run.devices;
            for (uint32_t n = 0; n < run.count; n++)
                lend(view, loans, run.node + n, &window);
        }
    }
}

static bool find_at(const struct place_view *view, const struct reserve_ask *ask, int64_t from_us,
                    struct placement *ret_placement)
{
    struct search search = {.inventory = view->inventory,
                            .market = view->market,
                            .shape = ask->shape,
                            .from_us = from_us,
                            .until_us = later(from_us, ask->until_us - ask->from_us - ask->lead_us),
                            .reservation = ask->moves ? ask->moves->id : 0};
    return search_node(&search, ROOM_SELLABLE, ret_placement);
}

bool reserve_find(const struct place_view *view, const struct reserve_ask *ask,
                  struct placement *ret_placement)
{
    struct loans loans = {0};
    must(ask->from_us < ask->until_us - ask->lead_us);
    lend_leases(view, ask, ask->from_us, &loans);
    bool found = find_at(view, ask, ask->from_us, ret_placement);
    take_back(view, &loans);
    return found;
}

static int in_order(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

// Every instant at which something becomes free, ascending.
static int64_t *instants(const struct place_view *view, const struct reserve_ask *ask,
                         const struct loans *loans, uint32_t *ret_count)
{
    const struct table *rows = &view->sched->reservations;
    int64_t *list = malloc((loans->count + rows->used + 1) * sizeof *list);
    uint32_t count = 0, cursor = 0;
    must(list);
    list[count++] = ask->from_us;
    for (uint32_t i = 0; i < loans->count; i++)
        if (loans->lent[i].window.until_us != INT64_MAX)
            list[count++] = loans->lent[i].window.until_us;
    for (const struct reservation *row; (row = table_step(rows, &cursor));)
        if (reservation_live(row) && row->end_us > ask->from_us)
            list[count++] = row->end_us;
    qsort(list, count, sizeof *list, in_order);
    *ret_count = count;
    return list;
}

// No later than the first instant at which enough devices of one chip are free, wherever they
// stand: what leases hold in the time profile of the chip. Reservations are left to the nodes.
static int64_t bound_us(const struct place_view *view, const struct reserve_ask *ask, uint64_t chip)
{
    const struct capacity *capacity = table_get(&view->inventory->capacities, chip);
    struct profile profile;
    int64_t at_us = INT64_MAX;
    uint32_t cursor = 0;
    profile_init(&profile,
                 (capacity->count[CAPACITY_OPEN] + capacity->count[CAPACITY_LEASED]) / MILLI_WHOLE);
    for (const struct lease *lease; (lease = table_step(&view->market->leases, &cursor));) {
        const struct price *price = table_get(&view->market->prices, lease->price);
        int64_t until_us = free_us(view, lease, ask->lead_us);
        if (lease->state != LEASE_ENDED && lease->milli == MILLI_WHOLE && price &&
            price->chip == chip && until_us > ask->from_us)
            profile_add(&profile, ask->from_us, until_us, lease->devices_total);
    }
    if (!profile_fit(&profile, ask->from_us, shape_devices(&ask->shape),
                     ask->until_us - ask->from_us - ask->lead_us, &at_us))
        at_us = INT64_MAX;
    profile_finish(&profile);
    return at_us;
}

static int64_t first_us(const struct place_view *view, const struct reserve_ask *ask)
{
    int64_t first = INT64_MAX;
    uint32_t cursor = 0;
    for (const struct chip *chip; (chip = table_step(&view->inventory->chips, &cursor));) {
        int64_t at_us = shape_allows(&ask->shape, chip->id) ? bound_us(view, ask, chip->id) : first;
        first = at_us < first ? at_us : first;
    }
    return first;
}

bool reserve_earliest(const struct place_view *view, const struct reserve_ask *ask, int64_t *ret_us)
{
    struct loans loans = {0};
    struct placement placement;
    uint32_t count;
    bool found = false;
    int64_t first = first_us(view, ask), last = INT64_MIN;
    lend_leases(view, ask, ask->from_us, &loans);
    int64_t *list = instants(view, ask, &loans, &count);
    for (uint32_t i = 0; i < count && !found; i++) {
        if (list[i] < first || list[i] == last)
            continue;
        last = *ret_us = list[i];
        found = find_at(view, ask, last, &placement);
    }
    free(list);
    take_back(view, &loans);
    return found;
}

enum reservation_reason reserve_fault(const struct inventory *inventory,
                                      const struct reservation *row,
                                      const struct reservation_part *part)
{
    const struct node *node = table_get(&inventory->nodes, part->node);
    enum node_state standing = node_standing(node);
    if (capacity_state_of(standing, DEVICE_HEALTHY, false) != CAPACITY_OPEN)
        return RESERVATION_REASON_NODE;
    for (uint32_t i = 0; (i = device_set_next(&part->devices, i)) < DEVICE_SET_MAX; i++) {
        enum device_state state = device_state_at(inventory, node, i);
        if (capacity_state_of(standing, state, false) != CAPACITY_OPEN)
            return RESERVATION_REASON_DEVICE;
    }
    bool closes = node->closes_us && node->closes_us < row->end_us - row->lead_us;
    return closes ? RESERVATION_REASON_WORK : RESERVATION_REASON_NONE;
}

static bool in_use(const struct place_view *view, const struct reservation *row)
{
    for (uint32_t i = 0; i < row->bound; i++) {
        uint64_t node = reservation_part_at(view->sched, row, i)->node, before = UINT64_MAX;
        for (const struct lease *lease; (lease = lease_on_node(view->market, node, before));
             before = lease->id) {
            const struct job *job = table_get(&view->sched->jobs, lease->job);
            if (job && job->reservation == row->id)
                return true;
        }
    }
    return false;
}

static struct reserve_ask ask_anew(const struct place_view *view, const struct reservation *row)
{
    int64_t from_us = row->start_us > view->time_us ? row->start_us : view->time_us;
    return (struct reserve_ask){row->shape, from_us, row->end_us, row->lead_us, row};
}

// Another node beside those that stay, wherever it stands.
static bool move_one(const struct place_view *view, const struct reservation *row,
                     struct reservation_moved *moved)
{
    struct reserve_ask ask = ask_anew(view, row);
    struct placement placement;
    struct loans loans = {0};
    struct fleet_window all = {.until_us = INT64_MAX, .owner = UINT64_MAX};
    ask.shape.nodes = 1;
    ask.shape.together = ask.shape.together_must = 0;
    memset(&all.devices, 0xff, sizeof all.devices);
    for (uint32_t i = 0; i < row->bound; i++)
        lend(view, &loans, reservation_part_at(view->sched, row, i)->node, &all);
    bool found = reserve_find(view, &ask, &placement);
    take_back(view, &loans);
    moved->to = found ? placement.node : 0;
    moved->devices = placement.devices;
    return found;
}

static bool holds_node(const struct placement *placement, uint64_t node, device_set *ret_devices)
{
    struct lease_run run = {placement->node, placement->devices, placement->count, 0};
    for (uint32_t i = 0; i <= placement->runs; i++) {
        if (i > 0)
            run = placement->run[i - 1];
        *ret_devices = run.devices;
        if (node >= run.node && node - run.node < run.count)
            return true;
    }
    return false;
}

// The first node of the plan that is not bound yet.
static bool newcomer(const struct place_view *view, const struct reservation *row,
                     const struct placement *placement, struct reservation_moved *moved)
{
    struct lease_run run = {placement->node, placement->devices, placement->count, 0};
    for (uint32_t i = 0; i <= placement->runs; i++) {
        if (i > 0)
            run = placement->run[i - 1];
        for (uint32_t n = 0; n < run.count; n++) {
            uint32_t at = 0;
            while (at < row->bound &&
                   reservation_part_at(view->sched, row, at)->node != run.node + n)
                at++;
            moved->to = run.node + n;
            moved->devices = run.devices;
            if (at == row->bound)
                return true;
        }
    }
    return false;
}

// All of it together elsewhere, node by node, the one that is lost last.
static bool move_all(const struct place_view *view, const struct reservation *row, uint32_t lost,
                     struct reservation_moved *moved)
{
    struct reserve_ask ask = ask_anew(view, row);
    struct placement placement;
    device_set devices;
    if (in_use(view, row) || !reserve_find(view, &ask, &placement) ||
        !newcomer(view, row, &placement, moved))
        return false;
    for (uint32_t i = 0; i < row->bound; i++) {
        const struct reservation_part *part = reservation_part_at(view->sched, row, i);
        if (holds_node(&placement, part->node, &devices) || i == lost)
            continue;
        moved->from = part->node;
        return true;
    }
    return true;
}

bool reserve_move(const struct place_view *view, const struct reservation *row, uint32_t part,
                  struct reservation_moved *ret_moved)
{
    const struct reservation_part *lost = reservation_part_at(view->sched, row, part);
    *ret_moved = (struct reservation_moved){
        .reservation = row->id,
        .from = lost->node,
        .reason = reserve_fault(view->inventory, row, lost),
    };
    bool near =
        row->shape.nodes > 1 && row->shape.together_must && row->shape.together != TOGETHER_ANY;
    return near ? move_all(view, row, part, ret_moved) : move_one(view, row, ret_moved);
}

static bool has_device(const struct place_view *view, const struct lease *lease,
                       const struct reservation_part *part)
{
    for (uint32_t i = 0; i <= lease->parts; i++) {
        struct lease_run run = lease_run_at(view->market, lease, i);
        if (part->node >= run.node && part->node - run.node < run.count &&
            device_set_meets(&run.devices, &part->devices))
            return true;
    }
    return false;
}

const struct job *reserve_guest(const struct place_view *view, const struct reservation *row)
{
    for (uint32_t i = 0; i < row->bound; i++) {
        const struct reservation_part *part = reservation_part_at(view->sched, row, i);
        uint64_t before = UINT64_MAX;
        for (const struct lease *lease; (lease = lease_on_node(view->market, part->node, before));
             before = lease->id) {
            const struct job *job = table_get(&view->sched->jobs, lease->job);
            bool runs = job && (job->state == JOB_STARTING || job->state == JOB_RUNNING);
            if (runs && job->reservation != row->id && has_device(view, lease, part))
                return job;
        }
    }
    return NULL;
}
