#include "sim/agenda.h"
#include "base/must.h"
#include <stdlib.h>

enum { WAYS = 4 };

static bool sooner(const struct agenda_entry *a, const struct agenda_entry *b)
{
    return a->time_us != b->time_us ? a->time_us < b->time_us : a->number < b->number;
}

void agenda_init(struct agenda *agenda)
{
    *agenda = (struct agenda){0};
}

void agenda_finish(struct agenda *agenda)
{
    free(agenda->heap);
    *agenda = (struct agenda){0};
}

uint64_t agenda_add(struct agenda *agenda, struct agenda_entry entry)
{
    if (agenda->count == agenda->room) {
        agenda->room = agenda->room ? agenda->room * 2 : 1024;
        agenda->heap = realloc(agenda->heap, agenda->room * sizeof *agenda->heap);
        must(agenda->heap);
    }
    entry.number = ++agenda->numbered;
    uint32_t at = agenda->count++;
    for (; at > 0 && sooner(&entry, &agenda->heap[(at - 1) / WAYS]); at = (at - 1) / WAYS)
        agenda->heap[at] = agenda->heap[(at - 1) / WAYS];
    agenda->heap[at] = entry;
    return entry.number;
}

static uint32_t soonest_child(const struct agenda *agenda, uint32_t at)
{
    uint32_t first = WAYS * at + 1, best = first;
    for (uint32_t i = first + 1; i < first + WAYS && i < agenda->count; i++)
        if (sooner(&agenda->heap[i], &agenda->heap[best]))
            best = i;
    return best;
}

bool agenda_take(struct agenda *agenda, struct agenda_entry *ret_entry)
{
    if (agenda->count == 0)
        return false;
    *ret_entry = agenda->heap[0];
    struct agenda_entry last = agenda->heap[--agenda->count];
    uint32_t at = 0;
    while (WAYS * at + 1 < agenda->count) {
        uint32_t child = soonest_child(agenda, at);
        if (!sooner(&agenda->heap[child], &last))
            break;
        agenda->heap[at] = agenda->heap[child];
        at = child;
    }
    if (agenda->count)
        agenda->heap[at] = last;
    return true;
}
