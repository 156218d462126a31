#include "core/sched/requirement.h"
#include "base/must.h"
#include <string.h>

static struct lookup_key key_of(const char *text)
{
    digest hash = digest_of(str_from(text));
    struct lookup_key key = {0};
    memcpy(key.word, hash.bytes, sizeof key.word);
    return key;
}

uint64_t requirement_take(struct table *requirements, struct lookup *lookup, const char *text)
{
    if (text[0] == 0)
        return 0;
    struct lookup_key key = key_of(text);
    struct requirement *row = table_get(requirements, lookup_get(lookup, key));
    if (!row) {
        must(strlen(text) < sizeof row->text);
        row = table_add(requirements, requirements->last_id + 1);
        memcpy(row->text, text, strlen(text));
        lookup_put(lookup, key, row->id);
    }
    row->uses++;
    uint64_t id = row->id;
    if (lookup->used > 4 * requirements->used + 1024)
        requirements_reindex(requirements, lookup); // forget the texts of rows that are gone
    return id;
}

void requirement_give(struct table *requirements, uint64_t id)
{
    if (id == 0)
        return;
    struct requirement *row = table_get(requirements, id);
    must(row && row->uses > 0);
    if (--row->uses == 0)
        table_remove(requirements, id);
}

void requirements_reindex(const struct table *requirements, struct lookup *lookup)
{
    lookup_finish(lookup);
    lookup_init(lookup);
    uint32_t cursor = 0;
    for (const struct requirement *row; (row = table_step(requirements, &cursor));)
        lookup_put(lookup, key_of(row->text), row->id);
}
