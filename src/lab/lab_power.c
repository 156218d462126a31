#include "lab/lab_power.h"
#include "base/must.h"
#include "base/rng.h"
#include "text/csv.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WATTS_MAX = 100000000, DEVICES_MAX = 1024 };

// "4240.104858825296": whole milliwatts, what follows is cut.
static bool milliwatts_parse(str text, int64_t *ret_milliwatts)
{
    int64_t value = 0, scale = 1000;
    size_t at = 0;
    for (; at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9'; at++) {
        value = value * 10 + (text.ptr[at] - '0');
        if (value > WATTS_MAX)
            return false;
    }
    if (at == 0)
        return false;
    value *= 1000;
    bool point = at < text.len && text.ptr[at] == '.';
    for (at += point; at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9'; at++) {
        scale /= 10;
        value += scale * (text.ptr[at] - '0');
    }
    *ret_milliwatts = value;
    return at == text.len;
}

static uint32_t devices_of(const char *name)
{
    const char *at = strstr(name, "num_gpus_");
    unsigned long devices = at ? strtoul(at + strlen("num_gpus_"), NULL, 10) : 0;
    return devices >= 1 && devices <= DEVICES_MAX ? (uint32_t)devices : 0;
}

static bool find_column(struct csv *csv, uint32_t *ret_column, struct err *err)
{
    enum csv_step step = csv_next(csv, err);
    if (step == CSV_WRONG)
        return false;
    for (uint32_t i = 0; step == CSV_RECORD && i < csv->count; i++) {
        if (str_is(csv->field[i].text, S("power_total_W"))) {
            *ret_column = i;
            return true;
        }
    }
    return err_set(err, "%s:1: no column power_total_W; is it a power trace?", csv->file);
}

static bool read_rows(struct csv *csv, uint32_t column, struct lab_trace *trace, struct err *err)
{
    uint32_t space = 0;
    for (enum csv_step step; (step = csv_next(csv, err)) != CSV_END;) {
        int64_t milliwatts;
        if (step == CSV_WRONG)
            return false;
        if (csv->count <= column || !milliwatts_parse(csv->field[column].text, &milliwatts))
            return err_set(err, "%s:%u: power_total_W is no amount of watts", csv->file,
                           csv->field[0].line);
        if (trace->count == space) {
            space = space ? space * 2 : 1024;
            trace->milliwatts = realloc(trace->milliwatts, space * sizeof *trace->milliwatts);
            must(trace->milliwatts);
        }
        trace->milliwatts[trace->count++] = milliwatts;
    }
    return trace->count || err_set(err, "%s: no rows", csv->file);
}

bool lab_trace_read(const char *name, str text, uint32_t devices, struct lab_trace *ret_trace,
                    struct err *err)
{
    struct lab_trace trace = {.devices = devices ? devices : devices_of(name)};
    const char *last = strrchr(name, '/');
    snprintf(trace.name, sizeof trace.name, "%s", last ? last + 1 : name);
    if (trace.devices == 0)
        return err_set(err, "%s: say how many devices it measured with --devices", name);
    struct csv csv;
    uint32_t column = 0;
    csv_init(&csv, name, text);
    bool good = find_column(&csv, &column, err) && read_rows(&csv, column, &trace, err);
    csv_finish(&csv);
    if (!good) {
        lab_trace_finish(&trace);
        return false;
    }
    *ret_trace = trace;
    return true;
}

void lab_trace_finish(struct lab_trace *trace)
{
    free(trace->milliwatts);
    *trace = (struct lab_trace){.count = 0};
}

static void add_replica(const struct lab_trace *trace, uint32_t phase, int64_t *sum)
{
    uint32_t first = trace->count - phase;
    for (uint32_t i = 0; i < first; i++)
        sum[i] += trace->milliwatts[phase + i];
    for (uint32_t i = first; i < trace->count; i++)
        sum[i] += trace->milliwatts[i - first];
}

static int ascending(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

int64_t lab_power_percentile(const struct lab_trace *trace, const struct lab_power_ask *ask)
{
    must(trace->count && ask->replicas && ask->rounds);
    must(ask->percentile >= 1 && ask->percentile <= 100);
    struct rng rng = {.state = ask->seed};
    size_t count = (size_t)trace->count * ask->rounds;
    int64_t *sums = calloc(count, sizeof *sums);
    must(sums);
    for (uint32_t round = 0; round < ask->rounds; round++)
        for (uint32_t i = 0; i < ask->replicas; i++)
            add_replica(trace, (uint32_t)rng_below(&rng, trace->count),
                        sums + (size_t)round * trace->count);
    qsort(sums, count, sizeof *sums, ascending);
    size_t rank = (count * (size_t)ask->percentile + 99) / 100;
    int64_t sum = sums[rank ? rank - 1 : 0];
    free(sums);
    return sum / ((int64_t)ask->replicas * trace->devices);
}

int64_t lab_power_mean(const struct lab_trace *trace)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < trace->count; i++)
        sum += trace->milliwatts[i];
    return sum / ((int64_t)trace->count * trace->devices);
}

int64_t lab_power_more(int64_t milliwatts, int64_t max_w)
{
    must(milliwatts > 0 && max_w > 0);
    return max_w * 1000000 / milliwatts - 1000;
}
