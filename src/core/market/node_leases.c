#include "core/market/node_leases.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>

void node_leases_finish(struct node_leases *lists)
{
    free(lists->heads);
    free(lists->entries);
    *lists = (struct node_leases){0};
}

// Makes the array at *memory longer than `least`; what is new is zero.
static void *grown(void *memory, uint32_t *room, uint64_t least, size_t size)
{
    uint64_t wanted = *room ? (uint64_t)*room * 2 : 64;
    while (wanted <= least)
        wanted *= 2;
    must(wanted < UINT32_MAX);
    memory = realloc(memory, wanted * size);
    must(memory);
    memset((char *)memory + *room * size, 0, (wanted - *room) * size);
    *room = (uint32_t)wanted;
    return memory;
}

void node_leases_add(struct node_leases *lists, uint64_t node, uint64_t lease)
{
    if (node >= lists->heads_room)
        lists->heads = grown(lists->heads, &lists->heads_room, node, sizeof *lists->heads);
    uint32_t place = lists->spare;
    if (place) {
        lists->spare = lists->entries[place - 1].next;
    } else {
        if (lists->entries_used == lists->entries_room)
            lists->entries = grown(lists->entries, &lists->entries_room, lists->entries_used,
                                   sizeof *lists->entries);
        place = ++lists->entries_used;
    }
    uint32_t *link = &lists->heads[node];
    while (*link && lists->entries[*link - 1].lease > lease)
        link = &lists->entries[*link - 1].next;
    lists->entries[place - 1] = (struct node_lease_entry){lease, *link, 0};
    *link = place;
}

void node_leases_remove(struct node_leases *lists, uint64_t node, uint64_t lease)
{
    must(node < lists->heads_room);
    uint32_t *link = &lists->heads[node];
    while (*link && lists->entries[*link - 1].lease != lease)
        link = &lists->entries[*link - 1].next;
    must(*link);
    uint32_t place = *link;
    *link = lists->entries[place - 1].next;
    lists->entries[place - 1] = (struct node_lease_entry){.next = lists->spare};
    lists->spare = place;
}

uint64_t node_leases_next(const struct node_leases *lists, uint64_t node, uint64_t before)
{
    uint32_t at = node < lists->heads_room ? lists->heads[node] : 0;
    while (at && lists->entries[at - 1].lease >= before)
        at = lists->entries[at - 1].next;
    return at ? lists->entries[at - 1].lease : 0;
}
