#include "core/sched/queue.h"
#include "base/must.h"
#include "core/inventory/fit.h"
#include <stdlib.h>
#include <string.h>

void queue_finish(struct queue *queue)
{
    free(queue->accounts);
    free(queue->heap);
    free(queue->held[0].places);
    free(queue->held[1].places);
    *queue = (struct queue){0};
}

static void *grown(void *memory, size_t count, size_t size)
{
    memory = realloc(memory, count * size);
    must(memory);
    return memory;
}

static void queue_grow(struct queue *queue, uint32_t accounts)
{
    uint32_t room = queue->room ? queue->room * 2 : 64;
    while (room < accounts)
        room *= 2;
    queue->accounts = grown(queue->accounts, room, sizeof *queue->accounts);
    queue->heap = grown(queue->heap, room, sizeof *queue->heap);
    for (int i = 0; i < 2; i++)
        queue->held[i].places = grown(queue->held[i].places, room, sizeof(uint32_t));
    memset(queue->accounts + queue->room, 0, (room - queue->room) * sizeof *queue->accounts);
    queue->room = room;
}

static void heap_put(struct queue *queue, uint32_t at, uint32_t place)
{
    queue->heap[at] = place;
    queue->accounts[place].heap = at + 1;
}

static uint64_t heap_head(const struct queue *queue, uint32_t at)
{
    return queue->accounts[queue->heap[at]].head;
}

static void heap_settle(struct queue *queue, uint32_t at)
{
    uint32_t place = queue->heap[at];
    uint64_t head = queue->accounts[place].head;
    while (at > 0 && heap_head(queue, (at - 1) / 2) > head) {
        heap_put(queue, at, queue->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (uint32_t child; (child = at * 2 + 1) < queue->heap_count; at = child) {
        if (child + 1 < queue->heap_count && heap_head(queue, child + 1) < heap_head(queue, child))
            child++;
        if (heap_head(queue, child) > head)
            break;
        heap_put(queue, at, queue->heap[child]);
    }
    heap_put(queue, at, place);
}

static void heap_leave(struct queue *queue, uint32_t place)
{
    uint32_t at = queue->accounts[place].heap;
    if (at == 0)
        return;
    queue->accounts[place].heap = 0;
    uint32_t last = queue->heap[--queue->heap_count];
    if (last == place)
        return;
    heap_put(queue, at - 1, last);
    heap_settle(queue, at - 1);
}

static void make_ready(struct queue *queue, uint32_t place)
{
    struct queue_account *account = &queue->accounts[place];
    account->hold = HOLD_READY;
    if (account->heap == 0)
        heap_put(queue, queue->heap_count++, place);
    heap_settle(queue, account->heap - 1);
}

void queue_set(struct queue *queue, const struct market *market, const struct account *account,
               uint64_t head)
{
    uint32_t place = table_place(&market->accounts, account);
    if (place >= queue->room)
        queue_grow(queue, market->accounts.high);
    if (queue->accounts[place].head == head)
        return;
    queue->accounts[place].head = head;
    if (head) {
        make_ready(queue, place);
        return;
    }
    heap_leave(queue, place);
    queue->accounts[place].hold = HOLD_EMPTY;
}

static int list_of(enum hold hold)
{
    return hold == HOLD_STUCK;
}

void queue_hold(struct queue *queue, const struct market *market, const struct account *account,
                enum hold hold)
{
    must(hold == HOLD_LIMIT || hold == HOLD_MONTH || hold == HOLD_STUCK);
    uint32_t place = table_place(&market->accounts, account);
    struct queue_account *waiting = &queue->accounts[place];
    heap_leave(queue, place);
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
    uint64_t house = fit_generation(view->inventory, FIT_SELLABLE);
    if (queue->market_seen != market || queue->house_seen != house)
        release_stuck(queue);
    queue->market_seen = market;
    queue->house_seen = house;
    if (view->spent_epoch == 0 || queue->spent_epoch != view->spent_epoch)
        release_month(queue, view);
    queue->spent_epoch = view->spent_epoch;
}

const struct account *queue_first(const struct queue *queue, const struct market *market)
{
    return queue->heap_count ? table_at(&market->accounts, queue->heap[0]) : NULL;
}

enum hold queue_hold_of(const struct queue *queue, const struct market *market,
                        const struct account *account)
{
    uint32_t place = table_place(&market->accounts, account);
    return place < queue->room ? queue->accounts[place].hold : HOLD_EMPTY;
}
