// A class of demand: how often, how large, how long, under which promise.
#include "sim/scenario_read.h"
#include <string.h>

static void read_curve(struct scenario_reader *reader, const struct yaml_value *object,
                       const char *name, int32_t *curve, uint32_t count)
{
    const struct yaml_value *list = yaml_get(object, name);
    for (uint32_t i = 0; i < count; i++)
        curve[i] = 1000;
    if (!list)
        return;
    if (list->count != count) {
        yaml_wrong(reader->report, list, "%u of them, want %u", list->count, count);
        return;
    }
    for (const struct yaml_value *item = list->first; item; item = item->next)
        *curve++ = (int32_t)item->integer;
}

static void read_sizes(struct scenario_reader *reader, const struct yaml_value *object,
                       struct scenario_demand *demand)
{
    const struct yaml_value *first;
    struct demand_size *row =
        scenario_list(reader, object, "sizes", sizeof *row, &first, &demand->sizes);
    static const struct demand_size one = {1, 1, 0, 1};
    demand->size = demand->sizes ? row : &one;
    demand->sizes = demand->sizes ? demand->sizes : 1;
    for (const struct yaml_value *item = first; item; item = item->next, row++) {
        row->nodes = (uint32_t)yaml_integer(item, "nodes", 1);
        row->devices = (uint32_t)yaml_integer(item, "devices", 1);
        row->milli = (uint32_t)yaml_integer(item, "milli", 0);
        row->weight = (uint32_t)yaml_integer(item, "weight", 1);
        if (row->milli && (row->nodes > 1 || yaml_get(item, "devices")))
            yaml_wrong(reader->report, item, "a share is of one device: milli stands alone");
    }
}

static void read_durations(struct scenario_reader *reader, const struct yaml_value *object,
                           struct scenario_demand *demand)
{
    const struct yaml_value *first;
    struct demand_duration *row =
        scenario_list(reader, object, "durations", sizeof *row, &first, &demand->durations);
    demand->duration = row;
    for (const struct yaml_value *item = first; item; item = item->next, row++) {
        row->kind = (enum duration_kind)yaml_integer(item, "kind", DURATION_EXPONENTIAL);
        row->weight = (uint32_t)yaml_integer(item, "weight", 1);
        row->mean_us = yaml_integer(item, "mean", 0);
        row->least_us = yaml_integer(item, "least", SECOND_US);
        row->most_us = yaml_integer(item, "most", row->mean_us ? 20 * row->mean_us : 0);
        if (row->kind == DURATION_UNIFORM && (!yaml_get(item, "least") || !yaml_get(item, "most")))
            yaml_wrong(reader->report, item, "uniform wants `least` and `most`");
        else if (row->kind != DURATION_UNIFORM && !row->mean_us)
            yaml_wrong(reader->report, item, "it wants a `mean`");
        else if (row->least_us > row->most_us)
            yaml_wrong(reader->report, item, "want least <= most");
    }
}

static void read_growth(struct scenario_reader *reader, const struct yaml_value *object,
                        struct scenario_demand *demand)
{
    const struct yaml_value *first;
    struct demand_growth *row =
        scenario_list(reader, object, "growth", sizeof *row, &first, &demand->growths);
    demand->growth = row;
    for (const struct yaml_value *item = first; item; item = item->next, row++) {
        row->at_us = yaml_integer(item, "at", 0);
        row->permille = yaml_integer(item, "permille", 0);
        if (item != first && row[-1].at_us >= row->at_us)
            yaml_wrong(reader->report, item, "want ascending `at`");
    }
}

static void read_chips(struct scenario_reader *reader, const struct yaml_value *object,
                       struct scenario_demand *demand)
{
    const struct scenario *scenario = reader->scenario;
    const struct yaml_value *list = yaml_get(object, "chips");
    if (list && list->count > SCENARIO_CHIPS_MAX) {
        yaml_wrong(reader->report, list, "%u of them, want at most %d", list->count,
                   SCENARIO_CHIPS_MAX);
        return;
    }
    for (const struct yaml_value *item = list ? list->first : NULL; item; item = item->next)
        demand->chip[demand->chips++] = (uint32_t)scenario_find(
            reader, item, scenario->chip, scenario->chips, sizeof *scenario->chip);
}

