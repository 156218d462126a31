#include "core/sched/queue.h"
#include "base/must.h"
#include "core/inventory/placing.h"
#include "core/sched/sched_index.h"
#include <stdlib.h>
#include <string.h>

void queue_finish(struct queue *queue)
{
    free(queue->accounts);
    backfill_destroy(queue->backfill);
    free(queue->held[0].places);
    free(queue->held[1].places);
    *queue = (struct queue){.rule = queue->rule};
}

static void *grown(void *memory, size_t count, size_t size)
{
    memory = realloc(memory, count * size);
    must(memory);
    return memory;
}

static void queue_grow(struct queue *queue, uint32_t accounts)
{
    if (!queue->backfill) {
        queue->backfill = backfill_create();
        queue_rule_set(queue, &queue->rule);
    }
    if (accounts <= queue->room)
        return;
    uint32_t room = queue->room ? queue->room * 2 : 64;
    while (room < accounts)
        room *= 2;
    queue->accounts = grown(queue->accounts, room, sizeof *queue->accounts);
    for (int i = 0; i < 2; i++)
        queue->held[i].places = grown(queue->held[i].places, room, sizeof(uint32_t));
    memset(queue->accounts + queue->room, 0, (room - queue->room) * sizeof *queue->accounts);
    queue->room = room;
}

void queue_rule_set(struct queue *queue, const struct sched_rule *rule)
{
    queue->rule = *rule;
    if (!queue->backfill)
        return;
    fair_rule_set(backfill_fair(queue->backfill),
                  &(struct fair_rule){rule->half_life_ms, rule->aging_ms});
    backfill_rule_set(
        queue->backfill,
        &(struct backfill_rule){rule->backfill, rule->depth, rule->gang_wait_ms, rule->gangs_max});
}

void queue_account_set(struct queue *queue, const struct market *market,
                       const struct account *account)
{
    uint32_t place = table_place(&market->accounts, account), above = FAIR_NONE;
    queue_grow(queue, market->accounts.high);
    const struct account *parent = table_get(&market->accounts, account->parent);
    if (parent) {
        above = table_place(&market->accounts, parent);
        if (!queue->accounts[above].known)
            queue_account_set(queue, market, parent);
    }
    queue->accounts[place].known = true;
    struct fair *fair = backfill_fair(queue->backfill);
    fair_account_set(fair, place, above, account->nominal_milli);
    struct fair_memory memory = {account->fair_used_milli, account->fair_decayed,
                                 account->fair_since_ms};
    fair_memory_set(fair, place, &memory);
}

static void account_know(struct queue *queue, const struct market *market,
                         const struct account *account)
{
    uint32_t place = table_place(&market->accounts, account);
    if (place >= queue->room || !queue->accounts[place].known)
        queue_account_set(queue, market, account);
}

void queue_use_add(struct queue *queue, struct market *market, struct account *account,
                   int64_t milli, int64_t time_us)
{
    account_know(queue, market, account);
    struct fair *fair = backfill_fair(queue->backfill);
    fair_use_add(fair, table_place(&market->accounts, account), milli, time_us / 1000);
    for (struct account *row = account; row; row = table_get(&market->accounts, row->parent)) {
        struct fair_memory memory = fair_memory_of(fair, table_place(&market->accounts, row));
        row->fair_used_milli = memory.used;
        row->fair_decayed = memory.decayed;
        row->fair_since_ms = memory.since_ms;
    }
}

static void make_ready(struct queue *queue, uint32_t place)
{
    queue->accounts[place].hold = HOLD_READY;
    backfill_hold(queue->backfill, place, false);
}

// Another job may be the first of the account now.
static void head_changed(struct queue *queue, uint32_t place)
{
    const struct backfill_job *first = backfill_oldest(queue->backfill, place);
    uint64_t head = first ? first->id : 0;
    if (queue->accounts[place].head == head)
        return;
    queue->accounts[place].head = head;
    make_ready(queue, place);
    if (!head)
        queue->accounts[place].hold = HOLD_EMPTY;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x100000001b3) + (hash >> 29);
}

// Jobs with the same number fit alike: what they ask, what they may use, in which currency.
static uint64_t shape_number(const struct account *account, const struct job *job)
{
    const struct shape *shape = &job->shape;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (int i = 0; i < SHAPE_CHIPS_MAX; i++)
        hash = mix(hash, shape->chips[i]);
    hash = mix(mix(hash, (uint64_t)shape->cpu_milli), (uint64_t)shape->memory_mib);
    hash = mix(mix(hash, (uint64_t)shape->device_memory_mib), shape->nodes);
    hash = mix(mix(mix(hash, shape->devices), shape->milli), shape->slices);
    hash = mix(mix(mix(hash, shape->together), shape->together_must), shape->spread);
    hash = mix(mix(mix(hash, job->class), job->power), job->requirement);
    return mix(mix(hash, job->reservation), account->currency) | 1;
}

