#include "http/names.h"
#include "base/must.h"
#include <string.h>

void names_init(struct names *names)
{
    memset(names, 0, sizeof *names);
    must(pthread_mutex_init(&names->lock, NULL) == 0);
}

void names_finish(struct names *names)
{
    pthread_mutex_destroy(&names->lock);
}

// FNV-1a: one row a hash, the newest wins.
static struct name_row *row_of(struct names *names, enum name_kind kind, str text)
{
    uint32_t hash = 2166136261u ^ (uint32_t)kind;
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * 16777619u;
    return &names->rows[hash % NAMES_MAX];
}

uint64_t names_find(struct names *names, enum name_kind kind, str text)
{
    must(pthread_mutex_lock(&names->lock) == 0);
    const struct name_row *row = row_of(names, kind, text);
    bool same = row->id && row->kind == kind && str_is((str){row->text, row->length}, text);
    uint64_t id = same ? row->id : 0;
    must(pthread_mutex_unlock(&names->lock) == 0);
    return id;
}

void names_keep(struct names *names, enum name_kind kind, str text, uint64_t id)
{
    must(id > 0);
    if (text.len > sizeof((struct name_row *)0)->text)
        return;
    must(pthread_mutex_lock(&names->lock) == 0);
    struct name_row *row = row_of(names, kind, text);
    *row = (struct name_row){.id = id, .kind = kind, .length = (uint32_t)text.len};
    memcpy(row->text, text.ptr, text.len);
    must(pthread_mutex_unlock(&names->lock) == 0);
}
