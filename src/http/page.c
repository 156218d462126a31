#include "http/page.h"
#include "base/must.h"

enum { SHOWN, LAST_SHOWN, BEGUN }; // of exchange->scratch

void page_begin(struct exchange *exchange)
{
    json_out_init(&exchange->json, &exchange->reply);
    json_object(&exchange->json);
    json_name(&exchange->json, S("items"));
    json_array(&exchange->json);
}

void page_end(struct exchange *exchange)
{
    json_end(&exchange->json);
    reply_null(&exchange->json, "next");
    json_end(&exchange->json);
}

static enum view page_finish(struct exchange *exchange, const char *kind, uint64_t next)
{
    json_end(&exchange->json);
    reply_id(&exchange->json, "next", kind, next);
    json_end(&exchange->json);
    return VIEW_DONE;
}

enum view page_walk(struct exchange *exchange, const struct cloud *cloud, const void *list,
                    page_next *next, page_row *show)
{
    const struct value *limit = &exchange->query[QUERY_LIMIT],
                       *after = &exchange->query[QUERY_AFTER];
    const char *kind = exchange->route->query[QUERY_AFTER].choices;
    uint64_t most = limit->present ? (uint64_t)limit->integer : PAGE_LIMIT;
    if (!exchange->scratch[BEGUN]) {
        exchange->scratch[BEGUN] = 1;
        exchange->cursor = after->present ? (uint64_t)after->integer : 0;
        page_begin(exchange);
    }
    uint64_t trip = exchange->scratch[SHOWN] + PAGE_TRIP;
    for (uint32_t seen = 0; seen < PAGE_SCAN && exchange->scratch[SHOWN] < trip; seen++) {
        const void *row = NULL;
        uint64_t id = next(cloud, list, exchange->cursor, &row);
        if (!id)
            return page_finish(exchange, kind, 0);
        if (exchange->scratch[SHOWN] == most)
            return page_finish(exchange, kind, exchange->scratch[LAST_SHOWN]);
        exchange->cursor = id;
        if (!show(exchange, cloud, row))
            continue;
        exchange->scratch[SHOWN]++;
        exchange->scratch[LAST_SHOWN] = exchange->cursor;
    }
    return VIEW_AGAIN;
}

static uint64_t next_row(const struct cloud *cloud, const void *list, uint64_t after,
                         const void **ret_row)
{
    (void)cloud;
    *ret_row = table_after(list, after);
    return *ret_row ? table_id(*ret_row) : 0;
}

enum view page_show(struct exchange *exchange, const struct cloud *cloud, const struct table *table,
                    page_row *show)
{
    return page_walk(exchange, cloud, table, next_row, show);
}

bool page_account(struct exchange *exchange, uint32_t row, uint64_t *ret_account)
{
    const struct value *asked = &exchange->query[row];
    *ret_account = 0;
    if (asked->present) {
        *ret_account = (uint64_t)asked->integer;
        return exchange_may_do(exchange, ACTION_READ_OWN, *ret_account);
    }
    if (!exchange_sees_all(exchange))
        *ret_account = exchange->by.account;
    return true;
}
