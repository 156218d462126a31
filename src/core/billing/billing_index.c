#include "core/billing/billing_index.h"
#include "base/must.h"
#include "core/billing/billing.h"
#include <stdlib.h>
#include <string.h>

static struct lookup_key month_key(uint64_t account, month period)
{
    return (struct lookup_key){
        {account, period, 0, 0}
    };
}

static struct lookup_key invoice_key(uint64_t invoice)
{
    return (struct lookup_key){
        {invoice, 0, 0, 0}
    };
}

struct lookup_key rated_key(uint64_t account, uint64_t contract, uint64_t price, month period)
{
    return (struct lookup_key){
        {account, contract, price, period}
    };
}

// The first place whose id is higher than `after`.
static uint32_t place_after(const struct id_list *list, uint64_t after)
{
    uint32_t low = 0, high = list->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (list->ids[middle] > after)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

uint64_t id_list_after(const struct id_list *list, uint64_t after)
{
    uint32_t at = place_after(list, after);
    return at < list->count ? list->ids[at] : 0;
}

static void id_list_add(struct id_list *list, uint64_t id)
{
    must(list->count == 0 || list->ids[list->count - 1] < id);
    if (list->count == list->room) {
        list->room = list->room ? list->room * 2 : 4;
        list->ids = realloc(list->ids, list->room * sizeof *list->ids);
        must(list->ids);
    }
    list->ids[list->count++] = id;
}

static void id_list_remove(struct id_list *list, uint64_t id)
{
    uint32_t at = place_after(list, id - 1);
    must(at < list->count && list->ids[at] == id);
    list->count--;
    memmove(list->ids + at, list->ids + at + 1, (list->count - at) * sizeof *list->ids);
}

struct billing_index *billing_index_create(void)
{
    struct billing_index *index = calloc(1, sizeof *index);
    must(index);
    lookup_init(&index->newest);
    lookup_init(&index->lines);
    lookup_init(&index->places);
    return index;
}

void billing_index_destroy(struct billing_index *index)
{
    if (!index)
        return;
    lookup_finish(&index->newest);
    lookup_finish(&index->lines);
    lookup_finish(&index->places);
    for (uint32_t i = 0; i < index->count; i++) {
        free(index->months[i].open.ids);
        free(index->months[i].invoices.ids);
    }
    free(index->months);
    free(index);
}

const struct rated *billing_newest_row(const struct billing *billing, struct lookup_key key)
{
    return table_get(&billing->rated, lookup_get(&billing->index->newest, key));
}

struct billing_month *billing_month_find(const struct billing *billing, uint64_t account,
                                         month period)
{
    uint64_t place = lookup_get(&billing->index->places, month_key(account, period));
    return place ? &billing->index->months[place - 1] : NULL;
}

static struct billing_month *month_take(struct billing_index *index, uint64_t account, month period)
{
    uint64_t place = lookup_get(&index->places, month_key(account, period));
    if (place)
        return &index->months[place - 1];
    if (index->count == index->room) {
        index->room = index->room ? index->room * 2 : 64;
        index->months = realloc(index->months, index->room * sizeof *index->months);
        must(index->months);
    }
    index->months[index->count] = (struct billing_month){0};
    lookup_put(&index->places, month_key(account, period), ++index->count);
    return &index->months[index->count - 1];
}

uint64_t billing_first_invoice(const struct billing *billing, uint64_t account, month period)
{
    const struct billing_month *monthly = billing_month_find(billing, account, period);
    return monthly ? id_list_after(&monthly->invoices, 0) : 0;
}

uint64_t billing_first_line(const struct billing *billing, uint64_t invoice)
{
    return lookup_get(&billing->index->lines, invoice_key(invoice));
}

void billing_index_rated(struct billing *billing, const struct rated *rated)
{
    struct billing_index *index = billing->index;
    lookup_put(&index->newest,
               rated_key(rated->account, rated->contract, rated->price, rated->period), rated->id);
    struct billing_month *monthly = month_take(index, rated->account, rated->period);
    bool over = __builtin_add_overflow(monthly->spent, rated->posted, &monthly->spent);
    must(!over);
    if (rated->invoice == 0)
        id_list_add(&monthly->open, rated->id);
}

void billing_index_closed(struct billing *billing, const struct rated *rated)
{
    struct billing_month *monthly = billing_month_find(billing, rated->account, rated->period);
    must(monthly);
    id_list_remove(&monthly->open, rated->id);
}

void billing_index_invoice(struct billing *billing, const struct invoice *invoice)
{
    id_list_add(&month_take(billing->index, invoice->account, invoice->period)->invoices,
                invoice->id);
}

void billing_index_line(struct billing *billing, const struct invoice_line *line)
{
    if (billing_first_line(billing, line->invoice) == 0)
        lookup_put(&billing->index->lines, invoice_key(line->invoice), line->id);
}
