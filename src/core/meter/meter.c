#include "core/meter/meter.h"
#include "base/must.h"

enum { ROWS_MAX = 1 << 25 };

void meter_init(struct meter *meter)
{
    *meter = (struct meter){0};
    table_init(&meter->rows, sizeof(struct meter_row), ROWS_MAX);
}

void meter_finish(struct meter *meter)
{
    table_finish(&meter->rows);
}

void meter_open(struct meter *meter, uint64_t lease)
{
    table_add(&meter->rows, lease);
}

static struct meter_row *row_of(const struct meter *meter, uint64_t lease)
{
    struct meter_row *row = table_get(&meter->rows, lease);
    must(row);
    return row;
}

static bool energy_is_news(const struct meter_row *row, const struct metered *reading)
{
    return reading->energy_j > row->energy_j ||
           (reading->energy_j == row->energy_j && reading->energy > row->energy);
}

bool meter_known(const struct meter *meter, const struct metered *reading)
{
    const struct meter_row *row = row_of(meter, reading->lease);
    return reading->ran_ms <= row->ran_ms && reading->cpu_ms <= row->cpu_ms &&
           reading->memory_peak_bytes <= row->memory_peak_bytes && !energy_is_news(row, reading);
}

static void raise_to(int64_t *highest, int64_t value)
{
    if (value > *highest)
        *highest = value;
}

void meter_apply(struct meter *meter, const struct metered *fact)
{
    struct meter_row *row = row_of(meter, fact->lease);
    if (energy_is_news(row, fact)) {
        row->energy_j = fact->energy_j;
        row->energy = fact->energy;
    }
    raise_to(&row->ran_ms, fact->ran_ms);
    raise_to(&row->cpu_ms, fact->cpu_ms);
    raise_to(&row->memory_peak_bytes, fact->memory_peak_bytes);
}

static bool row_holds(const struct meter_row *row)
{
    return row->used_taken >= 0 && row->ran_ms_rated >= 0 && row->ran_ms_rated <= row->ran_ms &&
           row->energy_j_taken >= 0 && row->energy_j_taken <= row->energy_j && row->held_taken >= 0;
}

void meter_rate(struct meter *meter, uint64_t lease, int64_t ran_ms)
{
    struct meter_row *row = row_of(meter, lease);
    must(ran_ms >= row->ran_ms_rated && ran_ms <= row->ran_ms);
    row->ran_ms_rated = ran_ms;
}

void meter_take(struct meter *meter, uint64_t lease, int64_t used, int64_t energy_j, int64_t held)
{
    struct meter_row *row = row_of(meter, lease);
    bool over = __builtin_add_overflow(row->used_taken, used, &row->used_taken) ||
                __builtin_add_overflow(row->energy_j_taken, energy_j, &row->energy_j_taken) ||
                __builtin_add_overflow(row->held_taken, held, &row->held_taken);
    must(!over && row_holds(row));
}

bool meter_check(const struct meter *meter, uint64_t *ret_lease)
{
    uint32_t cursor = 0;
    for (const struct meter_row *row; (row = table_step(&meter->rows, &cursor));) {
        if (row_holds(row))
            continue;
        *ret_lease = row->id;
        return false;
    }
    return true;
}
