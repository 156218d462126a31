// page.h - lists: {"items":[…],"next":"job-17"} over a table, a page at a time.
//
// A list is in id order, newest last. `next` is what to give as `after` for the page behind this
// one; null when the list has ended. A view of a long table that shows few of its rows takes
// several trips through the turning thread, each short.
//
//   Owner      nobody
//   Invariant  at most `limit` items; each trip looks at PAGE_SCAN rows at most, and shows
//              PAGE_TRIP of them
//   Refusal    none
//   Fault      none
#pragma once
#include "core/cloud/cloud.h"
#include "http/exchange.h"

enum { PAGE_SCAN = 4096, PAGE_TRIP = 128, PAGE_LIMIT = 100, PAGE_LIMIT_MAX = 1000 };

// The first two rows of every list's query.
enum { QUERY_LIMIT, QUERY_AFTER };
#define QUERY_PAGE(kind)                                                           \
    FIELD(.name = "limit", .form = FIELD_INTEGER, .min = 1, .max = PAGE_LIMIT_MAX, \
          .doc = "how many at most; 100 when not given"),                          \
        FIELD(.name = "after", .form = FIELD_ID, .choices = kind,                  \
              .doc = "the list goes on behind this id: the `next` of the page before")

// Writes a row as one item, or false: this row is not shown.
typedef bool page_row(struct exchange *exchange, const struct cloud *cloud, const void *row);
// The first id behind `after` and its row; 0: none.
typedef uint64_t page_next(const struct cloud *cloud, const void *list, uint64_t after,
                           const void **ret_row);
enum view page_walk(struct exchange *exchange, const struct cloud *cloud, const void *list,
                    page_next *next, page_row *show);
enum view page_show(struct exchange *exchange, const struct cloud *cloud, const struct table *table,
                    page_row *show);

// For lists that are no table: items between begin and end.
void page_begin(struct exchange *exchange);
void page_end(struct exchange *exchange); // next is null

// Whose list: the query's row, else the caller's own, else 0: everybody's. False: refused.
bool page_account(struct exchange *exchange, uint32_t row, uint64_t *ret_account);
