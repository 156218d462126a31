// billing_index.h - where things are in the tables of billing; only this room includes it.
//
//   Owner      struct billing; billing_reindex makes it anew from the rows
//   Invariant  a cache: equal to what a walk over the tables gives (billing_check compares)
//   Refusal    none
//   Fault      none (no memory: must)
#pragma once
#include "base/instant.h"
#include "base/lookup.h"
#include <stdint.h>

struct billing;
struct rated;
struct invoice;
struct invoice_line;

struct id_list { // ascending
    uint64_t *ids;
    uint32_t count, room;
};
uint64_t id_list_after(const struct id_list *list, uint64_t after); // 0: no more

struct billing_month { // of one account
    int64_t spent;
    struct id_list open;     // rated rows without an invoice
    struct id_list invoices; // the first is the ordinary one
};

struct billing_index {
    struct lookup newest; // rated_key -> the newest rated row of that key
    struct lookup lines;  // invoice -> its first line
    struct lookup places; // (account, month) -> place in months, from 1
    struct billing_month *months;
    uint32_t count, room;
};

struct billing_index *billing_index_create(void);
void billing_index_destroy(struct billing_index *index);

struct lookup_key rated_key(uint64_t account, uint64_t contract, uint64_t price, month period);
const struct rated *billing_newest_row(const struct billing *billing, struct lookup_key key);
// NULL: nothing was ever rated in it. The address holds until the next row of another month.
struct billing_month *billing_month_find(const struct billing *billing, uint64_t account,
                                         month period);
uint64_t billing_first_invoice(const struct billing *billing, uint64_t account, month period);
uint64_t billing_first_line(const struct billing *billing, uint64_t invoice);

// What a new row, or a row's new state, changes in the cache.
void billing_index_rated(struct billing *billing, const struct rated *rated);
void billing_index_closed(struct billing *billing, const struct rated *rated);
void billing_index_invoice(struct billing *billing, const struct invoice *invoice);
void billing_index_line(struct billing *billing, const struct invoice_line *line);
