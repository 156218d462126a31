// agenda.h - what is to happen when: entries by time, and in the order of their making at one time.
//
//   Owner      agenda_init .. agenda_finish
//   Invariant  entries come out by (time_us, order of agenda_add)
//   Refusal    agenda_take false: nothing is left
//   Fault      none (no memory: must)
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct agenda_entry {
    int64_t time_us;
    uint64_t number; // given by agenda_add
    uint64_t subject;
    uint32_t kind, detail;
};

struct agenda {
    struct agenda_entry *heap;
    uint32_t count, room;
    uint64_t numbered;
};

void agenda_init(struct agenda *agenda);
void agenda_finish(struct agenda *agenda);
uint64_t agenda_add(struct agenda *agenda, struct agenda_entry entry); // gives its number
// The instant of the next entry; INT64_MAX: none.
static inline int64_t agenda_next(const struct agenda *agenda)
{
    return agenda->count ? agenda->heap[0].time_us : INT64_MAX;
}
bool agenda_take(struct agenda *agenda, struct agenda_entry *ret_entry);
