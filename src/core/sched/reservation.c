#include "core/sched/reservation.h"
#include "base/must.h"
#include "core/inventory/placing.h"
#include "core/sched/job.h"
#include "core/sched/sched_index.h"
#include <string.h>

const char *reservation_state_text(enum reservation_state state)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {RESERVATION_STATES(X)};
#undef X
    must(state < RESERVATION_STATE_COUNT);
    return texts[state];
}

const char *reservation_reason_text(enum reservation_reason reason)
{
#define X(name, text) [name] = text,
    static const char *const texts[] = {RESERVATION_REASONS(X)};
#undef X
    must(reason < RESERVATION_REASON_COUNT);
    return texts[reason];
}

bool reservation_live(const struct reservation *row)
{
    return row->state == RESERVATION_BOOKED || row->state == RESERVATION_ACTIVE;
}

const struct reservation *reservation_get(const struct sched *sched, uint64_t id)
{
    return table_get(&sched->reservations, id);
}

const struct reservation_part *reservation_part_at(const struct sched *sched,
                                                   const struct reservation *row, uint32_t index)
{
    must(index < row->bound);
    const struct reservation_part *part =
        table_get(&sched->reserved_parts, row->first_part + index);
    must(part && part->reservation == row->id);
    return part;
}

int64_t reservation_stop_us(const struct reservation *row)
{
    return row->state == RESERVATION_CANCELLED ? row->ended_us : row->end_us - row->lead_us;
}

static void window(const struct inventory *inventory, const struct reservation *row,
                   const struct reservation_part *part, bool add)
{
    struct fleet_window window = {part->devices, row->start_us - row->lead_us, row->end_us,
                                  row->id};
    placing_window(inventory, part->node, &window, add);
}

static struct reservation *row_at(struct sched *sched, uint64_t id)
{
    struct reservation *row = table_get(&sched->reservations, id);
    must(row);
    sched->index->reserve.settled = false;
    return row;
}

void reservation_apply_booked(struct sched *sched, const struct reservation_booked *fact,
                              int64_t time_us)
{
    must(!shape_wrong(&fact->shape) && fact->lead_us >= 0 &&
         fact->start_us < fact->end_us - fact->lead_us);
    struct reservation *row = table_add(&sched->reservations, fact->reservation);
    row->account = fact->account;
    row->key = fact->key;
    row->shape = shape_normal(fact->shape);
    row->booked_us = time_us;
    row->start_us = fact->start_us;
    row->end_us = fact->end_us;
    row->lead_us = fact->lead_us;
    memcpy(row->name, fact->name, sizeof row->name);
    sched->index->reserve.live++;
    sched->index->reserve.settled = false;
}

void reservation_apply_part(struct sched *sched, struct inventory *inventory,
                            const struct lease_part_added *fact)
{
    struct reservation *row = row_at(sched, fact->lease);
    must(row->state == RESERVATION_BOOKED && fact->count <= LEASE_RUNS_MAX);
    for (uint32_t i = 0; i < fact->count; i++) {
        const struct lease_run *run = &fact->runs[i];
        must(run->count <= row->shape.nodes - row->bound);
        for (uint32_t n = 0; n < run->count; n++) {
            struct reservation_part *part =
                table_add(&sched->reserved_parts, sched->reserved_parts.last_id + 1);
            part->reservation = row->id;
            part->node = run->node + n;
            part->devices = run->devices;
            if (row->bound++ == 0)
                row->first_part = part->id;
            window(inventory, row, part, true);
        }
    }
}

void reservation_apply_started(struct sched *sched, const struct reservation_started *fact)
{
    struct reservation *row = row_at(sched, fact->reservation);
    must(row->state == RESERVATION_BOOKED && row->bound == row->shape.nodes);
    row->state = RESERVATION_ACTIVE;
}

void reservation_apply_moved(struct sched *sched, struct inventory *inventory,
                             const struct reservation_moved *fact)
{
    struct reservation *row = row_at(sched, fact->reservation);
    must(reservation_live(row));
    uint32_t i = 0;
    while (reservation_part_at(sched, row, i)->node != fact->from)
        i++;
    struct reservation_part *part = table_get(&sched->reserved_parts, row->first_part + i);
    window(inventory, row, part, false);
    part->node = fact->to;
    part->devices = fact->devices;
    window(inventory, row, part, true);
    row->moves++;
}

void reservation_apply_ended(struct sched *sched, struct inventory *inventory,
                             const struct reservation_ended *fact, int64_t time_us)
{
    struct reservation *row = row_at(sched, fact->reservation);
    must(reservation_live(row) && fact->state > RESERVATION_ACTIVE &&
         fact->state < RESERVATION_STATE_COUNT && fact->reason < RESERVATION_REASON_COUNT);
    for (uint32_t i = 0; i < row->bound; i++)
        window(inventory, row, reservation_part_at(sched, row, i), false);
    row->state = fact->state;
    row->reason = fact->reason;
    row->lost_node = fact->node;
    row->ended_us = time_us;
    sched->index->reserve.live--;
}

void reservation_wait(struct sched *sched, const struct job *job, int sign)
{
    struct reservation *row = row_at(sched, job->reservation);
    must(sign > 0 || row->waiting > 0);
    row->waiting += sign > 0 ? 1U : -1U;
    sched->index->reserve.waiting += sign > 0 ? 1U : -1U;
}

void reservations_reindex(struct sched *sched, struct inventory *inventory)
{
    struct reserve *reserve = &sched->index->reserve;
    *reserve = (struct reserve){0};
    uint32_t cursor = 0;
    for (const struct reservation *row; (row = table_step(&sched->reservations, &cursor));) {
        reserve->waiting += row->waiting;
        if (!reservation_live(row))
            continue;
        reserve->live++;
        for (uint32_t i = 0; i < row->bound; i++)
            window(inventory, row, reservation_part_at(sched, row, i), true);
    }
}

// No device twice in windows that meet.
static bool alone(const struct sched *sched, const struct reservation *row,
                  const struct reservation_part *part)
{
    uint32_t cursor = 0;
    for (const struct reservation_part *other;
         (other = table_step(&sched->reserved_parts, &cursor));) {
        if (other == part || other->node != part->node)
            continue;
        const struct reservation *its = reservation_get(sched, other->reservation);
        if (its == row ||
            (reservation_live(its) && its->start_us < row->end_us && row->start_us < its->end_us &&
             device_set_meets(&other->devices, &part->devices)))
            return false;
    }
    return true;
}

bool reservations_check(const struct sched *sched, uint64_t *ret_reservation)
{
    uint32_t live = 0, waiting = 0, cursor = 0, at = 0;
    for (const struct job *job; (job = table_step(&sched->jobs, &cursor));)
        waiting += job->state == 0 && job->reservation;
    cursor = 0;
    for (const struct reservation *row; (row = table_step(&sched->reservations, &at));) {
        *ret_reservation = row->id;
        waiting -= row->waiting;
        if (!reservation_live(row))
            continue;
        live++;
        if (row->bound != row->shape.nodes)
            return false;
        for (uint32_t i = 0; i < row->bound; i++) {
            const struct reservation_part *part = reservation_part_at(sched, row, i);
            if (device_set_count(&part->devices) != row->shape.devices || !alone(sched, row, part))
                return false;
        }
    }
    *ret_reservation = 0;
    return live == sched->index->reserve.live && waiting == 0;
}