// What a kind needs, and what makes no sense with it.
static void check_kind(struct scenario_reader *reader, const struct yaml_value *object,
                       const struct scenario_demand *demand)
{
    bool replicas = demand->kind == DEMAND_INFERENCE || demand->kind == DEMAND_OWNER;
    bool trace = demand->trace[0] != '\0';
    struct yaml_report *report = reader->report;
    if (replicas && demand->replicas == 0)
        yaml_wrong(report, object, "%s wants `replicas`", demand_kind_text(demand->kind));
    if (replicas && (yaml_get(object, "per_hour") || trace || demand->durations))
        yaml_wrong(report, object, "replicas follow a curve: no per_hour, trace or durations");
    if (!replicas && demand->replicas)
        yaml_wrong(report, yaml_get(object, "replicas"), "only of inference and owner");
    if (!replicas && !trace && (!demand->per_hour_micro || !demand->durations))
        yaml_wrong(report, object, "it wants `per_hour` and `durations`, or a `trace`");
    if (trace && demand->per_hour_micro)
        yaml_wrong(report, yaml_get(object, "per_hour"), "the trace says when jobs come");
    if (demand->swing_permille && demand->kind != DEMAND_OWNER)
        yaml_wrong(report, yaml_get(object, "swing_permille"), "only of an owner");
}

void scenario_read_demand(struct scenario_reader *reader, const struct yaml_value *object,
                          struct scenario_demand *demand)
{
    const struct scenario *scenario = reader->scenario;
    scenario_text(object, "name", demand->name, sizeof demand->name);
    scenario_text(object, "trace", demand->trace, sizeof demand->trace);
    scenario_text(object, "require", demand->require, sizeof demand->require);
    demand->kind = (enum demand_kind)yaml_integer(object, "kind", 0);
    demand->account = (uint32_t)scenario_name(reader, object, "account", scenario->account,
                                              scenario->accounts, sizeof *scenario->account);
    demand->per_hour_micro = scenario_micro(reader, object, "per_hour");
    demand->from_us = yaml_integer(object, "from", scenario->start_us);
    demand->until_us = yaml_integer(object, "until", INT64_MAX);
    demand->time_limit_us = yaml_integer(object, "time_limit", 0);
    demand->checkpoint_us = yaml_integer(object, "checkpoint", 0);
    demand->restart_us = yaml_integer(object, "restart_time", 0);
    demand->every_us = yaml_integer(object, "every", 15 * MINUTE_US);
    demand->replicas = (uint32_t)yaml_integer(object, "replicas", 0);
    demand->swing_permille = (int32_t)yaml_integer(object, "swing_permille", 0);
    demand->together = (uint32_t)yaml_integer(object, "together", 0);
    demand->spread = (uint32_t)yaml_integer(object, "spread", 0);
    demand->priority = (uint32_t)yaml_integer(object, "priority", 1);
    demand->class = (uint32_t)yaml_integer(object, "class", LEASE_ON_DEMAND);
    demand->must = yaml_bool(object, "must", false);
    demand->restartable = yaml_bool(object, "restartable", true);
    demand->power_permille = (int32_t)yaml_integer(object, "power_permille", 1000);
    demand->cpu_milli = yaml_integer(object, "cpu_milli", 0);
    demand->memory_mib = yaml_integer(object, "memory", 0) >> 20;
    demand->device_memory_mib = yaml_integer(object, "device_memory", 0) >> 20;
    read_chips(reader, object, demand);
    read_sizes(reader, object, demand);
    read_durations(reader, object, demand);
    read_growth(reader, object, demand);
    read_curve(reader, object, "daily", demand->daily, 24);
    read_curve(reader, object, "weekly", demand->weekly, 7);
    check_kind(reader, object, demand);
}
