// table.h - records found by id: the shape in which all state is kept.
//
// A table holds rows of one size in id order. The first 8 bytes of a row are its id. Ids are
// given in ascending order and never reused; a removed row leaves a gap that a later compaction
// closes. Rows live in address space reserved once, so they never move except in a compaction
// (inside table_add or table_remove); memory behind it is asked for as rows come. Rows refer to
// other rows by id, never by address.
//
//   Owner      the room's state; table_finish gives the memory back
//   Invariant  rows are zeroed when added, have no padding and no pointers; ids ascend
//   Refusal    table_has_room false; table_add past the reserved rows is a must
//   Fault      none (no memory: must)
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table {
    unsigned char *rows;
    uint32_t *slots;  // open addressing: hash of id -> row index + 1, 0 is empty
    uint64_t last_id; // the highest id ever added
    uint32_t row_size, rows_max, slots_mask;
    uint32_t low, high, used; // rows stand in [low, high)
    uint32_t ready;           // rows whose memory may be touched
};

void table_init(struct table *table, uint32_t row_size, uint32_t rows_max);
void table_finish(struct table *table);                  // accepts a zeroed table
void *table_add(struct table *table, uint64_t id);       // id > last_id
void *table_get(const struct table *table, uint64_t id); // NULL when there is none (id 0 too)
void table_remove(struct table *table, uint64_t id);
void table_clear(struct table *table);
// One more row fits, with an eighth of the table to spare: so that gaps are closed seldom.
bool table_has_room(const struct table *table);
// Rows in id order. table_step is the fast form: its cursor starts at 0 and must not outlive a
// change of the table; table_after may follow changes.
void *table_after(const struct table *table, uint64_t id);  // the first row with a higher id
void *table_before(const struct table *table, uint64_t id); // the last row with a lower id
void *table_step(const struct table *table, uint32_t *cursor);
// A row's id.
static inline uint64_t table_id(const void *row)
{
    return *(const uint64_t *)row;
}
// A row's place among the rows, and the row at a place. Places stay as long as no row is removed.
static inline uint32_t table_place(const struct table *table, const void *row)
{
    return (uint32_t)((size_t)((const unsigned char *)row - table->rows) / table->row_size);
}
static inline void *table_at(const struct table *table, uint32_t place)
{
    return table->rows + (size_t)place * table->row_size;
}