void queue_add(struct queue *queue, const struct market *market, const struct job *job)
{
    const struct account *account = table_get(&market->accounts, job->account);
    account_know(queue, market, account);
    uint32_t place = table_place(&market->accounts, account);
    int64_t run_us = INT64_MAX;
    if (job->run_ms_max && __builtin_mul_overflow(job->run_ms_max, 1000, &run_us))
        run_us = INT64_MAX;
    struct backfill_job row = {
        .id = job->id,
        .shape = shape_number(account, job),
        .amount = shape_milli(&job->shape),
        .run_us = run_us,
        .since_ms = job->queued_us / 1000,
        .account = place,
        .rank = priority_rank((enum job_priority)job->priority),
        .gang = job->shape.nodes > 1,
    };
    backfill_add(queue->backfill, &row);
    head_changed(queue, place);
}

void queue_remove(struct queue *queue, const struct market *market, const struct job *job)
{
    backfill_remove(queue->backfill, job->id);
    head_changed(queue, table_place(&market->accounts, table_get(&market->accounts, job->account)));
}

static int list_of(enum hold hold)
{
    return hold == HOLD_STUCK;
}

void queue_hold(struct queue *queue, uint32_t place, enum hold hold)
{
    must(hold == HOLD_LIMIT || hold == HOLD_MONTH || hold == HOLD_STUCK);
    struct queue_account *waiting = &queue->accounts[place];
    backfill_hold(queue->backfill, place, true);
    waiting->hold = (uint8_t)hold;
    if (hold == HOLD_LIMIT || waiting->listed[list_of(hold)])
        return;
    struct queue_list *list = &queue->held[list_of(hold)];
    waiting->listed[list_of(hold)] = true;
    list->places[list->count++] = place;
}

bool queue_month_over(const struct place_view *view, const struct account *account)
{
    return account->month_minor_max != NO_LIMIT &&
           view->spent_minor(view->context, account->id) >= account->month_minor_max;
}

// Devices that so many milli take, a part of one counting whole.
static int64_t devices_over(int64_t milli)
{
    return (milli + MILLI_WHOLE - 1) / MILLI_WHOLE;
}

enum hold queue_limits(const struct place_view *view, const struct account *account,
                       const struct job *job)
{
    if (account->devices_max != NO_LIMIT &&
        devices_over(account->milli_leased + shape_milli(&job->shape)) > account->devices_max)
        return HOLD_LIMIT;
    return queue_month_over(view, account) ? HOLD_MONTH : HOLD_READY;
}

static void release_stuck(struct queue *queue)
{
    struct queue_list *list = &queue->held[1];
    for (uint32_t i = 0; i < list->count; i++) {
        struct queue_account *account = &queue->accounts[list->places[i]];
        account->listed[1] = false;
        if (account->hold == HOLD_STUCK)
            make_ready(queue, list->places[i]);
    }
    list->count = 0;
}

static void release_month(struct queue *queue, const struct place_view *view)
{
    struct queue_list *list = &queue->held[0];
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t place = list->places[i];
        struct queue_account *waiting = &queue->accounts[place];
        const struct account *account = table_at(&view->market->accounts, place);
        if (waiting->hold == HOLD_MONTH && queue_month_over(view, account)) {
            list->places[kept++] = place;
            continue;
        }
        waiting->listed[0] = false;
        if (waiting->hold == HOLD_MONTH)
            make_ready(queue, place);
    }
    list->count = kept;
}

void queue_refresh(struct queue *queue, const struct place_view *view)
{
    for (uint64_t id; (id = market_take_loosened(view->market));) {
        const struct account *account = table_get(&view->market->accounts, id);
        uint32_t place = table_place(&view->market->accounts, account);
        if (place < queue->room && queue->accounts[place].hold > HOLD_READY)
            make_ready(queue, place);
    }
    uint64_t market = market_generation(view->market);
    uint64_t house = placing_generation(view->inventory, ROOM_SELLABLE);
    if (queue->market_seen != market || queue->house_seen != house)
        release_stuck(queue);
    queue->market_seen = market;
    queue->house_seen = house;
    if (view->spent_epoch == 0 || queue->spent_epoch != view->spent_epoch)
        release_month(queue, view);
    queue->spent_epoch = view->spent_epoch;
}

const struct job *queue_head(const struct sched *sched, const struct market *market,
                             const struct account *account)
{
    const struct queue *queue = &sched->index->queue;
    uint32_t place = table_place(&market->accounts, account);
    if (place >= queue->room || !queue->accounts[place].head)
        return NULL;
    return table_get(&sched->jobs, queue->accounts[place].head);
}

enum hold queue_hold_of(const struct queue *queue, const struct market *market,
                        const struct account *account)
{
    uint32_t place = table_place(&market->accounts, account);
    return place < queue->room ? queue->accounts[place].hold : HOLD_EMPTY;
}
