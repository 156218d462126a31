#include "base/table.h"
#include "base/must.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void *row_at(const struct table *table, uint32_t index)
{
    return table->rows + (size_t)index * table->row_size;
}

static uint32_t hash(const struct table *table, uint64_t id)
{
    return (uint32_t)(id * 0x9e3779b97f4a7c15 >> 32) & table->slots_mask;
}

static void slot_put(struct table *table, uint64_t id, uint32_t index)
{
    uint32_t at = hash(table, id);
    while (table->slots[at])
        at = (at + 1) & table->slots_mask;
    table->slots[at] = index + 1;
}

static void slots_make(struct table *table, uint32_t count)
{
    free(table->slots);
    table->slots = calloc(count, sizeof *table->slots);
    must(table->slots);
    table->slots_mask = count - 1;
    for (uint32_t i = 0; i < table->high; i++)
        if (table_id(row_at(table, i)))
            slot_put(table, table_id(row_at(table, i)), i);
}

// Where reserved address space costs memory (an emulator keeps a record of each page) a build may
// say how many rows are enough.
#ifndef TABLE_ROWS_ENOUGH
#define TABLE_ROWS_ENOUGH UINT32_MAX
#endif

void table_init(struct table *table, uint32_t row_size, uint32_t rows_max)
{
    must(row_size >= 8 && row_size % 8 == 0 && rows_max > 0);
    if (rows_max > TABLE_ROWS_ENOUGH)
        rows_max = TABLE_ROWS_ENOUGH;
    *table = (struct table){.row_size = row_size, .rows_max = rows_max};
    table->rows = mmap(NULL, (size_t)row_size * rows_max, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    must(table->rows != MAP_FAILED);
    slots_make(table, 16);
}

bool table_has_room(const struct table *table)
{
    return table->used < table->rows_max - table->rows_max / 8;
}

// Address space that may not be touched costs nothing, also where the kernel counts every promise
// (vm.overcommit_memory 2): memory is asked for in steps of the next 64 KiB to 64 MiB.
static void make_ready(struct table *table)
{
    enum { LEAST = 64 * 1024, MOST = 64 * 1024 * 1024, PAGE = 4096 };
    size_t whole = (size_t)table->row_size * table->rows_max;
    size_t from = (size_t)table->row_size * table->ready / PAGE * PAGE;
    size_t step = from < LEAST ? LEAST : from > MOST ? MOST : from / PAGE * PAGE;
    size_t until = whole - from > step ? from + step : whole;
    must(mprotect(table->rows, until, PROT_READ | PROT_WRITE) == 0);
    table->ready = (uint32_t)(until / table->row_size);
}

void table_finish(struct table *table)
{
    if (table->rows)
        munmap(table->rows, (size_t)table->row_size * table->rows_max);
    free(table->slots);
    *table = (struct table){0};
}

// The order of the rows stays; only the gaps go.
static void compact(struct table *table)
{
    uint32_t to = 0;
    for (uint32_t from = 0; from < table->high; from++) {
        if (!table_id(row_at(table, from)))
            continue;
        if (to != from)
            memcpy(row_at(table, to), row_at(table, from), table->row_size);
        to++;
    }
    memset(row_at(table, to), 0, (size_t)(table->high - to) * table->row_size);
    table->low = 0;
    table->high = to;
    slots_make(table, table->slots_mask + 1);
}

void *table_add(struct table *table, uint64_t id)
{
    must(id > table->last_id);
    if (table->high == table->rows_max)
        compact(table);
    must(table->high < table->rows_max);
    if (((uint64_t)table->used + 1) * 2 > table->slots_mask)
        slots_make(table, (table->slots_mask + 1) * 2);
    if (table->high == table->ready)
        make_ready(table);
    void *row = row_at(table, table->high);
    *(uint64_t *)row = id;
    slot_put(table, id, table->high);
    table->high++;
    table->used++;
    table->last_id = id;
    return row;
}

static bool find(const struct table *table, uint64_t id, uint32_t *ret_slot)
{
    if (id == 0 || id > table->last_id)
        return false;
    for (uint32_t at = hash(table, id); table->slots[at]; at = (at + 1) & table->slots_mask) {
        if (table_id(row_at(table, table->slots[at] - 1)) == id) {
            *ret_slot = at;
            return true;
        }
    }
    return false;
}

// Ids are mostly given one after another: then a row that was added since the last compaction
// stands where counting back from the newest puts it, and no slot need be read.
void *table_get(const struct table *table, uint64_t id)
{
    uint64_t back = table->last_id - id; // wraps above the last id: then far too much
    if (id && back < table->high) {
        void *row = row_at(table, table->high - 1 - (uint32_t)back);
        if (table_id(row) == id)
            return row;
    }
    uint32_t slot;
    return find(table, id, &slot) ? row_at(table, table->slots[slot] - 1) : NULL;
}

// Backward shift: what follows in the same run moves up, so no tombstone is needed.
static void slot_drop(struct table *table, uint32_t hole)
{
    for (uint32_t at = (hole + 1) & table->slots_mask; table->slots[at];
         at = (at + 1) & table->slots_mask) {
        uint32_t home = hash(table, table_id(row_at(table, table->slots[at] - 1)));
        if (((at - home) & table->slots_mask) < ((at - hole) & table->slots_mask))
            continue;
        table->slots[hole] = table->slots[at];
        hole = at;
    }
    table->slots[hole] = 0;
}

void table_remove(struct table *table, uint64_t id)
{
    uint32_t slot;
    must(find(table, id, &slot));
    void *row = row_at(table, table->slots[slot] - 1);
    slot_drop(table, slot);
    memset(row, 0, table->row_size);
    table->used--;
    while (table->low < table->high && !table_id(row_at(table, table->low)))
        table->low++;
    if (table->high > 64 && table->used < table->high / 2)
        compact(table);
}

void table_clear(struct table *table)
{
    memset(table->rows, 0, (size_t)table->high * table->row_size);
    table->low = table->high = table->used = 0;
    table->last_id = 0;
    slots_make(table, 16);
}

// The first index at or after which every id is higher; gaps are stepped over to the right.
static uint32_t first_above(const struct table *table, uint64_t id)
{
    uint32_t low = table->low, high = id ? table->high : table->low;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2, at = middle;
        while (at < high && !table_id(row_at(table, at)))
            at++;
        if (at == high || table_id(row_at(table, at)) > id)
            high = middle;
        else
            low = at + 1;
    }
    return low;
}

void *table_after(const struct table *table, uint64_t id)
{
    uint32_t cursor = first_above(table, id);
    return table_step(table, &cursor);
}

void *table_before(const struct table *table, uint64_t id)
{
    if (id == 0)
        return NULL;
    for (uint32_t at = first_above(table, id - 1); at > table->low; at--)
        if (table_id(row_at(table, at - 1)))
            return row_at(table, at - 1);
    return NULL;
}

void *table_step(const struct table *table, uint32_t *cursor)
{
    if (*cursor < table->low)
        *cursor = table->low;
    while (*cursor < table->high) {
        void *row = row_at(table, (*cursor)++);
        if (table_id(row))
            return row;
    }
    return NULL;
}
