// Answered commands of the last 24 hours, found by the digest of their idempotency key.
#include "base/must.h"
#include "core/cloud/cloud_state.h"
#include <string.h>

enum { DROP_MAX = 4 }; // a commit drops as many as it can add, and a few more

static struct lookup_key key_of(const uint8_t request[16])
{
    struct lookup_key key = {0};
    memcpy(key.word, request, 16);
    return key;
}

const struct request_row *request_find(const struct cloud *cloud, const uint8_t request[16],
                                       int64_t time_us)
{
    uint64_t id = lookup_get(&cloud->index->requests, key_of(request));
    const struct request_row *row = table_get(&cloud->requests, id);
    if (!row || memcmp(row->request, request, 16) != 0 || time_us - row->time_us >= DAY_US)
        return NULL;
    return row;
}

void request_apply(struct cloud *cloud, const struct event *event)
{
    static const uint8_t none[16];
    if (memcmp(event->request, none, sizeof none) == 0)
        return;
    for (int i = 0; i < DROP_MAX; i++) {
        const struct request_row *oldest = table_after(&cloud->requests, 0);
        if (!oldest || event->time_us - oldest->time_us < DAY_US)
            break;
        table_remove(&cloud->requests, oldest->id);
    }
    struct request_row *row = table_add(&cloud->requests, cloud->requests.last_id + 1);
    row->time_us = event->time_us;
    row->subject = event_subject(event);
    memcpy(row->request, event->request, 16);
    memcpy(row->body, event->body, 16);
    lookup_put(&cloud->index->requests, key_of(row->request), row->id);
    if (cloud->index->requests.used > 4 * (uint64_t)cloud->requests.used + 4096)
        requests_reindex(cloud); // forget the keys of rows that are gone
}

void requests_reindex(struct cloud *cloud)
{
    lookup_finish(&cloud->index->requests);
    lookup_init(&cloud->index->requests);
    uint32_t cursor = 0;
    for (const struct request_row *row; (row = table_step(&cloud->requests, &cursor));)
        lookup_put(&cloud->index->requests, key_of(row->request), row->id);
}
